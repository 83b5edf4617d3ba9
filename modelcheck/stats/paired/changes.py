"""The interval of a paired difference from what changed for the better and what changed for the worse."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from modelcheck.record.evidence import Estimate
from modelcheck.stats.design import NO_WIDTH, Design, student_quantile, too_few
from modelcheck.stats.linearised import Linearised

__all__ = ["Changes", "gather", "interval_of", "limits_of_changes", "subtract"]

_UNITS_PER_SQUARED_SKEWNESS = 10.0
_METHOD = "paired difference, MOVER from gamma limits (Fay and Feuer) of what changed up and down"


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """A paired difference summed up, so that its interval at any confidence follows without the rows.

    Attributes
    ----------
    value : float
        The difference; above 0 when the first side is better.
    up, down : tuple of float
        Sum and sum of squares, over units (rows or clusters), of the influence above 0 and of that below 0 (as
        positive numbers).
    largest : float
        Largest influence that one unit can have.
    total : float
        What the sums are divided by: the number of rows, or the sum of weights.
    units : int
        Independent units.
    degrees : float
        Degrees of freedom of the sums of squares.
    n : int
        Rows the difference rests on.
    clusters : int or None
        Number of clusters, when rows are clustered.
    method : str
        Name of the interval's method.
    bound : float
        The difference lies in [-bound, bound].
    unproven, n_needed
        As for `Estimate`.
    """

    value: float
    up: tuple[float, float]
    down: tuple[float, float]
    largest: float
    total: float
    units: int
    degrees: float
    n: int
    clusters: int | None = None
    method: str = _METHOD
    bound: float = math.inf
    unproven: str = ""
    n_needed: int | None = None


def subtract(a: Linearised, b: Linearised, *, sign: int = 1) -> Linearised:
    """Return ``sign * (a - b)`` for two statistics of the same rows.

    Parameters
    ----------
    a, b : Linearised
        The two statistics. The influence values of `a` are overwritten: at many rows a third array would be the
        largest thing in memory.
    sign : {1, -1}
        -1 for losses, so that positive still means that `a` is better.

    Returns
    -------
    Linearised
        With the fewer degrees of freedom of the two.

    Examples
    --------
    >>> import numpy as np
    >>> a, b = (Linearised(value=v, influence=np.array([v, -v])) for v in (3.0, 1.0))
    >>> found = subtract(a, b, sign=-1)
    >>> found.value, found.influence.tolist()
    (-2.0, [-2.0, 2.0])
    """
    if len(a.influence) != len(b.influence):
        raise ValueError(
            f"subtract: {len(a.influence)} rows against {len(b.influence)}; both must be of the same rows."
        )
    influence = a.influence
    if sign > 0:
        influence -= b.influence
    else:
        np.subtract(b.influence, influence, out=influence)
    known = [side.degrees for side in (a, b) if side.degrees is not None]
    return Linearised(value=sign * (a.value - b.value), influence=influence, degrees=min(known, default=None))


def gather(
    difference: Linearised,
    design: Design,
    *,
    largest: float,
    statistic: str = "",
    bound: float = math.inf,
    n: int | None = None,
    unproven: str = "",
    n_needed: int | None = None,
    skewed: bool = False,
) -> Changes:
    """Sum up a paired difference.

    Parameters
    ----------
    difference : Linearised
        From `subtract`.
    design : Design
        Design of the rows.
    largest : float
        From `modelcheck.stats.paired.largest.largest_change`, or the most that one unit can add.
    statistic : str
        Words before the method's name.
    bound : float
        The difference lies in [-bound, bound].
    n : int or None
        Rows it rests on; None: all.
    unproven, n_needed
        A doubt of the caller's, used unless the design has a greater one.
    skewed : bool
        Whether one row's influence has no bound that is known beforehand. Then fewer units than 10 times the squared
        skewness are a doubt: the largest that is seen says too little about the largest there is.

    Returns
    -------
    Changes

    Notes
    -----
    With weights but no clusters the sums of squares are at least those that rows of these influences would have, had
    the weights been dealt to them at random: as long as none of the heaviest rows has changed, what did change looks
    too even. It is what never letting the effective number of rows exceed Kish's is for a share.
    """
    rows = len(difference.influence)
    units = design.units(rows)
    sums = design.sums(difference.influence)
    squares = [0.0, 0.0]
    totals = [0.0, 0.0]
    for side, moved in enumerate((sums > 0.0, sums < 0.0)):
        part = sums[moved]
        totals[side] = abs(float(part.sum()))
        squares[side] = float(np.einsum("i,i->", part, part))
        if design.weight is not None and design.cluster is None:
            expected = float(np.einsum("i,i->", part, difference.influence[moved]))
            squares[side] = max(squares[side], expected * _mean_weight(design.weight))
    doubt, needed = design.doubt(units)
    if not doubt:
        doubt, needed = unproven, n_needed
    noun = "row" if design.cluster is None else "cluster"
    if not doubt and units < 2:
        doubt, needed = too_few(units, noun), 2
    if not doubt and skewed and sum(squares) > 0.0:
        skewness = _skewness(sums, math.sqrt(sum(squares) / units))
        least = math.ceil(_UNITS_PER_SQUARED_SKEWNESS * skewness * skewness)
        if units < least:
            doubt = f"the row-by-row differences are skewed (skewness {skewness:.1f}) and {too_few(units, noun)}"
            needed = least
    counted = units if design.cluster is None else design.effective_units(rows)
    own = counted - 1.0 if difference.degrees is None else min(difference.degrees, counted - 1.0)
    return Changes(
        value=difference.value,
        up=(totals[0], squares[0]),
        down=(totals[1], squares[1]),
        largest=largest,
        total=float(rows) if design.weight is None else float(np.sum(design.weight)),
        units=units,
        degrees=max(own, 1.0),
        n=rows if n is None else n,
        clusters=None if design.cluster is None else units,
        method=design.describe(f"{statistic}{_METHOD}", units),
        bound=bound,
        unproven=doubt,
        n_needed=needed,
    )


def _mean_weight(weight: NDArray[np.float64]) -> float:
    """Mean weight of the row that a unit of weight belongs to."""
    return float(np.einsum("i,i->", weight, weight)) / float(np.sum(weight))


def interval_of(changes: Changes, *, metric: str, confidence: float) -> Estimate:
    """Return a paired difference with its interval.

    Parameters
    ----------
    changes : Changes
        From `gather`.
    metric : str
        Name of the difference.
    confidence : float
        Level of the equal-tailed interval.

    Returns
    -------
    Estimate
        Never without width, as long as one changed row can matter: where nothing changed, the limits are those of a
        change that was seen in none of the rows.

    Notes
    -----
    The influence values above 0 are taken as a weighted sum of Poisson counts, whose exact-like limits Fay and Feuer
    give (one further change of the largest size is allowed for), those below 0 likewise, and the two are put together
    by MOVER. With many changed rows this is the linearised interval, a little wider; with few it follows their
    skewness. Measured in ``tests/quality/test_regression_rates.py``.

    References
    ----------
    Fay, M. P. and Feuer, E. J. (1997). Confidence intervals for directly standardized rates: a method based on the
    gamma distribution. Statistics in Medicine 16, 791-801. Zou, G. Y. and Donner, A. (2008). Construction of
    confidence limits about effect measures: a general approach. Statistics in Medicine 27, 1693-1702.

    Examples
    --------
    >>> import numpy as np
    >>> same = Linearised(value=0.0, influence=np.zeros(1000))
    >>> found = interval_of(gather(same, Design(), largest=1.0), metric="accuracy_difference", confidence=0.95)
    >>> round(found.low, 4), round(found.high, 4)
    (-0.0037, 0.0037)
    """
    low: float | None = None
    high: float | None = None
    doubt, needed = changes.unproven, changes.n_needed
    if changes.units >= 2:
        below, above = limits_of_changes(changes, confidence)
        low = max(changes.value - below, -changes.bound)
        high = min(changes.value + above, changes.bound)
        if not doubt and not high > low:
            doubt, needed = NO_WIDTH, None
    return Estimate(
        metric=metric,
        value=changes.value,
        low=low,
        high=high,
        confidence=confidence,
        n=changes.n,
        clusters=changes.clusters,
        method=changes.method,
        unproven=doubt,
        n_needed=needed,
    )


def limits_of_changes(changes: Changes, confidence: float) -> tuple[float, float]:
    """Return how far the interval reaches below and above the difference, both at least 0."""
    probability = 0.5 + confidence / 2.0
    ratio = student_quantile(probability, changes.degrees) / student_quantile(probability, math.inf)
    inflation = ratio * ratio * changes.units / (changes.units - 1.0)
    largest = changes.largest
    reach = []
    for mean, square in (changes.up, changes.down):
        spread = square * inflation
        least = _gamma(mean, spread, 1.0 - probability)
        most = _gamma(mean + largest, spread + largest * largest, probability)
        reach.append((mean - least, most - mean))
    (up_below, up_above), (down_below, down_above) = reach
    return math.hypot(up_below, down_above) / changes.total, math.hypot(up_above, down_below) / changes.total


def _skewness(sums: NDArray[np.float64], spread: float) -> float:
    standard = sums / spread
    return abs(float(np.einsum("i,i,i->", standard, standard, standard))) / len(sums)


def _gamma(mean: float, variance: float, probability: float) -> float:
    """Quantile of the gamma distribution with this mean and variance."""
    from scipy.special import gammaincinv

    if not (mean > 0.0 and variance > 0.0):
        return 0.0
    return variance / mean * float(gammaincinv(mean * (mean / variance), probability))
