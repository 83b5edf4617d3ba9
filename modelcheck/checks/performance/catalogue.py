"""The metrics of the performance suite by name: what they need, which way is better, how they are measured."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from modelcheck.checks.columns import decisions_of, design_of, scores_of
from modelcheck.record.evidence import Estimate
from modelcheck.scoring.rows import ScoredRows
from modelcheck.stats import average_precision, classification, losses, ranking, regression
from modelcheck.stats.linearised import Linearised, undefined
from modelcheck.stats.means import mean_of

__all__ = [
    "METRICS",
    "Metric",
    "by_class",
    "estimate",
    "linearise",
    "unusable",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Metric:
    """One metric, under one name for every task.

    Attributes
    ----------
    name : str
        Name in configurations and gates.
    needs : str
        What it reads: ``decision``, ``score`` (any number that ranks), ``probability`` or ``value``.
    unit : str
        ``share`` (0 to 1), ``nats``, ``points`` (squared probabilities) or ``target`` (the target's unit).
    higher_is_better : bool or None
        None: zero is best.
    """

    name: str
    needs: str
    unit: str
    higher_is_better: bool | None


METRICS: Mapping[str, Metric] = {
    name: Metric(name=name, needs=needs, unit=unit, higher_is_better=better)
    for name, needs, unit, better in (
        ("accuracy", "decision", "share", True),
        ("balanced_accuracy", "decision", "share", True),
        ("precision", "decision", "share", True),
        ("recall", "decision", "share", True),
        ("f1", "decision", "share", True),
        ("f1_macro", "decision", "share", True),
        ("false_positive_rate", "decision", "share", False),
        ("false_negative_rate", "decision", "share", False),
        ("roc_auc", "score", "share", True),
        ("average_precision", "score", "share", True),
        ("log_loss", "probability", "nats", False),
        ("brier_score", "probability", "points", False),
        ("root_mean_squared_error", "value", "target", False),
        ("mean_absolute_error", "value", "target", False),
        ("median_absolute_error", "value", "target", False),
        ("r2", "value", "share", True),
        ("mean_bias", "value", "target", None),
    )
}


def unusable(name: str, rows: ScoredRows) -> str:
    """Return why a metric doesn't apply to these rows; empty when it does.

    Parameters
    ----------
    name : str
        A key of `METRICS`.
    rows : ScoredRows
        The rows.

    Returns
    -------
    str

    Raises
    ------
    ValueError
        When there is no such metric.
    """
    if name not in METRICS:
        raise ValueError(f"there is no performance metric {name!r}; allowed are {', '.join(METRICS)}.")
    needs = METRICS[name].needs
    if (needs == "value") != (rows.task == "regression"):
        other = "regression" if needs == "value" else "classification"
        return f"{name} is a measure of {other}; the task here is {rows.task}."
    if needs == "decision" and rows.decision is None:
        return f"{name} needs decisions; this model gives scores only. Set candidate.threshold."
    if needs in ("score", "probability") and rows.score is None:
        return f"{name} needs scores; this model gives labels only."
    if needs == "probability" and not rows.probabilistic:
        return f"{name} needs probabilities; this model's scores are not probabilities, they only rank."
    return ""


def estimate(name: str, rows: ScoredRows, confidence: float) -> Estimate:
    """Measure one metric on rows to which it applies.

    Parameters
    ----------
    name : str
        A key of `METRICS`.
    rows : ScoredRows
        Any number of rows, none included.
    confidence : float
        Level of the equal-tailed interval.

    Returns
    -------
    Estimate
        For more than two classes the mean over classes, each against the rest, under scikit-learn's name.
    """
    n_classes, design = len(rows.classes), design_of(rows)
    needs = METRICS[name].needs
    if len(rows) == 0:
        return undefined(name, confidence, "there are no rows")
    if needs == "value":
        return regression.measure(name, rows.target, scores_of(rows), confidence=confidence, design=design)
    if needs == "decision":
        return classification.measure(
            name, rows.target, decisions_of(rows), n_classes, confidence=confidence, design=design
        )
    if name == "log_loss":
        return losses.log_loss(rows.target, scores_of(rows), confidence=confidence, design=design)
    if name == "brier_score":
        return losses.brier_score(rows.target, scores_of(rows), confidence=confidence, design=design)
    if rows.task == "binary":
        ranked = ranking.roc_auc if name == "roc_auc" else average_precision.average_precision
        return ranked(rows.target == 1, scores_of(rows), confidence=confidence, design=design)
    averaged = ranking.roc_auc_ovr if name == "roc_auc" else average_precision.average_precision_macro
    return averaged(rows.target, scores_of(rows), confidence=confidence, design=design)


def by_class(name: str, rows: ScoredRows, confidence: float) -> tuple[str, tuple[Estimate, ...]] | None:
    """Measure a metric for every class against the rest.

    Parameters
    ----------
    name : str
        A key of `METRICS`.
    rows : ScoredRows
        At least one row of a classification.
    confidence : float
        Level of each interval on its own.

    Returns
    -------
    (what, estimates) or None
        What is measured for each class, and one estimate per class code. Overall accuracy and balanced accuracy
        split into recalls; losses into the mean loss of the rows of each class. None for values.
    """
    if METRICS[name].needs == "value":
        return None
    n_classes, design = len(rows.classes), design_of(rows)
    if METRICS[name].needs == "decision":
        share = {"accuracy": "recall", "balanced_accuracy": "recall", "f1_macro": "f1"}.get(name, name)
        return share, classification.per_class(
            share, rows.target, decisions_of(rows), n_classes, confidence=confidence, design=design
        )
    if name in ("log_loss", "brier_score"):
        each = (losses.log_losses if name == "log_loss" else losses.brier_losses)(rows.target, scores_of(rows))
        highest = math.inf if name == "log_loss" else 1.0 if rows.task == "binary" else 2.0
        found = []
        for code in range(n_classes):
            mask = rows.target == code
            found.append(
                mean_of(
                    each[mask],
                    metric=name,
                    confidence=confidence,
                    design=design.take(mask),
                    lowest=0.0,
                    highest=highest,
                )
                if mask.any()
                else undefined(name, confidence, "there are no rows of the class")
            )
        return f"{name} of the rows of the class", tuple(found)
    score = scores_of(rows)
    if rows.task == "binary":
        score = np.column_stack([-score, score])
    ranked = ranking.roc_auc if name == "roc_auc" else average_precision.average_precision
    return f"{name} against the rest", tuple(
        ranked(rows.target == code, score[:, code], confidence=confidence, design=design) for code in range(n_classes)
    )


def linearise(name: str, rows: ScoredRows) -> Linearised | None:
    """Return a metric with its influence values, for differences; None when it has no value.

    Parameters
    ----------
    name : str
        A metric that reads decisions, ``roc_auc``, or one of values.
    rows : ScoredRows
        The rows.

    Returns
    -------
    Linearised or None
    """
    design = design_of(rows)
    if len(rows) == 0:
        return None
    if METRICS[name].needs == "decision":
        return classification.linearise(name, rows.target, decisions_of(rows), len(rows.classes), design=design)
    if METRICS[name].needs == "value":
        return regression.linearise(name, rows.target, scores_of(rows), design=design)
    if name != "roc_auc":
        raise ValueError(f"linearise: name = {name!r}; of the metrics of scores only 'roc_auc' is offered.")
    if rows.task == "binary":
        return ranking.linearise_roc_auc(rows.target == 1, scores_of(rows), design=design)
    return ranking.linearise_roc_auc_ovr(rows.target, scores_of(rows), design=design)
