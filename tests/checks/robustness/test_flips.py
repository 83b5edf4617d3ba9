"""Flips and shifts of every change and column, by hand, and with a declared limit."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from modelcheck.checks.robustness.flips import flip_rate, score_shift
from modelcheck.checks.robustness.measuring import measured
from modelcheck.gates.judge import judge
from modelcheck.record.evidence import Burden, Criterion, Verdict


def place(context, perturbation, columns, severity):
    sweep = measured(context).sweep
    (one,) = [item for item in sweep.about(perturbation, severity=severity) if item.question.columns == columns]
    return sweep, one


def test_the_rate_is_that_of_decisions_that_differ_among_rows_that_changed(healthy_context):
    sweep, one = place(healthy_context, "gaussian_noise", ("age",), 0.5)
    found = flip_rate(replace(healthy_context, limit=0.0))
    (label,) = [label for label in found.groups if label.startswith("age: Gaussian noise, 0.5")] or [None]
    by_hand = np.mean((sweep.before.score[one.rows] >= 0.5) != (one.after.score >= 0.5))
    assert by_hand > 0.0
    if label is not None:
        assert found.groups[label].value == pytest.approx(by_hand)
        assert found.groups[label].n == len(one.rows)
    plain = next(table for table in flip_rate(replace(healthy_context, limit=None)).tables)
    lines = [dict(zip(plain.columns, line, strict=True)) for line in plain.rows]
    line = next(
        line for line in lines
        if line["column"] == "age" and line["change"] == "Gaussian noise" and line["degree"].startswith("0.5")
    )  # fmt: skip
    assert line["value"] == pytest.approx(by_hand)
    assert line["low"] < by_hand < line["high"]
    assert line["rows"] == len(one.rows)


def test_without_a_limit_nothing_is_judged(healthy_context):
    for check in (flip_rate, score_shift):
        found = check(replace(healthy_context, limit=None))
        assert found.estimate is None
        assert not found.groups
        assert not found.findings
        assert found.tables
        assert found.predicted_rows == measured(healthy_context).sweep.predicted


def test_a_declared_limit_is_broken_where_it_is_proved_to_be(context_for, people, healthy):
    context = replace(context_for(healthy, people(1000, 1)), limit=0.3, confidence=0.95, declared=True)
    found = flip_rate(context)
    assert judge(found, Criterion(max=0.3, burden=Burden.BREACH)).verdict is Verdict.FAIL
    assert found.findings
    for finding in found.findings:
        assert finding.low > 0.3
        assert finding.p_adjusted < 0.05
        assert " of 100 decisions flip" in finding.title
        assert all(example["decision before"] != example["decision after"] for example in finding.examples[:1])
    assert not flip_rate(replace(context, limit=1.0)).findings
    assert found.estimate == max(found.groups.values(), key=lambda one: one.value)


def test_yardsticks_are_no_mistakes(healthy_context, lines_of):
    changes = {line["change"] for line in lines_of(flip_rate(healthy_context), "by change and column")}
    assert "Another row's value" not in changes
    assert not any("largest value" in change or "smallest value" in change for change in changes)


def test_scores_are_measured_in_distances_of_two_rows(healthy_context, lines_of):
    sweep, one = place(healthy_context, "gaussian_noise", ("age",), 0.5)
    score = healthy_context.rows.score
    spread = np.abs(score[:, None] - score).sum() / (400 * 399)
    by_hand = np.abs(one.after.score - sweep.before.score[one.rows]).mean() / spread
    lines = lines_of(score_shift(replace(healthy_context, limit=None)), "by change and column")
    line = next(
        line for line in lines
        if line["column"] == "age" and line["change"] == "Gaussian noise" and line["degree"].startswith("0.5")
    )  # fmt: skip
    assert line["value"] == pytest.approx(by_hand)


def test_values_have_shifts_and_no_flips(context_for, people):
    table = people()
    table["y"] = table["income"]
    context = context_for(lambda rows: rows["income"].to_numpy(dtype=float), table, task="regression")
    assert "no decisions" in flip_rate(context).not_applicable
    assert score_shift(context).tables


def test_equal_scores_have_no_unit(context_for, people):
    context = context_for(lambda rows: np.full(len(rows), 0.3), people())
    assert "all scores are equal" in score_shift(context).not_applicable
    assert flip_rate(context).tables


def test_without_a_model_to_ask_it_does_not_apply(healthy_context):
    nobody = replace(healthy_context, asking=None, shared=None)
    assert flip_rate(nobody).not_applicable
    assert score_shift(nobody).not_applicable


def test_a_declared_limit_has_to_be_proved_kept_in_a_release(healthy_context):
    context = replace(healthy_context, limit=0.6, declared=True)
    found = flip_rate(context)
    assert judge(found, Criterion(max=0.6)).verdict is Verdict.PASS
    judged = judge(found, Criterion(max=0.6, burden=Burden.COMPLIANCE))
    assert judged.verdict is Verdict.INCONCLUSIVE
    # Changes of few rows, which come nowhere near the limit, are not left out.
    unsure = [one for one in found.groups.values() if one.high is None or one.high > 0.6]
    assert unsure
    assert len(found.groups) > len(flip_rate(replace(context, declared=False)).groups)
