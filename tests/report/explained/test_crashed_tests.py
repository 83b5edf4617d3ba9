"""What crashed was not measured: it is neither broken nor a warning, and nothing is said of the model by it."""

from dataclasses import replace

import pytest

from modelcheck.record.evidence import Severity, Verdict
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
