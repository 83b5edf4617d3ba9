"""From the block that Hypothesis left to one row, fewer columns and simpler values."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from typing import TYPE_CHECKING, Any

import numpy as np

from modelcheck.perturb.falsify.change import Change, apply_each, changed_cells, plain_cell
from modelcheck.perturb.falsify.judged import Enough, Judge, Judged
from modelcheck.perturb.falsify.plans import Case
from modelcheck.perturb.falsify.schema import Schema, simplicity
from modelcheck.perturb.outcomes import Outcomes

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Kept", "simplify"]

_MOST_TRIED = 128
_MOST_VALUES = 32


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Kept:
    """One row and one change that break a property.

    Attributes
    ----------
    row : int
        Its position in the block.
    shared : Change
        What was changed before and after alike.
    change : Change
        What is judged.
    before, after : Outcomes or None
        What was answered, one row each.
    alone : bool
        Whether it breaks the property when the row is asked about alone, not among others.
    """

    row: int
    shared: Change
    change: Change
    before: Outcomes | None = None
    after: Outcomes | None = None
    alone: bool = False

    @property
    def cost(self) -> tuple[int, int]:
        """Fewest changed cells first, then the first row."""
        return len(self.change.values) + len(self.shared.values), self.row


def simplify(
    judge: Judge, block: pd.DataFrame, schema: Schema, context: Schema | None, case: Case, judged: Judged
) -> Kept:
    """Choose one row of a broken block and simplify its change, many tries to a call.

    Parameters
    ----------
    judge : callable
        See `modelcheck.perturb.falsify.judged.Judge`; where it says that it's enough, the best so far is kept.
    block : DataFrame
        The rows as they are.
    schema, context : Schema
        What the changes draw from.
    case : Case
        What broke it.
    judged : Judged
        How the case was judged; at least one row is broken.

    Returns
    -------
    Kept
        Changes only cells that differ.
    """
    found = _rows_of(block, schema, case, judged)
    best = min(found, key=lambda kept: kept.cost)
    first = best
    try:
        best = _fewest(judge, block, found, best)
        for name in best.shared.columns:
            best = _simplest(judge, block, best, name, None if context is None else context.pools.get(name))
        for name in best.change.columns:
            best = _simplest(judge, block, best, name, schema.pools.get(name))
        # Among others a column may be of another type, or a model may look at the whole batch.
        tries = (best,) if best is first else (best, first)
        alone = (_try(judge, block, [kept])[0] for kept in tries)
        return next((replace(kept, alone=True) for kept in alone if kept is not None), first)
    except Enough:
        return best


def _rows_of(block: pd.DataFrame, schema: Schema, case: Case, judged: Judged) -> list[Kept]:
    before = case.before(block)
    after = case.plan.apply(before, schema)
    alike, names = case.shared.columns, case.plan.columns
    shared, changed = changed_cells(block, before, alike), changed_cells(before, after, names)
    kept = []
    for row in np.flatnonzero(judged.broken).tolist():
        was, now = judged.said(row)
        kept.append(
            Kept(
                row=row,
                shared=_read(before, row, [alike[place] for place in np.flatnonzero(shared[row])]),
                change=_read(after, row, [names[place] for place in np.flatnonzero(changed[row])]),
                before=was,
                after=now,
            )
        )
    return kept


def _read(rows: pd.DataFrame, row: int, names: Sequence[str]) -> Change:
    return Change(values={name: plain_cell(rows[name].iloc[row]) for name in names})


def _try(judge: Judge, block: pd.DataFrame, tries: Sequence[Kept]) -> list[Kept | None]:
    """Judge several tries in one call; those that break nothing are None."""
    own = block.iloc[[kept.row for kept in tries]].reset_index(drop=True)
    before = apply_each(own, [kept.shared for kept in tries])
    after = apply_each(before, [kept.change for kept in tries])
    judged = judge(before, after, tuple(dict.fromkeys(name for kept in tries for name in kept.change.columns)), None)
    found: list[Kept | None] = []
    for place, kept in enumerate(tries):
        if judged.broken[place]:
            was, now = judged.said(place)
            found.append(replace(kept, before=was, after=now))
        else:
            found.append(None)
    return found


def _fewest(judge: Judge, block: pd.DataFrame, found: Sequence[Kept], best: Kept) -> Kept:
    """Try every smaller set of columns, of all broken rows, in one call."""
    tries = [fewer for kept in found for fewer in _fewer(kept) if fewer.cost < best.cost]
    tries = sorted(tries, key=lambda kept: kept.cost)[:_MOST_TRIED]
    if not tries:
        return best
    return next((kept for kept in _try(judge, block, tries) if kept is not None), best)


def _fewer(kept: Kept) -> Iterator[Kept]:
    for shared in _subsets(kept.shared):
        for change in _subsets(kept.change):
            if change.values:
                yield Kept(row=kept.row, shared=shared, change=change)


def _subsets(change: Change) -> Iterator[Change]:
    for size in range(len(change.columns) + 1):
        for names in combinations(change.columns, size):
            yield change.only(*names)


def _simplest(judge: Judge, block: pd.DataFrame, kept: Kept, name: str, pool: Sequence[Any] | None) -> Kept:
    """Try simpler values of one column, those near to the row's own first among equally simple ones, in one call."""
    own = plain_cell(block[name].iloc[kept.row])
    is_shared = name in kept.shared.values
    now = (kept.shared if is_shared else kept.change).values[name]
    simpler = [value for value in _simpler(pool or (), own, now) if value != own]
    if not simpler:
        return kept
    tries = []
    for value in simpler[:_MOST_VALUES]:
        if is_shared:
            tries.append(replace(kept, shared=Change(values={**kept.shared.values, name: value})))
        else:
            tries.append(replace(kept, change=Change(values={**kept.change.values, name: value})))
    return next((found for found in _try(judge, block, tries) if found is not None), kept)


def _simpler(pool: Sequence[Any], own: Any, now: Any) -> list[Any]:
    """Return the values that are simpler than the present one, the simplest first."""
    values = [value for value in pool if value is not None]
    if not all(isinstance(value, (int, float)) and not isinstance(value, bool) for value in values):
        return values[: values.index(now)] if now in values else values
    middle = float(own) if isinstance(own, (int, float)) else float(values[0]) if values else 0.0
    values.sort(key=lambda value: simplicity(float(value), middle))
    if not isinstance(now, (int, float)):
        return values
    bound = simplicity(float(now), middle)
    return [value for value in values if simplicity(float(value), middle) < bound]
