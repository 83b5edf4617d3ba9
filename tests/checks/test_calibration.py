"""The checks of promises: calibration, over- and underconfidence, spread of residuals."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from modelcheck.checks.performance.calibration.calibration import calibration
from modelcheck.checks.performance.calibration.confidence import overconfidence, underconfidence
from modelcheck.checks.performance.calibration.residuals import residual_spread
from modelcheck.stats.calibration.error import calibration_error

CLASSIFIER = (calibration, overconfidence, underconfidence)
REGRESSOR = (calibration, residual_spread)


def table(found, name):
    return next(one for one in found.tables if one.name == name)


def measure(found, name):
    return next(line for line in table(found, "calibration").rows if line[0] == name)


@pytest.fixture
def sure(rows_of):
    """4,000 rows of a model that is far too sure of itself."""
    rng = np.random.default_rng(5)
    z = rng.normal(size=4000)
    return rows_of("binary", rng.random(4000) < 1 / (1 + np.exp(-z)), 1 / (1 + np.exp(-4 * z)), classes=("no", "yes"))


def test_the_error_judged_is_the_debiased_one_of_the_positive_class(binary, context_of):
    found = calibration(context_of("calibration", binary))
    expected = calibration_error(binary.target == 1, binary.score, confidence=0.95)
    assert found.estimate == expected.estimate
    assert measure(found, "expected calibration error, plain")[1] == expected.plain
    assert measure(found, "expected calibration error, plain, if perfectly calibrated")[1] == expected.chance


def test_classes_are_judged_by_the_largest_probability_and_told_one_by_one(multiclass, context_of):
    found = calibration(context_of("calibration", multiclass))
    right = multiclass.score.argmax(axis=1) == multiclass.target
    assert found.estimate == calibration_error(right, multiclass.score.max(axis=1), confidence=0.95).estimate
    lines = table(found, "by class").rows
    assert [line[0] for line in lines] == ["class 0", "class 1", "class 2"]
    assert [line[2] for line in lines] == pytest.approx(multiclass.score.mean(axis=0))
    assert [line[3] for line in lines] == pytest.approx([np.mean(multiclass.target == k) for k in range(3)])
    assert (
        lines[0][4] == calibration_error(multiclass.target == 0, multiclass.score[:, 0], confidence=0.95).estimate.value
    )


def test_values_are_judged_in_standard_deviations_of_the_target(regression, context_of):
    found = calibration(context_of("calibration", regression))
    off = calibration(context_of("calibration", replace(regression, score=regression.score + 100)))
    assert off.estimate.value == pytest.approx(100 / regression.target.std(), rel=0.05)
    assert found.estimate.value < 0.1
    assert "standard deviations of the target" in found.reading
    assert "Predictions minus observations are" in found.reading


def test_the_reading_names_plain_chance_and_debiased_apart_and_says_what_is_wrong(sure, context_of):
    found = calibration(context_of("calibration", sure))
    assert "without the share of chance" in found.reading
    assert "a perfectly calibrated model would show" in found.reading
    assert "Probabilities are too extreme: calibration slope 0.2" in found.reading
    assert "95 % interval" in found.reading
    assert found.estimate.low > 0.05


def test_the_parts_in_the_table_add_up_to_the_brier_score(sure, context_of):
    found = calibration(context_of("calibration", sure))
    signs = {"+": 1, "-": -1}
    parts = [signs[line[0][0]] * line[1] for line in table(found, "calibration").rows if line[0][0] in signs]
    assert len(parts) == 5
    assert sum(parts) == pytest.approx(np.mean((sure.score - sure.target) ** 2))


@pytest.mark.parametrize("task", ["binary", "multiclass", "regression"])
def test_the_reliability_curve_counts_every_row_and_is_the_same_in_chart_and_table(task, request, context_of):
    rows = request.getfixturevalue(task)
    found = calibration(context_of("calibration", rows))
    chart, curve = found.charts[0], table(found, "reliability")
    assert (chart.kind, chart.reference) == ("reliability", {"diagonal": True})
    assert sum(point["count"] for point in chart.data) == len(rows)
    assert [(p["x"], p["y"], p["low"], p["high"]) for p in chart.data] == [line[4:] for line in curve.rows]
    assert all(line[6] < line[5] < line[7] for line in curve.rows)


def test_rows_with_weights_and_clusters_are_measured(binary, multiclass, regression, context_of):
    rng = np.random.default_rng(0)
    for rows, checks in ((binary, CLASSIFIER), (multiclass, CLASSIFIER), (regression, REGRESSOR)):
        weight, cluster = rng.uniform(0.5, 2, len(rows)), (np.arange(len(rows)) // 3).astype(np.int32)
        for check in checks:
            found = check(context_of(check.__name__, replace(rows, weight=weight, cluster=cluster)))
            assert found.estimate.clusters
            assert found.reading
            assert not any(one.name == "Breusch-Pagan test" for one in found.tables)


@pytest.mark.parametrize("check", CLASSIFIER)
def test_every_group_must_hold_where_the_gate_is_about_groups(binary, context_of, check):
    found = check(context_of(check.__name__, binary, by="race"))
    assert list(found.groups) == ["a", "b", "c"]
    assert all(item.confidence == pytest.approx(1 - 0.05 / 3) for item in found.groups.values())
    assert found.estimate == max(found.groups.values(), key=lambda item: (not item.unproven, item.value))
    assert found.reading.startswith("Worst of 3 groups by race is ")
    alone = binary.take(binary.groups["race"].codes == 1)
    again = check(context_of(check.__name__, alone, confidence=1 - 0.05 / 3)).estimate
    assert (found.groups["b"].value, found.groups["b"].low) == pytest.approx((again.value, again.low))


@pytest.mark.parametrize("check", CLASSIFIER)
def test_slices_and_groups_have_tables(binary, context_of, check):
    young = np.arange(len(binary)) % 3 == 0
    found = check(context_of(check.__name__, replace(binary, slices={"young": young, "none": young & False})))
    assert {"by sex", "by race", "by slice"} <= {one.name for one in found.tables}
    assert table(found, "by slice").rows[0][1] == young.sum()
    assert table(found, "by slice").rows[1][7] == "no rows"


@pytest.mark.parametrize("check", CLASSIFIER)
def test_scores_that_are_no_probabilities_do_not_apply(binary, context_of, check):
    name = check.__name__
    found = check(context_of(name, replace(binary, probabilistic=False)))
    assert found.not_applicable == (
        f"{name} needs probabilities; this model's scores are not probabilities, they only rank."
    )
    found = check(context_of(name, replace(binary, score=None)))
    assert found.not_applicable == f"{name} needs scores; this model gives labels only."


def test_a_check_of_the_other_task_does_not_apply(binary, regression, context_of):
    assert "regression" in residual_spread(context_of("residual_spread", binary)).not_applicable
    for check in (overconfidence, underconfidence):
        assert "regression" in check(context_of(check.__name__, regression)).not_applicable


@pytest.mark.parametrize("size", [0, 1, 5])
def test_next_to_no_rows_are_unproven_not_an_error(binary, multiclass, regression, context_of, size):
    for rows, checks in ((binary, CLASSIFIER), (multiclass, CLASSIFIER), (regression, REGRESSOR)):
        for check in checks:
            found = check(context_of(check.__name__, rows.take(np.arange(size))))
            if found.not_applicable:
                assert (check, "0.9 or more" in found.not_applicable) == (overconfidence, True)
                continue
            assert found.reading
            assert found.estimate.unproven or found.estimate.high - found.estimate.low > 0.3


def test_constant_answers_are_measured_without_a_crash(binary, multiclass, regression, context_of):
    flat = replace(binary, score=np.full(len(binary), 0.3))
    even = replace(multiclass, score=np.full((len(multiclass), 3), 1 / 3))
    same = replace(regression, score=np.full(len(regression), 50.0))
    for rows, checks in ((flat, CLASSIFIER), (even, CLASSIFIER), (same, REGRESSOR)):
        for check in checks:
            found = check(context_of(check.__name__, rows))
            assert found.reading or check is overconfidence
    still = calibration(context_of("calibration", replace(regression, target=np.full(len(regression), 7.0))))
    assert "doesn't vary" in still.reading
    assert still.estimate.value is None


def test_overconfidence_is_the_excess_of_errors_over_promises_among_sure_rows(sure, context_of):
    found = overconfidence(context_of("overconfidence", sure))
    top = np.maximum(sure.score, 1 - sure.score)
    wrong = (sure.score >= 0.5) != (sure.target == 1)
    chosen = top >= 0.9
    assert found.estimate.value == pytest.approx(wrong[chosen].mean() - (1 - top[chosen]).mean())
    assert found.estimate.n == chosen.sum()
    assert found.estimate.low > 0.05
    assert f"it gets {100 * wrong[chosen].mean():.0f}" in found.reading
    bands = table(found, "by largest probability")
    assert sum(line[1] for line in bands.rows) == len(sure)
    assert [line[0] for line in bands.rows] == [
        "0.5 to 0.6", "0.6 to 0.7", "0.7 to 0.8", "0.8 to 0.9", "0.9 to 0.95", "0.95 to 0.99", "0.99 to 1",
    ]  # fmt: skip


def test_few_sure_rows_prove_nothing(sure, context_of):
    top = np.maximum(sure.score, 1 - sure.score)
    few = sure.take(np.sort(np.concatenate([np.flatnonzero(top >= 0.9)[:29], np.flatnonzero(top < 0.9)])))
    found = overconfidence(context_of("overconfidence", few)).estimate
    assert (found.n, found.n_needed) == (29, 30)
    assert found.unproven == "29 rows above 0.9 are too few for a trustworthy interval"
    none = overconfidence(context_of("overconfidence", sure.take(top < 0.9)))
    assert none.estimate is None
    assert none.not_applicable == "The model gives no row a probability of 0.9 or more."


def test_near_ties_are_counted_and_how_often_they_are_right_is_told(multiclass, context_of):
    found = underconfidence(context_of("underconfidence", multiclass))
    ordered = np.sort(multiclass.score, axis=1)
    near = ordered[:, -1] - ordered[:, -2] < 0.1
    right = multiclass.score.argmax(axis=1) == multiclass.target
    assert found.estimate.value == pytest.approx(near.mean())
    assert found.estimate.method == "Clopper-Pearson (exact)"
    assert f"the model gets {100 * right[near].mean():.0f} right" in found.reading
    assert sum(line[1] for line in table(found, "by margin").rows) == len(multiclass)


def test_residuals_are_told_by_tenth_of_the_prediction(regression, context_of):
    found = residual_spread(context_of("residual_spread", regression))
    lines = table(found, "by prediction").rows
    order = np.argsort(regression.score)
    residual = (regression.target - regression.score)[order].reshape(10, 120)
    assert [line[1] for line in lines] == [120] * 10
    assert [line[3] for line in lines] == pytest.approx(residual.mean(axis=1))
    assert [line[6] for line in lines] == pytest.approx(np.sqrt((residual**2).mean(axis=1)))
    fifths = np.sqrt((residual.reshape(5, 240) ** 2).mean(axis=1))
    assert found.estimate.value == pytest.approx(fifths[4] / fifths[0])
    assert table(found, "Breusch-Pagan test").rows[0][1] > 0.001


def test_the_baseline_is_measured_on_the_same_rows(binary, context_of):
    other = replace(binary, score=binary.score**2)
    found = calibration(context_of("calibration", binary, baseline=other))
    assert found.baseline == calibration(context_of("calibration", other)).estimate
    assert "The baseline on the same rows" in found.reading
    by = calibration(context_of("calibration", binary, baseline=other, by="sex"))
    assert by.baseline.n == by.estimate.n


def test_of_many_classes_the_largest_are_told_and_the_rest_is_said(rows_of, context_of):
    rng = np.random.default_rng(0)
    target = np.concatenate([np.arange(26), rng.integers(0, 26, 2000)])
    rows = rows_of("multiclass", target, rng.dirichlet(np.ones(26), len(target)))
    found = table(calibration(context_of("calibration", rows)), "by class")
    assert len(found.rows) == 20
    assert "the 20 largest of 26 classes" in found.note
