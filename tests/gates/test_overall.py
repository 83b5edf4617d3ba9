"""What a run says as a whole follows from its gates, closed unless proved open."""

from __future__ import annotations

from dataclasses import replace

import pytest

from modelcheck.record.evidence import Burden, Criterion, Severity, Verdict
from modelcheck.record.schema import GateRecord
from modelcheck.record.stopping import overall, stops


def _gate(verdict, severity=Severity.BLOCKING):
    return GateRecord(id="performance::x", suite="performance", check="x", severity=severity, verdict=verdict)


@pytest.mark.parametrize(
    ("verdict", "severity", "profile", "expected"),
    [
        (Verdict.FAIL, Severity.BLOCKING, "ci", True),
        (Verdict.FAIL, Severity.WARNING, "release", False),
        (Verdict.ERROR, Severity.BLOCKING, "dev", True),
        (Verdict.ERROR, Severity.WARNING, "ci", True),
        (Verdict.ERROR, Severity.INFO, "release", False),
        (Verdict.INCONCLUSIVE, Severity.BLOCKING, "ci", False),
        (Verdict.INCONCLUSIVE, Severity.BLOCKING, "release", True),
        (Verdict.INCONCLUSIVE, Severity.WARNING, "release", False),
        (Verdict.WAIVED, Severity.BLOCKING, "release", False),
        (Verdict.NOT_APPLICABLE, Severity.BLOCKING, "release", False),
        (None, Severity.INFO, "release", False),
    ],
)
def test_which_gates_stop_promotion(verdict, severity, profile, expected):
    assert stops(_gate(verdict, severity), profile) is expected


def test_what_is_judged_by_breach_in_release_too_may_stay_open_there():
    gate = replace(_gate(Verdict.INCONCLUSIVE), criterion=Criterion(margin=0.03, burden=Burden.BREACH))
    assert not stops(gate, "release")
    assert stops(replace(gate, criterion=Criterion(margin=0.03, burden=Burden.COMPLIANCE)), "release")


def test_nothing_executed_is_never_green():
    assert overall([], "ci") == "no_gates"
    assert overall([_gate(Verdict.NOT_RUN)], "ci") == "no_gates"


def test_a_planned_gate_that_did_not_run_makes_the_run_incomplete():
    assert overall([_gate(Verdict.PASS), _gate(Verdict.NOT_RUN)], "ci") == "incomplete"
    assert overall([_gate(Verdict.PASS), _gate(Verdict.NOT_RUN, Severity.INFO)], "ci") == "promoted"


def test_a_failure_outranks_what_did_not_run():
    assert overall([_gate(Verdict.FAIL), _gate(Verdict.NOT_RUN)], "ci") == "blocked"
