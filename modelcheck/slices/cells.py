"""The cells that some columns cut the rows into, and the slices that runs of their levels make."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from modelcheck.slices.axes import Axis
from modelcheck.slices.channels import Channels

__all__ = ["Cells", "Keep", "Slices", "extend", "root", "slices_of"]

# From the tables of some slices to which of them are worth going on with.
Keep = Callable[[NDArray[np.float64]], NDArray[np.bool_]]

_WIDEST = 1 << 21  # slices that are looked at at once, in values of 8 bytes


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Cells:
    """Rows cut into cells by a few columns.

    Single levels are cells with rows enough, kept by number; columns whose neighbouring levels may be taken together
    keep all their levels.

    Attributes
    ----------
    rows : ndarray of int or None
        Rows that are in a cell; None: all.
    code : ndarray of int, shape (n_rows,)
        Kind and cell of each: ``kind * n_cells + cell``.
    chosen : ndarray of int, shape (n_fixed, n_singles)
        Choice on each column of single levels, for each of their joint cells.
    singles, joint : tuple of Axis
        The columns, those of single levels first.
    """

    rows: NDArray[np.intp] | None
    code: NDArray[np.signedinteger[Any]]
    chosen: NDArray[np.intp]
    singles: tuple[Axis, ...] = ()
    joint: tuple[Axis, ...] = ()

    @property
    def n_cells(self) -> int:
        """Number of cells."""
        total = len(self.chosen)
        for axis in self.joint:
            total *= axis.size
        return total


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Slices:
    """Some slices of the same columns.

    Attributes
    ----------
    axes : tuple of Axis
        The columns.
    table : ndarray of float64, shape (1 + n_sums, n_slices)
        Number of rows, and sums.
    lead : ndarray of int, shape (n_axes - 1, n_lead)
        Choices on all columns but the last, in combinations.
    place : ndarray of int, shape (n_slices,), or None
        ``choice on the last column * n_lead + place in lead`` of each slice; None: they are all there, in order.
    """

    axes: tuple[Axis, ...]
    table: NDArray[np.float64]
    lead: NDArray[np.intp]
    place: NDArray[np.intp] | None

    def choices(self, which: NDArray[np.intp]) -> NDArray[np.intp]:
        """Return the choice on each column, shape (n_axes, n_which), of some of the slices."""
        place = which if self.place is None else self.place[which]
        last, lead = np.divmod(place, self.lead.shape[1])
        return np.concatenate([self.lead[:, lead], last[None, :]])


def root(channels: Channels, n: int) -> Cells:
    """Return the one cell of all rows."""
    return Cells(rows=None, code=channels.start(n), chosen=np.zeros((1, 0), dtype=np.intp))


def _table(cells: Cells, axis: Axis, channels: Channels) -> NDArray[np.float64]:
    codes = axis.codes if cells.rows is None else axis.codes.take(cells.rows)
    table = channels.tabulate(cells.code, codes, cells.n_cells * axis.size, cells.rows, times=axis.size)
    return table.reshape(len(table), len(cells.chosen), *(one.size for one in cells.joint), axis.size)


def extend(cells: Cells, axis: Axis, channels: Channels, keep: Keep) -> Cells:
    """Cut cells further by one more column.

    Parameters
    ----------
    cells : Cells
        Columns of single levels have to come before those of runs.
    axis : Axis
        The column.
    channels : Channels
        What is summed.
    keep : callable
        Which cells of single levels go on; the others take their rows with them.

    Returns
    -------
    Cells
    """
    codes = axis.codes if cells.rows is None else axis.codes.take(cells.rows)
    # Half the memory of plain integers wherever a table of so many cells can be held at all.
    small = channels.kinds * cells.n_cells * axis.size < 1 << 31
    narrow: np.dtype[np.signedinteger[Any]] = np.dtype(np.int32 if small else np.intp)
    if axis.joint:
        code = cells.code.astype(narrow)
        code *= axis.size
        np.add(code, codes, out=code, casting="unsafe")
        return Cells(rows=cells.rows, code=code, chosen=cells.chosen, singles=cells.singles, joint=(*cells.joint, axis))
    table = _table(cells, axis, channels)[:, :, axis.low]
    old, choice = np.nonzero(keep(table.reshape(len(table), -1)).reshape(table.shape[1:]))
    # The new code of a row, by its old code and its level; -1 outside all cells.
    number = np.full((channels.kinds, len(cells.chosen), axis.size), -1, dtype=narrow)
    number[:, old, axis.low[choice]] = np.arange(channels.kinds * len(old)).reshape(channels.kinds, -1)
    place = cells.code.astype(np.intp)
    place *= axis.size
    np.add(place, codes, out=place, casting="unsafe")
    code = number.ravel().take(place)
    rows = cells.rows
    inside = np.flatnonzero(code >= 0)
    if len(inside) < len(code):
        code = code.take(inside)
        rows = inside if rows is None else rows.take(inside)
    return Cells(
        rows=rows,
        code=code,
        chosen=np.column_stack([cells.chosen[old], choice]),
        singles=(*cells.singles, axis),
    )


def slices_of(cells: Cells, axis: Axis, channels: Channels, keep: Keep) -> Iterator[Slices]:
    """Yield the slices that cells and one more column make, in blocks.

    Parameters
    ----------
    cells : Cells
        Of the other columns.
    axis : Axis
        The last column.
    channels : Channels
        What is summed.
    keep : callable
        Which slices go on; asked along the way of slices of fewer columns too, whose parts they are.

    Yields
    ------
    Slices
        Those that `keep` kept.
    """
    table = _table(cells, axis, channels)
    runs: Sequence[Axis] = (*cells.joint, axis)
    # The cells of single levels stand last, so that whole runs of memory are added and moved.
    table = np.ascontiguousarray(table.transpose(0, *range(2, table.ndim), 1))
    yield from _unfold(table, cells.chosen.T, runs, (*cells.singles, *runs), keep)


def _unfold(
    table: NDArray[np.float64], lead: NDArray[np.intp], runs: Sequence[Axis], axes: tuple[Axis, ...], keep: Keep
) -> Iterator[Slices]:
    """Turn the levels of the first of `runs` into choices, then those of the others.

    `table` has the shape (1 + n_sums, levels of each of `runs`, n_lead); `lead` holds the choices made so far.
    """
    axis, *others = runs
    sums, n_lead = len(table), lead.shape[1]
    inner = prod(other.size for other in others)
    # So that what one column brings stays small whatever the others are.
    step = max(1, _WIDEST // (sums * max(len(axis), axis.size) * inner))
    for begin in range(0, n_lead, step):
        stop = min(begin + step, n_lead)
        chosen = _choose(table[..., begin:stop], axis)
        if not others:
            flat = chosen.reshape(sums, -1)
            kept = np.flatnonzero(keep(flat))
            if len(kept):
                every = len(kept) == flat.shape[1]
                yield Slices(
                    axes=axes,
                    table=flat if every else flat[:, kept],
                    lead=lead[:, begin:stop],
                    place=None if every else kept,
                )
            continue
        whole = chosen.reshape(sums, len(axis), inner, stop - begin)
        choice, at = np.nonzero(keep(whole.sum(axis=2).reshape(sums, -1)).reshape(len(axis), stop - begin))
        if len(choice):
            grown = np.concatenate([lead[:, begin + at], choice[None, :]])
            moved = np.ascontiguousarray(whole.swapaxes(1, 2)[:, :, choice, at])
            yield from _unfold(
                moved.reshape(sums, *(other.size for other in others), len(choice)), grown, others, axes, keep
            )


def _choose(table: NDArray[np.float64], axis: Axis) -> NDArray[np.float64]:
    """Return the sums of each choice instead of each level, along the second dimension."""
    if not axis.joint:
        return np.take(table, axis.low, axis=1)
    before = np.empty((len(table), axis.size + 1, *table.shape[2:]))
    before[:, 0] = 0.0
    np.cumsum(table, axis=1, out=before[:, 1:])
    chosen = np.take(before, axis.high + 1, axis=1)
    chosen -= np.take(before, axis.low, axis=1)
    return chosen
