"""What is summed in every cell: the number of rows, and sums of one or more values of each row."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = ["Channels"]

_FEW = 8  # kinds that are counted instead of summed
_LOOK = 1_000
_BLOCK = 1 << 16  # rows counted at once: their index stays in the processor's cache


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Channels:
    """Values of each row that are summed by cell.

    Attributes
    ----------
    n_sums : int
        How many sums there are, the number of rows not counted.
    kind : ndarray of uint8, shape (n_rows,), or None
        Where rows are of few kinds (right and wrong, say): the kind of each. Cells then hold integer counts by kind,
        whose sums are exact and don't depend on the order of rows.
    by_kind : ndarray of float64, shape (n_kinds, n_sums), or None
        Values of a row of each kind.
    values : ndarray of float64, shape (n_sums, n_rows), or None
        Values of each row, where they are of many kinds.
    """

    n_sums: int
    kind: NDArray[np.uint8] | None = None
    by_kind: NDArray[np.float64] | None = None
    values: NDArray[np.float64] | None = None

    @classmethod
    def of_kinds(cls, kind: NDArray[np.uint8], by_kind: ArrayLike) -> Channels:
        """Return channels of rows of few kinds; `by_kind` has one row of values for each kind."""
        table = np.asarray(by_kind, dtype=np.float64)
        return cls(n_sums=table.shape[1], kind=kind, by_kind=table)

    @classmethod
    def of_values(cls, *values: NDArray[np.float64]) -> Channels:
        """Return channels of one or more values of each row; where few combinations occur, rows are coded by kind.

        Examples
        --------
        >>> Channels.of_values(np.array([0.0, 1.0, 1.0])).kind.tolist()
        [0, 1, 1]
        """
        few = _few_kinds(values)
        if few is not None:
            return cls.of_kinds(*few)
        return cls(n_sums=len(values), values=np.ascontiguousarray(np.stack(values), dtype=np.float64))

    def start(self, n: int) -> NDArray[np.int32]:
        """Return the index that counting starts from: the kind of each row, or zeros; shape (n,)."""
        return np.zeros(n, dtype=np.int32) if self.kind is None else self.kind.astype(np.int32)

    @property
    def rows(self) -> int:
        """Number of rows."""
        if self.kind is not None:
            return len(self.kind)
        return 0 if self.values is None else self.values.shape[1]

    @property
    def kinds(self) -> int:
        """Number of kinds; 1 where rows have values."""
        return 1 if self.by_kind is None else len(self.by_kind)

    def tabulate(
        self,
        base: NDArray[np.signedinteger[Any]],
        codes: NDArray[Any],
        cells: int,
        rows: NDArray[np.intp] | None,
        *,
        times: int = 1,
    ) -> NDArray[np.float64]:
        """Count and sum by cell.

        Parameters
        ----------
        base, codes : ndarray of int, shape (n_rows,)
            ``base * times + codes`` is the cell of each row, kinds outermost: ``kind * cells + cell``.
        cells : int
            Number of cells.
        rows : ndarray of int or None
            Which rows of the channels these are; None: all.
        times : int
            See `base`.

        Returns
        -------
        ndarray of float64, shape (1 + n_sums, cells)
            Number of rows, then the sums.
        """
        total = cells * self.kinds
        counts = np.zeros(total, dtype=np.intp)
        table = np.empty((1 + self.n_sums, cells))
        if self.values is not None:
            table[1:] = 0.0
        index = np.empty(min(_BLOCK, len(base)), dtype=np.intp)
        # Processors multiply many short integers at once.
        narrow = np.empty(len(index), dtype=np.int32 if total < 1 << 31 else np.intp)
        for start in range(0, len(base), _BLOCK):
            stop = min(start + _BLOCK, len(base))
            part, short = index[: stop - start], narrow[: stop - start]
            np.multiply(base[start:stop], times, out=short, casting="unsafe")
            np.add(short, codes[start:stop], out=short, casting="unsafe")
            part[:] = short
            counts += np.bincount(part, minlength=total)
            if self.values is not None:
                block = self.values[:, start:stop] if rows is None else self.values[:, rows[start:stop]]
                for place, values in enumerate(block, start=1):
                    table[place] += np.bincount(part, weights=values, minlength=cells)
        by_kind = counts.reshape(self.kinds, cells)
        table[0] = by_kind.sum(axis=0)
        if self.by_kind is not None:
            table[1:] = self.by_kind.T @ by_kind
        return table


def _few_kinds(values: tuple[NDArray[np.float64], ...]) -> tuple[NDArray[np.uint8], NDArray[np.float64]] | None:
    """Return the kind of each row and the values of each kind; None where there are many."""
    kind = np.zeros(len(values[0]), dtype=np.uint8)
    shown = np.ones((1, 0))
    for one in values:
        found = _coded(one)
        if found is None:
            return None
        seen, code = found
        joint = kind * np.uint8(len(seen))
        joint += code
        present = np.flatnonzero(np.bincount(joint, minlength=len(shown) * len(seen)))
        if len(present) > _FEW:
            return None
        number = np.zeros(len(shown) * len(seen), dtype=np.uint8)
        number[present] = np.arange(len(present))
        kind = number[joint]
        shown = np.column_stack([shown[present // len(seen)], seen[present % len(seen)]])
    return kind, shown


def _coded(values: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.uint8]] | None:
    """Return the values that occur, in order, and each row's place among them; None where there are many.

    A few comparisons of all rows cost less than sorting them.
    """
    seen = np.unique(values[:_LOOK])
    while len(seen) <= _FEW:
        code = np.zeros(len(values), dtype=np.uint8)
        known = np.zeros(len(values), dtype=np.bool_)
        for place, value in enumerate(seen.tolist()):
            same = values == value
            known |= same
            code += same * np.uint8(place)
        if known.all():
            return seen, code
        more = np.union1d(seen, values[~known][:_LOOK])
        if len(more) == len(seen):
            return None  # what equals nothing, not even itself
        seen = more
    return None
