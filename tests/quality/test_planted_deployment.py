"""The deployment suite at its default limits: each planted defect fails its own gate, ordinary models fail none.

What these gates find is no matter of chance but that of threads, so few runs of a cell are enough, and all must agree.
"""

from __future__ import annotations

import importlib.util
import os
import shutil
import sys
from pathlib import Path

import joblib
import numpy as np
import pandas as pd
import pytest
from sklearn.compose import make_column_transformer
from sklearn.ensemble import (
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
)
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.neighbors import KNeighborsClassifier, KNeighborsRegressor
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

import modelcheck
import modelcheck.scanning

WHOLE = os.environ.get("QUALITY") == "whole"
SEEDS = range(10) if WHOLE else (0,)
PLANTS = Path(__file__).parents[1] / "checks" / "deployment" / "plants.py"
# What each plant must fail; whatever else it fails follows from the same defect.
FAILS = {
    "ByChance": "determinism",
    "ByBatch": "batch_invariance",
    "ByPlace": "batch_invariance",
    "ByThread": "thread_safety",
    "Writes": "side_effects",
    "WritesFromAThread": "side_effects",
    "Connects": "side_effects",
    "Starts": "side_effects",
    "StumblesOnNull": "schema_messages",
    "FillsMissing": "schema_messages",
    "NaNOnNull": "schema_messages",
    "ShortOfARow": "schema",
    "IgnoresNames": "schema",
}
CLEAN = {
    "binary": (
        LogisticRegression(max_iter=1000),
        HistGradientBoostingClassifier(max_iter=20),
        RandomForestClassifier(30, random_state=0),
        MLPClassifier(hidden_layer_sizes=(8,), max_iter=300, tol=0.01, random_state=0),
        KNeighborsClassifier(15),
    ),
    "regression": (
        Ridge(),
        HistGradientBoostingRegressor(max_iter=20),
        RandomForestRegressor(30, random_state=0),
        MLPRegressor(hidden_layer_sizes=(8,), max_iter=300, tol=0.5, random_state=0),
        KNeighborsRegressor(15),
    ),
}


@pytest.fixture(autouse=True)
def _outside_any_repository(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


@pytest.fixture(autouse=True)
def _without_times(monkeypatch):
    # What a clock says is tested for what it tells, never for how much it is.
    checks = tuple(one for one in modelcheck.scanning.all_checks() if one.asked_by != "suite")
    monkeypatch.setattr(modelcheck.scanning, "all_checks", lambda: checks)


@pytest.fixture(scope="module")
def plants(tmp_path_factory):
    # A copy: some of them write beside themselves.
    copy = shutil.copy(PLANTS, tmp_path_factory.mktemp("plants"))
    spec = importlib.util.spec_from_file_location("quality_plants", copy)
    sys.modules["quality_plants"] = module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    yield module
    del sys.modules["quality_plants"]


def table(seed, task="binary", rows=600):
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame(
        {
            "age": rng.integers(18, 90, rows),
            "income": rng.lognormal(8.0, 0.6, rows).round(2),
            "job": rng.choice(["clerk", "nurse", "cook"], rows, p=[0.5, 0.3, 0.2]),
        }
    )
    signal = (frame["age"] - 50.0) / 15.0 + np.log(frame["income"]) - 8.0
    noise = rng.logistic(0, 1, rows)
    frame["y"] = (signal + noise > 0).astype(int) if task == "binary" else 10.0 * (signal + noise)
    return frame


def failing(model, rows):
    result = modelcheck.scan(model, rows, target="y", suites=["deployment"])
    assert not [gate.reason for gate in result.record.gates if gate.verdict == "error"]
    return {gate.check for gate in result.record.gates if gate.verdict not in ("pass", "not_applicable", None)}


@pytest.mark.parametrize("plant", FAILS)
def test_each_plant_fails_its_gate_at_every_seed(plants, plant):
    for seed in SEEDS:
        assert FAILS[plant] in failing(getattr(plants, plant)(), table(seed)), seed


def test_a_model_that_changes_its_input_never_gets_a_verdict(plants):
    class Changes(plants.Healthy):
        def predict_proba(self, rows):
            answer = super().predict_proba(rows)
            rows["age"] = 0
            return answer

    result = modelcheck.scan(Changes(), table(0), target="y", suites=["deployment"])
    assert result.verdict == "blocked"
    broken = [gate.reason for gate in result.record.gates if gate.verdict == "error"]
    assert all("changed the rows it was given" in reason for reason in broken)


def test_the_healthy_twin_of_all_plants_fails_nothing(plants):
    assert [failing(plants.Healthy(), table(seed)) for seed in SEEDS] == [set()] * len(SEEDS)


@pytest.mark.parametrize("task", CLEAN)
@pytest.mark.parametrize("place", range(5))
def test_ordinary_models_fail_nothing_live_and_as_files(task, place):
    columns = make_column_transformer(
        (OneHotEncoder(handle_unknown="ignore", sparse_output=False), ["job"]), (StandardScaler(), ["age", "income"])
    )
    train = table(9, task)
    model = make_pipeline(columns, CLEAN[task][place]).fit(train.drop(columns="y"), train["y"])
    assert failing(model, table(place, task)) == set()
    if not WHOLE and place > 1:
        return
    joblib.dump(model, "model.joblib")
    assert failing("model.joblib", table(place, task)) == set()
