"""Expected calibration error without the bias of the plain one, with limits that hold on the side that judges."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from modelcheck.record.evidence import Estimate
from modelcheck.stats.calibration.bins import Bins, equal_mass_bins
from modelcheck.stats.design import NO_WIDTH, Design, student_quantile
from modelcheck.stats.linearised import Linearised, undefined
from modelcheck.stats.means import skewed_interval
from modelcheck.stats.rates import rate

__all__ = ["CalibrationError", "calibration_error", "debiased_gap"]

_METHOD = "lower limit debiased (two-fold cross-fitted signs, all splits), upper limit plain; Hall's t"
_NO_SPREAD = 1e-24
_ONE_UNIT = "a bin has rows of one cluster only, so its spread is unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class CalibrationError:
    """Expected calibration error, three ways, over the same bins.

    Attributes
    ----------
    estimate : Estimate
        Debiased, with its interval: what is judged.
    plain : float or None
        Mean absolute gap of the bins, which is above 0 for a perfect model; None without rows.
    chance : float or None
        Expectation of `plain` if the model were perfectly calibrated.
    bins : Bins or None
        The bins; None without rows.
    """

    estimate: Estimate
    plain: float | None = None
    chance: float | None = None
    bins: Bins | None = None


def calibration_error(
    outcome: NDArray[Any],
    score: NDArray[np.float64],
    *,
    confidence: float,
    design: Design | None = None,
    probability: bool = True,
    scale: float = 1.0,
) -> CalibrationError:
    """Measure how far promises and outcomes lie apart, averaged over bins of equal mass.

    Parameters
    ----------
    outcome : ndarray of bool or float64, shape (n_rows,)
        What happened: yes or no, or the observed value.
    score : ndarray of float64, shape (n_rows,)
        What was promised: the probability of yes, or the predicted value.
    confidence : float
        Level of the equal-tailed interval.
    design : Design or None
        Design of the rows; None: simple random rows.
    probability : bool
        Whether `score` is a probability of a `bool` outcome; else any value.
    scale : float
        The unit of the error, above 0; taken as known.

    Returns
    -------
    CalibrationError
        The quantity is ``sum of w_k |mean(outcome - score) in bin k|``, for the bins that these scores make and over
        repeated outcomes. `unproven` with fewer than 30 rows or 10 clusters; for values also where outcomes are too
        skewed.

    Notes
    -----
    Each bin's gap G, with standard error s, counts as ``s h(|G| / s)`` (see `debiased_gap`), whose expectation is 0
    without a true gap and never above the true one. So the lower limit, ``debiased - q se``, is cautious for "the error
    is above"; the variance is the delta method's, on average never too small for normal gaps (Chernoff's inequality
    ``var f(Z) <= E f'(Z)^2``). The upper limit is that of the plain error, whose expectation is never
    below the truth; for probabilities it is at least the exact limit of the overall rate's distance from the mean
    promise, which carries it where outcomes are rare. A bin's standard error is the larger of the observed one and that
    of a calibrated model; where all its outcomes are equal, at least Laplace's. Student's degrees of freedom are those
    of Kish's effective number of clusters. Measured in
    ``tests/quality/test_calibration_rates.py``.

    References
    ----------
    Guo, C., Pleiss, G., Sun, Y. and Weinberger, K. Q. (2017). On calibration of modern neural networks. ICML 34,
    1321-1330.
    Kumar, A., Liang, P. and Ma, T. (2019). Verified uncertainty calibration. NeurIPS 32 (bias of the plain error).
    Chernoff, H. (1981). A note on an inequality involving the normal distribution. Annals of Probability 9, 533-535.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> p = rng.random(5000)
    >>> found = calibration_error(rng.random(5000) < p, p, confidence=0.99)
    >>> round(found.plain, 3), round(found.chance, 3), round(found.estimate.value, 3), found.estimate.low
    (0.013, 0.017, 0.0, 0.0)
    """
    design = Design() if design is None else design
    n = len(score)
    if n == 0:
        return CalibrationError(estimate=undefined("expected_calibration_error", confidence, "there are no rows"))
    units = design.units(n)
    bins = equal_mass_bins(score, units=None if design.cluster is None else units)
    centred: NDArray[np.float64] = np.subtract(outcome, score, dtype=np.float64)
    gap = bins.means(centred, design)
    centred -= gap[bins.code]
    observed, carriers = bins.variance_of_means(centred, design)
    single = bool(np.any(carriers < 2))
    variance = np.where(carriers < 2, gap * gap, observed)
    if probability:
        variance = np.maximum(variance, _promised_variance(bins, score, design))
        # All the same in a bin is no proof of certainty: one more of either outcome (rule of succession).
        rare = (carriers + 1.0) / (carriers + 2.0) ** 2 / np.maximum(carriers, 1)
        variance = np.where(observed * carriers < _NO_SPREAD, np.maximum(variance, rare), variance)
    share, error = bins.shares(design), np.sqrt(variance)
    value, slope = debiased_gap(gap, error)
    plain, debiased = float(share @ np.abs(gap)), float(share @ value)
    # Widened where a bin that shows less spread than its promises would else look too sure.
    wider = [_widening(share * factor, observed, variance) for factor in (slope, np.ones(len(bins)))]
    quantile = student_quantile(0.5 + confidence / 2.0, max(units - 1.0, 1.0))
    unequal = _for_unequal(design, n, units, confidence)
    sides = []
    for centre, factor, width in ((debiased, slope, wider[0]), (plain, np.sign(gap), wider[1])):
        influence = factor[bins.code]
        influence *= centred
        found = skewed_interval(
            Linearised(value=centre, influence=influence), design, metric="", confidence=confidence, method=""
        )
        del influence
        flat = quantile * math.sqrt(float(np.sum((share * factor) ** 2 * variance)))
        below = flat if found.low is None else max((centre - found.low) * width, 0.0)
        above = flat if found.high is None else max((found.high - centre) * width, 0.0)
        sides.append((centre - below * unequal, centre + above * unequal, found))
    low, high = sides[0][0], sides[1][1]
    if probability:
        high = max(high, _farthest(outcome, design.mean(score), design, confidence))
    doubt, needed = _doubt(sides[1][2], probability=probability)
    if single and not doubt:
        doubt, needed = _ONE_UNIT, None
    highest = 1.0 if probability else math.inf
    value_, low, high = (min(max(part / scale, 0.0), highest) for part in (debiased, low, high))
    if not doubt and not high > low:
        doubt = NO_WIDTH
    estimate = Estimate(
        metric="expected_calibration_error",
        value=value_,
        low=low,
        high=high,
        confidence=confidence,
        n=n,
        clusters=None if design.cluster is None else units,
        method=design.describe(f"{len(bins)} bins of equal mass; {_METHOD}", units),
        unproven=doubt,
        n_needed=needed,
    )
    chance = math.sqrt(2.0 / math.pi) * float(share @ error)
    return CalibrationError(estimate=estimate, plain=plain / scale, chance=chance / scale, bins=bins)


def debiased_gap(
    gap: NDArray[np.float64], error: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the size of gaps without the upward bias of their absolute value.

    Parameters
    ----------
    gap, error : ndarray of float64, shape (n_bins,)
        Estimated gaps, and their standard errors (0 where a gap is known).

    Returns
    -------
    size : ndarray of float64, shape (n_bins,)
        ``s h(|G| / s)`` with ``h(t) = t (2 Phi(t) - 1) - 2 phi(t)``; below 0 where the gap is smaller than chance makes
        it.
    slope : ndarray of float64, shape (n_bins,)
        Its derivative in the gap, signed: what a row's deviation adds.

    Notes
    -----
    Cut a bin's rows into two halves at random, take the sign of the gap from one half and the gap from the other, and
    the other way round. That has expectation ``g (2 Phi(g / (sqrt(2) s)) - 1)`` for a true gap g: 0 without one, never
    above ``|g|``. `size` is its mean over all ways of cutting, under normal deviations, so no random cut is needed.

    Examples
    --------
    >>> size, _ = debiased_gap(np.array([0.0, 0.02, 0.2]), np.array([0.02, 0.02, 0.02]))
    >>> size.round(3).tolist()
    [-0.016, 0.004, 0.2]
    """
    from scipy.special import ndtr

    far = np.abs(gap) / np.where(error > 0.0, error, 1.0)
    density = np.exp(-0.5 * np.minimum(far, 38.0) ** 2) / math.sqrt(2.0 * math.pi)
    sure = 2.0 * ndtr(far) - 1.0
    size = np.where(error > 0.0, error * (far * sure - 2.0 * density), np.abs(gap))
    slope = np.sign(gap) * np.where(error > 0.0, sure + 4.0 * far * density, 1.0)
    return size, slope


def _promised_variance(bins: Bins, score: NDArray[np.float64], design: Design) -> NDArray[np.float64]:
    """Variance of each bin's gap if the promises were true and rows independent."""
    spread = 1.0 - score
    spread *= score
    if design.weight is None:
        return bins.sums(spread, Design()) / bins.rows.astype(np.float64) ** 2
    spread *= design.weight
    spread *= design.weight
    mass = np.bincount(bins.code, weights=design.weight, minlength=len(bins))
    variance: NDArray[np.float64] = bins.sums(spread, Design()) / (mass * mass)
    return variance


def _widening(factor: NDArray[np.float64], observed: NDArray[np.float64], used: NDArray[np.float64]) -> float:
    known = np.isfinite(observed)
    seen = float(np.sum(factor[known] ** 2 * observed[known]))
    return math.sqrt(max(float(np.sum(factor**2 * used)) / seen, 1.0)) if seen > 0.0 else 1.0


def _for_unequal(design: Design, n: int, units: int, confidence: float) -> float:
    """How much wider Student's quantile is for the clusters that count than for all of them."""
    if design.cluster is None:
        return 1.0
    quantiles = (
        student_quantile(0.5 + confidence / 2.0, max(count - 1.0, 1.0)) for count in (design.effective_units(n), units)
    )
    return next(quantiles) / next(quantiles)


def _farthest(outcome: NDArray[np.bool_], promised: float, design: Design, confidence: float) -> float:
    """Upper limit of the distance between overall rate and mean promise, which the error can't be below."""
    overall = rate(outcome, metric="", confidence=confidence, design=design)
    return max((overall.high or 0.0) - promised, promised - (overall.low or 0.0))


def _doubt(found: Estimate, *, probability: bool) -> tuple[str, int | None]:
    # Two of the reasons don't hold here: rare outcomes have the exact limit, and no spread has the promised one.
    if probability and (found.unproven == NO_WIDTH or "skewed" in found.unproven):
        return "", None
    return found.unproven, found.n_needed
