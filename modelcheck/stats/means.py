"""Means of skewed positive quantities, such as losses: intervals that follow the skewness."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from modelcheck.record.evidence import Estimate
from modelcheck.stats.design import NO_WIDTH, Design, student_quantile, too_few
from modelcheck.stats.linearised import Linearised, undefined

__all__ = ["FEWEST_UNITS", "mean_of", "skewed_interval"]

FEWEST_UNITS = 30
_UNITS_PER_SQUARED_SKEWNESS = 15.0
_NO_SPREAD = 1e-12


def mean_of(
    values: NDArray[np.float64],
    *,
    metric: str,
    confidence: float,
    design: Design | None = None,
    lowest: float = -math.inf,
    highest: float = math.inf,
) -> Estimate:
    """Return the mean of per-row values with an interval that follows their skewness.

    Parameters
    ----------
    values : ndarray of float64, shape (n_rows,)
        Finite values.
    metric : str
        Name of the mean.
    confidence : float
        Level of the equal-tailed interval.
    design : Design or None
        Design of the rows; None: simple random rows.
    lowest, highest : float
        Bounds of the quantity; with ``lowest = 0`` the values are taken as losses.

    Returns
    -------
    Estimate
        As `skewed_interval`; without value when there are no rows.

    Examples
    --------
    >>> import numpy as np
    >>> found = mean_of(np.linspace(0, 1, 101) ** 2, metric="brier_score", confidence=0.95, lowest=0.0)
    >>> round(found.value, 3), round(found.low, 3), round(found.high, 3)
    (0.335, 0.28, 0.4)
    """
    design = Design() if design is None else design
    if len(values) == 0:
        return undefined(metric, confidence, "there are no rows")
    value = design.mean(values)
    found = Linearised(value=value, influence=values - value)
    del values  # no longer needed, and as wide as the influence
    return skewed_interval(found, design, metric=metric, confidence=confidence, lowest=lowest, highest=highest)


def skewed_interval(
    linearised: Linearised,
    design: Design,
    *,
    metric: str,
    confidence: float,
    lowest: float = -math.inf,
    highest: float = math.inf,
    method: str = "",
) -> Estimate:
    """Return the interval of a mean-like statistic whose influence values are skewed.

    Parameters
    ----------
    linearised : Linearised
        The statistic.
    design : Design
        Design of its rows.
    metric : str
        Name of the quantity.
    confidence : float
        Level of the equal-tailed interval.
    lowest, highest : float
        Bounds of the quantity; 0 marks a positive one, whose lower limit is taken on the log scale and whose upper
        limit is the higher of that scale's and Hall's.
    method : str
        Words before the method's name.

    Returns
    -------
    Estimate
        Limits from Hall's cubic transformation of Student's t, which corrects for skewness, by independent unit.
        `unproven` under 30 units, and under 15 times the squared skewness: there one tail misses too often.

    References
    ----------
    Hall, P. (1992). On the removal of skewness by transformation. Journal of the Royal Statistical Society B 54,
    221-228. Sugden, R. A., Smith, T. M. F. and Jones, R. P. (2000). Cochran's rule for simple random sampling. JRSS
    B 62, 787-793 (domain as n over squared skewness). Coverage is measured in ``tests/quality``.
    """
    rows = len(linearised.influence)
    units = design.units(rows)
    value = linearised.value
    sums = design.sums(linearised.influence)
    low: float | None = None
    high: float | None = None
    doubt, needed = design.doubt(units)
    noun = "row" if design.cluster is None else "cluster"
    error = design.standard_error(linearised.influence)
    if not doubt and units < FEWEST_UNITS and design.cluster is None:
        doubt, needed = too_few(units, noun), FEWEST_UNITS
    if units >= 2 and math.isfinite(error) and error > _NO_SPREAD * abs(value):
        skewness = _skewness(sums)
        quantile = student_quantile(0.5 + confidence / 2.0, units - 1.0)
        low = value - error * _untransformed(quantile, skewness, units)
        high = value - error * _untransformed(-quantile, skewness, units)
        if lowest == 0.0 and value > 0.0:
            span = min(quantile * error / value, 700.0)
            low, high = value * math.exp(-span), max(high, value * math.exp(span))
        low, high = max(low, lowest), min(high, highest)
        least = math.ceil(_UNITS_PER_SQUARED_SKEWNESS * skewness * skewness)
        if not doubt and units < least:
            doubt = f"the averaged values are skewed (skewness {skewness:.1f}) and {too_few(units, noun)}"
            needed = least
    elif not doubt:
        doubt = NO_WIDTH
    name = "Hall's skewness-corrected t" + (" and log scale" if lowest == 0.0 else "")
    return Estimate(
        metric=metric,
        value=value,
        low=low,
        high=high,
        confidence=confidence,
        n=rows,
        clusters=None if design.cluster is None else units,
        method=design.describe(method + name, units),
        unproven=doubt,
        n_needed=needed,
    )


def _skewness(sums: NDArray[np.float64]) -> float:
    centred = sums - sums.mean()
    square = centred * centred
    spread = float(square.mean())
    if spread <= 0.0:
        return 0.0
    return float(np.dot(square, centred) / len(sums) / spread**1.5)


def _untransformed(quantile: float, skewness: float, units: int) -> float:
    # Hall's g(t) = t + a t^2 / 3 + a^2 t^3 / 27 + a / 6 with a = skewness / sqrt(n); this is its inverse.
    a = skewness / math.sqrt(units)
    if abs(a) < 1e-6:
        return quantile
    return float(3.0 / a * (math.cbrt(1.0 + a * (quantile - a / 6.0)) - 1.0))
