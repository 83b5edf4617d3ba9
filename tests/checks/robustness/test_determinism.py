"""A model is asked about the same rows twice, and what it changes by itself is taken off elsewhere."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from modelcheck.checks.robustness.determinism import determinism, unsteady
from modelcheck.checks.robustness.falsify import falsify
from modelcheck.checks.robustness.flips import flip_rate, score_shift
from modelcheck.checks.robustness.invariance import invariance
from modelcheck.checks.robustness.measuring import measured
from modelcheck.gates.judge import judge
from modelcheck.record.evidence import Burden, Criterion, Verdict


@pytest.fixture(scope="module")
def chance(context_for, people, healthy):
    """A model that gives one row in four another answer every time."""
    rng = np.random.default_rng(0)

    def model(rows):
        score = healthy(rows)
        other = rng.random(len(rows)) < 0.25
        return np.where(other, rng.random(len(rows)), score)

    return context_for(model, people())


def test_the_same_answers_twice_pass(healthy_context):
    found = determinism(healthy_context)
    assert found.estimate.value == 0.0
    assert found.predicted_rows == 800
    assert judge(found, Criterion(max=0.0, burden=Burden.BREACH)).verdict is Verdict.PASS


def test_a_model_that_answers_by_chance_fails_with_the_rows(chance):
    found = determinism(chance)
    assert found.estimate.value == pytest.approx(1 - 0.75**2, abs=0.08)
    assert judge(found, Criterion(max=0.0, burden=Burden.BREACH)).verdict is Verdict.FAIL
    (finding,) = found.findings
    assert len(finding.examples) == 5
    assert all(example["score first"] != example["score again"] for example in finding.examples)


def test_sums_in_another_order_are_the_same_answer(context_for, people, healthy):
    calls = []

    def model(rows):
        calls.append(1)
        return healthy(rows) * (1.0 - 1e-9 * (len(calls) % 3))

    context = context_for(model, people(200))
    assert not unsteady(measured(context)).any()
    assert determinism(context).estimate.value == 0.0


def test_what_hangs_on_chance_is_left_to_this_check(chance):
    assert "robustness.determinism" in falsify(chance).not_applicable
    found = invariance(chance)
    assert not found.disproved
    assert "robustness.determinism" in found.not_applicable


def test_flips_by_chance_are_taken_off_the_rates(context_for, people, lines_of):
    # A coin that no column can move: nearly one decision in two flips by itself.
    rng = np.random.default_rng(2)
    context = context_for(lambda rows: rng.random(len(rows)), people(600)[["debt", "y"]])
    for check in (flip_rate, score_shift):
        found = check(replace(context, limit=None))
        assert "that is taken off" in found.reading
        lines = lines_of(found, "by change and column")
        values, rows = [np.array([line[name] for line in lines], dtype=float) for name in ("value", "rows")]
        assert len(values) < 60  # all of them
        assert np.average(values, weights=rows) == pytest.approx(0.0, abs=0.05)


def test_labels_that_change_are_unsteady_too(context_for, people, healthy):
    rng = np.random.default_rng(1)
    context = context_for(
        lambda rows: np.where(rng.random(len(rows)) < 0.1, "no", np.where(healthy(rows) > 0.5, "yes", "no")),
        people(300),
        output="label",
    )
    found = determinism(context)
    assert 0.0 < found.estimate.value < 0.3
    assert "decision first" in found.findings[0].examples[0]
