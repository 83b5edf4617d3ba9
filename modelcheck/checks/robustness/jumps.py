"""Whether the way between two values of a column is smooth for the model, or has a jump."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from modelcheck.checks.answering import Answering
from modelcheck.perturb.outcomes import Outcomes

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["STEPS", "Way", "jumps_on", "scores_at"]

STEPS = 16


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Way:
    """Rows, and from where to where a column of theirs goes.

    Attributes
    ----------
    column : str
        Which.
    rows : DataFrame, shape (n_rows, n_columns)
        As the candidate is given them.
    start, end : ndarray of float64, shape (n_rows,)
        Values of the column.
    """

    column: str
    rows: pd.DataFrame
    start: NDArray[np.float64]
    end: NDArray[np.float64]


def jumps_on(ways: Sequence[Way], answering: Answering) -> list[NDArray[np.float64]]:
    """Return how far the score jumps on each way, by halving it again and again.

    The half over which the score changes more is kept, 16 times. What is left over so short a way (a 65,536th) is a
    jump J and what the slope adds, which halves with the way: the changes left after the last two steps are J + 2 s
    and J + s, so J is twice the last less the one before. On a long way, such as a thousandfold degree of longitude,
    s alone may be much.

    Parameters
    ----------
    ways : sequence of Way
        All are halved together, one call a step.
    answering : Answering
        Of a model with one score a row.

    Returns
    -------
    list of ndarray of float64
        For each way the jump in each row, shape (n_rows,); NaN without an answer.
    """
    start = [way.start.astype(np.float64) for way in ways]
    end = [way.end.astype(np.float64) for way in ways]
    first, last = scores_at(ways, start, answering), scores_at(ways, end, answering)
    before: list[NDArray[np.float64]] = []
    for _ in range(STEPS):
        before = [np.abs(b - a) for a, b in zip(first, last, strict=True)]
        middle = [(a + b) / 2.0 for a, b in zip(start, end, strict=True)]
        between = scores_at(ways, middle, answering)
        for place in range(len(ways)):
            left = np.abs(between[place] - first[place]) >= np.abs(last[place] - between[place])
            end[place] = np.where(left, middle[place], end[place])
            last[place] = np.where(left, between[place], last[place])
            start[place] = np.where(left, start[place], middle[place])
            first[place] = np.where(left, first[place], between[place])
    after = [np.abs(b - a) for a, b in zip(first, last, strict=True)]
    return [np.maximum(2.0 * one - other, 0.0) for one, other in zip(after, before, strict=True)]


def scores_at(
    ways: Sequence[Way], values: Sequence[NDArray[np.float64]], answering: Answering
) -> list[NDArray[np.float64]]:
    """Return the scores of each way's rows with their column at some values; NaN without an answer."""
    pieces = [way.rows.assign(**{way.column: at.astype(np.float64)}) for way, at in zip(ways, values, strict=True)]
    return [_scores(one) for one in answering.ask(pieces)]


def _scores(outcomes: Outcomes) -> NDArray[np.float64]:
    if outcomes.score is None:
        return np.full(len(outcomes), np.nan)
    return np.where(outcomes.answered, outcomes.score, np.nan)
