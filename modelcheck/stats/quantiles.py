"""The median with limits that hold for any distribution."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from modelcheck.record.evidence import Estimate
from modelcheck.stats.design import Design, too_few
from modelcheck.stats.linearised import Linearised, undefined
from modelcheck.stats.rates import rate

__all__ = ["linearise_median", "median"]

_HALL_SHEATHER = 0.9716  # z ** (2/3) (1.5 phi(0)^2) ** (1/3) at 95 %


def median(values: NDArray[np.float64], *, metric: str, confidence: float, design: Design | None = None) -> Estimate:
    """Return the median with a distribution-free interval.

    Parameters
    ----------
    values : ndarray of float64, shape (n_rows,)
        Finite values.
    metric : str
        Name of the median.
    confidence : float
        Level of the equal-tailed interval.
    design : Design or None
        Design of the rows; None: simple random rows.

    Returns
    -------
    Estimate
        Simple random rows: the order statistics whose ranks the binomial distribution gives; at least the nominal
        level for any distribution. Weights or clusters: Woodruff's inversion of Korn and Graubard's limits for the
        share of rows up to the median. `unproven` with so few rows that no order statistic reaches the level.

    References
    ----------
    Thompson, W. R. (1936). Annals of Mathematical Statistics 7, 122-128. Woodruff, R. S. (1952). Confidence
    intervals for medians and other position measures. Journal of the American Statistical Association 47, 635-646.

    Examples
    --------
    >>> import numpy as np
    >>> found = median(np.arange(1.0, 26.0), metric="median_absolute_error", confidence=0.95)
    >>> found.value, found.low, found.high
    (13.0, 8.0, 18.0)
    """
    design = Design() if design is None else design
    n = len(values)
    if n == 0:
        return undefined(metric, confidence, "there are no rows")
    if not design.simple:
        return _woodruff(values, design, metric=metric, confidence=confidence)
    alpha = (1.0 - confidence) / 2.0
    rank = _lower_rank(n, alpha)
    needed = math.ceil(-math.log2(alpha))
    middle = (n - 1) // 2
    ranks = sorted({middle, n // 2, *((rank - 1, n - rank) if rank else ())})
    ordered = np.partition(values, ranks)
    low, high = (float(ordered[rank - 1]), float(ordered[n - rank])) if rank else (None, None)
    doubt, count = "", None
    if low is None or high is None:
        doubt, count = too_few(n, "row"), needed
    elif high <= low:
        doubt = "the middle rows are all equal, so the interval has no width"
    return Estimate(
        metric=metric,
        value=float((ordered[middle] + ordered[n // 2]) / 2.0),
        low=low,
        high=high,
        confidence=confidence,
        n=n,
        method="order statistics (exact binomial ranks)",
        unproven=doubt,
        n_needed=count,
    )


def linearise_median(values: NDArray[np.float64], *, design: Design | None = None) -> Linearised:
    """Return the median with its influence values, for differences.

    Parameters
    ----------
    values : ndarray of float64, shape (n_rows,)
        Finite values; at least one.
    design : Design or None
        Design of the rows; None: simple random rows.

    Returns
    -------
    Linearised
        Values above the median raise it by half the reciprocal of the density there, the others lower it as much. The
        density is the share of rows between two quantiles over their distance, at Hall and Sheather's bandwidth for
        95 %; where the middle values are all equal the influence is 0.

    References
    ----------
    Hall, P. and Sheather, S. J. (1988). On the distribution of a Studentized quantile. Journal of the Royal
    Statistical Society B 50, 381-391. Koenker, R. (2005). Quantile Regression, section 3.4.

    Examples
    --------
    >>> import numpy as np
    >>> found = linearise_median(np.linspace(0.0, 1.0, 1001))
    >>> found.value, round(float(found.influence.max()), 2)
    (0.5, 0.5)
    """
    design = Design() if design is None else design
    band = min(_HALL_SHEATHER * design.effective_units(len(values)) ** (-1.0 / 3.0), 0.5)
    if design.weight is None:
        last = len(values) - 1
        middle = (last // 2, len(values) // 2)
        ends = (max(math.floor(last * (0.5 - band)), 0), min(math.ceil(last * (0.5 + band)), last))
        ordered = np.partition(values, sorted({*middle, *ends}))
        value = float((ordered[middle[0]] + ordered[middle[1]]) / 2.0)
        low, high = (float(ordered[end]) for end in ends)
        share = (ends[1] - ends[0]) / max(last, 1)
    else:
        order = np.argsort(values)
        ordered = values[order]
        reached = np.cumsum(design.weight[order])
        total = float(reached[-1])
        value = _quantile(ordered, reached, 0.5 * total)
        low, high = (
            float(ordered[min(int(np.searchsorted(reached, (0.5 + side) * total)), len(values) - 1)])
            for side in (-band, band)
        )
        share = 2.0 * band
    slope = (high - low) / share if share > 0.0 else 0.0
    influence = np.where(values > value, 0.5 * slope, -0.5 * slope)
    return Linearised(value=value, influence=influence)


def _lower_rank(n: int, alpha: float) -> int:
    """Return the largest rank r (from 1) with P(Binomial(n, 1/2) < r) <= alpha, or 0."""
    from scipy.special import bdtr

    low, high = 0, n // 2 + 1
    while high - low > 1:
        middle = (low + high) // 2
        if float(bdtr(middle - 1, n, 0.5)) <= alpha:
            low = middle
        else:
            high = middle
    return low


def _woodruff(values: NDArray[np.float64], design: Design, *, metric: str, confidence: float) -> Estimate:
    order = np.argsort(values)
    ordered = values[order]
    weight = np.ones(len(values)) if design.weight is None else design.weight[order]
    reached = np.cumsum(weight)
    total = float(reached[-1])
    value = _quantile(ordered, reached, 0.5 * total)
    # With ties the share up to the median can be far above one half; rows at the median are split by their order.
    position = int(np.searchsorted(reached, 0.5 * total))
    below = np.zeros(len(values), dtype=bool)
    below[order[: position + 1]] = True
    share = rate(below, metric=metric, confidence=confidence, design=design)
    if share.value is None or share.low is None or share.high is None:
        return undefined(metric, confidence, share.unproven, n=len(values))
    down, up = 0.5 - (share.value - share.low), 0.5 + (share.high - share.value)
    doubt, needed = share.unproven, share.n_needed
    if down <= 0.0 or up >= 1.0:
        doubt = doubt or too_few(design.units(len(values)), "row" if design.cluster is None else "cluster")
    low = float(ordered[int(np.searchsorted(reached, max(down, 0.0) * total))])
    high = float(ordered[min(int(np.searchsorted(reached, min(up, 1.0) * total)), len(values) - 1)])
    if not doubt and high <= low:
        doubt = "the middle rows are all equal, so the interval has no width"
    return Estimate(
        metric=metric,
        value=value,
        low=low,
        high=high,
        confidence=confidence,
        n=len(values),
        clusters=share.clusters,
        method=share.method.replace("Clopper-Pearson", "Woodruff, by Clopper-Pearson", 1),
        unproven=doubt,
        n_needed=needed,
    )


def _quantile(ordered: NDArray[np.float64], reached: NDArray[np.float64], mass: float) -> float:
    # The mean of the lower and the upper weighted median, as scikit-learn's average=True.
    lower = int(np.searchsorted(reached, mass))
    near = math.isclose(float(reached[lower]), mass, rel_tol=1e-12)
    upper = min(lower + 1, len(ordered) - 1) if near else lower
    return float((ordered[lower] + ordered[upper]) / 2.0)
