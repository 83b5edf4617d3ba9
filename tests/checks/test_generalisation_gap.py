"""The gap between reference and dataset: positive means worse on the dataset."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from sklearn.metrics import balanced_accuracy_score, roc_auc_score, root_mean_squared_error

from modelcheck.checks.performance.generalisation import generalisation_gap


def test_without_a_reference_it_does_not_apply(binary, context_of):
    assert generalisation_gap(context_of("generalisation_gap", binary)).not_applicable.startswith(
        "No reference rows are declared"
    )


def test_a_model_that_knows_its_training_rows_shows_a_positive_gap(binary, context_of):
    known = replace(binary, score=np.clip(binary.score + 0.3 * (binary.target - 0.5), 0, 1))
    found = generalisation_gap(context_of("generalisation_gap", binary, reference=known))
    expected = roc_auc_score(known.target, known.score) - roc_auc_score(binary.target, binary.score)
    assert found.estimate.value == pytest.approx(expected, abs=1e-12)
    assert found.estimate.low > 0
    assert found.reading.endswith(", worse on the dataset.")
    assert found.predicted_rows == 4000


def test_a_larger_error_on_the_dataset_is_a_positive_gap(regression, context_of):
    noise = np.random.default_rng(0).normal(size=len(regression)) * 4
    rows = replace(regression, score=regression.score + noise)
    found = generalisation_gap(context_of("generalisation_gap", rows, reference=regression)).estimate
    expected = root_mean_squared_error(rows.target, rows.score) - root_mean_squared_error(
        regression.target, regression.score
    )
    assert found.value == pytest.approx(expected, abs=1e-10)
    assert found.low > 0


def test_equal_samples_have_an_interval_around_zero(binary, context_of):
    half = np.arange(len(binary)) % 2 == 0
    found = generalisation_gap(
        context_of("generalisation_gap", binary.take(half), reference=binary.take(~half))
    ).estimate
    assert found.low < 0 < found.high
    assert "independent samples" in found.method


def test_labels_of_three_classes_use_balanced_accuracy(multiclass, context_of):
    rows = replace(multiclass, score=None)
    better = replace(rows, decision=rows.target)
    found = generalisation_gap(context_of("generalisation_gap", rows, reference=better)).estimate
    assert found.metric == "balanced_accuracy_gap"
    assert found.value == pytest.approx(1 - balanced_accuracy_score(rows.target, rows.decision), abs=1e-12)


def test_the_table_holds_several_metrics_of_both_sides(binary, context_of):
    (table,) = generalisation_gap(context_of("generalisation_gap", binary, reference=binary)).tables
    assert [line[0] for line in table.rows] == [
        "roc_auc", "average_precision", "accuracy", "balanced_accuracy", "f1", "log_loss", "brier_score",
    ]  # fmt: skip
    assert all(line[1:4] == line[4:7] for line in table.rows)


def test_labels_only_leave_out_what_needs_scores(binary, context_of):
    rows = replace(binary, score=None)
    (table,) = generalisation_gap(context_of("generalisation_gap", rows, reference=rows)).tables
    assert [line[0] for line in table.rows] == ["accuracy", "balanced_accuracy", "f1"]


def test_one_class_on_one_side_is_unproven_and_says_which(binary, context_of):
    ones = binary.take(binary.target == 1)
    found = generalisation_gap(context_of("generalisation_gap", ones, reference=binary))
    assert found.estimate.unproven == "roc_auc has no value on the dataset"


def test_no_rows_are_unproven(regression, context_of):
    none = regression.take(np.arange(0))
    assert generalisation_gap(context_of("generalisation_gap", none, reference=regression)).estimate.unproven
