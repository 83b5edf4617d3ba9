"""Skill: the share of a rival's squared error that a model saves, with Fieller's interval."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from modelcheck.record.evidence import Estimate
from modelcheck.stats.design import NO_WIDTH, Design, student_quantile, too_few
from modelcheck.stats.linearised import Linearised, interval, undefined

__all__ = ["FEWEST_UNITS", "skill"]

FEWEST_UNITS = 30
_FIELLER = "Fieller's interval of the paired ratio of mean squared errors, Student's t"
_SAVED = "paired t interval of the saved squared error, over the rival's mean"


def skill(
    ours: NDArray[np.float64], theirs: NDArray[np.float64], design: Design, *, rival: str, confidence: float
) -> Estimate:
    """Return one minus the ratio of two mean squared errors on the same rows.

    Parameters
    ----------
    ours, theirs : ndarray of float64, shape (n_rows,)
        Squared errors of the model and of the rival.
    design : Design
        Design of the rows.
    rival : str
        The rival in words, for the reason when it makes no error.
    confidence : float
        Level of the equal-tailed interval.

    Returns
    -------
    Estimate
        At most 1; 0 is as good as the rival. A limit lies above 0 exactly when the paired t test of the differences
        says so. Where the rival's own error is too uncertain for Fieller's interval to be bounded, the interval is
        that of the mean difference over the rival's mean, and the method says so. `unproven` with fewer than 30
        rows (clusters).

    Notes
    -----
    Measured by simulation from 30 rows up, where both sides share normal, Student (5) or lognormal noise: a model
    that is no better than its rival is called better at most 2 points more often than the level says. A model with
    rare, gross errors of its own that these rows don't hold can't be seen by any such interval.

    References
    ----------
    Murphy, A. H. (1988). Skill scores based on the mean square error. Monthly Weather Review 116, 2417-2424.
    Fieller, E. C. (1954). Some problems in interval estimation. Journal of the Royal Statistical Society B 16, 175-185.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> noise = rng.normal(size=400)
    >>> found = skill(noise**2, (noise + rng.normal(size=400)) ** 2, Design(), rival="the mean", confidence=0.95)
    >>> round(found.value, 2), found.low > 0.3, found.high < 0.7
    (0.54, True, True)
    """
    n = len(ours)
    if n == 0:
        return undefined("skill", confidence, "there are no rows")
    mean, other = design.mean(ours), design.mean(theirs)
    if not other > 0.0:
        reason = f"{rival} makes no error on these rows, so nothing can be better"
        return undefined("skill", confidence, reason, n=n, n_needed=None)
    units = design.units(n)
    doubt, needed = design.doubt(units)
    if not doubt and units < FEWEST_UNITS:
        doubt, needed = too_few(units, "row" if design.cluster is None else "cluster"), FEWEST_UNITS
    if not mean > 0.0:
        return _errorless(theirs / other, design, confidence, doubt, needed)
    # In units of the rival's mean, so that squares of squared errors stay in range.
    mine, base = ours / other, theirs / other
    ratio = mean / other
    low: float | None = None
    high: float | None = None
    method = _FIELLER
    if units >= 2:
        quantile = student_quantile(0.5 + confidence / 2.0, units - 1.0)
        limits = _fieller(mine - ratio, base - 1.0, ratio, design, quantile)
        if limits is None:
            method, span = _SAVED, quantile * design.standard_error(base - mine - (1.0 - ratio))
            limits = max(ratio - span, 0.0), ratio + span
        low, high = 1.0 - limits[1], 1.0 - limits[0]
    if not doubt and (low is None or high is None or high <= low):
        doubt, needed = NO_WIDTH, None
    return Estimate(
        metric="skill",
        value=1.0 - ratio,
        low=low,
        high=high,
        confidence=confidence,
        n=n,
        clusters=None if design.cluster is None else units,
        method=design.describe(method, units),
        unproven=doubt,
        n_needed=needed,
    )


def _fieller(
    a: NDArray[np.float64], b: NDArray[np.float64], ratio: float, design: Design, quantile: float
) -> tuple[float, float] | None:
    """All ratios r that |A - r B| <= q se(A - r B) allows, for B = 1; None where they are not an interval."""
    of_a, of_b, of_both = (design.variance_of_mean(part) for part in (a, b, a - b))
    shared = (of_a + of_b - of_both) / 2.0
    square = quantile * quantile
    first, middle, last = 1.0 - square * of_b, ratio - square * shared, ratio * ratio - square * of_a
    root = middle * middle - first * last
    if first <= 0.0 or not math.isfinite(root):
        return None
    # The estimate itself always lies inside, so the root is real but for rounding.
    width = math.sqrt(max(root, 0.0))
    return max((middle - width) / first, 0.0), (middle + width) / first


def _errorless(
    base: NDArray[np.float64], design: Design, confidence: float, doubt: str, needed: int | None
) -> Estimate:
    """Skill of a model without any error: its own spread says nothing, the rival's still does."""
    saved = interval(
        Linearised(value=1.0, influence=base - 1.0),
        design,
        metric="skill",
        confidence=confidence,
        method="no error; limit from the spread of the rival's squared errors",
        unproven=doubt,
        n_needed=needed,
    )
    return replace(saved, high=None if saved.high is None else 1.0)
