"""The same comparison as terminal text, Markdown and JSON: verdict first, nothing cut in silence, nothing obeyed."""

import json
import re
import time
import unicodedata
from dataclasses import replace

import pytest

from modelcheck.record.evidence import Estimate, Finding, Severity, Verdict
from modelcheck.report.comparison import compare, dump_comparison, render_comparison, render_comparison_summary

ESCAPES = re.compile(r"\x1b\[[0-9;]*m")
CONTROL = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


def cells(line):
    # A terminal draws joined characters as one.
    line = re.sub("\u200d.", "", line)
    return sum(0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in line)


def folded(text):
    return re.sub(r"\s+", " ", text)


@pytest.fixture(scope="session")
def found(healthy, worse):
    return compare(healthy, worse)


def test_the_headline_counts_what_turned(gate, run_of):
    held = [gate(name=f"performance::held{place}") for place in range(31)]
    broken = [gate(Verdict.FAIL, name=f"performance::broken{place}") for place in range(2)]
    mended = [gate(Verdict.PASS, name=f"performance::broken{place}") for place in range(2)]
    old = run_of(*held, *broken, gate(), verdict="promoted")
    text = render_comparison(compare(old, run_of(*held, *mended, gate(Verdict.FAIL))), 200)
    assert text.startswith("m: BLOCKED, was PROMOTED: 1 gate newly stops promotion, 2 fixed, 31 unchanged.\n")
    same = render_comparison(compare(old, old), 200)
    assert same.startswith("m: PROMOTED as before: no gate newly stops promotion, 2 still stop it, 32 unchanged.\n")


def test_the_first_lines_of_real_runs_say_what_stops_and_why(found):
    text = render_comparison(found, 100)
    assert text.startswith("tumours: BLOCKED, was PROMOTED: ")
    fall = folded(text).partition("performance::roc_auc: was pass, now fail (blocking) ")[2]
    assert re.match(
        r"then 0\.\d+ \(95 % interval [\d.]+ to [\d.]+, n 284\), limit at least 0\.9 "
        r"now 0\.\d+ \(95 % interval .*?\) breaks the minimum 0\.9: the whole interval lies beyond it\. "
        r"worse, beyond both intervals",
        fall,
    )
    titles = re.findall(r"^(\S.*) \(\d.*\)$", text, re.MULTILINE)
    assert titles[0] == "Newly stops promotion"
    assert titles.index("Fixed") < titles.index("Moved within intervals") < titles.index("New findings")


def test_a_loosened_limit_is_told_in_every_face(gate, run_of, measured):
    old = run_of(gate(Verdict.FAIL, limit=0.6, estimate=measured(0.5)))
    new = run_of(gate(Verdict.PASS, limit=0.4, estimate=measured(0.5)))
    found = compare(old, new)
    for text in (render_comparison(found, 90), render_comparison_summary(found)):
        assert "No longer fails, but isn't fixed (1)" in text
        assert "the same; limit loosened: at least 0.6, now at least 0.4" in folded(text)
        assert "1 no longer fails without being fixed" in folded(text)
        assert "1 fixed" not in text
    (told,) = json.loads(dump_comparison(found))["gates"]
    assert (told["change"], told["limit"]["looser"]) == ("not_fixed", True)


def test_a_waiver_is_told_with_who_answers_for_it(gate, run_of):
    new = run_of(gate(Verdict.WAIVED, reason="accepted until 2027-01-31 by risk team: ticket 812."))
    text = folded(render_comparison(compare(run_of(gate(Verdict.FAIL)), new), 90))
    assert "No longer fails, but isn't fixed (1) performance::recall: was fail, now waived (blocking)" in text
    assert "by risk team: ticket 812." in text


@pytest.mark.parametrize("width", [1, 40, 60, 80, 120, 170, 240])
@pytest.mark.parametrize("other", ["blocked", "hostile", "incomplete", "empty"])
def test_lines_fit_at_any_width(records, found, width, other):
    for one in (found, compare(records["blocked"], records[other])):
        for line in render_comparison(one, width).splitlines():
            assert cells(line) <= max(width, 40)
            assert line == line.rstrip()


def test_plain_text_is_ascii_where_the_names_are(found):
    assert render_comparison(found, 80).isascii()


def test_colour_changes_nothing_but_colour(found):
    plain, coloured = render_comparison(found, 100), render_comparison(found, 100, True)
    assert "\x1b[" in coloured
    assert [line.rstrip() for line in ESCAPES.sub("", coloured).splitlines()] == plain.splitlines()


@pytest.mark.parametrize(("old", "new"), [("hostile", "hostile"), ("blocked", "hostile"), ("hostile", "empty")])
def test_hostile_records_steer_nothing(records, old, new):
    one = compare(records[old], replace(records[new], run=records[new].run | {"id": "b"}))
    assert not CONTROL.search(render_comparison(one, 70))
    assert not CONTROL.search(ESCAPES.sub("", render_comparison(one, 170, True)))
    summary = render_comparison_summary(one)
    assert not CONTROL.search(summary)
    prose = re.sub(r"(`+)(?!`).*?(?<!`)\1(?!`)", "", summary).split("\n", 1)[1]
    assert not re.search(r"[<@]|://", prose)
    assert not re.search(r"(?<!\\)\]\(", prose)
    assert json.loads(dump_comparison(one))["schema"] == "modelcheck/comparison/1"


def test_no_line_is_a_command_to_a_ci_service(gate, run_of):
    new = run_of(gate(Verdict.ERROR, reason="said\n::error::injected\n##[error]y"))
    text = render_comparison(compare(run_of(gate()), new), 60)
    assert "injected" in text
    assert not re.search(r"^\s*::", text, re.MULTILINE)
    assert "##[" not in text


def test_every_row_of_a_table_has_as_many_cells_as_its_head(records, found):
    for one in (found, *(compare(records["blocked"], record) for record in records.values())):
        for table in re.findall(r"(?:^\|.*\|\n)+", render_comparison_summary(one), re.MULTILINE):
            assert len({len(re.findall(r"(?<!\\)\|", line)) for line in table.splitlines()}) == 1


def test_two_renders_are_equal_and_json_is_whole(found, healthy, worse):
    again = compare(healthy, worse)
    for render in (render_comparison, render_comparison_summary, dump_comparison):
        assert render(found) == render(again)
    data = json.loads(dump_comparison(found))
    assert [one["id"] for one in data["gates"]] == [one.id for one in worse.gates]
    assert sum(data["counts"].values()) == sum(one["judged"] for one in data["gates"])
    assert (data["old"]["verdict"], data["new"]["verdict"], data["worse"]) == ("promoted", "blocked", True)
    fall = next(one for one in data["gates"] if one["id"] == "performance::roc_auc")
    assert fall["movement"] == {"shift": "worse", "reach": "beyond"}
    assert fall["new"]["stops"]
    assert not fall["old"]["stops"]
    assert fall["new"]["estimate"]["high"] < fall["old"]["estimate"]["low"]


def test_example_rows_stay_in_the_record(gate, run_of):
    person = Finding(title="weak", examples=({"name": "Ada Lovelace"},))
    found = compare(run_of(gate()), run_of(gate(findings=(person,))))
    for render in (render_comparison, render_comparison_summary, dump_comparison):
        assert "weak" in render(found)
        assert "Ada Lovelace" not in render(found)


def test_estimates_without_numbers_are_shown_as_such(gate, run_of):
    bare = Estimate(metric="recall", value=None, low=None, high=None, confidence=0.95, n=0, method="m")
    endless = replace(bare, value=0.5, low=float("-inf"), high=float("inf"))
    found = compare(run_of(gate(estimate=bare)), run_of(gate(Verdict.FAIL, estimate=endless)))
    assert "then n/a (no interval, n 0), limit at least 0.5" in render_comparison(found, 100)
    assert json.loads(dump_comparison(found))["gates"][0]["new"]["estimate"]["high"] is None


def test_ten_thousand_gates_take_seconds_and_lists_say_what_they_left_out(healthy, worse, many):
    old, new = many(healthy, 10_000), many(worse, 10_000)
    before = time.process_time()
    found = compare(old, new)
    texts = [render_comparison(found), render_comparison_summary(found)]
    assert time.process_time() - before < 2.0
    assert len(json.loads(dump_comparison(found))["gates"]) == 10_000
    for text in texts:
        (stopping,) = re.findall(r"Newly stops promotion \((\S+)\)", text)
        assert f"20 of {stopping}, all with --json." in text
        assert len(text) < 100_000


def test_a_gate_is_told_once_however_much_it_moved(gate, run_of, measured):
    def run(verdict, value):
        other = gate(None, "performance::recall::old", Severity.INFO, None, estimate=measured(value))
        return run_of(gate(verdict, estimate=measured(value)), other)

    found = compare(run(Verdict.FAIL, 0.3), run(Verdict.PASS, 0.8))
    for text in (render_comparison(found, 100), render_comparison_summary(found)):
        better = text.partition("Better, beyond both intervals (1)")[2]
        assert "performance::recall::old" in better
        assert len(re.findall(r"performance::recall\b(?!::)", text)) == 1
    assert "Beyond both intervals: 2 better." in folded(render_comparison(found))
    assert "| 0.300 (95 % interval 0.250 to 0.350, n 400) |" in render_comparison_summary(found)


def test_what_makes_two_estimates_hard_to_compare_stands_beside_them(gate, run_of, measured):
    def told(old, new):
        found = compare(run_of(gate(Verdict.FAIL, **old)), run_of(gate(Verdict.FAIL, **new)))
        return folded(render_comparison(found, 200))

    def worst(label, value):
        return {"estimate": measured(value), "groups": {label: measured(value), "rest": measured(0.9)}}

    one = {"estimate": measured(0.4)}
    assert "another metric: recall then, f1 now" in told(one, {"estimate": measured(0.1, metric="f1")})
    assert "worse, beyond both intervals; measured by another method" in told(
        one, {"estimate": measured(0.1, method="exact")}
    )
    assert "worst then: age < 25, now: old" in told(worst("age = < 25", 0.4), worst("old", 0.3))
    assert "nothing measured now" in told(one, {})
    assert "nothing measured then" in told({}, one)
