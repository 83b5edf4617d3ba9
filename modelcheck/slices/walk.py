"""Every conjunction of up to so many conditions, column by column, without those that can't matter."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import combinations
from math import comb
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from modelcheck.slices.axes import Axis
from modelcheck.slices.cells import Cells, Slices, extend, root, slices_of
from modelcheck.slices.channels import Channels

__all__ = ["COARSE_FROM", "Collector", "Progress", "Walk", "walk", "walk_both"]

COARSE_FROM = 3  # conjunctions of so many conditions take neighbouring bins together: there are so many of them

Progress = Callable[[int, int], None]


class Collector(Protocol):
    """Takes slices as they are found, and says which are not worth a closer look."""

    def take(self, slices: Slices) -> None:
        """Look at slices that have rows enough."""
        ...

    def worth(self, table: NDArray[np.float64]) -> NDArray[np.bool_] | None:
        """Return which slices may have parts (or be themselves) that matter; None: all of them.

        Parameters
        ----------
        table : ndarray of float64, shape (1 + n_sums, n_slices)
            Their rows and sums.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Walk:
    """What a walk looked at.

    Attributes
    ----------
    combinations : int
        Combinations of columns that were counted.
    left_out : int
        Combinations that weren't: one of their parts has no slice that is large enough (or could matter).
    """

    combinations: int
    left_out: int


def walk(
    axes: Sequence[Axis],
    channels: Channels,
    collector: Collector,
    *,
    rows: int,
    least: int,
    depth: int,
    first: int = 1,
    progress: Progress | None = None,
) -> Walk:
    """Show every slice of at least `least` rows to a collector.

    Parameters
    ----------
    axes : sequence of Axis
        The columns; each is used at most once in a slice.
    channels : Channels
        What is summed.
    collector : Collector
        Sees slices of one condition first, then those of two, and so on.
    rows, least : int
        Number of rows, and of those that a slice must have, at least 1.
    depth : int
        Largest number of conditions.
    first : int
        Smallest number of conditions that the collector is shown.
    progress : callable or None
        Called with the number of combinations of columns that are done, and of all.

    Returns
    -------
    Walk

    Notes
    -----
    Levels are counted, not slices: all slices of three columns come from one pass over the rows. A combination of
    columns is left out where one of its parts has no slice worth going on with; both reasons to leave out (too few
    rows, `Collector.worth`) hold for every part of a slice for which they hold.

    References
    ----------
    Agrawal, R. and Srikant, R. (1994). Fast algorithms for mining association rules. VLDB 1994, 487-499 (no larger set
    without all its subsets).
    """
    # Columns of single levels first: their joint cells can be thinned out, most where there are many levels.
    order = sorted((axis for axis in axes if len(axis)), key=lambda axis: (axis.joint, -axis.size, axis.place))
    whole = sum(comb(len(order), size) for size in range(1, depth + 1))
    done = counted = 0
    alive: set[tuple[int, ...]] = {()}

    def keep(table: NDArray[np.float64]) -> NDArray[np.bool_]:
        enough: NDArray[np.bool_] = table[0] >= least
        worth = collector.worth(table)
        return enough if worth is None else np.logical_and(enough, worth)

    for size in range(1, min(depth, len(order)) + 1):
        grown: set[tuple[int, ...]] = set()
        path = _Path(root(channels, rows), lambda cells, place: extend(cells, order[place], channels, keep))
        for prefix in combinations(range(len(order)), size - 1):
            after = range(prefix[-1] + 1 if prefix else 0, len(order))
            if prefix in alive:
                cells: Cells | None = None
                for last in after:
                    if any(part not in alive for part in _parts(prefix, last)):
                        continue
                    if cells is None:
                        cells = path.cells(prefix)
                    if not len(cells.chosen):
                        break
                    counted += 1
                    found = False
                    for slices in slices_of(cells, order[last], channels, keep):
                        found = True
                        if size < first:
                            break
                        collector.take(slices)
                    if found:
                        grown.add((*prefix, last))
            done += len(after)
            if progress is not None and len(after):
                progress(done, whole)
        alive = grown
        if not alive:
            break
    if progress is not None:
        progress(whole, whole)
    return Walk(combinations=counted, left_out=whole - counted)


class _Path:
    """Cells of one combination of columns after the other, those of common first columns made once."""

    def __init__(self, start: Cells, extended: Callable[[Cells, int], Cells]) -> None:
        self._extended = extended
        self._prefix: tuple[int, ...] = ()
        self._cells = [start]

    def cells(self, prefix: tuple[int, ...]) -> Cells:
        """Return the cells of these columns."""
        common = 0
        while common < min(len(prefix), len(self._prefix)) and prefix[common] == self._prefix[common]:
            common += 1
        del self._cells[common + 1 :]
        for place in prefix[common:]:
            self._cells.append(self._extended(self._cells[-1], place))
        self._prefix = prefix
        return self._cells[-1]


def _parts(prefix: tuple[int, ...], last: int) -> list[tuple[int, ...]]:
    """Return the combinations that lack one of the prefix's columns; the prefix itself is known to be alive."""
    return [(*prefix[:place], *prefix[place + 1 :], last) for place in range(len(prefix))]


def walk_both(
    axes: Sequence[Axis],
    coarse: Sequence[Axis],
    channels: Channels,
    collector: Collector,
    *,
    rows: int,
    least: int,
    depth: int,
    progress: Progress | None = None,
) -> None:
    """Show slices of one and two conditions on fine columns, and those of more on coarse ones.

    Parameters
    ----------
    axes, coarse : sequence of Axis
        The same features with all their bins, and with fewer. Where that makes no difference they are walked once.
    channels, collector, rows, least, depth, progress
        As for `walk`.
    """
    same = len(axes) == len(coarse) and all(fine.size == wide.size for fine, wide in zip(axes, coarse, strict=True))
    if same or depth < COARSE_FROM:
        walk(axes, channels, collector, rows=rows, least=least, depth=depth, progress=progress)
        return
    walk(axes, channels, collector, rows=rows, least=least, depth=COARSE_FROM - 1)
    walk(coarse, channels, collector, rows=rows, least=least, depth=depth, first=COARSE_FROM, progress=progress)
