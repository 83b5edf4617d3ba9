"""What crashed was not measured: it is neither broken nor a warning, and nothing is said of the model by it."""

from dataclasses import replace

import pytest

from modelcheck.record.evidence import Severity, Verdict
from modelcheck.record.schema import RunVerdict
from modelcheck.report import render_explained

from .test_explained_page import section, words

REASON = "the model raised ConnectionError on rows 0 to 59: no store."


def crash(gate, reason=REASON):
    return replace(
        gate, verdict=Verdict.ERROR, estimate=None, baseline=None, reading="", findings=(), tables=(), charts=(),
        groups={}, reason=reason,
    )  # fmt: skip


@pytest.fixture(scope="module")
def crashed(visits):
    """Every test crashed for one reason."""
    return replace(visits, gates=tuple(map(crash, visits.gates)))


def test_crashes_have_a_column_of_their_own_and_are_not_counted_as_broken(crashed):
    text = words(section(render_explained(crashed), "tested"))
    here = [gate for gate in crashed.gates if gate.suite == "performance"]
    assert "broken warnings crashed left open" in text
    assert f"Does it still work? 0 0 0 0 {len(here)} 0 0 0" in text


def test_a_crashed_test_that_only_warns_is_badged_as_crashed(visits):
    gates = [crash(gate) if gate.severity == Severity.WARNING else gate for gate in visits.gates]
    text = words(section(render_explained(replace(visits, gates=tuple(gates))), "verdict"))
    assert "! crashed" in text
    assert "✕ warning" not in text


def test_a_run_in_which_everything_crashed_says_nothing_of_the_model(crashed):
    text = words(section(render_explained(crashed), "verdict"))
    whole = words(render_explained(crashed))
    count = sum(gate.severity != Severity.INFO for gate in crashed.gates)
    lead = f"Nothing could be measured: {count} tests crashed, so nothing says whether it is good enough."
    assert lead in whole
    assert "doesn't keep every limit" not in whole
    assert "Have somebody mend what crashed, then test again." in text
    assert "a waiver" not in text


def test_one_crash_in_many_tests_is_told_once(crashed):
    text = words(section(render_explained(crashed), "verdict"))
    count = sum(gate.severity != Severity.INFO for gate in crashed.gates)
    assert text.count("ConnectionError") == 1
    assert f"The same crash in {count - 1} other tests." in text
    assert "are shown" not in text


def test_crashes_for_different_reasons_are_told_each(crashed):
    gates = [replace(gate, reason=REASON.replace("59", str(k))) for k, gate in enumerate(crashed.gates)]
    text = words(section(render_explained(replace(crashed, gates=tuple(gates))), "verdict"))
    assert text.count("ConnectionError") == 6
    assert "The same crash" not in text
    assert f"6 of {sum(gate.severity != Severity.INFO for gate in gates)} are shown" in text


def test_crashes_beside_failures_are_counted_apart(visits):
    gates = [crash(gate) if gate.check == "crash" else gate for gate in visits.gates]
    text = words(render_explained(replace(visits, gates=tuple(gates))))
    failed = sum(gate.verdict == Verdict.FAIL and gate.severity == Severity.BLOCKING for gate in gates)
    stand = "test stands" if failed == 1 else "tests stand"
    assert f"keep: {failed} {stand} in the way, and 1 more crashed and measured nothing;" in text
    assert "a waiver" in text


def test_a_crash_beside_tests_that_passed_does_not_claim_that_nothing_was_measured(promoted):
    gates = [crash(gate) if gate.check == "crash" else gate for gate in promoted.gates]
    text = words(render_explained(replace(promoted, verdict=RunVerdict.BLOCKED, gates=tuple(gates))))
    assert "1 test crashed and measured nothing, so nothing says whether every limit is kept that must be;" in text
    assert "Nothing could be measured" not in text
