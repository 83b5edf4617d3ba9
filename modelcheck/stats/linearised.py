"""A statistic and what each row adds to it: intervals and differences for any smooth statistic."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from modelcheck.record.evidence import Estimate
from modelcheck.stats.design import NO_WIDTH, Design, student_quantile, too_few

__all__ = ["Linearised", "Transform", "interval", "paired_difference", "undefined", "unpaired_difference"]

_NO_SPREAD = 1e-12
Transform = Literal["identity", "log", "logit"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Linearised:
    """A statistic with its influence values.

    Attributes
    ----------
    value : float
        The statistic.
    influence : ndarray of float64, shape (n_rows,)
        First-order effect of each row, scaled so that the statistic's error is the (weighted) mean of them.
    degrees : float or None
        Degrees of freedom of the variance, where fewer units carry it than there are (a rare class);
        None: units less one.
    """

    value: float
    influence: NDArray[np.float64]
    degrees: float | None = None


def undefined(metric: str, confidence: float, reason: str, *, n: int = 0, n_needed: int | None = 1) -> Estimate:
    """Return the estimate of a quantity that can't be computed.

    Parameters
    ----------
    metric : str
        Name of the quantity.
    confidence : float
        Level the interval would have had.
    reason : str
        Why there is no value, in plain words.
    n : int
        Rows there are.
    n_needed : int or None
        Rows (of the kind that `reason` names) that would be needed.

    Returns
    -------
    Estimate
        Without value and interval, `unproven`.
    """
    return Estimate(
        metric=metric,
        value=None,
        low=None,
        high=None,
        confidence=confidence,
        n=n,
        method="none",
        unproven=reason,
        n_needed=n_needed,
    )


def interval(
    linearised: Linearised,
    design: Design,
    *,
    metric: str,
    confidence: float,
    transform: Transform = "identity",
    n: int | None = None,
    method: str = "linearised variance",
    unproven: str = "",
    n_needed: int | None = None,
) -> Estimate:
    """Return a Student interval of a linearised statistic, on the scale where it is nearest to normal.

    Parameters
    ----------
    linearised : Linearised
        The statistic.
    design : Design
        Design of the same rows.
    metric : str
        Name of the quantity.
    confidence : float
        Level of the equal-tailed interval, in (0, 1).
    transform : {"identity", "log", "logit"}
        Scale of the interval: ``log`` for positive quantities, ``logit`` for those in (0, 1).
    n : int or None
        Rows that the estimate rests on; None: all.
    method : str
        Name of the variance.
    unproven, n_needed
        A doubt of the caller's (a domain of its own), used unless the design has a greater one.

    Returns
    -------
    Estimate
        With ``unproven`` set when there are fewer than 10 clusters, fewer than 2 units, or no spread at all.

    References
    ----------
    Binder, D. A. (1983). International Statistical Review 51, 279-292.

    Examples
    --------
    >>> import numpy as np
    >>> x = np.arange(10.0)
    >>> found = interval(Linearised(value=4.5, influence=x - 4.5), Design(), metric="mean", confidence=0.95)
    >>> round(found.low, 3), round(found.high, 3)
    (2.334, 6.666)
    """
    rows = len(linearised.influence)
    units = design.units(rows)
    clusters = None if design.cluster is None else units
    degrees = units - 1.0 if linearised.degrees is None else min(linearised.degrees, units - 1.0)
    doubt, needed = design.doubt(units)
    if not doubt:
        doubt, needed = unproven, n_needed
    low: float | None = None
    high: float | None = None
    if not doubt and units < 2:
        doubt, needed = too_few(units, "row"), 2
    if degrees > 0 and units >= 2:
        error = design.standard_error(linearised.influence)
        low, high = _limits(linearised.value, error, student_quantile(0.5 + confidence / 2, degrees), transform)
        if not doubt and (low is None or high is None or error <= _NO_SPREAD * abs(linearised.value)):
            doubt, needed = NO_WIDTH, None
    scale = {"identity": "", "log": " on the log scale", "logit": " on the logit scale"}[transform]
    return Estimate(
        metric=metric,
        value=linearised.value,
        low=low,
        high=high,
        confidence=confidence,
        n=rows if n is None else n,
        clusters=clusters,
        method=design.describe(f"{method}{scale}, Student's t", units),
        unproven=doubt,
        n_needed=needed,
    )


def _limits(value: float, error: float, quantile: float, transform: Transform) -> tuple[float | None, float | None]:
    if not (math.isfinite(value) and math.isfinite(error)):
        return None, None
    if transform == "log":
        if value <= 0.0:
            return None, None
        span = min(quantile * error / value, 700.0)
        return value * math.exp(-span), value * math.exp(span)
    if transform == "logit":
        if not 0.0 < value < 1.0:
            return None, None
        centre = math.log(value / (1.0 - value))
        span = quantile * error / (value * (1.0 - value))
        return _expit(centre - span), _expit(centre + span)
    return value - quantile * error, value + quantile * error


def _expit(x: float) -> float:
    if x >= 0:
        return 1.0 / (1.0 + math.exp(-min(x, 700.0)))
    part = math.exp(max(x, -700.0))
    return part / (1.0 + part)


def paired_difference(
    a: Linearised,
    b: Linearised,
    design: Design,
    *,
    metric: str,
    confidence: float,
    sign: int = 1,
    n: int | None = None,
    unproven: str = "",
    n_needed: int | None = None,
) -> Estimate:
    """Return ``sign * (a - b)`` for two statistics of the same rows.

    Parameters
    ----------
    a, b : Linearised
        The two statistics; their influence values are subtracted row by row, so what both share cancels.
    design : Design
        Design of the rows.
    metric : str
        Name of the difference.
    confidence : float
        Level of the equal-tailed interval.
    sign : {1, -1}
        -1 for losses, so that positive still means that `a` is better.
    n : int or None
        Rows that the estimate rests on; None: all.
    unproven, n_needed
        A doubt of the caller's.

    Returns
    -------
    Estimate
        On the identity scale.

    References
    ----------
    DeLong, E. R., DeLong, D. M. and Clarke-Pearson, D. L. (1988). Biometrics 44, 837-845 (for areas under curves).
    """
    if len(a.influence) != len(b.influence):
        raise ValueError(
            f"paired_difference: {len(a.influence)} rows against {len(b.influence)}; both statistics must be "
            "of the same rows. Use unpaired_difference for different rows."
        )
    both = Linearised(
        value=sign * (a.value - b.value),
        influence=a.influence - b.influence if sign > 0 else b.influence - a.influence,
        degrees=_fewest(a.degrees, b.degrees),
    )
    return interval(
        both,
        design,
        metric=metric,
        confidence=confidence,
        n=n,
        method="paired difference, linearised variance",
        unproven=unproven,
        n_needed=n_needed,
    )


def _fewest(a: float | None, b: float | None) -> float | None:
    known = [x for x in (a, b) if x is not None]
    return min(known) if known else None


def unpaired_difference(
    a: Linearised,
    design_a: Design,
    b: Linearised,
    design_b: Design,
    *,
    metric: str,
    confidence: float,
    sign: int = 1,
) -> Estimate:
    """Return ``sign * (a - b)`` for statistics of two independent sets of rows.

    Parameters
    ----------
    a, b : Linearised
        The two statistics.
    design_a, design_b : Design
        Their designs. No cluster may have rows in both sets.
    metric : str
        Name of the difference.
    confidence : float
        Level of the equal-tailed interval.
    sign : {1, -1}
        -1 turns the difference round.

    Returns
    -------
    Estimate
        Identity scale, with the degrees of freedom of Welch and Satterthwaite.

    References
    ----------
    Welch, B. L. (1947). Biometrika 34, 28-35.
    """
    value = sign * (a.value - b.value)
    rows = len(a.influence) + len(b.influence)
    low: float | None = None
    high: float | None = None
    units = [design_a.units(len(a.influence)), design_b.units(len(b.influence))]
    clustered = design_a.cluster is not None or design_b.cluster is not None
    doubt, needed = design_a.doubt(units[0])
    if not doubt:
        doubt, needed = design_b.doubt(units[1])
    if min(units) < 2:
        doubt, needed = doubt or "one side has fewer than two rows", needed or 2
    else:
        parts = [design_a.variance_of_mean(a.influence), design_b.variance_of_mean(b.influence)]
        total = sum(parts)
        if total > 0:
            own = [
                u - 1.0 if side.degrees is None else min(side.degrees, u - 1.0)
                for side, u in zip((a, b), units, strict=True)
            ]
            degrees = total**2 / sum(p**2 / max(d, 1e-9) for p, d in zip(parts, own, strict=True))
            span = student_quantile(0.5 + confidence / 2, degrees) * math.sqrt(total)
            low, high = value - span, value + span
        else:
            low, high = value, value
            doubt = doubt or NO_WIDTH
    worst = design_a if design_a.cluster is not None else design_b
    return Estimate(
        metric=metric,
        value=value,
        low=low,
        high=high,
        confidence=confidence,
        n=rows,
        clusters=sum(units) if clustered else None,
        method=worst.describe("difference of independent samples, linearised variance, Welch's t", min(units)),
        unproven=doubt,
        n_needed=needed,
    )
