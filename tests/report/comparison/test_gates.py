"""What becomes of a gate: a gate that holds because less is asked was not fixed, and nothing bad gets lost."""

from dataclasses import replace

import pytest

from modelcheck.record.evidence import Burden, Criterion, Severity, Verdict
from modelcheck.report.comparison import compare
from modelcheck.report.comparison.gates import Change

PASS, FAIL, ERROR, OPEN = Verdict.PASS, Verdict.FAIL, Verdict.ERROR, Verdict.INCONCLUSIVE
WAIVED, NOT_RUN, NOT_APPLICABLE = Verdict.WAIVED, Verdict.NOT_RUN, Verdict.NOT_APPLICABLE


def turned(old, new, run_of, **profiles):
    before = run_of(*([] if old is None else [old]), profile=profiles.get("then", "ci"))
    after = run_of(*([] if new is None else [new]), profile=profiles.get("now", "ci"))
    (found,) = compare(before, after).gates
    return found.change


@pytest.mark.parametrize(
    ("then", "now", "change"),
    [
        (PASS, PASS, "unchanged"),
        (PASS, FAIL, "newly_stops"),
        (PASS, ERROR, "newly_stops"),
        (PASS, NOT_RUN, "newly_stops"),
        (PASS, OPEN, "changed"),
        (PASS, NOT_APPLICABLE, "changed"),
        (PASS, WAIVED, "changed"),
        (FAIL, PASS, "fixed"),
        (ERROR, PASS, "fixed"),
        (WAIVED, PASS, "fixed"),
        (FAIL, FAIL, "still_stops"),
        (FAIL, ERROR, "still_stops"),
        (FAIL, NOT_RUN, "still_stops"),
        (FAIL, WAIVED, "not_fixed"),
        (FAIL, OPEN, "not_fixed"),
        (FAIL, NOT_APPLICABLE, "not_fixed"),
        (WAIVED, FAIL, "newly_stops"),
        (NOT_RUN, PASS, "changed"),
        (NOT_RUN, NOT_RUN, "still_stops"),
        (OPEN, PASS, "changed"),
        (OPEN, OPEN, "unchanged"),
        (None, FAIL, "newly_stops"),
        (None, PASS, "appeared"),
        (PASS, None, "disappeared"),
        (FAIL, None, "not_fixed"),
    ],
)
def test_a_blocking_gate(gate, run_of, then, now, change):
    old, new = (None if verdict is None else gate(verdict) for verdict in (then, now))
    assert turned(old, new, run_of) == change


@pytest.mark.parametrize(
    ("then", "now", "change"),
    [
        (PASS, FAIL, "newly_fails"),
        (FAIL, PASS, "fixed"),
        (FAIL, FAIL, "unchanged"),
        (FAIL, OPEN, "not_fixed"),
        (PASS, NOT_RUN, "changed"),
        (PASS, ERROR, "newly_stops"),
        (None, FAIL, "newly_fails"),
        (FAIL, None, "not_fixed"),
    ],
)
def test_a_gate_that_only_warns(gate, run_of, then, now, change):
    old, new = (None if verdict is None else gate(verdict, severity=Severity.WARNING) for verdict in (then, now))
    assert turned(old, new, run_of) == change


def test_what_passes_by_a_looser_limit_is_not_fixed_and_a_tighter_one_does_not_hide_a_fix(gate, run_of):
    assert turned(gate(FAIL, limit=0.6), gate(PASS, limit=0.5), run_of) == "not_fixed"
    assert turned(gate(FAIL, limit=0.6), gate(PASS, limit=0.7), run_of) == "fixed"
    assert turned(gate(FAIL), gate(None, limit=None, severity=Severity.INFO), run_of) == "not_fixed"


def test_a_failure_that_only_warns_now_is_not_fixed(gate, run_of):
    assert turned(gate(FAIL), gate(FAIL, severity=Severity.WARNING), run_of) == "not_fixed"
    assert turned(gate(FAIL, severity=Severity.WARNING), gate(FAIL), run_of) == "newly_stops"


def test_another_limit_with_the_same_verdict_is_told_apart(gate, run_of):
    assert turned(gate(limit=0.6), gate(limit=0.5), run_of) == "limit_changed"
    assert turned(gate(), gate(severity=Severity.WARNING), run_of) == "limit_changed"
    worded = gate(criterion=Criterion(min=0.5, reason="in other words"))
    assert turned(gate(), worded, run_of) == "unchanged"


def test_each_run_is_read_by_its_own_profile(gate, run_of):
    asked = gate(OPEN, criterion=Criterion(min=0.5, burden=Burden.COMPLIANCE))
    assert turned(asked, asked, run_of, now="release") == "newly_stops"
    assert turned(asked, asked, run_of, then="release") == "not_fixed"


def test_suites_that_were_not_asked_for_are_not_gone_but_their_failures_are_not_lost(gate, run_of):
    gates = [
        gate(name="bias::parity"),
        gate(FAIL, name="bias::gap"),
        gate(),
        gate(name="user::checks.sense.check_it", limit=None),
    ]
    only = run_of(gates[2], suites_selected=["performance"])
    found = {one.id: one.change for one in compare(run_of(*gates), only).gates}
    assert found["bias::parity"] == Change.NOT_ASKED
    assert found["bias::gap"] == Change.NOT_FIXED
    # Checks of the user's own run whatever is chosen: one that is missing is gone.
    assert found["user::checks.sense.check_it"] == Change.DISAPPEARED
    back = {one.id: one.change for one in compare(only, run_of(*gates)).gates}
    assert back["bias::parity"] == Change.NOT_ASKED
    assert back["bias::gap"] == Change.NEWLY_STOPS


def test_gates_of_the_same_id_are_paired_in_their_order(gate, run_of):
    old = run_of(gate(), gate(FAIL))
    new = run_of(gate(), gate(PASS), gate(PASS))
    assert [one.change for one in compare(old, new).gates] == [Change.UNCHANGED, Change.FIXED, Change.APPEARED]


def test_real_runs_on_the_same_rows(healthy, worse):
    found = compare(healthy, worse)
    changes = {one.id: one.change for one in found.gates}
    assert changes["performance::roc_auc"] == Change.NEWLY_STOPS
    assert changes["performance::recall"] == Change.UNCHANGED
    # A model that gives everybody the same decision treats them alike: fixed, though worse.
    assert changes["bias::demographic_parity_difference::size"] == Change.FIXED
    assert found.worse
    assert not compare(worse, healthy).worse
    assert {one.change for one in compare(healthy, healthy).gates} == {Change.UNCHANGED}


def test_worse_is_a_gate_that_newly_stops_or_a_promotion_that_is_lost(gate, run_of):
    good, bad, more = run_of(gate()), run_of(gate(FAIL)), run_of(gate(FAIL), gate(FAIL, name="performance::f1"))
    assert compare(good, bad).worse
    assert compare(bad, more).worse
    assert not compare(bad, bad).worse
    assert not compare(more, bad).worse
    assert compare(good, replace(good, verdict="incomplete")).worse
    assert not compare(good, run_of(gate(OPEN))).worse
