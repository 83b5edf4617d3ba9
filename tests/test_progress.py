"""How far a scan is, shown on a real terminal and in a real kernel; and nothing where nobody watches."""

from __future__ import annotations

import json
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest

import modelcheck
from modelcheck import scanning
from modelcheck.gates.foreseen import tally_of
from modelcheck.report.progress import LiveLine

# A model that takes its time for each row, so that a scan of few rows takes a few seconds.
PROGRAM = """
import json, time
import numpy as np, pandas as pd
import modelcheck

def model(rows):
    time.sleep({slow} * len(rows))
    {says}
    return 1 / (1 + np.exp(-rows["a"].to_numpy(float)))

rng = np.random.default_rng(0)
rows = pd.DataFrame({{"a": rng.normal(size=300), "b": rng.normal(size=300)}})
truth = (rows.a + rng.logistic(size=300) > 0).astype(int).to_numpy()
result = modelcheck.scan(model, rows, truth, output="probability", classes=[0, 1], budget=6000,
                         suites=["performance", "robustness"], progress={progress})
print("THE END", result.verdict)
record = result.record.as_json()
record.pop("run")
record["dataset"].pop("cost")
for gate in record["gates"]:
    gate.pop("duration_s")
if {kept!r}:
    open({kept!r}, "w").write(json.dumps(record))
"""
LINE = "rows predicted"


def program(tmp_path, *, slow=0.001, progress="None", says="pass", kept=""):
    file = tmp_path / "program.py"
    file.write_text(PROGRAM.format(slow=slow, progress=progress, says=says, kept=str(kept)), encoding="utf-8")
    return [sys.executable, str(file)]


def test_a_long_scan_says_on_a_terminal_how_far_it_is_and_leaves_nothing_behind(tmp_path, on_terminal):
    watched = on_terminal(program(tmp_path), tmp_path)
    shown = [screen for screen in watched.seen if LINE in screen]
    assert len(shown) >= 3
    assert any(" of at most " in screen and "left or less" in screen for screen in shown)
    assert all(len(screen.strip().splitlines()) == 1 for screen in shown)
    assert watched.final == "THE END promoted"
    assert watched.code == 0
    assert not watched.cursor_hidden


def test_a_narrow_terminal_gets_one_line_too(tmp_path, on_terminal):
    watched = on_terminal(program(tmp_path), tmp_path, columns=40, lines=5)
    shown = [screen for screen in watched.seen if "gate " in screen]
    assert shown
    assert all(len(screen.strip().splitlines()) == 1 for screen in shown)
    assert watched.final == "THE END promoted"


def test_what_the_model_prints_stays_whole_above_the_line(tmp_path, on_terminal):
    watched = on_terminal(program(tmp_path, says="print('asked about', len(rows), flush=True)"), tmp_path)
    assert any(LINE in screen for screen in watched.seen)
    *before, last = watched.final.splitlines()
    assert last == "THE END promoted"
    assert len(before) > 5
    assert all(line.startswith("asked about ") for line in before)


@pytest.mark.parametrize(
    ("arguments", "surroundings"),
    [
        ({"progress": "False"}, {}),
        ({"progress": "lambda gate: None"}, {}),
        ({}, {"CI": "true"}),
        ({}, {"TERM": "dumb"}),
    ],
    ids=["switched off", "a function", "CI", "no screen"],
)
def test_nothing_is_shown_where_it_is_not_wanted(tmp_path, on_terminal, arguments, surroundings):
    watched = on_terminal(program(tmp_path, **arguments), tmp_path, **surroundings)
    assert not any("gate " in screen for screen in watched.seen)
    assert watched.final == "THE END promoted"


def test_asked_for_it_is_shown_from_the_start(tmp_path, on_terminal):
    watched = on_terminal(program(tmp_path, slow=0.0, progress="True"), tmp_path)
    assert any(LINE in screen for screen in watched.seen)
    assert watched.final == "THE END promoted"


def test_nothing_is_written_into_a_pipe(tmp_path, by_hand):
    done = subprocess.run(
        program(tmp_path, progress="True"), cwd=tmp_path, env=by_hand(), capture_output=True, text=True, check=True
    )
    assert (done.stdout, done.stderr) == ("THE END promoted\n", "")


def test_records_are_the_same_with_and_without(tmp_path, on_terminal):
    kept = []
    for progress in ("True", "False"):
        file = tmp_path / f"{progress}.json"
        watched = on_terminal(program(tmp_path, progress=progress, slow=0.0002, kept=file), tmp_path)
        kept.append((file.read_bytes(), any(LINE in screen for screen in watched.seen)))
    (with_line, shown), (without, hidden) = kept
    assert (shown, hidden) == (True, False)
    assert with_line == without


NOTEBOOK = """
import json, sys
import nbformat
from nbclient import NotebookClient

source = open(sys.argv[1]).read()
cells = [nbformat.v4.new_code_cell(source), nbformat.v4.new_code_cell("result")]
updates = []

class Client(NotebookClient):
    def process_message(self, message, cell, index):
        if message["msg_type"] in ("display_data", "update_display_data"):
            updates.append(message["content"]["data"]["text/plain"])
        return super().process_message(message, cell, index)

notebook = nbformat.v4.new_notebook(cells=cells)
Client(notebook, timeout=120, kernel_name="python3").execute()
nbformat.validate(notebook)
print(json.dumps({"updates": updates, "outputs": [cell.outputs for cell in notebook.cells]}))
"""


def test_a_notebook_shows_the_line_while_it_runs_and_the_verdict_after(tmp_path, by_hand):
    for needed in ("nbclient", "nbformat", "ipykernel"):
        pytest.importorskip(needed, reason=f"executing a notebook needs {needed}: pip install {needed}")
    *_, file = program(tmp_path)
    runner = tmp_path / "execute.py"
    runner.write_text(NOTEBOOK, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, str(runner), file], cwd=tmp_path, env=by_hand(), capture_output=True, text=True, check=True
    )
    seen = json.loads(done.stdout)
    assert sum(LINE in update for update in seen["updates"]) >= 3
    first, second = seen["outputs"]
    left = [output["data"] for output in first if output["output_type"] == "display_data"]
    assert left == [{"text/plain": "", "text/html": ""}]
    ((shown),) = (output["data"] for output in second)
    assert shown["text/html"].startswith("<section")
    assert "PROMOTED" in shown["text/html"]
    assert shown["text/plain"].startswith("<Scan of model: PROMOTED")


def test_no_more_rows_are_predicted_than_was_said_at_any_time(monkeypatch):
    rng = np.random.default_rng(0)
    rows = pd.DataFrame({"a": rng.normal(size=900), "b": rng.normal(size=900), "sex": rng.choice(["F", "M"], 900)})
    truth = (rows.a + rng.logistic(size=900) > 0).astype(int).to_numpy()
    standings = []

    def watched(gates, config):
        tally = tally_of(gates, config)
        ended = tally.end
        monkeypatch.setattr(tally, "end", lambda: (ended(), standings.append(tally.standing())))
        return tally

    monkeypatch.setattr(scanning, "tally_of", watched)
    asked = []

    def model(frame):
        asked.append(len(frame))
        return 1 / (1 + np.exp(-frame["a"].to_numpy(float)))

    result = modelcheck.scan(
        model,
        rows[:500],
        truth[:500],
        reference=(rows[500:], truth[500:]),
        output="probability",
        classes=[0, 1],
        protected=["sex"],
        budget=8_000,
    )
    assert len(standings) == len(result.record.gates)
    assert standings[-1].rows == standings[-1].most_rows == sum(asked)
    bounds = [standing.most_rows for standing in standings]
    assert bounds == sorted(bounds, reverse=True)
    assert bounds[0] > sum(asked)


def test_another_way_to_show_progress_is_refused_before_anything_runs():
    with pytest.raises(modelcheck.ConfigError, match="allowed: None, True, False, or a function"):
        modelcheck.scan(None, None, progress="yes")


def test_what_is_over_soon_shows_nothing():
    shown = []

    class Screen:
        def show(self, line):
            shown.append(line)

        def clear(self):
            shown.append("cleared")

    with LiveLine(lambda: "line", Screen(), after_s=60.0):
        pass
    assert shown == ["cleared"]


def test_a_terminal_that_goes_away_stops_the_line_and_nothing_else():
    class Gone:
        def show(self, line):
            raise OSError(5, "Input/output error")

        def clear(self):
            pass

    with LiveLine(lambda: "line", Gone(), after_s=0.0) as line:
        line._thread.join(5)
        assert not line._thread.is_alive()
