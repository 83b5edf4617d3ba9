"""Values agree with scikit-learn for every metric, task and weighting."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from sklearn import metrics as sk

from modelcheck.checks.performance.metrics import METRICS, measure
from modelcheck.suites.performance import CHECKS


def rate_of(target, decision, weight, code, *, positive):
    of = target == code if positive else target != code
    wrong = (decision != code) if positive else (decision == code)
    return np.average(wrong[of], weights=None if weight is None else weight[of])


BINARY = {
    "accuracy": lambda t, d, s, w: sk.accuracy_score(t, d, sample_weight=w),
    "balanced_accuracy": lambda t, d, s, w: sk.balanced_accuracy_score(t, d, sample_weight=w),
    "precision": lambda t, d, s, w: sk.precision_score(t, d, sample_weight=w),
    "recall": lambda t, d, s, w: sk.recall_score(t, d, sample_weight=w),
    "f1": lambda t, d, s, w: sk.f1_score(t, d, sample_weight=w),
    "f1_macro": lambda t, d, s, w: sk.f1_score(t, d, sample_weight=w, average="macro"),
    "false_positive_rate": lambda t, d, s, w: rate_of(t, d, w, 1, positive=False),
    "false_negative_rate": lambda t, d, s, w: rate_of(t, d, w, 1, positive=True),
    "roc_auc": lambda t, d, s, w: sk.roc_auc_score(t, s, sample_weight=w),
    "average_precision": lambda t, d, s, w: sk.average_precision_score(t, s, sample_weight=w),
    "log_loss": lambda t, d, s, w: sk.log_loss(t, s, sample_weight=w),
    "brier_score": lambda t, d, s, w: sk.brier_score_loss(t, s, sample_weight=w),
}
MULTICLASS = {
    "accuracy": BINARY["accuracy"],
    "balanced_accuracy": BINARY["balanced_accuracy"],
    "precision": lambda t, d, s, w: sk.precision_score(t, d, sample_weight=w, average="macro"),
    "recall": lambda t, d, s, w: sk.recall_score(t, d, sample_weight=w, average="macro"),
    "f1": BINARY["f1_macro"],
    "f1_macro": BINARY["f1_macro"],
    "false_positive_rate": lambda t, d, s, w: np.mean([rate_of(t, d, w, k, positive=False) for k in range(3)]),
    "false_negative_rate": lambda t, d, s, w: np.mean([rate_of(t, d, w, k, positive=True) for k in range(3)]),
    "roc_auc": lambda t, d, s, w: np.mean([sk.roc_auc_score(t == k, s[:, k], sample_weight=w) for k in range(3)]),
    "average_precision": lambda t, d, s, w: sk.average_precision_score(np.eye(3)[t], s, sample_weight=w),
    "log_loss": BINARY["log_loss"],
    "brier_score": lambda t, d, s, w: sk.brier_score_loss(t, s, sample_weight=w, scale_by_half=False),
}
REGRESSION = {
    "root_mean_squared_error": lambda t, d, s, w: sk.root_mean_squared_error(t, s, sample_weight=w),
    "mean_absolute_error": lambda t, d, s, w: sk.mean_absolute_error(t, s, sample_weight=w),
    "median_absolute_error": lambda t, d, s, w: sk.median_absolute_error(t, s, sample_weight=w),
    "r2": lambda t, d, s, w: sk.r2_score(t, s, sample_weight=w),
    "mean_bias": lambda t, d, s, w: np.average(s - t, weights=w),
}
CASES = [
    (task, name, oracle)
    for task, table in (("binary", BINARY), ("multiclass", MULTICLASS), ("regression", REGRESSION))
    for name, oracle in table.items()
]
SKLEARN_NAMES = {
    "precision": "precision_macro",
    "recall": "recall_macro",
    "f1": "f1_macro",
    "f1_macro": "f1_macro",
    "roc_auc": "roc_auc_ovr",
}


def test_every_metric_of_the_suite_is_known_and_compared_here():
    offered = {
        (task, default.name) for default in CHECKS if default.function.endswith(":measure") for task in default.tasks
    }
    assert offered == {(task, name) for task, name, _ in CASES}
    assert {name for _, name in offered} == set(METRICS)


@pytest.mark.parametrize("weighted", [False, True], ids=["plain", "weighted"])
@pytest.mark.parametrize(("task", "name", "oracle"), CASES, ids=[f"{task}-{name}" for task, name, _ in CASES])
def test_the_value_is_scikit_learns(task, name, oracle, weighted, context_of, request):
    rows = request.getfixturevalue(task)
    weight = np.random.default_rng(8).uniform(0.2, 3.0, len(rows)) if weighted else None
    found = measure(context_of(name, replace(rows, weight=weight))).estimate
    assert found.value == pytest.approx(oracle(rows.target, rows.decision, rows.score, weight), abs=1e-12)
    assert found.low < found.value < found.high
    assert found.confidence == 0.95
    assert found.method
    assert not found.unproven
    if task == "multiclass":
        assert found.metric == SKLEARN_NAMES.get(name, found.metric)


@pytest.mark.parametrize(("task", "name", "oracle"), CASES, ids=[f"{task}-{name}" for task, name, _ in CASES])
def test_repeating_rows_in_clusters_leaves_value_and_width(task, name, oracle, context_of, request):
    rows = request.getfixturevalue(task)
    rows = rows.take(np.arange(0, len(rows), 2))
    times = 4
    many = rows.take(np.repeat(np.arange(len(rows)), times))
    many = replace(many, cluster=np.repeat(np.arange(len(rows)), times).astype(np.int32))
    once, clustered = (measure(context_of(name, item)).estimate for item in (rows, many))
    assert clustered.value == pytest.approx(once.value, abs=1e-12)
    assert clustered.high - clustered.low == pytest.approx(once.high - once.low, rel=0.25)
    assert clustered.clusters is not None


def test_the_number_of_rows_is_the_denominator(binary, context_of):
    assert measure(context_of("recall", binary)).estimate.n == int(binary.target.sum())
    assert measure(context_of("precision", binary)).estimate.n == int(binary.decision.sum())
    assert measure(context_of("accuracy", binary)).estimate.n == len(binary)


def test_a_higher_confidence_gives_a_wider_interval(binary, context_of):
    for name in BINARY:
        narrow, wide = (measure(context_of(name, binary, confidence=c)).estimate for c in (0.9, 0.99))
        assert wide.low < narrow.low < narrow.high < wide.high


def test_the_baseline_is_measured_on_the_same_rows(binary, context_of):
    worse = replace(binary, score=np.random.default_rng(0).random(len(binary)))
    found = measure(context_of("roc_auc", binary, baseline=worse))
    assert found.baseline.value == pytest.approx(sk.roc_auc_score(binary.target, worse.score), abs=1e-12)
    assert found.predicted_rows == 2 * len(binary)
    assert "The baseline on the same rows: 0." in found.reading
    assert {point["series"] for point in found.charts[0].data} == {"candidate", "baseline"}


def test_a_baseline_that_gives_labels_only_is_said_not_compared(binary, context_of):
    found = measure(context_of("roc_auc", binary, baseline=replace(binary, score=None)))
    assert found.baseline is None
    assert "The baseline can't be compared" in found.reading


def test_an_unknown_metric_is_refused_with_the_list(binary, context_of):
    with pytest.raises(ValueError, match=r"no performance metric 'acuracy'; allowed are accuracy"):
        measure(context_of("acuracy", binary))


@pytest.mark.parametrize(
    ("name", "change", "reason"),
    [
        ("roc_auc", {"score": None}, "gives labels only"),
        ("average_precision", {"score": None}, "gives labels only"),
        ("log_loss", {"score": None}, "gives labels only"),
        ("log_loss", {"probabilistic": False}, "not probabilities"),
        ("brier_score", {"probabilistic": False}, "not probabilities"),
        ("accuracy", {"decision": None}, "needs decisions"),
        ("r2", {}, "measure of regression"),
    ],
)
def test_what_the_output_does_not_allow_is_not_applicable_with_a_reason(binary, context_of, name, change, reason):
    found = measure(context_of(name, replace(binary, **change)))
    assert reason in found.not_applicable
    assert found.estimate is None


def test_scores_that_only_rank_still_have_areas(binary, context_of):
    ranked = replace(binary, score=np.log(binary.score + 0.01) * 40, probabilistic=False)
    found = measure(context_of("roc_auc", ranked))
    assert found.estimate.value == pytest.approx(measure(context_of("roc_auc", binary)).estimate.value, abs=1e-12)


def test_accuracy_is_not_for_values(regression, context_of):
    assert "measure of classification" in measure(context_of("accuracy", regression)).not_applicable
