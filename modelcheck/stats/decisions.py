"""What decisions are worth: their costs, their net benefit, and both at every threshold of a score."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from modelcheck.stats.order import order_scores

__all__ = ["ThresholdSums", "best_threshold", "net_benefit", "row_benefits", "row_costs", "threshold_sums"]

_SAME = 1e-12  # costs this close, relative to the greatest, differ by rounding only


def row_costs(positive: NDArray[np.bool_], decided: NDArray[np.bool_], *, fp: float, fn: float) -> NDArray[np.float64]:
    """Return what each row's decision costs.

    Parameters
    ----------
    positive : ndarray of bool, shape (n_rows,)
        Which rows are positive.
    decided : ndarray of bool, shape (n_rows,)
        Which rows are decided positive.
    fp, fn : float
        Cost of a false positive and of a false negative, not negative, in one unit.

    Returns
    -------
    ndarray of float64, shape (n_rows,)
        0 where the decision is right.

    References
    ----------
    Elkan, C. (2001). The foundations of cost-sensitive learning. Proceedings of IJCAI-01, 973-978.

    Examples
    --------
    >>> row_costs(np.array([True, False, True]), np.array([False, True, True]), fp=1.0, fn=5.0).tolist()
    [5.0, 1.0, 0.0]
    """
    costs = np.zeros(len(positive))
    costs[decided & ~positive] = fp
    costs[positive & ~decided] = fn
    return costs


def row_benefits(positive: NDArray[np.bool_], threshold: float) -> NDArray[np.float64]:
    """Return what deciding each row positive adds to the net benefit.

    Parameters
    ----------
    positive : ndarray of bool, shape (n_rows,)
        Which rows are positive.
    threshold : float
        Threshold probability, in [0, 1).

    Returns
    -------
    ndarray of float64, shape (n_rows,)
        1 for a positive row, ``-threshold / (1 - threshold)`` for a negative one. Their mean over all rows, 0 where
        decided negative, is `net_benefit`.

    References
    ----------
    Vickers, A. J. and Elkin, E. B. (2006). Decision curve analysis: a novel method for evaluating prediction models.
    Medical Decision Making 26, 565-574.

    Examples
    --------
    >>> row_benefits(np.array([True, False]), 0.2).tolist()
    [1.0, -0.25]
    """
    return np.where(positive, 1.0, -threshold / (1.0 - threshold))


def net_benefit(true_positives: Any, false_positives: Any, total: float, threshold: Any) -> Any:
    """Return the net benefit of decisions at a threshold probability.

    Parameters
    ----------
    true_positives, false_positives : float or ndarray
        Rows (or weight) decided positive that are and aren't.
    total : float
        All rows (or their weight), above 0.
    threshold : float or ndarray
        Threshold probability, in [0, 1).

    Returns
    -------
    float or ndarray
        ``TP / n - FP / n * t / (1 - t)``: true positives in a row, each false positive counted against them at the
        odds of the threshold. At most the positive share.

    References
    ----------
    Vickers, A. J. and Elkin, E. B. (2006). Medical Decision Making 26, 565-574. Tested against the direct formula and a
    worked example in ``tests/reference``.

    Examples
    --------
    >>> round(net_benefit(30.0, 20.0, 100.0, 0.2), 3)
    0.25
    """
    return (true_positives - false_positives * (threshold / (1.0 - threshold))) / total


@dataclass(frozen=True, slots=True, kw_only=True)
class ThresholdSums:
    """What is decided positive at every threshold that a score tells apart.

    Attributes
    ----------
    scores : ndarray of float64, shape (n_scores,)
        Distinct scores, ascending.
    true_positives, false_positives : ndarray of float64, shape (n_scores + 1,)
        Positive and negative rows (or their weight) with at least that score; the last entry, above all scores, is 0.
    """

    scores: NDArray[np.float64]
    true_positives: NDArray[np.float64]
    false_positives: NDArray[np.float64]

    @property
    def positives(self) -> float:
        """All positive rows (or their weight)."""
        return float(self.true_positives[0])

    @property
    def total(self) -> float:
        """All rows (or their weight)."""
        return float(self.true_positives[0] + self.false_positives[0])

    def at(self, thresholds: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return true and false positives of ``score >= threshold`` for thresholds of any shape."""
        place = np.searchsorted(self.scores, thresholds, side="left")
        return self.true_positives[place], self.false_positives[place]

    def mean_costs(self, thresholds: NDArray[np.float64], *, fp: float, fn: float) -> NDArray[np.float64]:
        """Return the mean cost of a row of ``score >= threshold`` for thresholds of any shape."""
        hits, alarms = self.at(thresholds)
        costs: NDArray[np.float64] = (fp * alarms + fn * (self.positives - hits)) / self.total
        return costs


def threshold_sums(
    positive: NDArray[np.bool_], score: NDArray[Any], *, weight: NDArray[np.float64] | None = None
) -> ThresholdSums:
    """Sort once and count what every threshold decides.

    Parameters
    ----------
    positive : ndarray of bool, shape (n_rows,)
        Which rows are positive; at least one row.
    score : ndarray of float, shape (n_rows,)
        Finite scores; higher means more positive.
    weight : ndarray of float64, shape (n_rows,), or None
        Row weights.

    Returns
    -------
    ThresholdSums
        O(n log n); 24 bytes for each distinct score.

    Examples
    --------
    >>> sums = threshold_sums(np.array([True, False, True]), np.array([0.9, 0.5, 0.4]))
    >>> sums.true_positives.tolist(), sums.false_positives.tolist()
    ([2.0, 1.0, 1.0, 0.0], [1.0, 1.0, 0.0, 0.0])
    """
    order = order_scores(positive, score, weight)
    last = np.cumsum(order.size, dtype=np.int64)
    last -= 1
    scores = score[order.rows[last]].astype(np.float64, copy=False)
    del last
    return ThresholdSums(
        scores=scores, true_positives=_at_least(order.positive), false_positives=_at_least(order.negative)
    )


def best_threshold(sums: ThresholdSums, *, fp: float, fn: float, near: float | None = None) -> float:
    """Return the threshold with the lowest mean cost.

    Parameters
    ----------
    sums : ThresholdSums
        Of the rows on which it is sought.
    fp, fn : float
        Cost of a false positive and of a false negative.
    near : float or None
        Which of equally good ones: the one closest to it; None: the middle one.

    Returns
    -------
    float
        Decisions are ``score >= threshold``. Between two scores of these rows it lies halfway; ``-inf`` where deciding
        all rows positive is best, ``inf`` where none is.

    Examples
    --------
    >>> sums = threshold_sums(np.array([False, False, True, True]), np.array([0.1, 0.2, 0.6, 0.7]))
    >>> best_threshold(sums, fp=1.0, fn=1.0)
    0.4
    """
    costs = sums.false_positives * fp
    costs -= sums.true_positives * fn
    least = float(costs.min()) + _SAME * max(sums.positives * fn, sums.total * fp)
    good = np.flatnonzero(costs <= least)
    if near is None:
        return _between(sums.scores, int(good[len(good) // 2]))
    # Of the good places only the neighbours of `near` can be the closest.
    place = int(np.searchsorted(good, np.searchsorted(sums.scores, near, side="left")))
    around = good[max(place - 1, 0) : place + 2].tolist()
    return min((_between(sums.scores, one) for one in around), key=lambda one: abs(one - near))


def _between(scores: NDArray[np.float64], place: int) -> float:
    """Return a threshold that decides the scores from `place` on positive."""
    if place == 0:
        return -math.inf
    if place == len(scores):
        return math.inf
    below, above = float(scores[place - 1]), float(scores[place])
    middle = below + (above - below) / 2.0
    # Halfway between neighbouring floats rounds to one of them.
    return middle if below < middle <= above else above


def _at_least(by_group: NDArray[Any]) -> NDArray[np.float64]:
    """Return sums from each group to the last, and 0 after it."""
    total = np.zeros(len(by_group) + 1)
    np.cumsum(by_group[::-1], dtype=np.float64, out=total[1:])
    return total[::-1]
