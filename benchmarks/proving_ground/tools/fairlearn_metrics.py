"""Fairlearn, by its metrics for groups. It has no limits of its own and decides nothing.

So this is what its user writes: each metric's `difference()` and `ratio()` over the groups of every protected column,
and of all of them crossed, held to the limits that fairness toolkits have in common: a difference over 0.1, a ratio
under 0.8 (four fifths). As the user guide has it there are no intervals.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

from benchmarks.proving_ground.tools.answers import Answers, answers, positive
from benchmarks.proving_ground.tools.meaning import Meaning
from benchmarks.proving_ground.tools.outcome import NotCovered, Said
from benchmarks.proving_ground.trial import Trial

__all__ = ["MEANING", "NAME", "PACKAGES", "PRELOAD", "examine", "right"]

NAME = "fairlearn"
PACKAGES = ("fairlearn", "numpy", "pandas", "scikit-learn", "scipy")
PRELOAD = ("fairlearn.metrics", "sklearn.ensemble", "sklearn.linear_model")

ONLY_GROUPS = "it compares groups of people and nothing else"
_DIFFERENCE, _RATIO = 0.1, 0.8
_DECISIONS = ("demographic_parity_difference", "demographic_parity_ratio")
_RIGHT = ("equal_opportunity_difference", "equal_opportunity_ratio")
_ODDS = ("equalized_odds_difference", "equalized_odds_ratio", *_RIGHT)
_PRECISION = ("precision_difference", "precision_ratio")
_ERRORS = ("accuracy_difference", "accuracy_ratio", "mean_absolute_error_ratio")

MEANING = Meaning(
    by_gate={
        **dict.fromkeys(("performance", "robustness", "explainability", "deployment", "security"), ONLY_GROUPS),
        "bias": "it has no metric for it",
        "bias.demographic_parity_difference": _DECISIONS,
        "bias.demographic_parity_ratio": _DECISIONS,
        "bias.equal_opportunity_difference": _ODDS,
        "bias.equalized_odds_difference": _ODDS,
        "bias.predictive_parity_difference": _PRECISION,
        "bias.accuracy_difference": _ERRORS,
        "bias.error_difference": _ERRORS,
        # A group that the candidate loses shows in its errors, whichever metric shows them.
        "bias.group_loss": (*_ERRORS, *_ODDS),
        "bias.intersectional": (*_ERRORS, *_ODDS, *_DECISIONS, *_PRECISION),
        "bias.calibration_gap": "it has no metric for calibration in a group",
        "bias.representation": "it has no limit for how many rows a group needs",
        "bias.counterfactual": "it never asks the model about a changed row",
        "bias.counterfactual_noticeable": "it never asks the model about a changed row",
        "bias.proxy": "it compares groups' decisions and doesn't ask by which column they come about",
        "bias.conditional_parity_difference": "with control columns it shows a table for each and no figure over all",
        "bias.regression": "it looks at one model at a time",
    },
    by_family={"drift": ONLY_GROUPS, "leaks": ONLY_GROUPS},
    never={"file": "it is given predictions and never looks at a model's file"},
)


def right(case: str) -> frozenset[str]:
    """Return the metrics that say just this defect, of whichever group."""
    return MEANING.right(case)


def examine(trial: Trial) -> Said:
    """Compare the groups by every metric, and tell what is beyond the limits."""
    if not trial.protected:
        raise NotCovered(f"{ONLY_GROUPS}, and none are declared")
    said = answers(trial, trial.candidate, trial.holdout)
    details: dict[str, list[str]] = {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        crossed = [list(trial.protected)] if len(trial.protected) > 1 else []
        for columns in [*([name] for name in trial.protected), *crossed]:
            groups = trial.holdout[columns].astype(object).fillna("missing").astype(str)
            for metric, value in _compared(trial, said, groups).items():
                if value > _DIFFERENCE if metric.endswith("_difference") else value < _RATIO:
                    details.setdefault(metric, []).append(f"{' x '.join(columns)}: {value:.3f}")
    found = tuple(sorted(details))
    return Said(
        found=found,
        blocking=found,
        verdict="beyond a limit" if found else "within the limits",
        predicted_rows=said.asked,
        notes="limits of 0.1 and 0.8 are ours; it brings none",
        details=dict(details),
    )


def _compared(trial: Trial, said: Answers, groups: pd.DataFrame) -> dict[str, float]:
    """Return differences and ratios between groups, by name."""
    from fairlearn.metrics import MetricFrame

    truth = trial.holdout[trial.target].to_numpy()
    given = said.labels
    metrics, pairs = _metrics(trial)
    if trial.task == "binary":
        label = positive(trial)
        truth, given = (truth == label).astype(int), (given == label).astype(int)
    frame = MetricFrame(metrics=metrics, y_true=truth, y_pred=given, sensitive_features=groups)
    apart, ratio = frame.difference(), frame.ratio()
    values: dict[str, float] = {}
    for name, of in pairs.items():
        if trial.task != "regression":
            values[f"{name}_difference"] = float(np.nanmax([apart[one] for one in of]))
        values[f"{name}_ratio"] = float(np.nanmin([ratio[one] for one in of]))
    return {name: value for name, value in values.items() if np.isfinite(value)}


def _metrics(trial: Trial) -> tuple[dict[str, Callable[..., Any]], dict[str, tuple[str, ...]]]:
    """Return Fairlearn's and scikit-learn's metrics, and which of them make up each comparison."""
    from fairlearn.metrics import false_positive_rate, selection_rate, true_positive_rate
    from sklearn.metrics import accuracy_score, mean_absolute_error, precision_score

    if trial.task == "regression":  # in the target's unit no difference has a limit that is in common use
        return {"error": mean_absolute_error}, {"mean_absolute_error": ("error",)}
    if trial.task == "multiclass":
        return {"accuracy": accuracy_score}, {"accuracy": ("accuracy",)}
    metrics = {
        "selected": selection_rate,
        "tpr": true_positive_rate,
        "fpr": false_positive_rate,
        "accuracy": accuracy_score,
        "precision": lambda truth, given: precision_score(truth, given, zero_division=np.nan),
    }
    return metrics, {
        "demographic_parity": ("selected",),
        "equal_opportunity": ("tpr",),
        "equalized_odds": ("tpr", "fpr"),
        "accuracy": ("accuracy",),
        "precision": ("precision",),
    }
