"""What comes with a metric: per-class tables, charts, sentences; and what happens when there is next to nothing."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from sklearn import metrics as sk

from modelcheck.checks.performance.metrics import METRICS, measure

CLASSIFIER = [name for name, item in METRICS.items() if item.needs != "value"]
REGRESSOR = [name for name, item in METRICS.items() if item.needs == "value"]


def class_table(found):
    return next((table for table in found.tables if table.name == "by class"), None)


@pytest.mark.parametrize("name", CLASSIFIER)
def test_more_than_two_classes_come_with_a_table_by_class(multiclass, context_of, name):
    table = class_table(measure(context_of(name, multiclass)))
    assert [line[0] for line in table.rows] == ["class 0", "class 1", "class 2"]
    assert [line[1] for line in table.rows] == np.bincount(multiclass.target).tolist()
    assert all(line[4] < line[3] < line[5] for line in table.rows)


def test_the_table_by_class_holds_scikit_learns_numbers(multiclass, context_of):
    target, decision, score = multiclass.target, multiclass.decision, multiclass.score

    def values(name):
        return [line[3] for line in class_table(measure(context_of(name, multiclass))).rows]

    assert values("f1") == pytest.approx(sk.f1_score(target, decision, average=None), abs=1e-12)
    assert values("accuracy") == pytest.approx(sk.recall_score(target, decision, average=None), abs=1e-12)
    assert values("roc_auc") == pytest.approx([sk.roc_auc_score(target == k, score[:, k]) for k in range(3)], abs=1e-12)
    assert values("log_loss") == pytest.approx([np.mean(-np.log(score[target == k, k])) for k in range(3)], abs=1e-12)


def test_two_classes_have_a_table_by_class_for_f1_only_where_it_is_a_mean(binary, context_of):
    table = class_table(measure(context_of("f1_macro", binary)))
    assert [line[3] for line in table.rows] == pytest.approx(
        sk.f1_score(binary.target, binary.decision, average=None), abs=1e-12
    )
    assert class_table(measure(context_of("f1", binary))) is None


def test_the_roc_line_runs_from_corner_to_corner(binary, context_of):
    chart = measure(context_of("roc_auc", binary)).charts[0]
    points = [(point["x"], point["y"]) for point in chart.data]
    assert chart.kind == "line"
    assert chart.reference["diagonal"] is True
    assert points[0] == (0.0, 0.0)
    assert points[-1] == (1.0, 1.0)
    assert len(points) <= 200


def test_the_precision_recall_line_shows_the_positive_share(binary, context_of):
    chart = measure(context_of("average_precision", binary)).charts[0]
    assert chart.reference["limit"] == pytest.approx(binary.target.mean())


def test_three_classes_are_three_lines(multiclass, context_of):
    chart = measure(context_of("roc_auc", multiclass)).charts[0]
    assert {point["series"] for point in chart.data} == {"class 0", "class 1", "class 2"}


def test_of_many_classes_the_largest_are_drawn_and_the_rest_is_said(rows_of, context_of):
    rng = np.random.default_rng(0)
    target = np.concatenate([np.arange(26), rng.integers(0, 26, 2000)])
    score = rng.dirichlet(np.ones(26), len(target))
    rows = rows_of("multiclass", target, score)
    curve = measure(context_of("roc_auc", rows)).charts[0]
    assert len({point["series"] for point in curve.data}) == 8
    assert "8 of 26 classes" in curve.reading
    matrix = measure(context_of("accuracy", rows)).charts[0]
    assert len(matrix.data) == 400
    assert sum(cell["count"] for cell in matrix.data) == len(rows)
    assert "7 smaller classes share one line" in matrix.reading


def test_the_confusion_matrix_counts_rows_and_shares_of_the_true_class(binary, context_of):
    chart = measure(context_of("accuracy", binary)).charts[0]
    counts = np.array([cell["count"] for cell in chart.data]).reshape(2, 2)
    shares = np.array([cell["share"] for cell in chart.data]).reshape(2, 2)
    assert counts.tolist() == sk.confusion_matrix(binary.target, binary.decision).tolist()
    assert shares == pytest.approx(sk.confusion_matrix(binary.target, binary.decision, normalize="true"))


def test_weighted_shares_are_by_weight(binary, context_of):
    weight = np.random.default_rng(0).uniform(0.1, 5, len(binary))
    chart = measure(context_of("accuracy", replace(binary, weight=weight))).charts[0]
    expected = sk.confusion_matrix(binary.target, binary.decision, normalize="true", sample_weight=weight)
    assert np.array([cell["share"] for cell in chart.data]).reshape(2, 2) == pytest.approx(expected)
    assert sum(cell["count"] for cell in chart.data) == len(binary)


@pytest.mark.parametrize("name", ["log_loss", "brier_score"])
def test_scores_are_counted_by_class(binary, context_of, name):
    chart = measure(context_of(name, binary)).charts[0]
    assert chart.kind == "histogram"
    for code, label in enumerate(binary.classes):
        assert sum(bar["count"] for bar in chart.data if bar["series"] == label) == np.sum(binary.target == code)


def test_residual_charts_count_every_row_and_say_what_lies_beyond(regression, context_of):
    wild = regression.target.copy()
    wild[0] = 1e9
    scatter, histogram, _ = measure(context_of("root_mean_squared_error", replace(regression, target=wild))).charts
    assert sum(point["count"] for point in scatter.data) == len(regression)
    assert sum(bar["count"] for bar in histogram.data) == len(regression)
    assert "1 row beyond the axis" in histogram.reading
    assert max(bar["high"] for bar in histogram.data) < 1000


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("precision", r"Of 100 rows the model calls positive, 7\d(\.\d)? are \(95 % interval \d\d\S* to \d\d\S*\)\."),
        ("recall", r"Of 100 positive rows the model finds \d\d"),
        ("false_positive_rate", r"Of 100 negative rows the model calls \S+ positive \("),
        ("roc_auc", r"In \S+ of 100 pairs of a positive and a negative row the positive one scores higher \("),
        ("average_precision", r"a random order would reach 0\.\d+, the positive share"),
        ("log_loss", r"always giving the class shares would cost 0\.\d+"),
        ("brier_score", r"always giving the class shares would score 0\.\d+"),
    ],
)
def test_a_sentence_reads_the_number_with_its_interval(binary, context_of, name, words):
    import re

    reading = measure(context_of(name, binary)).reading
    assert re.search(words, reading), reading
    assert "95 % interval" in reading


@pytest.mark.parametrize("name", REGRESSOR)
def test_values_are_read_with_their_interval(regression, context_of, name):
    assert "95 % interval" in measure(context_of(name, regression)).reading


def test_a_slice_is_named_in_the_sentence(binary, context_of):
    assert measure(context_of("accuracy", binary, slice="65+")).reading.startswith("In 65+: Of 100 rows")


@pytest.mark.parametrize("name", CLASSIFIER)
def test_no_rows_are_unproven_not_an_error(binary, context_of, name):
    found = measure(context_of(name, binary.take(np.arange(0)), slice="65+"))
    assert found.estimate.value is None
    assert found.estimate.unproven == "there are no rows in 65+"
    assert found.reading == "There are no rows in 65+, so nothing was measured."


@pytest.mark.parametrize("by", [None, "race"])
@pytest.mark.parametrize("name", CLASSIFIER)
def test_a_single_row_is_measured_without_a_crash(binary, context_of, name, by):
    found = measure(context_of(name, binary.take(np.array([0])), by=by))
    assert found.estimate is not None
    assert found.reading
    assert found.estimate.value is None or found.estimate.unproven or found.estimate.high - found.estimate.low > 0.5


@pytest.mark.parametrize("name", REGRESSOR)
def test_a_single_value_proves_nothing(regression, context_of, name):
    found = measure(context_of(name, regression.take(np.array([0]))))
    assert found.estimate.unproven


@pytest.mark.parametrize("name", CLASSIFIER)
def test_a_constant_score_is_measured_without_a_crash(binary, context_of, name):
    flat = replace(binary, score=np.full(len(binary), 0.3), decision=np.zeros(len(binary), dtype=np.int16))
    found = measure(context_of(name, flat))
    assert found.estimate is not None
    if name == "roc_auc":
        assert found.estimate.value == 0.5
    if name == "precision":
        assert found.estimate.unproven == "there are no rows decided as the class"


@pytest.mark.parametrize("name", REGRESSOR)
def test_a_perfect_regression_is_measured_without_a_crash(regression, context_of, name):
    found = measure(context_of(name, replace(regression, score=regression.target.copy())))
    assert found.estimate.value == (1 if name == "r2" else 0)


def test_a_class_that_no_row_has_is_shown_as_such(multiclass, context_of):
    part = multiclass.take(multiclass.target != 2)
    for name in CLASSIFIER:
        table = class_table(measure(context_of(name, part)))
        assert table.rows[2][:2] == ("class 2", 0)


@pytest.mark.parametrize("name", CLASSIFIER)
def test_the_order_of_rows_does_not_matter(multiclass, context_of, name):
    order = np.random.default_rng(0).permutation(len(multiclass))
    a, b = (measure(context_of(name, rows)).estimate for rows in (multiclass, multiclass.take(order)))
    assert (a.value, a.low, a.high) == pytest.approx((b.value, b.low, b.high), abs=1e-12)


def test_the_rows_are_left_as_they_were(binary, context_of):
    before = {name: np.copy(getattr(binary, name)) for name in ("target", "score", "decision")}
    for name in CLASSIFIER:
        measure(context_of(name, binary))
    assert all(np.array_equal(before[name], getattr(binary, name)) for name in before)
