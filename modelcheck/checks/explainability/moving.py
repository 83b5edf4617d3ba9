"""Which columns move any answer when they really hold another value."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from modelcheck.checks.context import Context
from modelcheck.checks.explainability.drawn import Drawn, Scores
from modelcheck.checks.explainability.telling import seen_of
from modelcheck.explain.questions import answers, mixed

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["PROBE", "Moved", "moving", "other_entries", "probe", "stacked"]

PROBE = 200
"""Rows that are asked about, as they are and changed, to see whether columns do anything at all."""
_SCREENED = 32
_SAME = 1e-9  # of the answers' spread


@dataclass(frozen=True, slots=True, kw_only=True)
class Moved:
    """Whether columns do anything where they hold other values.

    Attributes
    ----------
    pairs : int
        Rows whose entries in these columns were changed, and that were answered.
    moved : int
        How many got another answer.
    unanswered : int
        Changed rows without an answer.
    asked : int
        Rows that the model was asked about.
    """

    pairs: int
    moved: int
    unanswered: int
    asked: int


def moving(context: Context, ready: Drawn, scores: Scores, allowed: int, kept: frozenset[str]) -> tuple[str, ...]:
    """Return the columns that move any answer of 32 rows when they hold another value, and those that must stay.

    Parameters
    ----------
    context : Context
        Of the run.
    ready : Drawn
        The run's sample.
    scores : Scores
        The model.
    allowed : int
        Rows that may be asked about.
    kept : frozenset of str
        Columns that stay, moving or not.

    Returns
    -------
    tuple of str
        In their order; the first two where none moves anything. Another row's entry is often the same, nearly always in
        a column that is seldom anything but 0; so every row is lent the entry of a row that differs.
    """
    columns = ready.columns
    n = min(_SCREENED, len(ready.rows), max(allowed // len(columns), 2))
    rng = context.generator("explainability screening")
    table = stacked(ready.rows, ready.support)
    before = answers(scores, n, lambda at: mixed(table, at, at, {}))
    donor = np.stack([other_entries(table, np.arange(n), (name,), rng) for name in columns])

    def question(at: NDArray[np.intp]) -> pd.DataFrame:
        place, row = at // n, at % n
        other = np.where(donor[place, row] < 0, row, donor[place, row])
        return mixed(table, row, other, {name: place == one for one, name in enumerate(columns)})

    after = answers(scores, n * len(columns), question).reshape(len(columns), n, -1)
    moved = (after != before.reshape(n, -1)).any(axis=(1, 2))
    return tuple(name for name, one in zip(columns, moved, strict=True) if one or name in kept) or columns[:2]


def probe(context: Context, ready: Drawn, group: tuple[str, ...]) -> Moved:
    """Ask about rows in which some columns really hold other values, all of another row.

    Parameters
    ----------
    context : Context
        With `asking`.
    ready : Drawn
        The run's sample.
    group : tuple of str
        The columns.

    Returns
    -------
    Moved
        Of at most 200 rows. A column that is seldom anything but 0 is changed in all of them, if any row has another
        value; where rows are explained it hardly ever is.
    """
    asking = context.asking
    assert asking is not None  # noqa: S101 - the check answered otherwise
    table = stacked(ready.rows, ready.support)
    rng = context.generator("explainability probe")
    row = np.arange(min(PROBE, len(ready.rows)))
    other = other_entries(table, row, group, rng)
    row, other = row[other >= 0], other[other >= 0]
    scores = Scores(asking, ready.scored)
    every = np.ones(len(row), dtype=np.bool_)
    before = answers(scores, len(row), lambda at: mixed(table, row[at], other[at], {}))
    after = answers(scores, len(row), lambda at: mixed(table, row[at], other[at], dict.fromkeys(group, every[at])))
    apart = np.abs(after - before).reshape(len(row), -1).max(axis=1) if len(row) else np.empty(0)
    known = np.isfinite(apart)
    spread = float(np.ptp(before[np.isfinite(before)])) if np.isfinite(before).any() else 0.0
    return Moved(
        pairs=int(known.sum()),
        moved=int((apart[known] > _SAME * max(spread, 1e-300)).sum()),
        unanswered=int((~known).sum()),
        asked=scores.asked,
    )


def other_entries(
    table: pd.DataFrame, rows: NDArray[np.intp], columns: tuple[str, ...], rng: np.random.Generator
) -> NDArray[np.intp]:
    """Return for each row one that holds something else in some columns, drawn at random; -1 where there is none.

    Parameters
    ----------
    table : DataFrame
        All rows.
    rows : ndarray of int
        Positions.
    columns : tuple of str
        At least one of these differs.
    rng : numpy.random.Generator
        Draws.
    """
    import pandas as pd

    code = np.zeros(len(table), dtype=np.intp)
    for name in columns:
        one = seen_of(table[name])
        code = pd.factorize(code * one.levels + one.level)[0]
    found = np.full(len(rows), -1, dtype=np.intp)
    for place, row in enumerate(rows):
        unlike = np.flatnonzero(code != code[row])
        if len(unlike):
            found[place] = unlike[rng.integers(len(unlike))]
    return found


def stacked(rows: pd.DataFrame, others: pd.DataFrame) -> pd.DataFrame:
    """Return rows, and others after them."""
    import pandas as pd

    return pd.concat([rows, others[list(rows.columns)]], ignore_index=True)
