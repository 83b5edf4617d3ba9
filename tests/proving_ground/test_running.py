"""What a cell's child does can't hurt its host; what counts as found; what an earlier run leaves to do."""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from types import SimpleNamespace

import pytest

from benchmarks.proving_ground import __main__ as command
from benchmarks.proving_ground import host, running
from benchmarks.proving_ground.catalogue import CASES
from benchmarks.proving_ground.cells import TOOLS, Cell, code_of, plan
from benchmarks.proving_ground.results import read_parquet, read_runs, write_parquet
from benchmarks.proving_ground.running import codes_of, kept_results
from benchmarks.proving_ground.scoring import scored
from benchmarks.proving_ground.setting import installed
from benchmarks.proving_ground.tools.outcome import NotCovered, Said

CELL = {"tool": "modelcheck", "subject": "overconfident", "rows": 300, "seed": 0, "strength": 2.0}
DRAWS = SimpleNamespace(trial_of=lambda subject, rows, seed, strength: (subject, rows, seed, strength))
NOTHING = frozenset()


def examined(examine, timeout_s=30.0):
    return host._in_a_child(SimpleNamespace(examine=examine), DRAWS, CELL, timeout_s)


def test_a_child_answers_with_what_the_tool_said_and_what_it_cost():
    row = examined(lambda trial: Said(found=("a",), blocking=("a",), verdict=f"of {trial[1]} rows"))
    assert (row["status"], row["found"], row["verdict"]) == ("ok", ["a"], "of 300 rows")
    assert row["cpu_s"] > 0
    assert row["peak_mb"] > 1


def test_an_exception_is_a_crash_with_its_traceback():
    def examine(trial):
        raise ValueError("the tool broke")

    row = examined(examine)
    assert row["status"] == "crashed"
    assert row["traceback"].rstrip().endswith("ValueError: the tool broke")


def test_a_process_that_dies_is_a_crash():
    row = examined(lambda trial: os.kill(os.getpid(), signal.SIGKILL))
    assert (row["status"], row["traceback"]) == ("crashed", "the process ended with status 9")


def test_what_hangs_is_ended_in_time():
    began = time.monotonic()
    row = examined(lambda trial: time.sleep(60), timeout_s=1.0)
    assert row["status"] == "timed out"
    assert time.monotonic() - began < 20


def test_what_a_tool_can_not_express_is_said_apart():
    def examine(trial):
        raise NotCovered("it takes no baseline")

    row = examined(examine)
    assert (row["status"], row["notes"]) == ("not covered", "it takes no baseline")


def cell(subject="overconfident", **more):
    base = CASES.get(subject)
    return Cell(**{"tool": "modelcheck", "subject": subject, "rows": 2000, "seed": 0,
                   "strength": base and base.default} | more)  # fmt: skip


@pytest.mark.parametrize(
    ("answer", "right", "found"),
    [
        ({"status": "ok", "found": ["a"]}, True, True),
        ({"status": "ok", "found": ["b"]}, False, True),
        ({"status": "ok", "found": []}, False, False),
        ({"status": "ok", "errors": ["a"]}, False, False),  # a gate that breaks has found nothing
        ({"status": "crashed"}, False, False),
        ({"status": "timed out"}, False, False),
        ({"status": "not covered"}, None, None),
    ],
)
def test_what_counts_as_found(answer, right, found):
    row = scored(cell(), answer, frozenset({"a"}), NOTHING, "x")
    assert (row["found_right"], row["found_any"]) == (right, found)


def test_an_alarm_on_a_twin_is_what_is_not_true_of_it():
    answer = {"status": "ok", "found": ["a", "b: column"], "errors": ["c"], "blocking": ["a"]}
    row = scored(cell("credit", strength=None), answer, NOTHING, frozenset({"a", "b"}), "x")
    assert (row["alarms"], row["found_any"], row["blocked"]) == (["c"], True, False)
    row = scored(cell("credit", strength=None), answer, NOTHING, NOTHING, "x")
    assert (row["alarms"], row["blocked"]) == (["a", "b: column", "c"], True)


def test_what_is_true_of_the_twin_too_finds_no_defect():
    answer = {"status": "ok", "found": ["a"]}
    assert scored(cell(), answer, frozenset({"b"}), frozenset({"a"}), "x")["found_any"] is False


def test_results_of_other_code_and_half_a_line_are_made_again(tmp_path):
    cells = [cell(seed=seed) for seed in range(3)]
    codes = codes_of(cells)
    rows = [scored(one, {"status": "ok"}, NOTHING, NOTHING, codes[one.tool, one.subject]) for one in cells]
    rows[1]["code"] = "of yesterday"
    file = tmp_path / "results.jsonl"
    file.write_text("".join(json.dumps(row) + "\n" for row in rows[:2]) + json.dumps(rows[2])[:40])
    kept, left = kept_results(file, cells, codes)
    assert [row["seed"] for row in kept] == [0]
    assert left == cells[1:]


def test_a_run_broken_off_keeps_what_was_finished_and_begins_nothing_more(tmp_path, monkeypatch):
    def row(one, host, code):
        if one.seed == 3:
            raise RuntimeError("broken off")
        time.sleep(0.1)
        return scored(one, {"status": "ok"}, NOTHING, NOTHING, code)

    monkeypatch.setattr(running, "_row", row)
    cells = [cell(seed=seed) for seed in range(40)]
    file = tmp_path / "results.jsonl"
    with pytest.raises(RuntimeError, match="broken off"):
        running.run(cells, {"modelcheck": sys.executable}, file, slots=2)
    kept, left = kept_results(file, cells, codes_of(cells))
    assert {one["seed"] for one in kept} >= {0, 1, 2}
    assert len(left) > 30


def test_a_tools_process_does_not_hear_the_keyboard():
    tool = running._Host("modelcheck", sys.executable)
    try:
        tool.ask(cell(subject="credit", strength=None, rows=1))
        assert os.getsid(tool.process.pid) == tool.process.pid
    finally:
        tool.close()


def test_published_results_are_where_a_new_run_goes_on(tmp_path):
    cells = [cell(seed=seed) for seed in range(2)]
    codes = codes_of(cells)
    rows = [scored(one, {"status": "ok", "found": ["a"], "details": {"a": "why"}, "versions": {"numpy": "2"}},
                   NOTHING, NOTHING, codes[one.tool, one.subject]) for one in cells]  # fmt: skip
    lines = tmp_path / "results.jsonl"
    lines.write_text("".join(json.dumps(row) + "\n" for row in rows))
    published = write_parquet(read_runs(lines), tmp_path / "results.parquet")
    lines.write_text("".join(json.dumps(row) + "\n" for row in read_parquet(published)))
    kept, left = kept_results(lines, cells, codes)
    assert left == []
    assert [{key: row[key] for key in rows[0]} for row in kept] == rows


@pytest.mark.parametrize("line", ["5", "[]", "null", "{}", "\x00", '{"tool": NaN}', json.dumps(CELL | {"rows": 2000})])
def test_a_line_that_is_no_result_is_run_again(tmp_path, line):
    file = tmp_path / "results.jsonl"
    file.write_text(line + "\n")
    one = cell()
    assert kept_results(file, [one], codes_of([one])) == ([], [one])


@pytest.mark.parametrize("more", [[], ["--published"]])
def test_a_run_begins_with_nothing_unless_told_to_begin_with_what_is_published(tmp_path, monkeypatch, more):
    rows = [scored(one, {"status": "ok"}, NOTHING, NOTHING, codes_of([one])[one.tool, one.subject]) for one in [cell()]]
    lines = tmp_path / "published.jsonl"
    lines.write_text("".join(json.dumps(row) + "\n" for row in rows))
    write_parquet(read_runs(lines), tmp_path / "out" / "proving_ground.parquet")
    begun = []

    def run(cells, pythons, file, *, slots):
        begun.append(file.exists())
        return rows

    monkeypatch.setattr(command, "run", run)
    monkeypatch.setattr(command, "_environments", lambda tools, work: ({"modelcheck": sys.executable}, []))
    words = ["--tools", "modelcheck", "--work", str(tmp_path / "work"), "--out", str(tmp_path / "out")]
    assert command.main([*words, "--no-sample", "--no-speed", *more]) == 0
    assert begun == [bool(more)]


def test_whether_a_kept_result_is_right_is_asked_anew(tmp_path):
    one = cell()
    codes = codes_of([one])
    answer = {"status": "ok", "found": ["performance.overconfidence"]}
    row = scored(one, answer, NOTHING, NOTHING, codes[one.tool, one.subject])
    assert row["found_right"] is False
    file = tmp_path / "results.jsonl"
    file.write_text(json.dumps(row) + "\n")
    [kept], _ = kept_results(file, [one], codes)
    assert kept["found_right"] is True


def test_the_code_of_a_result_is_its_tool_and_its_case():
    assert code_of("modelcheck", "overconfident") == code_of("modelcheck", "underconfident")
    assert len({code_of("modelcheck", "overconfident"), code_of("modelcheck", "teachers"),
                code_of("giskard", "overconfident")}) == 3  # fmt: skip


def test_the_plan_has_every_case_and_twin_once_before_any_twice():
    cells = plan(list(TOOLS), "full")
    assert len({one.key for one in cells}) == len(cells)
    assert {one.subject for one in cells if one.tool == "modelcheck" and one.seed == 0} >= set(CASES)
    assert [one.seed for one in cells] == sorted(one.seed for one in cells)
    for tool in TOOLS:
        assert {one.subject for one in cells if one.tool == tool} >= set(CASES)


def test_a_tool_that_can_not_be_installed_is_shown_as_not_run():
    [row] = installed(
        [], [{"tool": "giskard", "packages": None, "mb": None, "failed": "pip install ended with 1"}]
    ).rows
    assert row[1].text == "not run: pip install ended with 1"


def test_a_part_never_takes_the_place_of_the_published_whole():
    assert (
        command._given(["--quick"]).out
        == command._given(["--tools", "modelcheck"]).out
        == command._given(["--subjects", "teachers"]).out
    )
    assert command._given([]).out.name == "results"
    assert command._given(["--quick"]).out.name == "page"
