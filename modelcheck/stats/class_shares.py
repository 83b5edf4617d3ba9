"""Shares of one class: recall, precision, error rates, and F1 by way of a share."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from numpy.typing import NDArray

from modelcheck.record.evidence import Estimate
from modelcheck.stats.confusion import Kind, per_class_masks, per_class_sums
from modelcheck.stats.design import Design
from modelcheck.stats.rates import rate, rate_from_counts

__all__ = ["DENOMINATORS", "counted_share", "surveyed_share"]

DENOMINATORS: dict[Kind, str] = {
    "recall": "rows of the class",
    "precision": "rows decided as the class",
    "false_positive_rate": "rows outside the class",
    "false_negative_rate": "rows of the class",
    "f1": "rows of the class or decided as it",
}


def counted_share(kind: Kind, counts: NDArray[Any], code: int, *, metric: str, confidence: float) -> Estimate:
    """Return a share of one class from the table of truth by decision.

    Parameters
    ----------
    kind : str
        As for `modelcheck.stats.confusion.per_class_sums`; ``f1`` gives F1.
    counts : ndarray of int64, shape (n_classes, n_classes)
        Without weights.
    code : int
        The class.
    metric : str
        Name of the share.
    confidence : float
        Level of the equal-tailed interval.

    Returns
    -------
    Estimate
        Clopper-Pearson. F1 = 2 J / (1 + J) is increasing in J = TP / (TP + FP + FN), so J's exact limits are mapped.

    References
    ----------
    Clopper and Pearson (1934), Biometrika 26, 404-413. Wang, Y., Li, J., Li, Y., Wang, R. and Yang, X. (2015),
    Confidence interval for F1 measure of algorithm performance based on blocked 3x2 cross-validation, IEEE TKDE 27,
    651-659, for F1 by counts.
    """
    top, bottom = per_class_sums(kind, counts)
    found = rate_from_counts(
        int(top[code]), int(bottom[code]), metric=metric, confidence=confidence, of=DENOMINATORS[kind]
    )
    return _to_f1(found) if kind == "f1" else found


def surveyed_share(
    kind: Kind,
    target: NDArray[Any],
    decision: NDArray[Any],
    code: int,
    *,
    metric: str,
    confidence: float,
    design: Design,
) -> Estimate:
    """Return a share of one class of rows with weights or clusters.

    Parameters
    ----------
    kind, code, metric, confidence
        As for `counted_share`.
    target, decision : ndarray of int, shape (n_rows,)
        Class codes.
    design : Design
        Design of the rows.

    Returns
    -------
    Estimate
        As `modelcheck.stats.rates.rate`; F1 by way of J, as for `counted_share`.
    """
    top, bottom = per_class_masks(kind, target, decision, code)
    found = rate(top, bottom, metric=metric, confidence=confidence, design=design, of=DENOMINATORS[kind])
    return _to_f1(found) if kind == "f1" else found


def _to_f1(share: Estimate) -> Estimate:
    if share.value is None or share.low is None or share.high is None:
        return share
    return replace(
        share,
        value=2 * share.value / (1 + share.value),
        low=2 * share.low / (1 + share.low),
        high=2 * share.high / (1 + share.high),
        method=f"{share.method} of TP / (TP + FP + FN)",
    )
