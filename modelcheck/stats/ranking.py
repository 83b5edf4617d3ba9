"""Area under the ROC curve: DeLong's variance, with a guard where few errors make it too small."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from modelcheck.record.evidence import Estimate
from modelcheck.stats.average_precision import (
    average_precision,
    average_precision_macro,
    linearise_average_precision,
    linearise_average_precision_macro,
)
from modelcheck.stats.design import Design, student_quantile, too_few
from modelcheck.stats.linearised import Linearised, interval, undefined
from modelcheck.stats.macro import linearise_over_classes, mean_over_classes
from modelcheck.stats.order import order_scores, running_total

__all__ = [
    "FEWEST_PER_CLASS",
    "average_precision",
    "average_precision_macro",
    "linearise_average_precision",
    "linearise_average_precision_macro",
    "linearise_roc_auc",
    "linearise_roc_auc_ovr",
    "roc_auc",
    "roc_auc_ovr",
]

FEWEST_PER_CLASS = 10
_FEW_ERRORS = 10.0


def linearise_roc_auc(
    positive: NDArray[np.bool_], score: NDArray[Any], *, design: Design | None = None
) -> Linearised | None:
    """Return the area under the ROC curve with its influence values (DeLong's placements).

    Parameters
    ----------
    positive : ndarray of bool, shape (n_rows,)
        Which rows are of the positive class.
    score : ndarray of float, shape (n_rows,)
        Finite scores; higher means more positive.
    design : Design or None
        Design of the rows; None: simple random rows.

    Returns
    -------
    Linearised or None
        None when one class has no rows. For simple random rows the variance is DeLong's to the last digit; summed by
        cluster it is Obuchowski's. O(n log n).

    References
    ----------
    DeLong, DeLong and Clarke-Pearson (1988), Biometrics 44, 837-845. Sun, X. and Xu, W. (2014), IEEE Signal Processing
    Letters 21, 1389-1393 (sorting form). Obuchowski, N. A. (1997), Biometrics 53, 567-578 (clusters).

    Examples
    --------
    >>> import numpy as np
    >>> found = linearise_roc_auc(np.array([True, False, True, False]), np.array([0.9, 0.1, 0.4, 0.6]))
    >>> found.value
    0.75
    """
    design = Design() if design is None else design
    n = len(positive)
    hits = int(np.count_nonzero(positive))
    if hits in (0, n):
        return None
    order = order_scores(positive, score, design.weight)
    ups, downs = float(order.positive.sum()), float(order.negative.sum())
    # Placement: the share of the other class that a row is on the right side of; ties count half.
    # Doubled on the way, so that no half needs an array of its own; one class after the other, for the same reason.
    below = running_total(order.negative)
    below *= 2.0
    below -= order.negative
    below /= 2.0 * downs
    value = float(np.einsum("i,i->", order.positive, below)) / ups  # dot would widen all counts first
    influence = order.spread(below)
    del below
    above = running_total(order.positive)
    above *= 2.0
    above -= order.positive
    np.subtract(2.0 * ups, above, out=above)
    above /= 2.0 * ups
    order.spread(above, where=~positive, out=influence)
    del order, above
    influence -= value
    units_up, units_down, units = _class_units(positive, design)
    up, down = (_own_divisor(part, units) for part in (units_up, units_down))
    total = ups + downs
    influence *= np.where(positive, total / ups * up, total / downs * down)
    degrees = _welch(positive, influence, units_up, units_down, design)
    return Linearised(value=value, influence=influence, degrees=degrees)


def roc_auc(
    positive: NDArray[np.bool_],
    score: NDArray[Any],
    *,
    confidence: float,
    design: Design | None = None,
    metric: str = "roc_auc",
) -> Estimate:
    """Return the area under the ROC curve with an interval.

    Parameters
    ----------
    positive, score, design
        As for `linearise_roc_auc`.
    confidence : float
        Level of the equal-tailed interval.
    metric : str
        Name of the quantity.

    Returns
    -------
    Estimate
        DeLong's variance on the logit scale with Welch's degrees of freedom. Where the smaller class has fewer than 10
        expected misranked rows (its size times the smaller of the area and one minus the area) that variance is too
        small too often; the interval is then widened to the score interval of Hanley and McNeil's exponential
        model, for the worse of its two directions. A perfect order gets the exact limit from disjoint pairs:
        all of k independent pairs are in order with probability area ** k. Fewer than 10 rows (clusters) of one
        class: `unproven`.

    References
    ----------
    DeLong et al. (1988), Biometrics 44, 837-845. Hanley, J. A. and McNeil, B. J. (1982), Radiology 143, 29-36.
    Newcombe, R. G. (2006), Statistics in Medicine 25, 559-573. Qin, G. and Hotilovac, L. (2008), Statistical Methods
    in Medical Research 17, 207-221 (logit scale). Coverage is measured in ``tests/quality``.

    Examples
    --------
    >>> import numpy as np
    >>> positive = np.arange(40) % 2 == 0
    >>> found = roc_auc(positive, np.arange(40) + 9.0 * positive, confidence=0.95)
    >>> round(found.value, 3), round(found.low, 2), round(found.high, 2)
    (0.68, 0.49, 0.82)
    """
    design = Design() if design is None else design
    n = len(positive)
    hits = int(np.count_nonzero(positive))
    found = linearise_roc_auc(positive, score, design=design)
    if found is None:
        missing = "positive" if hits == 0 else "negative"
        return undefined(metric, confidence, f"there are no {missing} rows", n=n, n_needed=FEWEST_PER_CLASS)
    units_up, units_down, _ = _class_units(positive, design)
    doubt, needed = "", None
    for units, noun in ((units_up, "positive"), (units_down, "negative")):
        if units < FEWEST_PER_CLASS:
            kind = (f"{noun} row",) if design.cluster is None else ("cluster", f"with {noun} rows")
            doubt, needed = too_few(units, *kind), FEWEST_PER_CLASS
    estimate = interval(
        found,
        design,
        metric=metric,
        confidence=confidence,
        transform="logit",
        method="DeLong",
        unproven=doubt,
        n_needed=needed,
    )
    counts = (_effective(positive, design), _effective(~positive, design))
    fewest = min(counts)
    tail = (1.0 - confidence) / 2.0
    # Rounding of weighted sums must not turn a perfect order into an imperfect one.
    if min(found.value, 1.0 - found.value) < 1e-12:
        pairs = fewest if design.cluster is None else fewest / 2.0
        bound = tail ** (1.0 / max(pairs, 1.0))
        low, high = (bound, 1.0) if found.value > 0.5 else (0.0, 1.0 - bound)
        method = "perfect order, exact limit from disjoint pairs"
        return replace(
            estimate,
            value=round(found.value),
            low=low,
            high=high,
            method=design.describe(method, design.units(n)),
            unproven=doubt or design.doubt(design.units(n))[0],
            n_needed=needed or design.doubt(design.units(n))[1],
        )
    if estimate.low is None or estimate.high is None or fewest * min(found.value, 1.0 - found.value) >= _FEW_ERRORS:
        return estimate
    low, high = _exponential_limits(found.value, counts[0], counts[1], confidence)
    return replace(
        estimate,
        low=min(low, estimate.low),
        high=max(high, estimate.high),
        method=estimate.method.replace("DeLong", "the wider of DeLong and Hanley-McNeil (few misranked rows)", 1),
    )


def linearise_roc_auc_ovr(
    target: NDArray[Any],
    score: NDArray[Any],
    *,
    design: Design | None = None,
    classes: Sequence[int] | None = None,
) -> Linearised | None:
    """Return the mean over classes of the one-against-rest areas, with its influence values.

    Parameters
    ----------
    target : ndarray of int, shape (n_rows,)
        Class codes.
    score : ndarray of float, shape (n_rows, n_classes)
        One column per class.
    design : Design or None
        Design of the rows.
    classes : sequence of int or None
        Classes in the mean; None: all. Rows of the others stay, as part of the rest.

    Returns
    -------
    Linearised or None
        The mean is over classes that have rows; None when fewer than two have.
    """
    return linearise_over_classes(linearise_roc_auc, target, score, design, classes)


def roc_auc_ovr(
    target: NDArray[Any],
    score: NDArray[Any],
    *,
    confidence: float,
    design: Design | None = None,
    classes: Sequence[int] | None = None,
) -> Estimate:
    """Return the mean over classes of the one-against-rest areas under the ROC curve.

    Parameters
    ----------
    target, score, design, classes
        As for `linearise_roc_auc_ovr`.
    confidence : float
        Level of the equal-tailed interval.

    Returns
    -------
    Estimate
        MOVER from the classes' intervals, with their dependence from the linearised variance. The method says when
        classes without rows are left out of the mean.

    References
    ----------
    Zou and Donner (2008), Statistics in Medicine 27, 1693-1702.
    """
    return mean_over_classes(
        roc_auc,
        linearise_roc_auc,
        target,
        score,
        metric="roc_auc_ovr",
        confidence=confidence,
        design=design,
        classes=classes,
    )


def _class_units(positive: NDArray[np.bool_], design: Design) -> tuple[int, int, int]:
    hits = int(np.count_nonzero(positive))
    if design.cluster is None:
        return hits, len(positive) - hits, len(positive)
    rest = len(positive) - hits
    return design.take(positive).units(hits), design.take(~positive).units(rest), design.units(len(positive))


def _effective(rows: NDArray[np.bool_], design: Design) -> float:
    return design.take(rows).effective_units(int(np.count_nonzero(rows)))


def _own_divisor(part: int, units: int) -> float:
    # A class's variance is divided by its own units less one; the design divides by all units less one.
    if part < 2 or units < 2:
        return 1.0
    return math.sqrt(part / (part - 1.0) * (units - 1.0) / units)


def _welch(
    positive: NDArray[np.bool_], influence: NDArray[np.float64], units_up: int, units_down: int, design: Design
) -> float:
    if design.cluster is not None:
        return max(min(units_up, units_down) - 1.0, 0.0)
    squares = influence if design.weight is None else influence * design.weight
    own = squares[positive]
    up = float(np.dot(own, own))
    every = float(np.dot(squares, squares))
    down = every - up
    if every <= 0.0 or min(units_up, units_down) < 2:
        return max(min(units_up, units_down) - 1.0, 0.0)
    return every**2 / (up**2 / (units_up - 1.0) + down**2 / (units_down - 1.0))


def _exponential_limits(value: float, ups: float, downs: float, confidence: float) -> tuple[float, float]:
    quantile = student_quantile(0.5 + confidence / 2.0, max(min(ups, downs) - 1.0, 1.0))
    large, small = max(ups, downs) - 1.0, min(ups, downs) - 1.0
    pairs, squared = ups * downs, quantile**2

    def outside(area: float) -> bool:
        square = area**2
        one, two = area / (2.0 - area) - square, 2.0 * square / (1.0 + area) - square
        several, few = (one, two) if one > two else (two, one)
        variance = (area * (1.0 - area) + large * several + small * few) / pairs
        return (value - area) ** 2 > squared * variance

    limits = []
    for far in (0.0, 1.0):
        out, inside = far, value
        for _ in range(60):
            middle = (out + inside) / 2.0
            if middle in (out, inside):
                break  # neighbours: there is no number between them
            if outside(middle):
                out = middle
            else:
                inside = middle
        limits.append(out)
    return limits[0], limits[1]
