"""What an interval could have noticed, and how many rows would decide. Standard library only."""

from __future__ import annotations

import math
from statistics import NormalDist
from typing import Literal

from modelcheck.record.evidence import Estimate

__all__ = ["detectable", "half_width", "rows_needed", "smallest_drop", "standard_error"]

Side = Literal["low", "high"]

_MOST_ROWS = 1e12  # nobody collects more: such a number would only look like advice


def half_width(estimate: Estimate, side: Side) -> float | None:
    """Return the distance from the value to one limit of its interval.

    Parameters
    ----------
    estimate : Estimate
        A value with an interval.
    side : {"low", "high"}
        Which limit.

    Returns
    -------
    float or None
        Not negative; None without a finite interval.

    Examples
    --------
    >>> from modelcheck.record.evidence import Estimate
    >>> known = Estimate(metric="recall", value=0.8, low=0.7, high=0.875, confidence=0.95, n=100, method="exact")
    >>> round(half_width(known, "low"), 3)
    0.1
    """
    limit = estimate.low if side == "low" else estimate.high
    if estimate.value is None or limit is None:
        return None
    width = abs(limit - estimate.value)
    return width if math.isfinite(width) else None


def detectable(width: float, *, confidence: float, alpha: float | None = None, power: float = 0.8) -> float:
    """Return the smallest distance from a limit that would be noticed.

    Parameters
    ----------
    width : float
        Half-width of the interval on the judging side, at `confidence`.
    confidence : float
        Level of the equal-tailed interval, in (0, 1).
    alpha : float or None
        One-sided error probability of the judgement; None: ``(1 - confidence) / 2``.
    power : float
        Wanted probability of noticing.

    Returns
    -------
    float
        ``(z_alpha + z_power)`` standard errors, where the standard error is `width` over the interval's own quantile.

    References
    ----------
    Cohen, J. (1988). Statistical Power Analysis for the Behavioral Sciences, 2nd ed., section 2.

    Examples
    --------
    >>> round(detectable(1.959964, confidence=0.95), 3)
    2.802
    """
    own = (1.0 - confidence) / 2.0
    level = own if alpha is None else alpha
    for name, number in (("confidence", confidence), ("alpha", level), ("power", power)):
        if not 0.0 < number < 1.0:
            raise ValueError(f"detectable: {name} = {number!r}; allowed is a number between 0 and 1, ends excluded.")
    normal = NormalDist()
    return standard_error(width, confidence) * (normal.inv_cdf(1.0 - level) + normal.inv_cdf(power))


def standard_error(width: float, confidence: float) -> float:
    """Return the standard error of a normal interval with half-width `width` at `confidence`.

    Examples
    --------
    >>> round(standard_error(1.959964, 0.95), 3)
    1.0
    """
    return width / NormalDist().inv_cdf(0.5 + confidence / 2.0)


def smallest_drop(error: float, step: float, *, margin: float, confidence: float, power: float = 0.8) -> float:
    """Return the smallest true drop that would be shown to exceed a margin.

    Parameters
    ----------
    error : float
        Standard error of the difference where there is no drop.
    step : float
        How much of the drop one row brings, at least 0: 1 / n where a row turns from right to wrong. A drop X made of
        such steps adds ``X * step`` to the variance; one that comes with gains as well adds more, and is found less
        often.
    margin : float
        How large a drop is allowed, at least 0.
    confidence : float
        Level of the equal-tailed interval whose upper limit has to lie beyond the margin, in (0, 1).
    power : float
        Wanted probability of that, in (0, 1).

    Returns
    -------
    float
        The X that solves ``X = margin + (z_alpha + z_power) * sqrt(error^2 + X * step)``.

    Notes
    -----
    Two models that hardly differ have a difference with hardly any spread. But a drop brings rows of its own on which
    they differ, and it is with those that it has to be shown: with `step` = 0 a drop of 1.1 points "would be
    found" among 5,000 rows that in truth is found in 2 % of samples. Measured in
    ``tests/quality/test_regression_rates.py``.

    References
    ----------
    Connor, R. J. (1987). Sample size for testing differences in proportions for the paired-sample design. Biometrics
    43, 207-211 (the variance under the alternative).

    Examples
    --------
    >>> round(smallest_drop(0.0, 1 / 2000, margin=0.01, confidence=0.95), 4)
    0.0185
    >>> round(smallest_drop(0.002, 0.0, margin=0.01, confidence=0.95), 4)
    0.0156
    """
    for name, number in (("confidence", confidence), ("power", power)):
        if not 0.0 < number < 1.0:
            raise ValueError(f"smallest_drop: {name} = {number!r}; allowed is a number between 0 and 1, ends excluded.")
    normal = NormalDist()
    times = normal.inv_cdf(0.5 + confidence / 2.0) + normal.inv_cdf(power)
    half = times * times * step / 2.0
    return margin + half + math.sqrt(half * half + times * times * (error * error + margin * step))


def rows_needed(
    estimate: Estimate,
    distance: float,
    *,
    side: Side,
    alpha: float | None = None,
    power: float = 0.8,
) -> int | None:
    """Return how many rows like these would notice a breach of size `distance`.

    Parameters
    ----------
    estimate : Estimate
        What was measured, with its interval.
    distance : float
        Distance from the limit that should be noticed (or at which the gate should be decided); only its size counts.
    side : {"low", "high"}
        The limit of the interval that judges: ``high`` to prove that the value lies under a limit, ``low`` over it.
    alpha : float or None
        One-sided error probability; None: that of the interval.
    power : float
        Wanted probability.

    Returns
    -------
    int or None
        Rows of the kind that ``estimate.n`` counts, at least 1: ``n`` times the squared ratio of the detectable
        distance to the wanted one. A share of 0 or 1 has an exact limit ``1 - c ** (1 / n)`` away, which shrinks faster
        than that. None when the interval has no width or is missing, or the distance is 0: no
        number of rows can be named; also when it would be a million million or more.

    Examples
    --------
    >>> from modelcheck.record.evidence import Estimate
    >>> known = Estimate(metric="recall", value=0.8, low=0.7, high=0.875, confidence=0.95, n=100, method="exact")
    >>> rows_needed(known, 0.05, side="low")
    818
    >>> none = Estimate(metric="rate", value=0.0, low=0.0, high=0.5218, confidence=0.95, n=5, method="exact")
    >>> rows_needed(none, 0.05, side="high", power=0.5)
    72
    """
    width = half_width(estimate, side)
    if not width or not distance or not math.isfinite(distance) or estimate.n < 1:
        return None
    ratio = detectable(width, confidence=estimate.confidence, alpha=alpha, power=power) / abs(distance)
    needed = estimate.n * ratio * ratio
    wanted = width / ratio
    at_edge = estimate.value in (0.0, 1.0) and half_width(estimate, "low" if side == "high" else "high") == 0.0
    if at_edge and max(width, wanted) < 1.0:
        needed = estimate.n * math.log1p(-width) / math.log1p(-wanted)
    return max(1, math.ceil(needed)) if needed < _MOST_ROWS else None
