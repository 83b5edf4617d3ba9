"""Rows in order of their score, as groups of equal scores: what curves and areas are made of."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["ScoreOrder", "order_scores", "running_total"]

_BLOCK = 1 << 15  # rows spread at once: what is made on the way stays small at any number of rows


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoreOrder:
    """Groups of rows with equal scores, from the lowest score to the highest.

    Attributes
    ----------
    rows : ndarray of int32 or int64, shape (n_rows,)
        Row positions in ascending order of score.
    size : ndarray of unsigned int, shape (n_groups,)
        Rows in each group, in the narrowest type that holds them all: one byte where few scores are equal.
    positive : ndarray, shape (n_groups,)
        Positive rows in each group: counts (in the type of `size`), or sums of weight.
    weight_of_negative : ndarray of float64, shape (n_groups,), or None
        Sums of weight of the negative rows; None without weights.
    """

    rows: NDArray[Any]
    size: NDArray[Any]
    positive: NDArray[Any]
    weight_of_negative: NDArray[np.float64] | None = None

    @property
    def negative(self) -> NDArray[Any]:
        """Negative rows in each group: counts, or sums of weight; shape (n_groups,)."""
        return self.size - self.positive if self.weight_of_negative is None else self.weight_of_negative

    def spread(
        self,
        values: NDArray[np.float64],
        *,
        where: NDArray[np.bool_] | None = None,
        out: NDArray[np.float64] | None = None,
    ) -> NDArray[np.float64]:
        """Give each row the value of its group.

        Parameters
        ----------
        values : ndarray of float64, shape (n_groups,)
            One value for each group.
        where : ndarray of bool, shape (n_rows,), or None
            Rows to give a value to, in the rows' own order; None: all.
        out : ndarray of float64, shape (n_rows,), or None
            Where to write; rows that `where` leaves out keep what they have. None: a new array.

        Returns
        -------
        ndarray of float64, shape (n_rows,)
            `out`, in the rows' own order.
        """
        out = np.empty(len(self.rows)) if out is None else out
        for rows, groups, repeats in self._blocks():
            part = values[groups] if repeats is None else np.repeat(values[groups], repeats)
            if where is not None:
                chosen = where[rows]
                rows, part = rows[chosen], part[chosen]
            out[rows] = part
        return out

    def _blocks(self) -> Iterator[tuple[NDArray[Any], slice, NDArray[np.int64] | None]]:
        """Yield successive rows, the groups they are of, and how many rows each group has among them (None: one)."""
        ties = len(self.size) < len(self.rows)
        group, before = 0, 0  # the first group that isn't done, and the rows of those before it
        for start in range(0, len(self.rows), _BLOCK):
            stop = min(start + _BLOCK, len(self.rows))
            if not ties:
                yield self.rows[start:stop], slice(start, stop), None
                continue
            groups = slice(group, group + _BLOCK)
            ends = before + np.cumsum(self.size[groups], dtype=np.int64)
            starts = ends - self.size[groups]
            # A group may begin before the block or end after it: only the rows in between count.
            repeats = np.maximum(np.minimum(ends, stop) - np.maximum(starts, start), 0)
            yield self.rows[start:stop], groups, repeats
            done = int(np.searchsorted(ends, stop, side="right"))
            group, before = group + done, int(ends[done - 1]) if done else before


def order_scores(
    positive: NDArray[np.bool_], score: NDArray[Any], weight: NDArray[np.float64] | None = None
) -> ScoreOrder:
    """Sort rows by score and gather equal scores.

    Parameters
    ----------
    positive : ndarray of bool, shape (n_rows,)
        Which rows are of the positive class.
    score : ndarray of float, shape (n_rows,)
        Finite scores; higher means more positive. At least one row.
    weight : ndarray of float64, shape (n_rows,), or None
        Row weights.

    Returns
    -------
    ScoreOrder
        O(n log n); 6 bytes a row without weights and without ties, about 24 while it is made.

    Examples
    --------
    >>> import numpy as np
    >>> found = order_scores(np.array([True, False, True]), np.array([0.5, 0.5, 0.1]))
    >>> found.size.tolist(), found.positive.tolist(), found.negative.tolist()
    ([1, 2], [1, 1], [0, 1])
    """
    whole = np.int32 if len(score) < 2**31 else np.int64
    rows = np.argsort(score).astype(whole)
    ordered = score[rows]
    new = np.empty(len(rows), dtype=bool)
    new[:1] = True
    np.not_equal(ordered[1:], ordered[:-1], out=new[1:])
    del ordered
    starts = np.flatnonzero(new)
    del new
    sizes = np.empty_like(starts)
    np.subtract(starts[1:], starts[:-1], out=sizes[:-1])
    sizes[-1] = len(rows) - starts[-1]
    size = sizes.astype(np.min_scalar_type(sizes.max()))
    del sizes
    hit = positive[rows]
    if weight is None:
        return ScoreOrder(rows=rows, size=size, positive=np.add.reduceat(hit, starts, dtype=size.dtype))
    heavy = weight[rows]
    # Summed apart, so that groups of one class hold an exact zero for the other.
    yes = np.add.reduceat(np.where(hit, heavy, 0.0), starts)
    heavy[hit] = 0.0
    no = np.add.reduceat(heavy, starts)
    return ScoreOrder(rows=rows, size=size, positive=yes, weight_of_negative=no)


def running_total(values: NDArray[Any]) -> NDArray[np.float64]:
    """Return the cumulative sums of narrow counts or weights, without a second wide array.

    Parameters
    ----------
    values : ndarray, shape (n,)
        Counts or weights.

    Returns
    -------
    ndarray of float64, shape (n,)

    Examples
    --------
    >>> running_total(np.array([200, 100], dtype=np.uint8)).tolist()
    [200.0, 300.0]
    """
    total = values.astype(np.float64)
    return np.cumsum(total, out=total)
