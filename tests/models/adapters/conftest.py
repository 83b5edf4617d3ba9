"""Rows, folders and whole runs for tests of adapters: models are trained, saved, and loaded by configuration alone."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from modelcheck.config.tables import CandidateTable
from modelcheck.errors import ModelError
from modelcheck.models.loading import load_model
from modelcheck.models.protocol import Model

COLUMNS = ["age", "hours", "score"]


def people(rows: int, seed: int) -> pd.DataFrame:
    """Simulated people in three numbers of about the same size, and an outcome that depends on all of them."""
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame(rng.normal(0.0, 1.0, (rows, 3)), columns=COLUMNS)
    signal = 1.5 * frame.age - frame.hours + 0.5 * frame.score
    frame["amount"] = signal.to_numpy() + rng.normal(0.0, 0.3, rows)
    frame["outcome"] = np.where(signal + rng.logistic(0.0, 0.5, rows) > 0.0, "yes", "no")
    return frame


class Folder:
    """A configuration's folder."""

    def __init__(self, path: Path, request: pytest.FixtureRequest) -> None:
        self.path = path
        self._request = request

    def load(self, model: str, task: str | None = None, **table: object) -> Model:
        """In this process: a worker would import its library anew for each test. Gates run in workers."""
        return load_model(CandidateTable(model=model, isolation="none", **table), self.path, task=task)

    def refusal(self, model: str, task: str | None = None, **table: object) -> str:
        """What is said when a model isn't loaded."""
        with pytest.raises(ModelError) as caught:
            self.load(model, task, **table)
        return str(caught.value)

    def module(self, name: str, text: str) -> None:
        """Write a module that configurations of this folder can name."""
        (self.path / f"{name}.py").write_text(text, encoding="utf-8")

    def gate(self, candidate: str, rows: pd.DataFrame, dataset: str = 'target = "outcome"\npositive = "yes"') -> dict:
        """Run `pytest --modelcheck` here and return its record; the candidate's gates must let it pass."""
        rows.to_parquet(self.path / "rows.parquet")
        (self.path / "modelcheck.toml").write_text(
            f'suites = ["performance"]\n[candidate]\n{candidate}\n[dataset]\npath = "rows.parquet"\n{dataset}\n'
            '[gates."performance.better_than_trivial"]\nseverity = "blocking"\n',
            encoding="utf-8",
        )
        # The run is in this process, its model in a worker. Pytester forgets what is imported while it is there, and
        # torch's modules can't come twice: it is asked for no earlier.
        pytester = self._request.getfixturevalue("pytester")
        os.chdir(self.path)
        done = pytester.runpytest_inprocess("--modelcheck", "-p", "no:cacheprovider", "-q")
        assert done.ret == 0, done.outlines + done.errlines
        record = json.loads((self.path / "reports" / "record.json").read_text(encoding="utf-8"))
        assert record["candidate"]["isolation"] == "process"
        assert record["verdict"] == "promoted"
        return record


@pytest.fixture
def folder(tmp_path, request, everything_imported, monkeypatch):
    monkeypatch.setattr(sys, "path", list(sys.path))
    known = set(sys.modules)
    yield Folder(tmp_path, request)
    for name in set(sys.modules) - known:
        if str(tmp_path) in str(getattr(sys.modules[name], "__file__", None)):
            del sys.modules[name]


@pytest.fixture(scope="session")
def train():
    return people(600, 1)


@pytest.fixture(scope="session")
def holdout():
    return people(400, 2)


@pytest.fixture(scope="module")
def rows():
    """300 rows: `age` misses entries, `visits` are whole numbers, `site` is a category as text."""
    rng = np.random.default_rng(7)
    frame = pd.DataFrame(
        {
            "age": rng.normal(50, 15, 300),
            "visits": rng.integers(0, 9, 300),
            "site": rng.choice(["east", "north", "west"], 300),
        }
    )
    frame.loc[::9, "age"] = np.nan
    return frame


@pytest.fixture(scope="module")
def truth(rows):
    """What depends on all three columns: a value; `sick` and `stage` are made from it."""
    score = rows.visits + 3.0 * (rows.site == "east") + (rows.age.fillna(50) - 50) / 10
    noise = np.random.default_rng(8).normal(0, 1, len(rows))
    return pd.DataFrame(
        {
            "value": score + noise,
            "sick": (score + noise > 5).astype(int),
            "stage": np.digitize(score + noise, [3, 6]),
        }
    )


@pytest.fixture
def load(tmp_path):
    """Load a file of the test's folder by what a configuration would say."""

    def loaded(name, task=None, **table):
        return load_model(CandidateTable(model=name, isolation="none", **table), tmp_path, task=task)

    return loaded


@pytest.fixture
def gated(pytester, everything_imported):
    """Gate a model file by a configuration alone, the model in a worker: exit code, record, verdicts by gate."""

    def run(model, rows, target, gate, *, candidate="", dataset=""):
        # The file lies in the test's folder, as pytester's does.
        rows.to_csv(pytester.path / "rows.csv", index=False)
        pytester.path.joinpath("modelcheck.toml").write_text(
            f'name = "m"\nsuites = ["performance"]\n[candidate]\nmodel = "{model}"\n{candidate}\n'
            f'[dataset]\npath = "rows.csv"\ntarget = "{target}"\n{dataset}\n{gate}\n'
        )
        done = pytester.runpytest_inprocess("--modelcheck", "-q", "-p", "no:cacheprovider")
        path = pytester.path / "reports" / "record.json"
        assert path.exists(), done.outlines + done.errlines
        record = json.loads(path.read_text())
        return done.ret, record, {one["id"]: one["verdict"] for one in record["gates"]}

    return run
