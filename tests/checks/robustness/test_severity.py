"""The curve against the severity of noise, the area under it, and the baseline's beside it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from modelcheck.checks.robustness.measuring import measured
from modelcheck.checks.robustness.severity import regression, severity_curve
from modelcheck.gates.judge import judge
from modelcheck.record.evidence import Burden, Criterion, Verdict

LIMIT = Criterion(min=-0.03, burden=Burden.BREACH)


@pytest.fixture(scope="module")
def table():
    """Numbers on a grid of a half, entered to a hundredth."""
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({"x": rng.integers(-10, 11, 900) / 2.0 + 0.01, "z": rng.normal(size=900)})
    frame["y"] = np.where((frame["x"] + 0.3 * rng.normal(size=900)) > 0.25, "yes", "no")
    return frame


def sturdy(rows):
    return np.where(rows["x"].to_numpy(dtype=float) > 0.25, 0.9, 0.1)


def fragile(rows):
    # As good as the other on the rows as they are, and lost as soon as anything is off.
    x = 2.0 * (rows["x"].to_numpy(dtype=float) - 0.01)
    return np.where(np.abs(x - np.round(x)) < 1e-6, sturdy(rows), 1.0 - sturdy(rows))


def curve(evidence, lines_of, series="candidate"):
    lines = [line for line in lines_of(evidence, "by severity of noise") if line["model"] == series]
    return np.array([line["severity"] for line in lines]), np.array([line["accuracy"] for line in lines], dtype=float)


def test_the_area_is_that_of_the_trapezoids_under_the_curve(context_for, table, lines_of):
    context = context_for(sturdy, table)
    found = severity_curve(context)
    severities, accuracy = curve(found, lines_of)
    assert severities[0] == 0.0
    assert severities[-1] == 0.5
    decided = np.where(sturdy(table) > 0.5, "yes", "no")
    assert accuracy[0] == pytest.approx((decided == table["y"]).mean())
    steps = np.diff(severities)
    area = np.sum(steps * (accuracy[1:] + accuracy[:-1]) / 2) / 0.5
    assert found.estimate.value == pytest.approx(area)
    assert found.estimate.low < area < found.estimate.high
    assert found.estimate.n == 900


def test_a_model_that_noise_inverts_has_the_area_by_hand(context_for, table, lines_of):
    found = severity_curve(context_for(fragile, table))
    severities, accuracy = curve(found, lines_of)
    # A little noise inverts nearly every decision and moves nearly nobody over the line.
    assert accuracy[1] == pytest.approx(1.0 - accuracy[0], abs=0.1)
    first = (accuracy[0] + accuracy[1]) / 2 * severities[1]
    rest = np.trapezoid(accuracy[1:], severities[1:])
    assert found.estimate.value == pytest.approx((first + rest) / 0.5)
    assert found.estimate.value < 0.4


def test_a_model_that_notices_nothing_loses_nothing(context_for, table, lines_of):
    found = severity_curve(context_for(lambda rows: np.full(len(rows), 0.2), table))
    _, accuracy = curve(found, lines_of)
    assert len(set(accuracy.tolist())) == 1
    assert found.estimate.value == pytest.approx((table["y"] == "no").mean())


def test_the_baseline_stands_beside_it_on_the_same_rows(context_for, table, lines_of):
    found = severity_curve(context_for(sturdy, table, baseline=fragile))
    assert found.baseline.value < found.estimate.value
    assert found.baseline.n == found.estimate.n
    severities, accuracy = curve(found, lines_of, "baseline")
    assert found.baseline.value == pytest.approx(np.trapezoid(accuracy, severities) / 0.5)
    assert {point["series"] for point in found.charts[0].data} == {"candidate", "baseline"}


def test_fragility_is_above_nothing_where_the_candidate_is_better(context_for, table):
    better = regression(replace(context_for(sturdy, table, baseline=fragile), limit=-0.03, confidence=0.9975))
    assert min(estimate.low for estimate in better.groups.values()) > 0.2
    assert judge(better, LIMIT).verdict is Verdict.PASS
    worse = regression(replace(context_for(fragile, table, baseline=sturdy), limit=-0.03, confidence=0.9975))
    assert worse.estimate.value < -0.2
    assert worse.estimate.high < -0.03
    assert judge(worse, LIMIT).verdict is Verdict.FAIL
    assert "More fragile than the baseline" in worse.findings[0].title
    assert worse.findings[0].effect == min(estimate.value for estimate in worse.groups.values())


def test_the_same_model_is_no_more_fragile_than_itself(context_for, table):
    found = regression(replace(context_for(sturdy, table, baseline=sturdy), limit=-0.03))
    assert not found.findings
    assert judge(found, LIMIT).verdict is Verdict.PASS


def test_a_better_model_that_loses_its_lead_to_noise_is_not_blamed(context_for, table):
    # The baseline says no to everybody: it can't lose anything, and is worse at every severity.
    found = regression(replace(context_for(sturdy, table, baseline=lambda rows: np.full(len(rows), 0.4)), limit=-0.03))
    assert not found.findings
    assert found.estimate.value > 0.0


def test_values_are_measured_by_their_share_of_the_variance(context_for, table, lines_of):
    values = table.assign(y=table["x"] * 3.0)
    context = context_for(lambda rows: 3.0 * rows["x"].to_numpy(dtype=float), values, task="regression")
    found = severity_curve(context)
    lines = lines_of(found, "by severity of noise")
    assert lines[0]["R2"] == 1.0
    sweep = measured(context).sweep
    for line in lines[1:]:
        (one,) = [
            item for item in sweep.about("gaussian_noise", severity=line["severity"]) if len(item.question.columns) > 1
        ]
        errors = (one.after.score - sweep.before.score[one.rows]) ** 2
        assert line["R2"] == pytest.approx(1.0 - errors.sum() / one.question.of / np.var(values["y"]))


def test_without_a_live_baseline_it_says_why(healthy_context):
    assert "no baseline" in regression(healthy_context).not_applicable
    stored = replace(healthy_context, baseline=healthy_context.rows)
    assert "stored answers" in regression(stored).not_applicable


def test_one_column_of_numbers_makes_no_curve(context_for, table):
    context = context_for(sturdy, table[["x", "y"]])
    assert "fewer than two columns hold numbers" in severity_curve(context).not_applicable


def test_missing_cells_have_a_chart_of_their_own(healthy_context):
    names = [chart.name for chart in severity_curve(healthy_context).charts]
    assert names == ["noise", "missing"]
