"""Points of ROC and precision-recall curves, thinned for drawing."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from modelcheck.stats.order import order_scores

__all__ = ["precision_recall_points", "roc_curve_points"]

Points = tuple[NDArray[np.float64], NDArray[np.float64]]


def roc_curve_points(
    positive: NDArray[np.bool_], score: NDArray[Any], *, weight: NDArray[np.float64] | None = None, most: int = 200
) -> Points:
    """Return the points of the ROC curve, thinned to what an eye can see.

    Parameters
    ----------
    positive : ndarray of bool, shape (n_rows,)
        Which rows are of the positive class.
    score : ndarray of float, shape (n_rows,)
        Finite scores; higher means more positive.
    weight : ndarray of float64, shape (n_rows,), or None
        Row weights.
    most : int
        Greatest number of points, at least 10.

    Returns
    -------
    false_positive_rate, true_positive_rate : ndarray of float64, shape (n_points,)
        From (0, 0) to (1, 1); points of the curve itself, no farther than ``2 / most`` from any that is left out.
        Empty when one class has no rows.

    References
    ----------
    Fawcett, T. (2006). An introduction to ROC analysis. Pattern Recognition Letters 27, 861-874.

    Examples
    --------
    >>> import numpy as np
    >>> x, y = roc_curve_points(np.array([True, False, True]), np.array([0.9, 0.5, 0.4]))
    >>> x.tolist(), y.tolist()
    ([0.0, 0.0, 1.0, 1.0], [0.0, 0.5, 0.5, 1.0])
    """
    if not 0 < np.count_nonzero(positive) < len(positive):
        return np.empty(0), np.empty(0)
    order = order_scores(positive, score, weight)
    x, y = _climb(order.negative), _climb(order.positive)
    del order
    x /= x[-1]
    y /= y[-1]
    corner = _corners(x, y)
    if np.count_nonzero(corner) <= most:
        return x[corner], y[corner]
    # Along a curve that only rises, x + y is the distance walked. Kept is the first corner from each milestone on.
    milestones = np.unique(np.searchsorted(x + y, np.linspace(0.0, 2.0, most - 1)).clip(max=len(x) - 1))
    corners = [first + int(np.argmax(corner[first:])) for first in milestones.tolist()]
    kept = np.unique([0, *corners, len(x) - 1])[-most:]
    kept[0] = 0
    return x[kept], y[kept]


def precision_recall_points(
    positive: NDArray[np.bool_], score: NDArray[Any], *, weight: NDArray[np.float64] | None = None, most: int = 200
) -> Points:
    """Return the points of the precision-recall curve, thinned to what an eye can see.

    Parameters
    ----------
    positive, score, weight, most
        As for `roc_curve_points`.

    Returns
    -------
    recall, precision : ndarray of float64, shape (n_points,)
        By rising recall, starting at recall 0 with precision 1 as scikit-learn draws it. Where points are left out, the
        lowest and the highest precision of each narrow band of recall stay. Empty without positive rows.

    Examples
    --------
    >>> import numpy as np
    >>> x, y = precision_recall_points(np.array([True, False, True]), np.array([0.9, 0.5, 0.4]))
    >>> x.tolist(), y.round(2).tolist()
    ([0.0, 0.5, 0.5, 1.0], [1.0, 1.0, 0.5, 0.67])
    """
    if not np.any(positive):
        return np.empty(0), np.empty(0)
    order = order_scores(positive, score, weight)
    last = len(order.positive) - int(np.argmax(order.positive > 0))
    x = _climb(order.positive)[: last + 1]
    y = _climb(order.positive + order.negative)[: last + 1]
    del order
    np.divide(x[1:], y[1:], out=y[1:])
    y[0] = 1.0
    x /= x[-1]
    for shares in (x, y):
        np.minimum(shares, 1.0, out=shares)
    if len(x) <= most:
        return x, y
    bands = max((most - 2) // 3, 1)
    starts = np.unique(np.searchsorted(x * bands, np.arange(bands)))
    kept = [0, len(x) - 1]
    for start, end in pairwise([*starts.tolist(), len(x)]):
        band = y[start:end]
        kept += [start, start + int(np.argmin(band)), end - 1 - int(np.argmax(band[::-1]))]
    chosen = np.unique(kept)
    return x[chosen], y[chosen]


def _climb(by_group: NDArray[Any]) -> NDArray[np.float64]:
    """Return sums from the highest score down, beginning with 0 before the first group."""
    total = np.empty(len(by_group) + 1)
    total[0] = 0.0
    total[1:] = by_group[::-1]
    return np.cumsum(total, out=total)


def _corners(x: NDArray[np.float64], y: NDArray[np.float64]) -> NDArray[np.bool_]:
    # A point between two on the same horizontal or vertical line can't be seen.
    corner = np.ones(len(x), dtype=bool)
    corner[1:-1] = (x[2:] != x[:-2]) & (y[2:] != y[:-2])
    return corner
