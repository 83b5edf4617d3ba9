"""Rows in order of their score, as groups of equal scores: what curves and areas are made of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["ScoreOrder", "order_scores"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoreOrder:
    """Groups of rows with equal scores, from the lowest score to the highest.

    Attributes
    ----------
    rows : ndarray of int64, shape (n_rows,)
        Row positions in ascending order of score.
    size : ndarray of int64, shape (n_groups,)
        Rows in each group.
    positive, negative : ndarray of float64, shape (n_groups,)
        Weight of the positive and of the negative rows in each group (counts without weights).
    """

    rows: NDArray[np.int64]
    size: NDArray[np.int64]
    positive: NDArray[np.float64]
    negative: NDArray[np.float64]

    def spread(self, by_group: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return a group's value for each of its rows, shape (n_rows,), in the rows' own order."""
        out = np.empty(len(self.rows))
        out[self.rows] = np.repeat(by_group, self.size)
        return out


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
        O(n log n); about four 8-byte temporaries a row.
    """
    rows = np.argsort(score)
    ordered = score[rows]
    starts = np.flatnonzero(np.concatenate(([True], ordered[1:] != ordered[:-1])))
    del ordered
    size = np.diff(starts, append=len(rows))
    hit = positive[rows]
    if weight is None:
        yes = np.add.reduceat(hit, starts, dtype=np.float64)
        return ScoreOrder(rows=rows, size=size, positive=yes, negative=size - yes)
    heavy = weight[rows]
    every = np.add.reduceat(heavy, starts)
    heavy *= hit
    yes = np.add.reduceat(heavy, starts)
    # Summed apart, so that groups without negatives hold an exact zero.
    no = np.where(np.add.reduceat(hit, starts, dtype=np.int64) == size, 0.0, np.maximum(every - yes, 0.0))
    return ScoreOrder(rows=rows, size=size, positive=yes, negative=no)
