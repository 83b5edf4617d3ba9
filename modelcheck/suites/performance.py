"""The performance suite: which checks, for which task, with which default limits. Data, not logic."""

from __future__ import annotations

from modelcheck.suites.catalog import CheckDefault

__all__ = ["CHECKS"]

_CLASSES = ("binary", "multiclass")
_REGRESSION = ("regression",)
_EVERY = ("binary", "multiclass", "regression")
_METRIC = "modelcheck.checks.performance.metrics:measure"


def _rate(name: str, title: str) -> CheckDefault:
    return CheckDefault(
        check=f"performance.{name}", function=_METRIC, title=title, tasks=_CLASSES, lower=0.0, upper=1.0
    )


def _curve(name: str, title: str, *, upper: float = 1.0) -> CheckDefault:
    return CheckDefault(
        check=f"performance.{name}", function=_METRIC, title=title, tasks=_CLASSES, lower=0.0, upper=upper, cost=1
    )


def _error(name: str, title: str, *, lower: float = 0.0, upper: float = float("inf")) -> CheckDefault:
    return CheckDefault(
        check=f"performance.{name}", function=_METRIC, title=title, tasks=_REGRESSION, lower=lower, upper=upper
    )


CHECKS: tuple[CheckDefault, ...] = (
    _rate("accuracy", "Accuracy"),
    _rate("balanced_accuracy", "Balanced accuracy"),
    _rate("precision", "Precision"),
    _rate("recall", "Recall"),
    _rate("f1", "F1"),
    _rate("f1_macro", "F1, mean over classes"),
    _rate("false_positive_rate", "False positive rate"),
    _rate("false_negative_rate", "False negative rate"),
    _curve("roc_auc", "ROC AUC"),
    _curve("average_precision", "Average precision"),
    _curve("log_loss", "Log loss", upper=float("inf")),
    _curve("brier_score", "Brier score", upper=2.0),
    _error("root_mean_squared_error", "Root mean squared error"),
    _error("mean_absolute_error", "Mean absolute error"),
    _error("median_absolute_error", "Median absolute error"),
    _error("r2", "R2", lower=float("-inf"), upper=1.0),
    _error("mean_bias", "Mean bias (predicted minus observed)", lower=float("-inf")),
    # Proof of being better is asked for in every profile: "not shown to be worse" would let a constant pass.
    CheckDefault(
        check="performance.better_than_trivial",
        function="modelcheck.checks.performance.trivial:better_than_trivial",
        title="Better than a constant and a one-feature stump",
        tasks=_EVERY,
        severity="blocking",
        min=0.0,
        alpha=0.002,
        burden="compliance",
        cost=2,
        needs_reference=True,
    ),
    CheckDefault(
        check="performance.generalisation_gap",
        function="modelcheck.checks.performance.generalisation:generalisation_gap",
        title="Reference against dataset",
        tasks=_EVERY,
        by_slice=False,
        cost=3,
        needs_reference=True,
    ),
)
