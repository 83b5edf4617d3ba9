"""The terminal's view: verdict first, lines to copy unbroken, nothing that steers a terminal."""

import re
import unicodedata
from dataclasses import replace

import pytest

from modelcheck.record.evidence import Burden, Criterion, Estimate, Severity, Verdict
from modelcheck.record.schema import GateRecord, Record, RunVerdict
from modelcheck.report import render_terminal

ESCAPES = re.compile(r"\x1b\[[0-9;]*m")


def cells(line):
    return sum(0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in line)


@pytest.mark.parametrize(
    ("name", "first"),
    [
        ("blocked", "visits: BLOCKED by 3 of 9 gates: Recall; ROC AUC in physlm; Log loss."),
        ("regression", "diabetes: PROMOTED: 1 gate passes, none fails."),
        ("incomplete", "partial: INCOMPLETE: 1 of 2 gates was not run, so nothing is promoted."),
        ("empty", "empty: NO GATES: no gate with a limit was judged, so nothing is promoted"),
    ],
)
def test_the_verdict_is_the_first_line(records, name, first):
    assert render_terminal(records[name], 200).startswith(first)


def test_a_failing_gate_has_numbers_limit_reason_and_whole_lines_to_copy(blocked):
    text = render_terminal(blocked, 60)
    assert "FAIL  performance::recall" in text
    assert "breaks the minimum 0.6" in re.sub(r"\s+", " ", text)
    gate = next(gate for gate in blocked.gates if gate.id == "performance::recall")
    for line in gate.advice:
        assert f"  {line}\n" in text


def test_numbers_are_added_where_the_reason_lacks_them(blocked):
    text = render_terminal(blocked, 120)
    assert "0.580 (95 % interval 0.530 to 0.630, n 899), limit at least 0.65" in text


@pytest.mark.parametrize("width", [60, 80, 100, 120, 200])
def test_every_gate_is_named_and_lines_fit_at_any_width(blocked, width):
    text = render_terminal(blocked, width)
    copied = {f"  {line}" for gate in blocked.gates for line in gate.advice}
    for line in text.splitlines():
        assert cells(line) <= width or line in copied
        assert line == line.rstrip()
    assert all((gate.check if gate.verdict is None else gate.id) in text for gate in blocked.gates)


def test_plain_text_is_ascii_where_the_names_are(blocked):
    assert render_terminal(blocked, 80).isascii()


@pytest.mark.parametrize("width", [1, 60, 200])
def test_hostile_names_can_not_steer_the_terminal(hostile, width):
    plain = render_terminal(hostile, width)
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]", plain)
    coloured = render_terminal(hostile, width, True)
    assert "\x1b[" in coloured
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\ud800-\udfff]", ESCAPES.sub("", coloured))
    assert "evil.example" in coloured
    assert "\x1b]8" not in coloured


def test_markup_in_names_is_shown_not_obeyed(hostile):
    assert "[bold red]markup[/bold red]" in render_terminal(hostile, 200)


def test_colour_changes_nothing_but_colour(blocked):
    plain, coloured = render_terminal(blocked, 100), render_terminal(blocked, 100, True)
    assert coloured != plain
    assert [line.rstrip() for line in ESCAPES.sub("", coloured).splitlines()] == plain.splitlines()


def test_the_surroundings_do_not_change_the_text(blocked, monkeypatch):
    before = render_terminal(blocked, 90)
    for name, value in {"COLUMNS": "40", "NO_COLOR": "1", "FORCE_COLOR": "1", "TERM": "dumb", "LINES": "3"}.items():
        monkeypatch.setenv(name, value)
    assert render_terminal(blocked, 90) == before
    assert "\x1b[" in render_terminal(blocked, 90, True)


def test_the_place_of_the_reports_is_said(blocked):
    assert (
        render_terminal(blocked, 80, folder="reports/visits")
        .rstrip()
        .endswith("Reports: reports/visits/report.html, summary.md, record.json")
    )


def test_very_many_gates_are_cut_and_said(blocked):
    many = replace(blocked, gates=blocked.gates[:1] * 500)
    text = render_terminal(replace(many, verdict=RunVerdict.PROMOTED), 100)
    assert "40 of 500 gates shown, all are in record.json." in text


def test_inconclusive_stops_in_profile_release_only(blocked):
    asked = [
        replace(gate, criterion=replace(gate.criterion, burden=Burden.COMPLIANCE)) if gate.criterion else gate
        for gate in blocked.gates
    ]
    release = replace(blocked, run={**blocked.run, "profile": "release"}, gates=tuple(asked))
    assert "BLOCKED by 4 of 9 gates" in render_terminal(release, 200)
    assert "INCONCLUSIVE  performance::precision" in render_terminal(release, 200)


def bare(
    name, verdict, severity=Severity.INFO, criterion=None, reason="the model raised:\nno weights\r\n\tat line 3", **more
):
    return GateRecord(
        id=f"performance::{name}", suite="performance", check=name, verdict=verdict, severity=severity,
        criterion=criterion, reason=reason, **more,
    )  # fmt: skip


def record_of(*gates, verdict=RunVerdict.PROMOTED, **run):
    return Record(name="m", run={"profile": "ci", **run}, candidate={}, dataset={}, verdict=verdict, gates=gates)


def test_the_same_reason_is_told_once_with_its_lines_and_the_others_are_named_or_counted():
    limit = Criterion(min=0.5)
    gates = [bare(f"gate{place}", Verdict.ERROR, Severity.BLOCKING, limit) for place in range(3)]
    gates += [bare(f"metric{place}", Verdict.ERROR) for place in range(11)]
    text = render_terminal(record_of(*gates, verdict=RunVerdict.BLOCKED), 100)
    assert text.count("  The model raised:\n") == 1
    assert "\n  no weights\n      at line 3\n" in text
    assert "\\n" not in text
    assert "The same for 2 other gates: performance::gate1, performance::gate2; and for 11 metrics" in text
    assert "BLOCKED by 3 of 3 gates" in text


def test_gates_that_measured_something_are_never_folded(blocked):
    gate = next(gate for gate in blocked.gates if gate.id == "performance::recall")
    twice = (gate, replace(gate, id="performance::recall::x"))
    assert render_terminal(replace(blocked, gates=twice), 200).count("breaks the minimum 0.6") == 2


def test_what_was_not_run_takes_a_line_or_two_after_the_results():
    limit, reason = Criterion(min=0.5), "it was planned and not run (deselected, or the run was cut short)."
    measured = Estimate(metric="recall", value=0.7, low=0.6, high=0.8, confidence=0.95, n=90, method="x")
    gates = [bare(f"gate{place}", Verdict.NOT_RUN, Severity.BLOCKING, limit, reason) for place in range(15)]
    gates += [bare(f"metric{place}", Verdict.NOT_RUN, reason=reason) for place in range(4)]
    gates.append(bare("recall", Verdict.PASS, Severity.BLOCKING, limit, "holds.", estimate=measured))
    text = render_terminal(record_of(*gates, verdict=RunVerdict.INCOMPLETE), 200)
    assert text.startswith("m: INCOMPLETE: 15 of 16 gates were not run, so nothing is promoted.")
    assert text.index("performance::recall") < text.index("15 gates were not run")
    assert text.endswith(
        "15 gates were not run (deselected, or the run was cut short): performance::gate0, performance::gate1, "
        "performance::gate2 and 12 more.\n4 metrics without a limit were not run either.\n"
    )


def test_a_metric_is_named_without_the_suite_that_all_share(blocked):
    text = render_terminal(blocked, 80)
    assert "Measured without a limit (2, suite performance):\n  accuracy " in text


def test_the_worst_group_is_named(blocked):
    gate = next(gate for gate in blocked.gates if gate.groups)
    assert "performance::roc_auc::physlm (worst: yes)" in render_terminal(blocked, 100)
    holds = replace(gate, verdict=Verdict.PASS, groups={"< 25": gate.estimate})
    for width in (60, 200):
        assert "worst: < 25" in render_terminal(record_of(holds), width)


def test_how_to_waive_is_told_only_where_something_stops(blocked):
    gate = next(gate for gate in blocked.gates if gate.id == "performance::recall")
    assert "waive:" in render_terminal(replace(blocked, gates=(gate,)), 100)
    undecided = replace(gate, verdict=Verdict.INCONCLUSIVE)
    text = render_terminal(record_of(undecided), 100)
    assert "rerun:" in text
    assert "waive:" not in text


@pytest.mark.parametrize("color", [False, True])
def test_no_line_is_a_command_to_a_ci_service(color):
    gate = bare("b", Verdict.ERROR, Severity.BLOCKING, reason="said\n::error::injected\n  ::warning::x\n##[error]y")
    wrapped = bare("c", Verdict.ERROR, Severity.BLOCKING, reason=f"{'x' * 70} ::error::wrapped ##vso[task]z")
    text = ESCAPES.sub("", render_terminal(record_of(gate, wrapped, verdict=RunVerdict.BLOCKED), 60, color))
    assert "  | ::error::injected\n" in text
    assert not re.search(r"^\s*::", text, re.MULTILINE)
    assert "##[" not in text
    assert "##vso[" not in text
