"""Points of ROC and precision-recall curves, thinned for drawing."""

from __future__ import annotations

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
    x = _shares(order.negative)
    y = _shares(order.positive)
    # Along a curve that only rises, x + y is the distance walked.
    kept = _corners(x, y)
    if len(kept) > most:
        walked = x[kept] + y[kept]
        kept = kept[np.unique(np.searchsorted(walked, np.linspace(0.0, 2.0, most - 1)).clip(max=len(kept) - 1))]
        kept = np.unique(np.concatenate(([0], kept, [len(x) - 1])))[-most:]
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
    caught = np.cumsum(order.positive[::-1])
    flagged = np.cumsum((order.positive + order.negative)[::-1])
    last = int(np.flatnonzero(order.positive[::-1])[-1]) + 1
    x = np.concatenate(([0.0], np.minimum(caught[:last] / caught[-1], 1.0)))
    y = np.concatenate(([1.0], np.minimum(caught[:last] / flagged[:last], 1.0)))
    if len(x) <= most:
        return x, y
    bands = max((most - 2) // 3, 1)
    band = np.minimum((x * bands).astype(np.int64), bands - 1)
    starts = np.flatnonzero(np.concatenate(([True], band[1:] != band[:-1])))
    group = np.cumsum(np.concatenate(([False], band[1:] != band[:-1])))
    by_precision = np.lexsort((y, group))
    ends = np.append(starts[1:], len(x))
    kept = np.unique(np.concatenate(([0], starts, by_precision[starts], by_precision[ends - 1], [len(x) - 1])))
    return x[kept], y[kept]


def _shares(by_group: NDArray[np.float64]) -> NDArray[np.float64]:
    total = np.concatenate(([0.0], np.cumsum(by_group[::-1])))
    shares: NDArray[np.float64] = total / total[-1]
    return shares


def _corners(x: NDArray[np.float64], y: NDArray[np.float64]) -> NDArray[np.int64]:
    # A point between two on the same horizontal or vertical line can't be seen.
    flat = np.zeros(len(x), dtype=bool)
    flat[1:-1] = ((x[2:] == x[:-2]) | (y[2:] == y[:-2])) if len(x) > 2 else False
    return np.flatnonzero(~flat)
