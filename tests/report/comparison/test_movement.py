"""Where estimates went: never a direction that no limit tells, never proof from an interval that proves nothing."""

import math
from dataclasses import replace

import pytest

from modelcheck.record.evidence import Criterion, Severity, Verdict
from modelcheck.report.comparison import compare
from modelcheck.report.comparison.comparison import places
from modelcheck.report.comparison.movement import Reach, Shift, Side, moved


@pytest.mark.parametrize(
    ("limit", "shift"),
    [
        ({"min": 0.2}, Shift.WORSE),
        ({"max": 0.9}, Shift.BETTER),
        ({"margin": 0.1}, Shift.WORSE),
        ({"min": 0.2, "margin": 0.1}, Shift.WORSE),
        ({"min": 0.2, "max": 0.9}, Shift.DOWN),
        ({"max": 0.9, "margin": 0.1}, Shift.DOWN),
    ],
)
def test_what_is_worse_follows_from_the_limit(gate, run_of, measured, limit, shift):
    old, new = (run_of(gate(criterion=Criterion(**limit), estimate=measured(value))) for value in (0.8, 0.5))
    (found,) = compare(old, new).gates
    assert (found.movement.shift, found.movement.reach) == (shift, Reach.BEYOND)


def test_a_metric_without_a_limit_only_moves_unless_its_check_has_one_elsewhere(gate, run_of, measured):
    def run(value):
        return run_of(
            gate(estimate=measured(value)),
            gate(None, "performance::recall::old", Severity.INFO, None, estimate=measured(value)),
            gate(None, "bias::recall", Severity.INFO, None, estimate=measured(value)),
            gate(None, "performance::f1", Severity.INFO, None, estimate=measured(value)),
        )

    shifts = {one.id: one.movement.shift for one in compare(run(0.8), run(0.5)).gates}
    assert shifts["performance::recall::old"] == Shift.WORSE
    # The same word of another check may mean another thing.
    assert shifts["bias::recall"] == shifts["performance::f1"] == Shift.DOWN


def test_limits_that_contradict_each_other_give_no_direction(gate, run_of, measured):
    old = run_of(gate(criterion=Criterion(min=0.2), estimate=measured(0.5)))
    new = run_of(gate(criterion=Criterion(max=0.9), estimate=measured(0.8)))
    assert compare(old, new).gates[0].movement.shift == Shift.UP


@pytest.mark.parametrize(
    ("old", "new", "reach"),
    [
        ({}, {"value": 0.7, "low": 0.65, "high": 0.75}, Reach.WITHIN),
        ({}, {"value": 0.6, "low": 0.55, "high": 0.65}, Reach.BEYOND),
        # Ends that touch share a value.
        ({}, {"value": 0.7, "low": 0.65, "high": 0.75 + 1e-12}, Reach.WITHIN),
        ({}, {"value": 0.6, "low": None, "high": 0.65}, Reach.BEYOND),
        ({}, {"value": 0.6, "low": 0.55, "high": None}, Reach.WITHIN),
        ({}, {"value": 0.6, "low": -math.inf, "high": 0.65}, Reach.BEYOND),
        ({"high": math.inf}, {"value": 0.6, "low": 0.55, "high": 0.65}, Reach.BEYOND),
        ({}, {"value": 0.6, "low": None, "high": None}, Reach.UNPROVEN),
        ({}, {"value": 0.6, "low": 0.6, "high": 0.6}, Reach.UNPROVEN),
        ({}, {"value": 0.6, "low": 0.55, "high": 0.65, "unproven": "3 positives"}, Reach.UNPROVEN),
        ({"unproven": "3 positives"}, {"value": 0.6, "low": 0.55, "high": 0.65}, Reach.UNPROVEN),
    ],
)
def test_intervals_that_part_that_overlap_and_that_say_nothing(measured, old, new, reach):
    before = replace(measured(0.8), **old)
    after = replace(measured(0.8), **new)
    assert moved(before, after, Side.LOWER).reach is reach
    assert moved(after, before, Side.LOWER).reach is reach


@pytest.mark.parametrize("new", [None, {"value": None}, {"value": math.nan}, {"metric": "f1"}])
def test_without_two_values_of_one_metric_nothing_moved(measured, new):
    after = None if new is None else replace(measured(0.5), **new)
    assert moved(measured(0.8), after, Side.LOWER) is None
    assert moved(after, measured(0.8), Side.LOWER) is None


def test_groups_are_followed_one_by_one_and_the_worst_is_not_told_twice(gate, run_of, measured):
    def run(young, old):
        groups = {"young": measured(young), "old": measured(old)}
        return run_of(gate(estimate=measured(min(young, old)), groups=groups))

    found = compare(run(0.8, 0.9), run(0.4, 0.6))
    told = {one.group: (one.movement.shift, one.movement.reach) for one in places(found)}
    assert told == {None: (Shift.WORSE, Reach.BEYOND), "old": (Shift.WORSE, Reach.BEYOND)}
    assert set(found.gates[0].groups) == {"young", "old"}


def test_a_real_fall_is_worse_beyond_both_intervals(healthy, worse):
    gates = {one.id: one for one in compare(healthy, worse).gates}
    fall = gates["performance::roc_auc"].movement
    assert (fall.shift, fall.reach) == (Shift.WORSE, Reach.BEYOND)
    assert fall.new.high < fall.old.low
    assert gates["performance::accuracy"].movement.shift == Shift.DOWN
    assert gates["performance::overconfidence"].new.verdict == Verdict.NOT_APPLICABLE
    assert gates["performance::overconfidence"].movement is None
