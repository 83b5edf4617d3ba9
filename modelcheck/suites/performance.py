"""The performance suite: which checks, for which task, with which default limits. Data, not logic."""

from __future__ import annotations

from collections.abc import Iterator

from modelcheck.suites.catalog import CheckDefault

__all__ = ["CHECKS"]

_BINARY = ("binary",)
_CLASSES = ("binary", "multiclass")
_REGRESSION = ("regression",)
_EVERY = ("binary", "multiclass", "regression")
_CHECKS = "modelcheck.checks.performance"
_METRIC = f"{_CHECKS}.metrics:measure"
_MARGIN = 0.01
_SLICE_MARGIN = 0.03
# One primary metric for each task is compared by default; the others where a configuration gives them a margin.
_PRIMARY = ("roc_auc", "r2")


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


def _regressions(metrics: tuple[CheckDefault, ...]) -> Iterator[CheckDefault]:
    """Give every metric that has a better direction its comparison with the baseline."""
    for metric in metrics:
        if metric.name == "mean_bias":
            continue
        primary = metric.name in _PRIMARY
        yield CheckDefault(
            check=f"performance.regression.{metric.name}",
            function=f"{_CHECKS}.comparison.regression:regression",
            title=f"{metric.title} against the baseline",
            tasks=metric.tasks,
            severity="blocking" if primary else "info",
            compares=True,
            needs_baseline=True,
            margin=_MARGIN if primary else None,
            on_request=not primary,
            alpha=0.003 if primary else 0.0,
            lower=0.0,
            upper=1.0 if metric.lower == 0.0 and metric.upper == 1.0 else float("inf"),
            cost=1,
        )


def _every_slice(name: str, title: str, tasks: tuple[str, ...], side: str, *, upper: float = 1.0) -> CheckDefault:
    """Give a metric its limit for all slices that can be found: a search, so that a breach has to be proved."""
    return CheckDefault(
        check=f"performance.every_slice.{name}",
        function=f"{_CHECKS}.weakness.every_slice:every_slice",
        title=f"{title} in every slice",
        tasks=tasks,
        on_request=True,
        burden="breach",
        lower=0.0,
        upper=upper,
        side=side,
        by_slice=False,
        cost=3,
    )


_METRICS: tuple[CheckDefault, ...] = (
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
)

CHECKS: tuple[CheckDefault, ...] = (
    *_METRICS,
    # Proof of being better is asked for in every profile: "not shown to be worse" would let a constant pass.
    CheckDefault(
        check="performance.better_than_trivial",
        function=f"{_CHECKS}.trivial.better_than_trivial:better_than_trivial",
        title="Better than a constant and a one-feature stump",
        tasks=_EVERY,
        severity="blocking",
        min=0.0,
        alpha=0.002,
        burden="compliance",
        cost=2,
        needs_reference=True,
    ),
    *_regressions(_METRICS),
    # A search: that no group is worse can't be proved, so a breach must be proved in every profile.
    CheckDefault(
        check="performance.regression_by_slice",
        function=f"{_CHECKS}.comparison.regression_by_slice:regression_by_slice",
        title="Groups and slices against the baseline",
        tasks=_EVERY,
        severity="blocking",
        compares=True,
        needs_baseline=True,
        margin=_SLICE_MARGIN,
        alpha=0.003,
        burden="breach",
        lower=0.0,
        upper=1.0,
        by_slice=False,
        cost=1,
    ),
    # Searches: what a healthy model can't show is loss that a challenger avoids, and probabilities that don't hold.
    CheckDefault(
        check="performance.weak_slices",
        function=f"{_CHECKS}.weakness.weak_slices:weak_slices",
        title="Weak slices: loss that a challenger avoids",
        tasks=_EVERY,
        severity="blocking",
        max=0.05,
        alpha=0.001,
        burden="breach",
        lower=0.0,
        side="max",
        by_slice=False,
        cost=3,
        needs_reference=True,
    ),
    CheckDefault(
        check="performance.miscalibrated_slices",
        function=f"{_CHECKS}.weakness.miscalibrated_slices:miscalibrated_slices",
        title="Slices whose probabilities don't hold",
        tasks=_CLASSES,
        severity="blocking",
        max=0.10,
        alpha=0.001,
        burden="breach",
        lower=0.0,
        upper=1.0,
        side="max",
        by_slice=False,
        cost=3,
        needs_reference=True,
    ),
    CheckDefault(
        check="performance.harder_slices",
        function=f"{_CHECKS}.weakness.harder_slices:harder_slices",
        title="Harder slices, told and not judged",
        tasks=_EVERY,
        burden="breach",
        lower=0.0,
        side="max",
        by_slice=False,
        cost=3,
    ),
    _every_slice("accuracy", "Accuracy", _CLASSES, "min"),
    _every_slice("recall", "Recall", _BINARY, "min"),
    _every_slice("precision", "Precision", _BINARY, "min"),
    _every_slice("false_positive_rate", "False positive rate", _BINARY, "max"),
    _every_slice("false_negative_rate", "False negative rate", _BINARY, "max"),
    _every_slice("mean_absolute_error", "Mean absolute error", _REGRESSION, "max", upper=float("inf")),
    _every_slice("root_mean_squared_error", "Root mean squared error", _REGRESSION, "max", upper=float("inf")),
    CheckDefault(
        check="performance.negative_flips",
        function=f"{_CHECKS}.comparison.flips:negative_flips",
        title="Negative flips against the baseline",
        tasks=_CLASSES,
        needs_baseline=True,
        lower=0.0,
        upper=1.0,
    ),
    CheckDefault(
        check="performance.calibration",
        function=f"{_CHECKS}.calibration.calibration:calibration",
        title="Calibration of the probabilities",
        tasks=_CLASSES,
        severity="warning",
        max=0.05,
        alpha=0.002,
        lower=0.0,
        upper=1.0,
        cost=1,
    ),
    CheckDefault(
        check="performance.overconfidence",
        function=f"{_CHECKS}.calibration.confidence:overconfidence",
        title="Overconfidence",
        tasks=_CLASSES,
        severity="warning",
        max=0.05,
        alpha=0.002,
        lower=-1.0,
        upper=1.0,
    ),
    CheckDefault(
        check="performance.underconfidence",
        function=f"{_CHECKS}.calibration.confidence:underconfidence",
        title="Near ties between the two likeliest classes",
        tasks=_CLASSES,
        lower=0.0,
        upper=1.0,
    ),
    CheckDefault(
        check="performance.value_calibration",
        function=f"{_CHECKS}.calibration.calibration:calibration",
        title="Calibration of the predicted values",
        tasks=_REGRESSION,
        lower=0.0,
        cost=1,
    ),
    CheckDefault(
        check="performance.residual_spread",
        function=f"{_CHECKS}.calibration.residuals:residual_spread",
        title="Spread of the residuals, high against low predictions",
        tasks=_REGRESSION,
        lower=0.0,
        cost=1,
    ),
    CheckDefault(
        check="performance.interval_coverage",
        function=f"{_CHECKS}.calibration.coverage:interval_coverage",
        title="Coverage of the prediction intervals",
        tasks=_REGRESSION,
        on_request=True,
        asked_by="interval",
        lower=0.0,
        upper=1.0,
    ),
    CheckDefault(
        check="performance.cost",
        function=f"{_CHECKS}.decisions.cost:cost",
        title="Mean cost of the decisions",
        tasks=_BINARY,
        on_request=True,
        asked_by="cost",
        lower=0.0,
    ),
    CheckDefault(
        check="performance.threshold",
        function=f"{_CHECKS}.decisions.thresholds:threshold",
        title="Threshold in use against the best one on the reference",
        tasks=_BINARY,
        cost=1,
        needs_reference=True,
    ),
    CheckDefault(
        check="performance.net_benefit",
        function=f"{_CHECKS}.decisions.net_benefit:net_benefit",
        title="Net benefit of the decisions",
        tasks=_BINARY,
        lower=-1.0,
        upper=1.0,
        cost=1,
    ),
    CheckDefault(
        check="performance.generalisation_gap",
        function=f"{_CHECKS}.generalisation:generalisation_gap",
        title="Reference against dataset",
        tasks=_EVERY,
        by_slice=False,
        cost=3,
        needs_reference=True,
    ),
)
