"""Means over classes of a one-against-rest statistic of scores."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from modelcheck.record.evidence import Estimate
from modelcheck.stats.combined import combine
from modelcheck.stats.design import Design, student_quantile
from modelcheck.stats.linearised import Linearised, undefined

__all__ = ["linearise_over_classes", "mean_over_classes"]

Linearise = Callable[..., Linearised | None]


def linearise_over_classes(
    linearise: Linearise,
    target: NDArray[Any],
    score: NDArray[Any],
    design: Design | None,
    classes: Sequence[int] | None = None,
) -> Linearised | None:
    """Return the mean of a one-against-rest statistic over the classes that have rows.

    Parameters
    ----------
    linearise : callable
        ``(positive, score, design=) -> Linearised or None``.
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
        With the fewest degrees of freedom among the classes; None when fewer than two classes have rows.
    """
    total = np.zeros(len(target))
    values: list[float] = []
    degrees: list[float] = []
    for code in range(score.shape[1]) if classes is None else classes:
        part = linearise(target == code, score[:, code], design=design)
        if part is None:
            continue
        total += part.influence
        values.append(part.value)
        if part.degrees is not None:
            degrees.append(part.degrees)
    if len(values) < 2:
        return None
    total /= len(values)
    return Linearised(value=float(np.mean(values)), influence=total, degrees=min(degrees, default=None))


def mean_over_classes(
    estimate: Callable[..., Estimate],
    linearise: Linearise,
    target: NDArray[Any],
    score: NDArray[Any],
    *,
    metric: str,
    confidence: float,
    design: Design | None,
    classes: Sequence[int] | None = None,
) -> Estimate:
    """Return the mean of a one-against-rest statistic over the classes that have rows, with an interval.

    Parameters
    ----------
    estimate : callable
        ``(positive, score, confidence=, design=, metric=) -> Estimate`` for one class.
    linearise : callable
        The same statistic's influence values.
    target, score, design, classes
        As for `linearise_over_classes`.
    metric : str
        Name of the mean.
    confidence : float
        Level of the equal-tailed interval.

    Returns
    -------
    Estimate
        MOVER. `unproven` when one of the classes is.
    """
    design = Design() if design is None else design
    n_classes = score.shape[1]
    found: list[Estimate] = []
    total = np.zeros(len(target))
    separate = 0.0
    spreads = []
    for code in range(n_classes) if classes is None else classes:
        positive = target == code
        part = linearise(positive, score[:, code], design=design)
        if part is None:
            continue
        found.append(estimate(positive, score[:, code], confidence=confidence, design=design, metric=metric))
        total += part.influence
        spreads.append(design.variance_of_mean(part.influence))
        separate += spreads[-1]
    if len(found) < 2:
        return undefined(metric, confidence, "fewer than two classes have rows", n=len(target), n_needed=None)
    ratio = design.variance_of_mean(total) / separate if separate > 0 else 1.0
    if not np.isfinite(ratio) or min(spreads) <= 0:
        # A class without spread hides how it moves with the others.
        ratio = max(ratio, 1.0) if np.isfinite(ratio) else float(len(found))
    doubtful = next((item for item in found if item.unproven), None)
    quantile = student_quantile(0.5 + confidence / 2.0, float("inf"))
    parts = [
        (
            item.value,
            min(item.low, item.value - quantile * spread**0.5),
            max(item.high, item.value + quantile * spread**0.5),
        )
        for item, spread in zip(found, spreads, strict=True)
        if item.value is not None and item.low is not None and item.high is not None
    ]
    name = "MOVER (Zou and Donner) over classes; each " + max((item.method for item in found), key=len)
    if len(found) < n_classes:
        which = "that have rows" if classes is None else "compared"
        name += f"; mean over the {len(found)} of {n_classes} classes {which}"
    template = found[0]
    if len(parts) < len(found):
        value = float(np.mean([item.value for item in found]))
        return replace(
            template,
            value=value,
            low=None,
            high=None,
            n=len(target),
            method=name,
            unproven=doubtful.unproven if doubtful else "one class has no interval",
            n_needed=doubtful.n_needed if doubtful else None,
        )
    value, low, high = combine(parts, ratio=ratio)
    return replace(
        template,
        value=value,
        low=max(low, 0.0),
        high=min(high, 1.0),
        n=len(target),
        method=name,
        unproven=f"in one class {doubtful.unproven}" if doubtful else "",
        n_needed=doubtful.n_needed if doubtful else None,
    )
