"""Model files that misbehave, and ordinary ones, loaded in workers."""

from __future__ import annotations

import importlib.util
import pickle
import shutil
import sys
from pathlib import Path

import pandas as pd
import pytest

from modelcheck.config.tables import ModelTable, WorkerTable
from modelcheck.models.loading import load_model

SOURCE = Path(__file__).parent / "rogue.py"
CALM = pd.DataFrame({"x": [0.0, 0.1, 0.2]})
WILD = pd.DataFrame({"x": [0.0, 1.0, 0.2]})


@pytest.fixture
def calm():
    return CALM


@pytest.fixture
def wild():
    return WILD


@pytest.fixture
def rogue(tmp_path, monkeypatch):
    """Return a function that loads a model of one deed in a worker; all are closed afterwards."""
    shutil.copy(SOURCE, tmp_path / "rogue_models.py")
    spec = importlib.util.spec_from_file_location("rogue_models", tmp_path / "rogue_models.py")
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, "rogue_models", module)
    spec.loader.exec_module(module)
    opened = []

    def load(deed, isolation="process", *, at_load=False, argument="", **worker):
        path = tmp_path / f"{deed}.pkl"
        path.write_bytes(pickle.dumps(module.Rogue(deed, at_load, str(argument))))
        table = ModelTable(model=path.name, trusted=("rogue_models.Rogue",), isolation=isolation)
        model = load_model(table, tmp_path, worker=WorkerTable(**worker))
        opened.append(model)
        return model

    yield load
    for model in opened:
        model.close()
