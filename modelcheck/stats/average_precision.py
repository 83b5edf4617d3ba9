"""Average precision: area under the precision-recall steps."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from modelcheck.record.evidence import Estimate
from modelcheck.stats.design import Design
from modelcheck.stats.linearised import Linearised, interval, undefined
from modelcheck.stats.macro import linearise_over_classes, mean_over_classes
from modelcheck.stats.order import order_scores

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
    design = Design() if design is None else design
    n = len(positive)
    hits = int(np.count_nonzero(positive))
    if hits == 0:
        return None
    order = order_scores(positive, score, design.weight)
    ups = float(order.positive.sum())
    total = ups + float(order.negative.sum())
    # From the highest score down, as thresholds fall.
    caught = np.cumsum(order.positive[::-1])[::-1]
    flagged = np.cumsum((order.positive + order.negative)[::-1])[::-1]
    precision = caught / flagged
    value = float(np.dot(order.positive, precision)) / ups
    # A row at score s moves precision at every threshold up to s: by (positive - precision) / flagged.
    pull = np.cumsum(order.positive / flagged)
    drag = np.cumsum(order.positive * precision / flagged)
    of_positive = precision - value + pull - drag
    influence = order.spread(-drag)
    np.copyto(influence, order.spread(of_positive), where=positive)
    influence *= total / ups
    units = design.take(positive).units(hits)
    return Linearised(value=value, influence=influence, degrees=max(units - 1.0, 0.0))


def average_precision(
    positive: NDArray[np.bool_],
    score: NDArray[Any],
    *,
    confidence: float,
    design: Design | None = None,
    metric: str = "average_precision",
) -> Estimate:
    design = Design() if design is None else design
    n = len(positive)
    found = linearise_average_precision(positive, score, design=design)
    if found is None:
        return undefined(metric, confidence, "no positive rows", n=n, n_needed=FEWEST_POSITIVES)
    return interval(found, design, metric=metric, confidence=confidence, transform="logit")


def linearise_average_precision_macro(
    target: NDArray[Any], score: NDArray[Any], *, design: Design | None = None
) -> Linearised | None:
    return linearise_over_classes(linearise_average_precision, target, score, design)


def average_precision_macro(
    target: NDArray[Any], score: NDArray[Any], *, confidence: float, design: Design | None = None
) -> Estimate:
    return mean_over_classes(
        average_precision,
        linearise_average_precision,
        target,
        score,
        metric="average_precision_macro",
        confidence=confidence,
        design=design,
    )
