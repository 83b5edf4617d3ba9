"""How far two people's scores lie apart: the unit that a shift of a score is measured in."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from modelcheck.scoring.rows import ScoredRows

__all__ = ["apart", "distance_from_others", "gini_mean_difference", "spread_of", "standard_deviation_of"]


def gini_mean_difference(values: NDArray[np.float64], weight: NDArray[np.float64] | None = None) -> float:
    """Return the mean distance of two different rows.

    Parameters
    ----------
    values : ndarray of float64, shape (n_rows,)
        Finite.
    weight : ndarray of float64, shape (n_rows,), or None
        Pairs count by the product of their weights.

    Returns
    -------
    float
        0 with fewer than two rows. O(n log n), exact.

    References
    ----------
    Yitzhaki, S. (2003). Gini's mean difference: a superior measure of variability for non-normal distributions.
    Metron 61, 285-316.

    Examples
    --------
    >>> gini_mean_difference(np.array([0.0, 1.0, 3.0]))
    2.0
    """
    n = len(values)
    if n < 2:
        return 0.0
    if weight is None:
        ordered = np.sort(values)
        # Distances from the middle: sums of large values would cancel.
        ordered -= ordered[n // 2]
        steps = np.arange(1 - n, n, 2, dtype=np.float64)
        return max(2.0 * float(np.dot(steps, ordered)) / (n * (n - 1.0)), 0.0)
    order = np.argsort(values, kind="stable")
    ordered, heavy = values[order], weight[order] / weight.mean()
    ordered -= ordered[n // 2]
    before = np.cumsum(heavy) - heavy
    reached = heavy * ordered
    sums = np.cumsum(reached) - reached
    pairs = float(heavy.sum()) ** 2 - float(np.dot(heavy, heavy))
    return max(2.0 * float(np.dot(heavy, ordered * before - sums)) / pairs, 0.0) if pairs > 0.0 else 0.0


def spread_of(rows: ScoredRows) -> float:
    """Return the mean distance, as by `apart`, of two different rows' outputs.

    Parameters
    ----------
    rows : ScoredRows
        With scores, or with decisions alone.

    Returns
    -------
    float
        Scores or values: Gini's mean difference. One probability a class: half the sum of it over classes, which is the
        mean total variation distance. Decisions alone: the chance that two rows are decided otherwise.
    """
    outputs, weight = rows.score, rows.weight
    if outputs is None:
        decided = np.bincount(_decided(rows), weights=weight).astype(np.float64)
        square = float(len(rows)) if weight is None else float(np.dot(weight, weight))
        total = float(decided.sum())
        pairs = total * total - square
        return max((total * total - float(np.dot(decided, decided))) / pairs, 0.0) if pairs > 0.0 else 0.0
    if outputs.ndim == 1:
        return gini_mean_difference(outputs, weight)
    return 0.5 * sum(gini_mean_difference(outputs[:, code], weight) for code in range(outputs.shape[1]))


def distance_from_others(rows: ScoredRows) -> NDArray[np.float64]:
    """Return each row's mean distance from all rows: half of its influence on the spread, but for a constant.

    Parameters
    ----------
    rows : ScoredRows
        With scores, or with decisions alone.

    Returns
    -------
    ndarray of float64, shape (n_rows,)
        In the unit of `spread_of`; O(n log n).

    References
    ----------
    Hoeffding, W. (1948). A class of statistics with asymptotically normal distribution. Annals of Mathematical
    Statistics 19, 293-325 (section 9: the variance of Gini's mean difference).
    """
    outputs, weight = rows.score, rows.weight
    if outputs is None:
        decided = _decided(rows)
        counts = np.bincount(decided, weights=weight).astype(np.float64)
        others: NDArray[np.float64] = (1.0 - counts / counts.sum())[decided]
        return others
    if outputs.ndim == 1:
        return _from_others(outputs, weight)
    total = np.zeros(len(outputs))
    for code in range(outputs.shape[1]):
        total += _from_others(outputs[:, code], weight)
    return np.divide(total, 2.0, out=total)


def _from_others(values: NDArray[np.float64], weight: NDArray[np.float64] | None) -> NDArray[np.float64]:
    order = np.argsort(values, kind="stable")
    ordered = values[order] - values[order[len(order) // 2]]
    heavy = np.ones(len(values)) if weight is None else weight[order]
    mass, reached = np.cumsum(heavy), np.cumsum(heavy * ordered)
    found = np.empty(len(values))
    # Up to the row itself on one side, from it on the other: at distance 0 it adds to neither.
    found[order] = (ordered * (2.0 * mass - mass[-1]) + reached[-1] - 2.0 * reached) / mass[-1]
    return found


def standard_deviation_of(rows: ScoredRows) -> float:
    """Return the standard deviation of the outputs, in the unit of `spread_of`; of many classes, the sum's half."""
    if rows.score is None:
        shares = np.bincount(_decided(rows)) / max(len(rows), 1)
        return 0.5 * float(np.sqrt(shares * (1.0 - shares)).sum())
    deviations = np.atleast_1d(np.std(rows.score, axis=0))
    return float(deviations[0]) if rows.score.ndim == 1 else 0.5 * float(deviations.sum())


def apart(before: NDArray[Any], after: NDArray[Any]) -> NDArray[np.float64]:
    """Return how far the outputs of rows moved.

    Parameters
    ----------
    before, after : ndarray, shape (n_rows,) or (n_rows, n_classes)
        Scores or values; one probability a class; or decisions (integers).

    Returns
    -------
    ndarray of float64, shape (n_rows,)
        Absolute difference; total variation distance of probabilities; 0 or 1 for decisions.

    Examples
    --------
    >>> apart(np.array([[0.2, 0.5, 0.3]]), np.array([[0.1, 0.5, 0.4]])).round(3).tolist()
    [0.1]
    """
    if np.issubdtype(before.dtype, np.integer):
        changed: NDArray[np.float64] = (before != after).astype(np.float64)
        return changed
    if before.ndim == 2:
        total: NDArray[np.float64] = 0.5 * np.abs(after - before).sum(axis=1)
        return total
    distance: NDArray[np.float64] = np.abs(after - before)
    return distance


def _decided(rows: ScoredRows) -> NDArray[np.int16]:
    if rows.decision is None:
        raise ValueError("these rows have neither scores nor decisions.")
    return rows.decision
