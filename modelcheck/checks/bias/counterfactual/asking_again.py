"""The candidate asked again about rows whose protected entries were changed."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from modelcheck.checks.bias.attribute import Attribute
from modelcheck.checks.bias.counterfactual.asked import Asked, NobodyToAsk
from modelcheck.checks.bias.counterfactual.changes import (
    MOST_TARGETS,
    Changes,
    by_rank,
    draw_changes,
    draw_donors,
    known_groups,
)
from modelcheck.checks.spread import apart, spread_of, standard_deviation_of
from modelcheck.errors import ModelError
from modelcheck.scoring.asking import Asking
from modelcheck.scoring.predictor import Answer
from modelcheck.scoring.rows import ScoredRows

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["CONFIDENCE", "HALF_WIDTH", "ask", "given_columns", "rows_needed"]

CONFIDENCE = 0.998
HALF_WIDTH = 0.05
_FEWEST = 1_000
_MOST = 20_000
_CALL = 1 << 16  # rows of one call
_ROUNDING = 1e-9  # share of the spread under which two scores are one
_STEADY = 1e-3  # share of the spread by which sums in another order may differ


def given_columns(asking: Asking, protected: tuple[str, ...], follows: Mapping[str, str]) -> tuple[str, ...]:
    """Return the columns to change: the protected ones and those that follow them, where the candidate is given them.

    Parameters
    ----------
    asking : Asking
        The candidate.
    protected : tuple of str
        Columns of the attribute.
    follows : mapping of str to str
        Column to the protected column that it follows.
    """
    wanted = {*protected, *(name for name, followed in follows.items() if followed in protected)}
    return tuple(name for name in asking.columns if name in wanted)


def rows_needed(rows: ScoredRows, spread: float) -> int:
    """Return how many rows to ask about, so that the mean shift is known to .05 of the spread at 99.8 %.

    Parameters
    ----------
    rows : ScoredRows
        Scored by the candidate.
    spread : float
        From `spread_of`.

    Returns
    -------
    int
        1,000 to 20,000: as if shifts differed between rows as much as scores do, times what weights cost.
    """
    from scipy.special import ndtri

    ratio = standard_deviation_of(rows) / spread if spread > 0.0 else 1.0
    wanted = (float(ndtri(0.5 + CONFIDENCE / 2.0)) * ratio / HALF_WIDTH) ** 2
    if rows.weight is not None:
        wanted *= float(np.mean(rows.weight**2) / np.mean(rows.weight) ** 2)
    return int(min(max(math.ceil(wanted), _FEWEST), _MOST)) if math.isfinite(wanted) else _MOST


def ask(
    asking: Asking,
    rows: ScoredRows,
    attribute: Attribute,
    *,
    protected: tuple[str, ...],
    follows: Mapping[str, str],
    rng: Generator,
) -> Asked | NobodyToAsk:
    """Ask the candidate again about rows with other protected entries.

    Rows are drawn at random where there are more than needed. Each is given the entries (protected columns and those
    that follow them, jointly) of a real row of another group; where the attribute is one column of numbers, of one
    that stands in its group where the row stands in its own.

    Parameters
    ----------
    asking : Asking
        The candidate.
    rows : ScoredRows
        All rows of the dataset.
    attribute : Attribute
        Of `rows`.
    protected : tuple of str
        Its columns.
    follows : mapping of str to str
        Column to the protected column that it follows.
    rng : numpy.random.Generator
        Draws rows, groups (with more than 7) and donors.

    Returns
    -------
    Asked or NobodyToAsk
        The latter where fewer than two groups have a value, or the candidate is given none of the columns.

    Raises
    ------
    ModelError
        The candidate answers unchanged rows otherwise than before.
    """
    columns = given_columns(asking, protected, follows)
    known = known_groups(attribute, rows, protected)
    if not columns or np.count_nonzero(known) < 2:
        return NobodyToAsk(reason="fewer than two groups have a value in every column, so nobody can be changed.")
    spread = spread_of(rows)
    needed = rows_needed(rows, spread)
    chosen = np.arange(len(rows)) if needed >= len(rows) else np.sort(rng.choice(len(rows), needed, replace=False))
    own = attribute.codes[chosen]
    sizes = np.bincount(attribute.codes, weights=rows.weight, minlength=len(attribute)).astype(np.float64)
    changes = draw_changes(own, sizes, known, rng)
    pools = draw_donors(attribute.codes, known, rows.weight, rng)
    frame, places, donors = _fetch(asking, rows, chosen, pools)
    donor = _donors(frame, places[changes.source], own[changes.source], changes.target, donors, protected, rng)
    _refuse_unsteady(rows, chosen, asking.answer(frame.take(places).reset_index(drop=True)), spread)
    answers = _answers(asking, frame, columns, places[changes.source], donor)
    return _compared(rows, chosen, changes, answers, spread, columns, bool(np.count_nonzero(known) > MOST_TARGETS + 1))


def _refuse_unsteady(rows: ScoredRows, chosen: NDArray[np.intp], again: Answer, spread: float) -> None:
    """Raise where the candidate answers the same rows otherwise than before: its shifts would be noise."""
    if rows.score is not None and again.score is not None:
        moved = apart(rows.score[chosen], again.score)
        other = moved > _STEADY * max(spread, float(np.abs(rows.score[chosen]).max(initial=0.0)) * _ROUNDING)
    elif rows.decision is not None and again.decision is not None:
        other = rows.decision[chosen] != again.decision
    else:
        return
    if other.any():
        raise ModelError(
            f"{np.count_nonzero(other):,} of {len(chosen):,} rows get another answer when they are asked about again, "
            "unchanged: the candidate is not deterministic (or answers by place or batch), or the dataset gives other "
            "rows at each reading. Fix its randomness; until then nothing can be said of changed rows."
        )


def _fetch(
    asking: Asking, rows: ScoredRows, chosen: NDArray[np.intp], pools: list[NDArray[np.intp]]
) -> tuple[pd.DataFrame, NDArray[np.intp], list[NDArray[np.intp]]]:
    """Read rows and donors in one pass over the table; return them and the places of both in the frame."""
    union = np.unique(np.concatenate([chosen, *pools]))
    positions = union if rows.row_id is None else rows.row_id[union]
    order = np.argsort(positions)
    frame = asking.rows(positions[order].astype(np.intp))
    at = np.empty(len(union), dtype=np.intp)
    at[order] = np.arange(len(union))
    return frame, at[np.searchsorted(union, chosen)], [at[np.searchsorted(union, pool)] for pool in pools]


def _donors(
    frame: pd.DataFrame,
    source: NDArray[np.intp],
    own: NDArray[np.intp],
    target: NDArray[np.intp],
    donors: list[NDArray[np.intp]],
    protected: tuple[str, ...],
    rng: Generator,
) -> NDArray[np.intp]:
    """Return the place in the frame of each change's donor."""
    from pandas.api.types import is_bool_dtype, is_numeric_dtype

    chosen = np.empty(len(target), dtype=np.intp)
    column = frame[protected[0]] if len(protected) == 1 and protected[0] in frame else None
    if column is not None and is_numeric_dtype(column) and not is_bool_dtype(column):
        values = column.to_numpy(dtype=np.float64, na_value=np.nan)
        drawn = by_rank(values[source], [values[pool] for pool in donors], own, target, rng)
    else:
        sizes = np.array([len(pool) for pool in donors])
        drawn = rng.integers(0, sizes[target])
    for place, pool in enumerate(donors):
        moved = target == place
        chosen[moved] = pool[drawn[moved]]
    return chosen


def _answers(
    asking: Asking, frame: pd.DataFrame, columns: tuple[str, ...], source: NDArray[np.intp], donor: NDArray[np.intp]
) -> Answer:
    """Ask about the changed rows in few large calls."""
    parts = []
    for start in range(0, len(source), _CALL):
        block = slice(start, start + _CALL)
        changed = frame.take(source[block]).reset_index(drop=True)
        entries = frame.loc[:, list(columns)].take(donor[block]).reset_index(drop=True)
        for name in columns:
            changed[name] = entries[name]
        parts.append(asking.answer(changed))

    def joined(values: list[NDArray[np.generic] | None]) -> NDArray[np.generic] | None:
        there = [part for part in values if part is not None]
        return np.concatenate(there) if there else None

    return Answer(
        score=joined([part.score for part in parts]),  # type: ignore[arg-type]
        decision=joined([part.decision for part in parts]),  # type: ignore[arg-type]
    )


def _compared(
    rows: ScoredRows,
    chosen: NDArray[np.intp],
    changes: Changes,
    answers: Answer,
    spread: float,
    columns: tuple[str, ...],
    drawn_targets: bool,
) -> Asked:
    was = None if rows.decision is None else rows.decision[chosen]
    if rows.score is None or answers.score is None:
        if was is None or answers.decision is None:
            raise ValueError("the candidate answered changed rows with less than it gives for the dataset.")
        return Asked(
            rows=chosen,
            everyone=len(rows),
            changes=changes,
            distance=apart(was[changes.source], answers.decision),
            signed=None,
            before=None,
            after=None,
            was=was,
            now=answers.decision,
            spread=spread,
            columns=columns,
            drawn_targets=drawn_targets,
        )
    score, after = rows.score[chosen], answers.score
    before = score[changes.source]
    distance = apart(before, after)
    distance[distance <= _ROUNDING * (spread or float(np.abs(score).max(initial=0.0)))] = 0.0
    signed = None
    if score.ndim == 1:
        signed = np.where(distance > 0.0, after - before, 0.0)
    else:
        top = score.argmax(axis=1) if was is None else was.astype(np.intp)
        score = np.take_along_axis(score, top[:, None], axis=1)[:, 0]
        after = np.take_along_axis(after, top[changes.source][:, None], axis=1)[:, 0]
    return Asked(
        rows=chosen,
        everyone=len(rows),
        changes=changes,
        distance=distance,
        signed=signed,
        before=score,
        after=after,
        was=was,
        now=answers.decision,
        spread=spread,
        columns=columns,
        drawn_targets=drawn_targets,
    )
