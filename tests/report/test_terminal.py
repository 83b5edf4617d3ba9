"""The terminal's view: verdict first, lines to copy unbroken, nothing that steers a terminal."""

import re
import unicodedata
from dataclasses import replace

import pytest

from modelcheck.record.schema import RunVerdict
from modelcheck.report import render_terminal

ESCAPES = re.compile(r"\x1b\[[0-9;]*m")


def cells(line):
    return sum(0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in line)


@pytest.mark.parametrize(
    ("name", "first"),
    [
        ("blocked", "visits: BLOCKED by 3 of 9 gates: Recall, ROC AUC in physlm, Log loss."),
        ("regression", "diabetes: PROMOTED: 1 gate holds, none fails."),
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
    assert all(gate.id in text for gate in blocked.gates)


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
    release = replace(blocked, run={**blocked.run, "profile": "release"})
    assert "BLOCKED by 4 of 9 gates" in render_terminal(release, 200)
    assert "INCONCLUSIVE  performance::precision" in render_terminal(release, 200)
