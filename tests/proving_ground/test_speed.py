"""What is measured, in which order, once each, and how a table of 200,000 rows is foreseen."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np
import pytest

from benchmarks.proving_ground import speed
from benchmarks.proving_ground.tools.timed import draw

TOOLS = ("modelcheck", "giskard")


def row(tool: str, rows: int, cpu_s: float | None, model: str = "forest", task: str = "binary", **more: object) -> dict:
    given = {"what": "default scan", "tool": tool, "rows": rows, "model": model, "task": task, "run": 0}
    return given | {"cpu_s": cpu_s, "wall_s": 1.0, "peak_mb": 9.0, "note": "", "failed": None} | more


def test_all_work_is_planned_once_and_tools_take_turns():
    planned = list(speed.plan(TOOLS, quick=False))
    assert len({work.key for work in planned}) == len(planned)
    scans = [work.tool for work in planned if work.what == "default scan" and work.rows == speed.SMALL]
    assert scans == list(TOOLS) * 4
    assert {work.rows for work in planned} == {None, speed.PROBE, speed.SMALL, speed.LARGE}


def test_what_is_in_the_results_is_not_measured_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    begun = []

    def measured(work: speed.Work, python: Path, rows: object) -> list[dict]:
        begun.append(work.key)
        if len(begun) == 3:
            raise KeyboardInterrupt
        return [dict(zip(("what", "tool", "rows", "model", "task", "run"), work.key, strict=True))]

    monkeypatch.setattr(speed, "_measured", measured)
    out = tmp_path / "new" / "speed.jsonl"
    environments = dict.fromkeys(TOOLS, Path("python"))
    with pytest.raises(KeyboardInterrupt):
        speed.measure(environments, out, quick=True)
    speed.measure(environments, out, quick=True)
    planned = [work.key for work in speed.plan(TOOLS, quick=True)]
    assert begun == [*planned[:3], *planned[2:]]
    assert [speed._key(json.loads(line)) for line in out.read_text("utf-8").splitlines()] == planned


def test_many_rows_are_foreseen_along_a_line_and_not_begun_where_they_take_too_long():
    known = [row("giskard", 2500, 10.0), row("giskard", 10_000, 40.0), row("giskard", 10_000, 20.0, "linear")]
    forest, linear = (
        speed.Work(what="default scan", tool="giskard", rows=speed.LARGE, model=model, task="binary")
        for model in ("forest", "linear")
    )
    assert speed._estimate(forest, known) == pytest.approx(40 + 0.004 * 190_000)
    assert speed._estimate(linear, known) == pytest.approx(400.0)
    assert speed._estimate(linear, [row("giskard", 10_000, 20.0, "linear", failed="killed")]) is None
    (said,) = speed._measured(forest, Path("never-run"), known)
    assert said["cpu_s"] is None
    assert said["failed"] is None
    assert "about 800 CPU s" in said["note"]


def test_a_process_that_ends_badly_is_told_and_one_that_ends_well_is_read(tmp_path: Path):
    facts, said = speed._timed([sys.executable, "-c", "import sys; sys.exit('no such thing')"])
    assert facts["failed"] == "ended with 1 and said: no such thing"
    assert said == {}
    facts, said = speed._timed([sys.executable, "-c", "print('talk'); print('{\"cpu_s\": 2}')"])
    assert (facts["failed"], said) == (None, {"cpu_s": 2})
    assert facts["peak_mb"] > 1


@pytest.mark.parametrize("task", ["binary", "regression"])
def test_the_table_is_the_same_each_time_and_can_be_learnt(task: str):
    one, other = (draw(400, "linear", task) for _ in range(2))
    assert one.holdout.equals(other.holdout)
    assert not one.holdout.equals(one.train)
    assert one.train.shape == (400, 15)
    features = one.holdout.drop(columns="target")
    assert np.array_equal(one.candidate.predict(features), other.candidate.predict(features))
    assert one.candidate.score(features, one.holdout["target"]) > 0.6


def test_the_peak_of_a_process_is_its_own_and_its_childrens_not_that_of_its_starter():
    held = bytearray(b"x") * 400_000_000
    child = "import subprocess, sys; subprocess.run([sys.executable, '-c', 'x = bytearray(b\"x\") * 250_000_000'])"
    small, large = (speed._timed([sys.executable, "-c", code])[0]["peak_mb"] for code in ("pass", child))
    assert len(held) == 400_000_000
    assert small < 100
    assert 250 <= large < 350


def test_a_program_that_is_not_there_is_an_error():
    with pytest.raises(RuntimeError, match="no-such-program could not be started"):
        speed._timed(["/no-such-program"])
