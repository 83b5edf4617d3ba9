"""A small table, and contexts of models that are live objects, files in workers, or files in the run's process."""

from __future__ import annotations

import importlib
import shutil
import sys
from pathlib import Path

import joblib
import numpy as np
import pandas as pd
import pytest

from modelcheck.checks.context import Context
from modelcheck.config.tables import BaselineTable, CandidateTable, Config, DatasetTable
from modelcheck.models.loading import load_model
from modelcheck.scoring.store import Store
from modelcheck.scoring.subjects import Subjects

PLANTS = Path(__file__).with_name("plants.py")
MODULE = "deployment_plants"


@pytest.fixture(scope="session")
def plants(tmp_path_factory):
    """The module of planted models, under a name that only these tests use, in a folder of its own."""
    folder = tmp_path_factory.mktemp("plants")
    shutil.copy(PLANTS, folder / f"{MODULE}.py")
    sys.path.insert(0, str(folder))
    try:
        yield importlib.import_module(MODULE)
    finally:
        sys.path.remove(str(folder))


@pytest.fixture(scope="session")
def people():
    rng = np.random.default_rng(0)
    n = 400
    frame = pd.DataFrame(
        {
            "age": rng.integers(18, 90, n),
            "income": rng.lognormal(8.0, 0.6, n).round(2),
            "job": rng.choice(["clerk", "nurse", "cook"], n, p=[0.5, 0.3, 0.2]),
        }
    )
    frame["y"] = (rng.random(n) < 1.0 / (1.0 + np.exp(-(frame.age - 50.0) / 15.0))).astype(int)
    return frame


@pytest.fixture
def context_for(tmp_path, people, plants):
    """Make a context; `file` saves the model with joblib and loads it as a configuration would have it."""
    opened = []

    def make(model, *, file=False, baseline=None, isolation="process", table=None, **more):
        candidate = {"task": "binary", "isolation": isolation} | more.pop("candidate", {})
        if file:
            source = Path(sys.modules[MODULE].__file__)
            shutil.copy(source, tmp_path / source.name)
            names = [name for name, kind in vars(plants).items() if isinstance(kind, type)]
            candidate |= {"model": "model.joblib", "trusted": tuple(f"{MODULE}.{name}" for name in names)}
            joblib.dump(model, tmp_path / "model.joblib")
        config = Config(
            name="demo",
            file=tmp_path / "modelcheck.toml",
            label="modelcheck.toml",
            candidate=CandidateTable(**candidate),
            baseline=None if baseline is None else BaselineTable(model="live:baseline"),
            dataset=DatasetTable(path="rows:all", target="y", positive=1),
        )
        loaded = load_model(config.candidate, tmp_path, task="binary") if file else model
        opened.append(loaded)
        subjects = Subjects.of(
            config,
            task="binary",
            candidate=loaded,
            baseline=baseline,
            dataset=people if table is None else table,
            reference=None,
            store=Store(tmp_path / "store", shared=False),
        )
        return Context(
            **{
                "check": "deployment.determinism",
                "confidence": 0.95,
                "limit": 0.0,
                "rows": subjects.rows,
                "rng": np.random.default_rng(0),
                "shared": subjects.store,
                "asking": subjects.asking,
                "deployed": subjects.deployed,
            }
            | more
        )

    yield make
    for model in opened:
        if hasattr(model, "close"):
            model.close()


@pytest.fixture(scope="session")
def lines_of():
    """The rows of a table of some evidence, as dictionaries, by their first entry."""

    def lines(evidence, name):
        table = next(item for item in evidence.tables if item.name == name)
        return {line[0]: dict(zip(table.columns, line, strict=True)) for line in table.rows}

    return lines
