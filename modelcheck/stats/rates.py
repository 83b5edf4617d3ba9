"""Shares of rows: exact intervals, and their forms for weights and clusters."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from modelcheck.record.evidence import Estimate
from modelcheck.stats.design import Design, student_quantile
from modelcheck.stats.linearised import Linearised, undefined
from modelcheck.stats.means import skewed_interval

__all__ = ["EXACT", "FEWEST_CARRIERS", "SURVEY", "clopper_pearson", "linearise_rate", "rate", "rate_from_counts"]

EXACT = "Clopper-Pearson (exact)"
SURVEY = "Clopper-Pearson at the effective sample size (Korn and Graubard), or Hall's skewness-corrected t if wider"
FEWEST_CARRIERS = 10


def clopper_pearson(successes: float, trials: float, confidence: float) -> tuple[float, float]:
    """Return the exact equal-tailed limits of a binomial share.

    Parameters
    ----------
    successes : float
        In [0, trials]; need not be whole (effective sample sizes are not).
    trials : float
        Above 0.
    confidence : float
        In (0, 1).

    Returns
    -------
    low, high : float
        Limits in [0, 1].

    References
    ----------
    Clopper, C. J. and Pearson, E. S. (1934). Biometrika 26, 404-413. Tested against
    ``statsmodels.stats.proportion.proportion_confint(method="beta")``.

    Examples
    --------
    >>> [round(x, 4) for x in clopper_pearson(8, 10, 0.95)]
    [0.4439, 0.9748]
    """
    from scipy.special import betaincinv

    alpha = (1.0 - confidence) / 2.0
    failures = trials - successes
    low = 0.0 if successes <= 0 else float(betaincinv(successes, failures + 1.0, alpha))
    high = 1.0 if failures <= 0 else float(betaincinv(successes + 1.0, failures, 1.0 - alpha))
    return low, high


def rate_from_counts(successes: int, trials: int, *, metric: str, confidence: float, of: str = "rows") -> Estimate:
    """Return a share of simple random rows from two counts.

    Parameters
    ----------
    successes, trials : int
        ``0 <= successes <= trials``.
    metric : str
        Name of the share.
    confidence : float
        Level of the equal-tailed interval.
    of : str
        What is counted, for the message when there is none.

    Returns
    -------
    Estimate
        Clopper-Pearson; `unproven` without trials.

    Examples
    --------
    >>> rate_from_counts(0, 20, metric="false_positive_rate", confidence=0.95).high  # doctest: +ELLIPSIS
    0.168...
    """
    if trials == 0:
        return undefined(metric, confidence, f"there are no {of}")
    low, high = clopper_pearson(successes, trials, confidence)
    return Estimate(
        metric=metric,
        value=successes / trials,
        low=low,
        high=high,
        confidence=confidence,
        n=int(trials),
        method=EXACT,
    )


def rate(
    success: NDArray[np.bool_],
    within: NDArray[np.bool_] | None = None,
    *,
    metric: str,
    confidence: float,
    design: Design | None = None,
    of: str = "rows",
) -> Estimate:
    """Return the share of successes among the rows of a set.

    Parameters
    ----------
    success : ndarray of bool, shape (n_rows,)
        Which rows count.
    within : ndarray of bool, shape (n_rows,), or None
        The set (the denominator); None: all rows.
    metric : str
        Name of the share.
    confidence : float
        Level of the equal-tailed interval.
    design : Design or None
        Design of the rows; None: simple random rows.
    of : str
        What the set holds, for the message when it is empty.

    Returns
    -------
    Estimate
        Simple random rows: Clopper-Pearson. Weights or clusters: Clopper-Pearson at the effective sample size of Korn
        and Graubard, never above Kish's effective number of rows, with the degrees of freedom of the units that carry
        the rarer outcome; widened to Hall's interval where unequal units skew the share. Where fewer than 10 units
        carry the rarer outcome (or none does) the variance can't be trusted and each unit (row or cluster) counts no
        more than once, the cautious end. Only clusters with rows in the set count.

    References
    ----------
    Korn, E. L. and Graubard, B. I. (1998). Confidence intervals for proportions with small expected number of
    positive counts estimated from survey data. Survey Methodology 24, 193-201.

    Examples
    --------
    >>> import numpy as np
    >>> found = rate(np.array([True, True, False, True]), metric="accuracy", confidence=0.9)
    >>> found.value, round(found.low, 3)
    (0.75, 0.249)
    """
    design = Design() if design is None else design
    if design.simple:
        trials = len(success) if within is None else int(np.count_nonzero(within))
        hits = np.count_nonzero(success) if within is None else np.count_nonzero(success & within)
        return rate_from_counts(int(hits), trials, metric=metric, confidence=confidence, of=of)
    if within is not None:
        success, design = success[within], design.take(within)
    return _survey_rate(success, design, metric=metric, confidence=confidence, of=of)


def _survey_rate(success: NDArray[np.bool_], design: Design, *, metric: str, confidence: float, of: str) -> Estimate:
    n = len(success)
    if n == 0:
        return undefined(metric, confidence, f"there are no {of}")
    units = design.units(n)
    # Weighted sums of equal outcomes can miss 0 or 1 by rounding; the counts can't.
    hits = int(np.count_nonzero(success))
    share = float(hits == n) if hits in (0, n) else design.mean(success)
    low, high = _survey_limits(success, share, design, units, confidence)
    doubt, needed = design.doubt(units)
    return Estimate(
        metric=metric,
        value=share,
        low=low,
        high=high,
        confidence=confidence,
        n=n,
        clusters=None if design.cluster is None else units,
        method=design.describe(SURVEY, units),
        unproven=doubt,
        n_needed=needed,
    )


def _survey_limits(
    success: NDArray[np.bool_], share: float, design: Design, units: int, confidence: float
) -> tuple[float, float]:
    n = len(success)
    counted = design.effective_units(n)
    probability = 0.5 + confidence / 2.0
    if units < 2 or share in (0.0, 1.0):
        effective = _for_degrees(min(counted, float(n)), n, counted, probability)
        return clopper_pearson(share * effective, effective, confidence)
    influence = success.astype(np.float64) - share
    variance = design.variance_of_mean(influence)
    effective = float(n) if variance <= 0.0 else share * (1.0 - share) / variance
    rarer = success if share <= 0.5 else ~success
    carriers = design.take(rarer).units(int(np.count_nonzero(rarer)))
    if carriers < FEWEST_CARRIERS:
        effective = _for_degrees(min(effective, counted), n, counted, probability)
        return clopper_pearson(share * effective, effective, confidence)
    # A few heavy rows that happen to agree would make the variance look small: never more rows than weights leave.
    most = Design(weight=design.weight).effective_units(n)
    effective = min(_for_degrees(min(effective, most), n, min(counted, carriers), probability), float(n))
    low, high = clopper_pearson(share * effective, effective, confidence)
    # Clusters or weights of unequal size skew the share, which the binomial shape doesn't know.
    skewed = skewed_interval(
        Linearised(value=share, influence=influence), design, metric="", confidence=confidence, lowest=-1.0, highest=1.0
    )
    if skewed.low is not None and skewed.high is not None:
        low, high = max(min(low, skewed.low), 0.0), min(max(high, skewed.high), 1.0)
    return low, high


def _for_degrees(effective: float, n: int, carriers: float, probability: float) -> float:
    if n < 2:
        return effective
    ratio = student_quantile(probability, n - 1.0) / student_quantile(probability, max(carriers - 1.0, 1.0))
    return effective * ratio * ratio


def linearise_rate(
    success: NDArray[np.bool_], within: NDArray[np.bool_] | None = None, *, design: Design | None = None
) -> Linearised | None:
    """Return a share with its influence values, for differences.

    Parameters
    ----------
    success : ndarray of bool, shape (n_rows,)
        Which rows count.
    within : ndarray of bool, shape (n_rows,), or None
        The denominator; None: all rows.
    design : Design or None
        Design of the rows.

    Returns
    -------
    Linearised or None
        None when the denominator is empty.
    """
    design = Design() if design is None else design
    if within is None:
        return _ratio(success, np.ones(len(success), dtype=bool), design)
    return _ratio(success & within, within, design)


def _ratio(top: NDArray[Any], bottom: NDArray[Any], design: Design) -> Linearised | None:
    below = design.mean(bottom) if len(bottom) else 0.0
    if not below > 0.0 or math.isnan(below):
        return None
    value = design.mean(top) / below
    influence = (top.astype(np.float64) - value * bottom) / below
    units = design.take(bottom).units(int(np.count_nonzero(bottom)))
    return Linearised(value=value, influence=influence, degrees=max(units - 1.0, 0.0))
