"""Metrics of decisions: shares of the confusion table and their means over classes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from modelcheck.record.evidence import Estimate
from modelcheck.stats.class_means import mean_of_shares
from modelcheck.stats.class_shares import counted_share, surveyed_share
from modelcheck.stats.confusion import Kind, cell_influence, cells, confusion, per_class_sums
from modelcheck.stats.design import Design
from modelcheck.stats.linearised import Linearised
from modelcheck.stats.rates import rate, rate_from_counts

__all__ = [
    "accuracy",
    "balanced_accuracy",
    "confusion",
    "f1",
    "f1_macro",
    "false_negative_rate",
    "false_positive_rate",
    "from_counts",
    "influence_table",
    "linearise",
    "measure",
    "metric_name",
    "per_class",
    "precision",
    "recall",
]

_MEANS: dict[str, Kind] = {"balanced_accuracy": "recall", "f1_macro": "f1"}
_SHARES: dict[str, Kind] = {
    "recall": "recall",
    "precision": "precision",
    "false_positive_rate": "false_positive_rate",
    "false_negative_rate": "false_negative_rate",
    "f1": "f1",
}


def metric_name(name: str, n_classes: int) -> str:
    """Return the name of a metric as scikit-learn's scorers spell it: means over classes end in ``_macro``.

    Parameters
    ----------
    name : str
        A metric of this module, e.g. ``recall``.
    n_classes : int
        Number of classes.

    Returns
    -------
    str
        ``recall`` for two classes, ``recall_macro`` for more.

    Examples
    --------
    >>> metric_name("recall", 2), metric_name("recall", 3), metric_name("accuracy", 3)
    ('recall', 'recall_macro', 'accuracy')
    """
    return f"{name}_macro" if n_classes > 2 and name in _SHARES else name


def measure(
    name: str,
    target: NDArray[Any],
    decision: NDArray[Any],
    n_classes: int,
    *,
    confidence: float,
    design: Design | None = None,
) -> Estimate:
    """Return one metric of the decisions by its name.

    Parameters
    ----------
    name : str
        ``accuracy``, ``balanced_accuracy``, ``precision``, ``recall``, ``f1``, ``f1_macro``, ``false_positive_rate`` or
        ``false_negative_rate``. With more than two classes precision, recall, F1 and the two error rates are means over
        classes, each class against the rest.
    target, decision : ndarray of int, shape (n_rows,)
        Class codes 0 .. n_classes - 1; with two classes 1 is the positive one.
    n_classes : int
        Number of classes.
    confidence : float
        Level of the equal-tailed interval.
    design : Design or None
        Design of the rows; None: simple random rows.

    Returns
    -------
    Estimate
        Shares: Clopper-Pearson (or Korn and Graubard's form). Binary F1: the limits of J = TP / (TP + FP + FN), a
        share, mapped by 2 J / (1 + J). Means over classes: MOVER from the classes' limits, with their dependence
        from the linearised variance. Means over K classes need 20 K rows.

    Notes
    -----
    Means agree with scikit-learn at ``zero_division=0``: `precision`, `recall` and `f1` average over the classes in
    target or decision, `balanced_accuracy` over those in the target, the error rates over classes that have a
    denominator. A class whose share has no denominator counts as 0 in the value and spans 0 to 1 in the interval.

    References
    ----------
    Clopper and Pearson (1934), Biometrika 26, 404-413. Zou and Donner (2008), Statistics in Medicine 27, 1693-1702.
    Takahashi et al. (2022), Applied Intelligence 52, 4961-4972. Wang et al. (2015), IEEE TKDE 27,
    651-659, for the skewed distribution of F1.

    Examples
    --------
    >>> import numpy as np
    >>> found = measure("recall", np.array([1, 1, 1, 0]), np.array([1, 1, 0, 0]), 2, confidence=0.95)
    >>> round(found.value, 3), round(found.low, 3), round(found.high, 3), found.n
    (0.667, 0.094, 0.992, 3)
    """
    _check_name(name)
    design = Design() if design is None else design
    if design.simple:
        return from_counts(name, confusion(target, decision, n_classes), confidence=confidence)
    if name == "accuracy":
        return rate(target == decision, metric=name, confidence=confidence, design=design)
    if n_classes == 2 and name in _SHARES:
        return surveyed_share(_SHARES[name], target, decision, 1, metric=name, confidence=confidence, design=design)
    kind = _MEANS.get(name) or _SHARES[name]
    counts = confusion(target, decision, n_classes, design.weight)
    metric = metric_name(name, n_classes)
    shares = {
        code: surveyed_share(kind, target, decision, code, metric=metric, confidence=confidence, design=design)
        for code in _classes_of(name, counts)
    }
    cell = cells(target, decision, n_classes)

    def variance(classes: NDArray[np.int64]) -> float:
        table = cell_influence(kind, counts, classes)
        return design.variance_of_mean(table.reshape(-1)[cell])

    return mean_of_shares(metric, kind, shares, variance, confidence=confidence, n=len(target), design=design)


def from_counts(name: str, counts: NDArray[np.int64], *, confidence: float) -> Estimate:
    """Return one metric of simple random rows from their table of truth by decision.

    Parameters
    ----------
    name : str
        As for `measure`.
    counts : ndarray of int64, shape (n_classes, n_classes)
        From `confusion`, without weights.
    confidence : float
        Level of the equal-tailed interval.

    Returns
    -------
    Estimate
        The same as `measure` gives for the rows.

    Examples
    --------
    >>> import numpy as np
    >>> round(from_counts("f1", np.array([[50, 5], [10, 35]]), confidence=0.95).value, 4)
    0.8235
    """
    _check_name(name)
    n_classes = len(counts)
    total = int(counts.sum())
    if name == "accuracy":
        return rate_from_counts(int(np.trace(counts)), total, metric=name, confidence=confidence)
    if n_classes == 2 and name in _SHARES:
        return counted_share(_SHARES[name], counts, 1, metric=name, confidence=confidence)
    kind = _MEANS.get(name) or _SHARES[name]
    metric = metric_name(name, n_classes)
    shares = {
        code: counted_share(kind, counts, code, metric=metric, confidence=confidence)
        for code in _classes_of(name, counts)
    }

    def variance(classes: NDArray[np.int64]) -> float:
        table = cell_influence(kind, counts, classes)
        return float(np.sum(counts * table**2)) / total**2

    return mean_of_shares(metric, kind, shares, variance, confidence=confidence, n=total, design=Design())


def per_class(
    name: str,
    target: NDArray[Any],
    decision: NDArray[Any],
    n_classes: int,
    *,
    confidence: float,
    design: Design | None = None,
) -> tuple[Estimate, ...]:
    """Return a share for every class, each class against the rest.

    Parameters
    ----------
    name : str
        ``precision``, ``recall``, ``f1``, ``false_positive_rate`` or ``false_negative_rate``.
    target, decision, n_classes, confidence, design
        As for `measure`.

    Returns
    -------
    tuple of Estimate
        One per class code, `unproven` where a class has no denominator.
    """
    if name not in _SHARES:
        raise ValueError(f"per_class: name = {name!r}; allowed are {', '.join(_SHARES)}.")
    design = Design() if design is None else design
    kind = _SHARES[name]
    if design.simple:
        counts = confusion(target, decision, n_classes)
        return tuple(counted_share(kind, counts, k, metric=name, confidence=confidence) for k in range(n_classes))
    return tuple(
        surveyed_share(kind, target, decision, k, metric=name, confidence=confidence, design=design)
        for k in range(n_classes)
    )


def linearise(
    name: str, target: NDArray[Any], decision: NDArray[Any], n_classes: int, *, design: Design | None = None
) -> Linearised | None:
    """Return a metric of the decisions with its influence values, for differences.

    Parameters
    ----------
    name, target, decision, n_classes, design
        As for `measure`.

    Returns
    -------
    Linearised or None
        None when the metric has no value (no rows, no denominator).
    """
    _check_name(name)
    design = Design() if design is None else design
    if len(target) == 0:
        return None
    if name == "accuracy":
        right = (target == decision).astype(np.float64)
        value = design.mean(right)
        return Linearised(value=value, influence=right - value)
    found = influence_table(name, confusion(target, decision, n_classes, design.weight))
    if found is None:
        return None
    value, table = found
    return Linearised(value=value, influence=table.reshape(-1)[cells(target, decision, n_classes)])


def influence_table(name: str, counts: NDArray[Any]) -> tuple[float, NDArray[np.float64]] | None:
    """Return a metric of the decisions and what a row in each cell of the table adds to it.

    Parameters
    ----------
    name : str
        As for `measure`, but not ``accuracy``.
    counts : ndarray, shape (n_classes, n_classes)
        From `confusion`; counts or weights.

    Returns
    -------
    (value, table) or None
        The table has shape (n_classes, n_classes), truth by decision; its mean over rows is 0. None when the metric
        has no value.

    Examples
    --------
    >>> import numpy as np
    >>> value, table = influence_table("precision", np.array([[8, 1], [0, 1]]))
    >>> value, table.tolist()
    (0.5, [[0.0, -2.5], [0.0, 2.5]])
    """
    n_classes = len(counts)
    kind = _MEANS.get(name) or _SHARES[name]
    classes = np.array([1]) if n_classes == 2 and name in _SHARES else _classes_of(name, counts)
    top, bottom = per_class_sums(kind, counts)
    if not len(classes) or not np.any(bottom[classes] > 0):
        return None
    share = np.divide(top, bottom, out=np.zeros(n_classes), where=bottom > 0)[classes]
    value = float(np.mean(2.0 * share / (1.0 + share) if kind == "f1" else share))
    return value, cell_influence(kind, counts, classes)


def _named(name: str, doc: str) -> Callable[..., Estimate]:
    def metric(
        target: NDArray[Any],
        decision: NDArray[Any],
        n_classes: int = 2,
        *,
        confidence: float,
        design: Design | None = None,
    ) -> Estimate:
        return measure(name, target, decision, n_classes, confidence=confidence, design=design)

    metric.__name__ = metric.__qualname__ = name
    metric.__doc__ = f"{doc}\n\n    Parameters and result as for `measure`.\n    "
    return metric


accuracy = _named("accuracy", "Return the share of rows that are decided rightly.")
balanced_accuracy = _named("balanced_accuracy", "Return the mean of the classes' recalls.")
precision = _named("precision", "Return the share of rows decided positive that are positive.")
recall = _named("recall", "Return the share of positive rows that are decided positive.")
f1 = _named("f1", "Return the harmonic mean of precision and recall.")
f1_macro = _named("f1_macro", "Return the mean of the classes' F1.")
false_positive_rate = _named("false_positive_rate", "Return the share of negative rows that are decided positive.")
false_negative_rate = _named("false_negative_rate", "Return the share of positive rows that are decided negative.")


def _check_name(name: str) -> None:
    if name != "accuracy" and name not in _MEANS and name not in _SHARES:
        allowed = ", ".join(["accuracy", *_MEANS, *_SHARES])
        raise ValueError(f"{name!r} is not a metric of decisions; allowed are {allowed}.")


def _classes_of(name: str, counts: NDArray[Any]) -> NDArray[np.int64]:
    truth = counts.sum(axis=1) > 0
    decided = counts.sum(axis=0) > 0
    if name in ("balanced_accuracy", "false_negative_rate"):
        present = truth
    elif name == "false_positive_rate":
        present = (truth | decided) & (counts.sum() - counts.sum(axis=1) > 0)
    else:
        present = truth | decided
    return np.flatnonzero(present)
