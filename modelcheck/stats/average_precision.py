"""Average precision: area under the precision-recall steps."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from modelcheck.record.evidence import Estimate
from modelcheck.stats.design import Design, student_quantile, too_few
from modelcheck.stats.linearised import Linearised, undefined
from modelcheck.stats.macro import linearise_over_classes, mean_over_classes
from modelcheck.stats.order import order_scores, running_total
from modelcheck.stats.rates import clopper_pearson

__all__ = [
    "average_precision",
    "average_precision_macro",
    "linearise_average_precision",
    "linearise_average_precision_macro",
]

FEWEST_POSITIVES = 20


def linearise_average_precision(
    positive: NDArray[np.bool_], score: NDArray[Any], *, design: Design | None = None
) -> Linearised | None:
    """Return average precision with its influence values.

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
        None without positive rows. The value is that of ``sklearn.metrics.average_precision_score``, ties included.
        O(n log n).

    References
    ----------
    Boyd, K., Eng, K. H. and Page, C. D. (2013). Area under the precision-recall curve: point estimates and
    confidence intervals. ECML PKDD, 451-466, for the estimator; the influence values are its first derivative and
    are tested against the jackknife.

    Examples
    --------
    >>> import numpy as np
    >>> found = linearise_average_precision(np.array([True, False, True]), np.array([0.9, 0.5, 0.4]))
    >>> round(found.value, 4)
    0.8333
    """
    return _linearised(positive, score, Design() if design is None else design)[0]


def _linearised(positive: NDArray[np.bool_], score: NDArray[Any], design: Design) -> tuple[Linearised | None, float]:
    """Return the statistic and how much counting a row towards its own precision lifts it."""
    hits = int(np.count_nonzero(positive))
    if hits == 0:
        return None, 0.0
    order = order_scores(positive, score, design.weight)
    ups = float(order.positive.sum())
    total = ups + float(order.negative.sum())
    # Per group of equal scores: weight from here up to the highest score.
    flagged = running_total((order.positive + order.negative)[::-1])[::-1]
    precision = running_total(order.positive[::-1])[::-1]
    precision /= flagged
    value = float(np.einsum("i,i->", order.positive, precision)) / ups
    # A row moves precision at every threshold up to its score, by (is positive - precision) / flagged weight.
    pull = np.divide(order.positive, flagged, out=flagged)
    lift = (float(pull.sum()) - float(np.einsum("i,i->", pull, precision))) / ups * (total / len(positive))
    drag = pull * precision
    np.cumsum(drag, out=drag)
    np.cumsum(pull, out=pull)
    pull -= drag
    pull += precision
    pull -= value
    del precision
    influence = order.spread(pull)
    del flagged, pull
    order.spread(np.negative(drag, out=drag), where=~positive, out=influence)
    influence *= total / ups
    units = design.take(positive).units(hits)
    return Linearised(value=value, influence=influence, degrees=max(units - 1.0, 0.0)), lift


def average_precision(
    positive: NDArray[np.bool_],
    score: NDArray[Any],
    *,
    confidence: float,
    design: Design | None = None,
    metric: str = "average_precision",
) -> Estimate:
    """Return average precision with an interval.

    Parameters
    ----------
    positive, score, design
        As for `linearise_average_precision`.
    confidence : float
        Level of the equal-tailed interval.
    metric : str
        Name of the quantity.

    Returns
    -------
    Estimate
        Clopper-Pearson limits at the effective number of positives that the linearised variance gives, never more
        than there are; the lower limit allows for the upward bias of counting each row towards its own precision.
        `unproven` under 20 positives (clusters with positives), where that bias rules.

    References
    ----------
    Korn and Graubard (1998), Survey Methodology 24, 193-201, for the effective number. Boyd, Eng and Page (2013) for
    why limits of a share suit it. Coverage is measured in ``tests/quality``.

    Examples
    --------
    >>> import numpy as np
    >>> positive = np.arange(80) % 2 == 0
    >>> found = average_precision(positive, np.arange(80) + 19.0 * positive, confidence=0.95)
    >>> round(found.value, 2), found.low < found.value < found.high
    (0.72, True)
    """
    design = Design() if design is None else design
    n = len(positive)
    found, lift = _linearised(positive, score, design)
    if found is None or found.degrees is None:
        return undefined(metric, confidence, "there are no positive rows", n=n, n_needed=FEWEST_POSITIVES)
    carriers = found.degrees + 1.0
    rows = design.take(positive)
    most = min(carriers, rows.effective_units(int(np.count_nonzero(positive))))
    value = found.value
    variance = design.variance_of_mean(found.influence) if n > 1 else 0.0
    if 0.0 < variance < float("inf") and 0.0 < value < 1.0 and found.degrees > 0:
        quantile = [student_quantile(0.5 + confidence / 2.0, d) for d in (1e9, found.degrees)]
        effective = value * (1.0 - value) / variance * (quantile[0] / quantile[1]) ** 2
        most = min(most, effective)
    centre = max(value - lift, 0.0)
    low = clopper_pearson(centre * most, most, confidence)[0]
    high = clopper_pearson(value * most, most, confidence)[1]
    units = int(carriers)
    doubt, needed = design.doubt(units)
    if not doubt and units < FEWEST_POSITIVES:
        kind = ("positive row",) if design.cluster is None else ("cluster", "with positive rows")
        doubt, needed = too_few(units, *kind), FEWEST_POSITIVES
    if not doubt and np.all(positive):
        doubt, needed = "there are no negative rows", None
    return Estimate(
        metric=metric,
        value=value,
        low=low,
        high=high,
        confidence=confidence,
        n=n,
        clusters=None if design.cluster is None else design.units(n),
        method=design.describe("Clopper-Pearson at the effective number of positives, linearised variance", units),
        unproven=doubt,
        n_needed=needed,
    )


def linearise_average_precision_macro(
    target: NDArray[Any],
    score: NDArray[Any],
    *,
    design: Design | None = None,
    classes: Sequence[int] | None = None,
) -> Linearised | None:
    """Return the mean over classes of one-against-rest average precision, with its influence values.

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
    return linearise_over_classes(linearise_average_precision, target, score, design, classes)


def average_precision_macro(
    target: NDArray[Any],
    score: NDArray[Any],
    *,
    confidence: float,
    design: Design | None = None,
    classes: Sequence[int] | None = None,
) -> Estimate:
    """Return the mean over classes of one-against-rest average precision, with an interval.

    Parameters
    ----------
    target, score, design, classes
        As for `linearise_average_precision_macro`.
    confidence : float
        Level of the equal-tailed interval.

    Returns
    -------
    Estimate
        MOVER from the classes' intervals. The method says when classes without rows are left out of the mean.

    References
    ----------
    Zou and Donner (2008), Statistics in Medicine 27, 1693-1702.
    """
    return mean_over_classes(
        average_precision,
        linearise_average_precision,
        target,
        score,
        metric="average_precision_macro",
        confidence=confidence,
        design=design,
        classes=classes,
    )
