"""Every group by every metric: values by hand, intervals together, reasons where nothing can be measured."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from modelcheck.checks.bias.group_metrics import group_metrics
from modelcheck.checks.bias.group_rates import RATES
from modelcheck.stats.calibration.error import calibration_error
from modelcheck.stats.classification import per_class
from modelcheck.stats.rates import clopper_pearson


def measured(context_of, rows, by="sex", **more):
    return group_metrics(context_of("group_metrics", rows, by=by, slice=by, **more))


def line(found, measure, group):
    table = next(one for one in found.tables if one.name == "measures")
    return next(dict(zip(table.columns, row, strict=True)) for row in table.rows if row[:2] == (measure, group))


@pytest.fixture
def small(rows_of):
    """Women: 4 positives of 10, men: 5 of 10; known decisions."""
    truth = [1, 1, 1, 1, 0, 0, 0, 0, 0, 0] + [1] * 5 + [0] * 5
    decided = [1, 0, 0, 0, 1, 0, 0, 0, 0, 0, 1, 1, 1, 1, 0, 1, 1, 0, 0, 0]
    return rows_of("binary", truth, decision=decided, groups={"sex": ["female"] * 10 + ["male"] * 10})


def test_rates_are_those_counted_by_hand(small, context_of):
    found = measured(context_of, small)
    by_hand = {
        "base_rate": ((4, 10), (5, 10)),
        "selection_rate": ((2, 10), (6, 10)),
        "true_positive_rate": ((1, 4), (4, 5)),
        "false_positive_rate": ((1, 6), (2, 5)),
        "false_negative_rate": ((3, 4), (1, 5)),
        "positive_predictive_value": ((1, 2), (4, 6)),
        "negative_predictive_value": ((5, 8), (3, 4)),
        "accuracy": ((6, 10), (7, 10)),
    }
    for name, sides in by_hand.items():
        for group, (top, bottom) in zip(("female", "male"), sides, strict=True):
            one = line(found, name, group)
            assert (one["value"], one["n"]) == (top / bottom, bottom)
            # Two groups share the 5 %.
            assert (one["low"], one["high"]) == clopper_pearson(top, bottom, 0.975)


def test_the_reading_speaks_of_people(small, context_of):
    reading = measured(context_of, small).reading
    assert "Of 100 people, 20 (97.5 % interval" in reading
    assert "are decided as class 1 where sex = female" in reading
    assert "Of 100 people who are class 1, 20" in reading
    assert "are missed where sex = male" in reading


def test_the_lowest_selection_rate_comes_first(small, context_of):
    found = measured(context_of, small)
    assert found.estimate == found.groups["sex = female"]
    assert list(found.groups) == ["sex = female", "sex = male"]
    assert [chart.name for chart in found.charts] == ["selection_rate", "false_negative_rate", "false_positive_rate"]


def test_a_model_of_labels_says_what_is_left_out(small, context_of):
    found = measured(context_of, small)
    table = found.tables[0]
    assert "log_loss" not in table.columns
    assert "mean_score" not in table.columns
    assert "Log loss and calibration need scores; this model gives labels only." in found.reading


def test_scores_give_log_loss_and_calibration_of_each_group(binary, context_of):
    found = measured(context_of, binary, by="race")
    member = binary.groups["race"].codes == 2
    truth, score = binary.target[member], binary.score[member]
    loss = -np.mean(np.where(truth == 1, np.log(score), np.log(1 - score)))
    assert line(found, "log_loss", "c")["value"] == pytest.approx(loss)
    assert line(found, "mean_score", "c")["value"] == pytest.approx(score.mean())
    error = calibration_error(truth == 1, score, confidence=1 - 0.05 / 3).estimate
    assert line(found, "expected_calibration_error", "c")["high"] == error.high
    assert line(found, "calibration_slope", "c")["value"] == pytest.approx(1.2, abs=0.6)


def test_scores_that_only_rank_have_a_mean_and_no_calibration(binary, context_of):
    found = measured(context_of, dataclasses.replace(binary, probabilistic=False, score=10 * binary.score))
    assert line(found, "mean_score", "male")["value"] > 1.0
    assert "expected_calibration_error" not in found.tables[0].columns
    assert "need probabilities" in found.reading


def test_scores_without_decisions_have_no_rates(binary, context_of):
    found = measured(context_of, dataclasses.replace(binary, decision=None))
    assert "selection_rate" not in found.tables[0].columns
    assert "Rates of decisions need decisions" in found.reading
    assert found.estimate.metric == "mean_score"


def test_a_group_without_positives_stays_with_the_reason(rows_of, context_of):
    rows = rows_of(
        "binary",
        [1, 0] * 30 + [0] * 5,
        decision=[1, 0] * 30 + [0] * 5,
        groups={"race": ["a"] * 60 + ["b"] * 5},
    )
    found = measured(context_of, rows, by="race")
    lost = line(found, "true_positive_rate", "b")
    assert lost["value"] is None
    assert "there are no positive rows" in lost["note"]
    assert "there are no positive rows" in found.tables[0].rows[1][-1]
    assert line(found, "false_positive_rate", "b")["value"] == 0.0


def test_one_group_only_has_nobody_to_compare_with(rows_of, context_of):
    rows = rows_of("binary", [1, 0] * 5, decision=[1, 0] * 5, groups={"sex": ["female"] * 10})
    assert "nobody to compare" in measured(context_of, rows).not_applicable


def test_rows_without_a_value_are_a_group(rows_of, context_of):
    rows = rows_of("binary", [1, 0] * 5, decision=[1, 0] * 5, groups={"sex": ["female"] * 6 + ["(missing)"] * 4})
    assert measured(context_of, rows).groups["sex = (missing)"].n == 4


def test_weights_and_clusters_widen_the_intervals(binary, context_of):
    plain = measured(context_of, binary)
    weighted = measured(context_of, dataclasses.replace(binary, weight=np.tile([0.2, 1.8], 1000)))
    clustered = measured(
        context_of, dataclasses.replace(binary, cluster=np.repeat(np.arange(100), 20).astype(np.int32))
    )
    one = line(weighted, "selection_rate", "male")
    member = binary.groups["sex"].codes == 1
    decided = binary.decision[member] == 1
    assert one["value"] == pytest.approx(np.average(decided, weights=np.tile([0.2, 1.8], 1000)[member]))
    assert (
        one["high"] - one["low"]
        > line(plain, "selection_rate", "male")["high"] - line(plain, "selection_rate", "male")["low"]
    )
    assert "by cluster" in line(clustered, "true_positive_rate", "male")["method"]


def test_several_classes_have_rates_of_each_against_the_rest(multiclass, context_of):
    found = measured(context_of, multiclass, by="site")
    table = next(one for one in found.tables if one.name == "by class")
    assert len(table.rows) == 3 * len(RATES) * 2
    member = multiclass.groups["site"].codes == 0
    target, decision = multiclass.target[member], multiclass.decision[member]
    for name, other in (("true_positive_rate", "recall"), ("false_positive_rate", "false_positive_rate")):
        expected = per_class(other, target, decision, 3, confidence=0.975)
        for code, label in enumerate(multiclass.classes):
            row = next(one for one in table.rows if one[:3] == (label, name, "north"))
            assert row[3:7] == (expected[code].value, expected[code].low, expected[code].high, expected[code].n)
    assert found.estimate.metric == "accuracy"
    assert "people" in found.reading


def test_weighted_classes_agree_with_the_rates_of_their_rows(multiclass, context_of):
    weight = np.linspace(0.5, 1.5, 1500)
    found = measured(context_of, dataclasses.replace(multiclass, weight=weight), by="site")
    table = next(one for one in found.tables if one.name == "by class")
    row = next(one for one in table.rows if one[:3] == ("class 2", "negative_predictive_value", "south"))
    other = (multiclass.groups["site"].codes == 1) & (multiclass.decision != 2)
    assert row[3] == pytest.approx(np.average(multiclass.target[other] != 2, weights=weight[other]))


def test_values_have_errors_and_means(regression, context_of):
    found = measured(context_of, regression)
    member = regression.groups["sex"].codes == 0
    error = (regression.score - regression.target)[member]
    assert line(found, "mean_error", "female")["value"] == pytest.approx(error.mean())
    assert line(found, "root_mean_squared_error", "female")["value"] == pytest.approx(np.sqrt(np.mean(error**2)))
    assert line(found, "mean_absolute_error", "female")["value"] == pytest.approx(np.abs(error).mean())
    assert line(found, "mean_prediction", "female")["value"] == pytest.approx(regression.score[member].mean())
    assert found.estimate.metric == "mean_error"
    assert found.reading.startswith("Mean error: from ")
    assert abs(found.estimate.value) == max(abs(one.value) for one in found.groups.values())


def test_unequal_truth_brings_the_warning_that_not_all_can_be_equal(rows_of, context_of):
    rng = np.random.default_rng(0)
    sex = rng.choice(["female", "male"], 4000)
    truth = rng.random(4000) < np.where(sex == "male", 0.5, 0.2)
    unequal = rows_of("binary", truth, decision=rng.random(4000) < 0.3, groups={"sex": sex})
    assert "can't both be had" in measured(context_of, unequal).reading
    even = rows_of("binary", rng.random(4000) < 0.3, decision=rng.random(4000) < 0.3, groups={"sex": sex})
    assert "can't both be had" not in measured(context_of, even).reading


def test_no_attribute_no_metrics(binary, context_of):
    assert "no protected attribute is declared" in measured(context_of, binary, by=None).not_applicable


def test_outputs_that_allow_nothing_are_not_applicable(multiclass, context_of):
    ranks = dataclasses.replace(multiclass, decision=None, probabilistic=False)
    found = measured(context_of, ranks, by="site")
    assert "rates of decisions need decisions" in found.not_applicable
