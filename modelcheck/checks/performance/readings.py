"""One plain sentence for each metric, with its numbers and its interval."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from modelcheck.checks.words import number, out_of_100, with_interval
from modelcheck.record.evidence import Estimate
from modelcheck.scoring.rows import ScoredRows

__all__ = ["reading"]

_BINARY = {
    "accuracy": "Of 100 rows the model decides {value} rightly{interval}.",
    "balanced_accuracy": "Averaged over both classes, {value} of 100 rows of a class are decided rightly{interval}.",
    "precision": "Of 100 rows the model calls positive, {value} are{interval}.",
    "recall": "Of 100 positive rows the model finds {value}{interval}.",
    "false_positive_rate": "Of 100 negative rows the model calls {value} positive{interval}.",
    "false_negative_rate": "Of 100 positive rows the model misses {value}{interval}.",
    "roc_auc": "In {value} of 100 pairs of a positive and a negative row the positive one scores higher{interval}.",
}
_MULTICLASS = {
    "accuracy": _BINARY["accuracy"],
    "balanced_accuracy": "Averaged over classes, {value} of 100 rows of a class are decided rightly{interval}.",
    "precision": "Averaged over classes, of 100 rows that the model puts into a class, {value} belong there{interval}.",
    "recall": "Averaged over classes, of 100 rows of a class the model finds {value}{interval}.",
    "false_positive_rate": "Averaged over classes, of 100 rows of other classes the model takes {value} in{interval}.",
    "false_negative_rate": "Averaged over classes, of 100 rows of a class the model misses {value}{interval}.",
    "roc_auc": (
        "Averaged over classes, in {value} of 100 pairs of a row of the class and another row "
        "the row of the class scores higher{interval}."
    ),
}


def reading(name: str, estimate: Estimate, rows: ScoredRows) -> str:
    """Return the sentence that reads one estimate.

    Parameters
    ----------
    name : str
        The metric.
    estimate : Estimate
        Its estimate on `rows`.
    rows : ScoredRows
        The rows, for what the number compares with (the base rate, the target's spread).

    Returns
    -------
    str
        With the interval and its level; without a value, the reason.
    """
    if estimate.value is None:
        return f"{name} could not be measured: {estimate.unproven}."
    shares = _BINARY if rows.task == "binary" else _MULTICLASS
    if name in shares:
        value, interval = out_of_100(estimate)
        return shares[name].format(value=value, interval=interval)
    found = with_interval(estimate)
    if rows.task == "regression":
        return _values(name, estimate, found, rows)
    if name == "f1":
        if rows.task == "binary":
            return f"F1 is {found}: the harmonic mean of precision and recall."
        return f"F1, averaged over classes, is {found}."
    if name == "f1_macro":
        return f"F1, averaged over {'both' if rows.task == 'binary' else 'all'} classes, is {found}."
    share = _shares(rows)
    if name == "average_precision":
        if rows.task == "binary":
            plain = number(float(share[1]))
            return f"Average precision is {found}; a random order would reach {plain}, the positive share."
        return f"Average precision, averaged over classes, is {found}."
    if name == "log_loss":
        known = share[share > 0.0]
        entropy = float(-(known * np.log(known)).sum())
        return f"Log loss is {found} nats; always giving the class shares would cost {number(entropy)}."
    spread = float(share[1] * share[0]) if rows.task == "binary" else float(1.0 - (share**2).sum())
    return f"The Brier score is {found}; always giving the class shares would score {number(spread)}."


def _shares(rows: ScoredRows) -> NDArray[np.float64]:
    sums = np.bincount(rows.target, weights=rows.weight, minlength=len(rows.classes))
    shares: NDArray[np.float64] = sums / sums.sum()
    return shares


def _values(name: str, estimate: Estimate, found: str, rows: ScoredRows) -> str:
    if name == "root_mean_squared_error":
        mean = np.average(rows.target, weights=rows.weight)
        spread = float(np.sqrt(np.average((rows.target - mean) ** 2, weights=rows.weight)))
        return f"The root mean squared error is {found}; always predicting the mean would give {number(spread)}."
    if name == "mean_absolute_error":
        return f"Predictions are off by {found} on average."
    if name == "median_absolute_error":
        return f"Half of the predictions are off by less than {found}."
    if name == "r2":
        tail = "" if (estimate.value or 0.0) >= 0.0 else ": worse than always predicting the mean"
        return f"The model explains a share of {found} of the target's variance{tail}."
    side = "high" if (estimate.value or 0.0) > 0.0 else "low"
    return (
        f"Predictions minus observations are {found} on average: too {side}."
        if estimate.value
        else (f"Predictions minus observations are {found} on average.")
    )
