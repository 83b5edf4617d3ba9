"""A user's function as a judge: asked about many rows at a time, it says which of them break its property."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from modelcheck.perturb.falsify.change import changed_cells
from modelcheck.perturb.falsify.judged import Judged

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Holding"]


class Holding:
    """A function of rows that says whether a property holds, and how often it was asked.

    Parameters
    ----------
    function : callable
        Takes frames by name; returns one bool a row, True where the property holds, or nothing and asserts.
    others : mapping of str to object
        What else it takes by name.

    Attributes
    ----------
    rows, calls : int
        Rows it was asked about, and in how many calls.
    said : str
        What its latest `AssertionError` said.
    """

    def __init__(self, function: Callable[..., Any], others: Mapping[str, Any]) -> None:
        self._function = function
        self._others = others
        self.name = function.__name__
        self.rows = self.calls = 0
        self.said = ""

    def broken(self, frames: Mapping[str, pd.DataFrame]) -> NDArray[np.bool_]:
        """Return which rows break the property, shape (n_rows,); where the function asserts, one of those that do.

        Raises
        ------
        TypeError
            The function returned something other than one bool a row.
        """
        rows = len(next(iter(frames.values())))
        self.rows += rows
        self.calls += 1
        try:
            held = self._function(**frames, **self._others)
        except AssertionError as error:
            self.said = str(error)
            return self._first(frames, rows)
        if held is None:
            return np.zeros(rows, dtype=bool)
        return ~self._bools(held, rows)

    def judge(self, before: pd.DataFrame, after: pd.DataFrame, columns: Sequence[str], key: object) -> Judged:
        """Judge a block by the function's `before` and `after`; see `modelcheck.perturb.falsify.judged.Judge`."""
        at = np.flatnonzero(changed_cells(before, after, columns).any(axis=1))
        broken = np.zeros(len(before), dtype=bool)
        if len(at):
            pair = {"before": before, "after": after}
            broken[at] = self.broken({name: frame.iloc[at].reset_index(drop=True) for name, frame in pair.items()})
        return Judged(broken=broken, at=at)

    def _first(self, frames: Mapping[str, pd.DataFrame], rows: int) -> NDArray[np.bool_]:
        """Halve the rows until one is left; rows that break it only together are all broken."""
        broken = np.ones(rows, dtype=bool)
        middle = rows // 2
        for half in (slice(0, middle), slice(middle, rows)) if rows > 1 else ():
            found = self.broken({name: frame.iloc[half].reset_index(drop=True) for name, frame in frames.items()})
            if found.any():
                broken[:] = False
                broken[half] = found
                return broken
        return broken

    def _bools(self, held: Any, rows: int) -> NDArray[np.bool_]:
        array = np.asarray(held)
        if array.dtype == object and all(isinstance(one, (bool, np.bool_)) for one in array.ravel()):
            array = array.astype(bool)
        if array.dtype != bool or array.shape != (rows,):
            what = f"{type(held).__name__} of {array.dtype} and shape {array.shape}"
            raise TypeError(
                f"{self.name}() returned a {what} for {rows:,} rows: it must return one bool a row, True where "
                "the property holds, or nothing and assert."
            )
        return np.asarray(array, dtype=bool)
