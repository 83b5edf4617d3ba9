"""How one block of changed rows was judged, and how the model is asked about it within a budget."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
from numpy.typing import NDArray

from modelcheck.perturb.falsify.change import changed_cells
from modelcheck.perturb.falsify.properties import Property
from modelcheck.perturb.outcomes import Outcomes

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Answer", "Asked", "Enough", "Judge", "Judged"]

Answer: TypeAlias = Callable[["pd.DataFrame"], Outcomes]


class Enough(BaseException):
    """Ends a search at once: no more rows may be asked about.

    No `Exception`: Hypothesis would take it for a falsified property and shrink it.
    """


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Judged:
    """Which rows of a block break a property, and what was answered to them.

    Attributes
    ----------
    broken : ndarray of bool, shape (n_rows,)
        Which rows break it.
    at : ndarray of int, shape (n_asked,)
        Positions in the block of the rows that were asked about: those of which a cell really changed.
    before, after : Outcomes or None
        What was answered to these rows, before and after; None where the judge has no outcomes.
    """

    broken: NDArray[np.bool_]
    at: NDArray[np.intp]
    before: Outcomes | None = None
    after: Outcomes | None = None

    def said(self, row: int) -> tuple[Outcomes | None, Outcomes | None]:
        """Return the outcomes of one row that was asked about, before and after."""
        place = np.searchsorted(self.at, np.array([row]))
        return (
            None if self.before is None else self.before.take(place),
            None if self.after is None else self.after.take(place),
        )


Judge: TypeAlias = Callable[["pd.DataFrame", "pd.DataFrame", Sequence[str], object], Judged]
"""From rows before, rows after, the columns that may differ, and a key that is equal for equal rows before (None: ask
anew) to how they were judged.

Raises `Enough` where no more rows may be asked about."""


class Asked:
    """A judge that asks the model, one call for a block before and one after, and counts.

    Parameters
    ----------
    prop : Property
        What must hold.
    answer : callable
        From rows to their outcomes.
    most_rows : int
        Most rows that are asked about.
    """

    def __init__(self, prop: Property, answer: Answer, most_rows: int) -> None:
        self._prop = prop
        self._answer = answer
        self._most_rows = most_rows
        self._known: dict[object, Outcomes] = {}
        self.rows = self.calls = 0

    def __call__(self, before: pd.DataFrame, after: pd.DataFrame, columns: Sequence[str], key: object) -> Judged:
        """Judge a block."""
        at = np.flatnonzero(changed_cells(before, after, columns).any(axis=1))
        broken = np.zeros(len(before), dtype=bool)
        if not len(at):
            return Judged(broken=broken, at=at)
        rows, changed = (before, after) if len(at) == len(before) else (before.iloc[at], after.iloc[at])
        if key is None:
            was = self._ask(rows)
        else:
            if key not in self._known:
                self._known[key] = self._ask(before)
            was = self._known[key].take(at)
        now = self._ask(changed)
        broken[at] = np.asarray(self._prop.broken(was, now, rows, changed), dtype=bool) & was.answered
        return Judged(broken=broken, at=at, before=was, after=now)

    def _ask(self, rows: pd.DataFrame) -> Outcomes:
        if self.rows + len(rows) > self._most_rows:
            raise Enough
        outcomes = self._answer(rows.reset_index(drop=True))
        if len(outcomes) != len(rows):
            raise ValueError(f"{len(outcomes):,} outcomes were given to {len(rows):,} rows.")
        self.rows += len(rows)
        self.calls += 1
        return outcomes
