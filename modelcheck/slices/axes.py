"""A feature's codes as conditions to search: single levels, and runs of neighbouring bins."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from modelcheck.data.levels import Levels

__all__ = ["Axis", "Feature", "axis_of"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Feature:
    """One feature as small integers.

    Attributes
    ----------
    name : str
        The column's name.
    codes : ndarray of int, shape (n_rows,)
        Level of each row, in 0 .. `size` - 1.
    size : int
        Number of levels, those without rows included.
    order : tuple of int
        Half-open range of the codes that are bins in order, of which neighbours may be taken together; the others stand
        for themselves. ``(0, 0)``: none.
    levels : Levels or None
        What the codes stand for; None: they are named by number.
    """

    name: str
    codes: NDArray[Any]
    size: int
    order: tuple[int, int] = (0, 0)
    levels: Levels | None = None

    def mask(self, first: int, last: int) -> NDArray[np.bool_]:
        """Return the rows whose code lies in `first` .. `last`, both included."""
        if first == last:
            same: NDArray[np.bool_] = self.codes == first
            return same
        return (self.codes >= first) & (self.codes <= last)

    def words(self, first: int, last: int) -> str:
        """Return the condition ``first <= code <= last`` for people."""
        if self.levels is not None:
            return self.levels.words(first, last)
        return f"{self.name} = {first}" if first == last else f"{self.name} {first} to {last}"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Axis:
    """A feature made ready for counting: few levels, and the conditions (choices) that have rows enough.

    Attributes
    ----------
    place : int
        Which feature.
    codes : ndarray of uint8 or uint16, shape (n_rows,)
        Level of each row, 0 .. `size` - 1.
    size : int
        Number of levels; those beyond every choice are rows that no condition on this feature selects.
    joint : bool
        Whether some choice is a run of several levels, so that choices overlap.
    low, high : ndarray of int, shape (n_choices,)
        Each choice as a run of levels, both ends included.
    first, last : ndarray of int, shape (n_choices,)
        The same choices as runs of the feature's own codes.
    """

    place: int
    codes: NDArray[Any]
    size: int
    joint: bool
    low: NDArray[np.intp]
    high: NDArray[np.intp]
    first: NDArray[np.intp]
    last: NDArray[np.intp]

    def __len__(self) -> int:
        return len(self.low)


def axis_of(feature: Feature, place: int, *, least: int, bins: int, ranges: bool) -> Axis:
    """Prepare a feature for counting.

    Parameters
    ----------
    feature : Feature
        With codes in 0 .. size - 1.
    place : int
        Its place among the features.
    least : int
        Rows that a condition must have. No smaller condition can be part of a slice with so many rows, so nothing
        is lost.
    bins : int
        At most so many bins in order; where a feature has more, neighbours are taken together so that bins weigh about
        the same. Only with `ranges`.
    ranges : bool
        Whether neighbouring bins may be taken together; else every code is a condition of its own.

    Returns
    -------
    Axis
        Perhaps without choices.

    Raises
    ------
    ValueError
        Codes that aren't integers, or lie outside 0 .. size - 1.
    """
    codes = np.asarray(feature.codes)
    if codes.ndim != 1 or codes.dtype.kind not in "ui":
        raise ValueError(
            f"feature {feature.name!r} has codes of {codes.dtype}, shape {codes.shape}; one integer a row."
        )
    if len(codes) and (int(codes.min()) < 0 or int(codes.max()) >= feature.size):
        raise ValueError(
            f"feature {feature.name!r} has codes from {int(codes.min())} to {int(codes.max())}; "
            f"allowed are 0 to {feature.size - 1} (its size is {feature.size})."
        )
    counts = np.bincount(codes, minlength=feature.size)
    start, stop = feature.order if ranges else (0, 0)
    ordered = start + np.flatnonzero(counts[start:stop])
    if len(ordered) < 2:
        start = stop = 0
        ordered = ordered[:0]
    group = _grouped(counts[ordered], bins)
    runs = int(group[-1]) + 1 if len(group) else 0
    # A level that is smaller than any slice selects nothing by itself; in a run it counts.
    alone = np.array([code for code in np.flatnonzero(counts >= least) if not start <= code < stop], dtype=np.intp)
    rest = runs + len(alone)
    level = np.full(feature.size, rest, dtype=np.intp)
    level[ordered] = group
    level[alone] = runs + np.arange(len(alone))
    covered = int(counts[ordered].sum() + counts[alone].sum())
    size = rest + (covered < len(codes))
    low, high = np.triu_indices(runs)
    first = np.concatenate([np.where(low == 0, start, ordered[np.searchsorted(group, low)]), alone])
    last = np.concatenate([np.where(high == runs - 1, stop - 1, ordered[np.searchsorted(group, high + 1) - 1]), alone])
    low, high = (np.concatenate([end, level[alone]]) for end in (low, high))
    before = np.concatenate([[0], np.cumsum(np.bincount(level[codes], minlength=size))])
    rows = before[high + 1] - before[low]
    # What every row meets, such as the one level of a constant, adds nothing to any slice.
    enough = (rows >= least) & (rows < len(codes))
    kind = np.uint8 if size <= 256 else np.uint16 if size <= 65536 else np.uint32
    return Axis(
        place=place,
        codes=level.astype(kind)[codes],
        size=int(size),
        joint=bool(runs),
        low=low[enough].astype(np.intp),
        high=high[enough].astype(np.intp),
        first=first[enough].astype(np.intp),
        last=last[enough].astype(np.intp),
    )


def _grouped(counts: NDArray[Any], bins: int) -> NDArray[np.intp]:
    """Return the group of each bin, 0, 1, ..: neighbours together, about equal numbers of rows in each group."""
    if len(counts) <= bins:
        return np.arange(len(counts))
    middle = np.cumsum(counts) - counts / 2.0
    wanted = np.minimum((middle / counts.sum() * bins).astype(np.intp), bins - 1)
    return np.unique(wanted, return_inverse=True)[1]
