"""The table of truth by decision, and what each of its cells adds to a metric."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

__all__ = ["ClassMetric", "Kind", "cell_influence", "confusion", "per_class_masks", "per_class_sums"]

Kind = Literal["recall", "precision", "false_positive_rate", "false_negative_rate", "f1"]
ClassMetric = Kind


def confusion(
    target: NDArray[Any], decision: NDArray[Any], n_classes: int, weight: NDArray[np.float64] | None = None
) -> NDArray[Any]:
    """Count rows (or weight) by truth and decision.

    Parameters
    ----------
    target, decision : ndarray of int, shape (n_rows,)
        Class codes 0 .. n_classes - 1.
    n_classes : int
        Number of classes.
    weight : ndarray of float64, shape (n_rows,), or None
        Row weights.

    Returns
    -------
    ndarray, shape (n_classes, n_classes)
        Rows are the truth, columns the decision. int64 counts, or float64 sums of weight.

    Examples
    --------
    >>> import numpy as np
    >>> confusion(np.array([0, 1, 1]), np.array([0, 0, 1]), 2).tolist()
    [[1, 0], [1, 1]]
    """
    cell = cells(target, decision, n_classes)
    counts = np.bincount(cell, weights=weight, minlength=n_classes * n_classes)
    return counts.reshape(n_classes, n_classes)


def cells(target: NDArray[Any], decision: NDArray[Any], n_classes: int) -> NDArray[np.int64]:
    """Return the number of each row's cell in the flattened table, shape (n_rows,)."""
    cell = target.astype(np.int64)
    cell *= n_classes
    cell += decision
    return cell


def per_class_sums(kind: Kind, counts: NDArray[Any]) -> tuple[NDArray[Any], NDArray[Any]]:
    """Return numerator and denominator of a per-class share from the table.

    Parameters
    ----------
    kind : str
        Name of the share. ``f1`` gives J = TP / (TP + FP + FN), of which F1 is the increasing function 2 J / (1 + J).
    counts : ndarray, shape (n_classes, n_classes)
        From `confusion`.

    Returns
    -------
    top, bottom : ndarray, shape (n_classes,)
        Counts or weights, one class against the rest.
    """
    hit = np.diagonal(counts)
    truth = counts.sum(axis=1)
    decided = counts.sum(axis=0)
    if kind == "recall":
        return hit, truth
    if kind == "precision":
        return hit, decided
    if kind == "false_negative_rate":
        return truth - hit, truth
    if kind == "false_positive_rate":
        return decided - hit, counts.sum() - truth
    return hit, truth + decided - hit


def per_class_masks(
    kind: Kind, target: NDArray[Any], decision: NDArray[Any], code: int
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Return which rows are in the numerator and in the denominator of a share of one class.

    Parameters
    ----------
    kind : str
        As for `per_class_sums`.
    target, decision : ndarray of int, shape (n_rows,)
        Class codes.
    code : int
        The class.

    Returns
    -------
    top, bottom : ndarray of bool, shape (n_rows,)
        ``top`` implies ``bottom``.
    """
    truth = target == code
    decided = decision == code
    if kind == "recall":
        return truth & decided, truth
    if kind == "precision":
        return truth & decided, decided
    if kind == "false_negative_rate":
        return truth & ~decided, truth
    if kind == "false_positive_rate":
        return decided & ~truth, ~truth
    return truth & decided, truth | decided


def cell_influence(kind: Kind, counts: NDArray[Any], classes: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return what a row in each cell adds to the mean of a share over classes.

    Parameters
    ----------
    kind : str
        As for `per_class_sums`; ``f1`` gives the influence on F1 itself.
    counts : ndarray, shape (n_classes, n_classes)
        Counts or weights.
    classes : ndarray of int
        Codes of the classes in the mean; classes without denominator add nothing.

    Returns
    -------
    ndarray of float64, shape (n_classes, n_classes)
        Influence by cell; its mean over rows is 0.

    References
    ----------
    Takahashi, K., Yamamoto, K., Kuchiba, A. and Koyama, T. (2022). Confidence interval for micro-averaged F1 and
    macro-averaged F1 scores. Applied Intelligence 52, 4961-4972.
    """
    size = len(counts)
    top, bottom = per_class_sums(kind, counts)
    chosen = np.zeros(size, dtype=bool)
    chosen[classes] = True
    used = chosen & (bottom > 0)
    share = np.divide(top, bottom, out=np.zeros(size), where=bottom > 0)
    slope = np.divide(float(counts.sum()) / len(classes), bottom, out=np.zeros(size), where=used)
    if kind == "f1":
        slope = slope * 2.0 / (1.0 + share) ** 2
    same = np.eye(size, dtype=bool)
    drop = slope * share
    if kind == "recall":
        table = np.where(same, slope[:, None], 0.0) - drop[:, None]
    elif kind == "precision":
        table = np.where(same, slope[None, :], 0.0) - drop[None, :]
    elif kind == "false_negative_rate":
        table = np.where(same, 0.0, slope[:, None]) - drop[:, None]
    elif kind == "false_positive_rate":
        # A row is in the denominator of every class but its own.
        table = np.where(same, 0.0, slope[None, :]) - (drop.sum() - drop)[:, None]
    else:
        table = np.where(same, slope[:, None] - drop[:, None], -(drop[:, None] + drop[None, :]))
    influence: NDArray[np.float64] = table.astype(np.float64)
    return influence
