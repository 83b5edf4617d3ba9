"""What was observed in each bin, with limits."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from modelcheck.stats.calibration.bins import Bins
from modelcheck.stats.design import Design, student_quantile

__all__ = ["student_bars", "wilson", "wilson_bars"]


def wilson(share: float, trials: float, confidence: float) -> tuple[float, float]:
    """Return Wilson's score limits of a share.

    Parameters
    ----------
    share : float
        In [0, 1].
    trials : float
        Above 0; need not be whole (effective sample sizes are not).
    confidence : float
        In (0, 1).

    Returns
    -------
    low, high : float

    References
    ----------
    Wilson, E. B. (1927). Probable inference, the law of succession, and statistical inference. Journal of the American
    Statistical Association 22, 209-212. Tested against statsmodels.

    Examples
    --------
    >>> [round(x, 4) for x in wilson(0.8, 10, 0.95)]
    [0.4902, 0.9433]
    """
    square = student_quantile(0.5 + confidence / 2.0, math.inf) ** 2
    middle = (share + square / (2.0 * trials)) / (1.0 + square / trials)
    span = math.sqrt(square * (share * (1.0 - share) / trials + square / (4.0 * trials * trials)))
    span /= 1.0 + square / trials
    return max(middle - span, 0.0), min(middle + span, 1.0)


def wilson_bars(
    bins: Bins, outcome: NDArray[np.bool_], design: Design, confidence: float
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Return the observed rate in each bin, with Wilson's limits.

    Parameters
    ----------
    bins : Bins
        Bins of the rows.
    outcome : ndarray of bool, shape (n_rows,)
        What happened.
    design : Design
        Design of the rows. With weights or clusters the limits are those of the effective number of rows.
    confidence : float
        Level of each bin's limits on their own.

    Returns
    -------
    rate, low, high : ndarray of float64, shape (n_bins,)

    Examples
    --------
    >>> from modelcheck.stats.calibration.bins import equal_mass_bins
    >>> score = np.linspace(0, 1, 40)
    >>> rate, low, high = wilson_bars(equal_mass_bins(score), score > 0.6, Design(), 0.95)
    >>> rate.tolist(), low.round(2).tolist(), high.round(2).tolist()
    ([0.0, 0.8], [0.0, 0.58], [0.16, 0.92])
    """
    rate = bins.means(outcome, design)
    trials = bins.rows.astype(np.float64)
    if not design.simple:
        variance, _ = bins.variance_of_means(outcome - rate[bins.code], design)
        for k in range(len(bins)):
            # Where the rows show no spread, each unit counts once: the cautious end.
            counted = design.take(bins.code == k).effective_units(int(bins.rows[k]))
            spread = rate[k] * (1.0 - rate[k])
            known = 0.0 < variance[k] < math.inf and spread > 0.0
            trials[k] = min(trials[k], spread / variance[k] if known else counted)
    limits = np.array([wilson(float(rate[k]), float(trials[k]), confidence) for k in range(len(bins))])
    return rate, limits[:, 0], limits[:, 1]


def student_bars(
    bins: Bins, values: NDArray[np.float64], design: Design, confidence: float
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Return the mean of values in each bin, with Student's limits.

    Parameters
    ----------
    bins, design, confidence
        As for `wilson_bars`.
    values : ndarray of float64, shape (n_rows,)
        Finite values.

    Returns
    -------
    mean, low, high : ndarray of float64, shape (n_bins,)
        Infinite limits in bins of a single unit.

    Examples
    --------
    >>> from modelcheck.stats.calibration.bins import equal_mass_bins
    >>> mean, low, high = student_bars(equal_mass_bins(np.arange(40.0)), np.arange(40.0), Design(), 0.95)
    >>> mean.tolist(), low.round(1).tolist()
    ([9.5, 29.5], [6.7, 26.7])
    """
    mean = bins.means(values, design)
    variance, units = bins.variance_of_means(values - mean[bins.code], design)
    span = np.full(len(bins), np.inf)
    for k in np.flatnonzero(units > 1):
        span[k] = student_quantile(0.5 + confidence / 2.0, float(units[k] - 1)) * math.sqrt(variance[k])
    return mean, mean - span, mean + span
