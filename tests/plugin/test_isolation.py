"""Models that end or hang in their worker, in whole runs: error verdicts, and the run goes on."""

from __future__ import annotations

import importlib.util
import shutil
import sys
from pathlib import Path

import joblib
import pandas as pd
import pytest

ROGUE = Path(__file__).parents[1] / "models" / "isolation" / "rogue.py"


@pytest.fixture
def rogue(project, monkeypatch):
    """A project whose candidate does its deed on some rows."""
    shutil.copy(ROGUE, project.path / "rogue_in_a_run.py")
    spec = importlib.util.spec_from_file_location("rogue_in_a_run", project.path / "rogue_in_a_run.py")
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, "rogue_in_a_run", module)
    spec.loader.exec_module(module)

    def configure(deed, extra="", **options):
        joblib.dump(module.Sometimes(deed), project.path / "rogue.joblib")
        project.configure(extra, model="rogue.joblib", **options)
        file = project.path / "modelcheck.toml"
        trusted = 'trusted = ["rogue_in_a_run.Sometimes"]'
        file.write_text(file.read_text().replace("[candidate]", f"[candidate]\n{trusted}"))
        return project

    return configure


@pytest.mark.parametrize(
    ("deed", "words"),
    [
        ("segfault", "The model's worker died of signal 11 (SIGSEGV) on 600 rows"),
        ("exit", "The model's worker ended with exit code 3 on 600 rows"),
        ("spin", "The model took longer than 1 s on 600 rows, and its worker was ended"),
    ],
)
def test_a_model_that_ends_is_an_error_verdict_of_each_gate(rogue, deed, words):
    project = rogue(deed, "[worker]\nseconds = 1\nrestarts = 2")
    result = project.run()
    assert result.ret == 1
    assert project.record()["verdict"] == "blocked"
    reasons = [gate["reason"] for gate in project.record()["gates"] if gate["verdict"] == "error"]
    # Every gate asks anew, or is told what the one before it met.
    assert len(reasons) > 4
    assert all(words in reason or "isn't started again" in reason for reason in reasons)
    assert words in reasons[0]


def test_the_row_that_ends_the_worker_is_found(rogue):
    project = rogue("exit_on_missing", suites=("robustness",))
    file = project.path / "modelcheck.toml"
    file.write_text(file.read_text().replace("budget = 3000", "budget = 100000"))
    # The reference has rows without hours, so that the model must survive them; the dataset has none.
    rows = pd.read_csv(project.path / "train.csv")
    rows.loc[::20, "hours"] = None
    rows.to_csv(project.path / "train.csv", index=False)
    project.run("-k", "crash")
    gate = project.gate("robustness::crash")
    assert gate["verdict"] == "fail"
    found = {tuple(line[:2]): line[5] for line in gate["tables"][0]["rows"] if line[3] == "yes"}
    assert found["hours", "A whole column missing"] == 600
    assert found["hours", "Another row's value"] >= 1
    # What was answered by a worker that was started again is no failure.
    assert {column for column, _ in found} == {"hours"}


def test_a_record_says_where_the_model_ran_and_is_else_the_same(project):
    records = []
    for level in ("none", "process"):
        project.configure()
        file = project.path / "modelcheck.toml"
        file.write_text(file.read_text().replace("[candidate]", f'[candidate]\nisolation = "{level}"'))
        assert project.run().ret == 0
        records.append(project.record())
        assert records[-1]["candidate"]["isolation"] == level
    own, worker = (_timeless(record) for record in records)
    assert own.pop("candidate") | {"isolation": "process"} == worker.pop("candidate")
    assert own == worker


def _timeless(value):
    gone = ("duration_s", "started", "id", "config_sha256", "looks", "config")
    if isinstance(value, dict):
        return {
            key: _timeless(one) for key, one in value.items() if key not in gone or (key == "id" and "::" in str(one))
        }
    return [_timeless(one) for one in value] if isinstance(value, list) else value


def test_xdist_workers_have_workers_of_their_own(project):
    result = project.run("-n", "2", inprocess=False)
    assert result.ret == 0
    assert project.record()["candidate"]["isolation"] == "process"


def test_nothing_is_started_where_nothing_runs(project, monkeypatch):
    import modelcheck.models.isolation.source as source

    started = []
    monkeypatch.setattr(source, "warm_zygote", lambda: started.append(1))
    project.run("--collect-only")
    assert not started
