"""Each row is read and predicted once, and what is kept doesn't depend on batches or processes."""

from __future__ import annotations

import os
import pickle
import time
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from modelcheck.config.tables import CandidateTable, Config, DatasetTable
from modelcheck.errors import DataError, ModelError
from modelcheck.scoring.store import Store
from modelcheck.scoring.subjects import Subjects


def _config(tmp_path, **dataset):
    table = {"path": "rows:all", "target": "y", "protected": (("g",),), "positive": "yes"} | dataset
    return Config(
        name="demo",
        file=tmp_path / "modelcheck.toml",
        label="modelcheck.toml",
        candidate=CandidateTable(model="m:f", output="probability", task="binary"),
        dataset=DatasetTable(**table),
        slices={"high": "x > 0.5"},
    )


def _frame(rows=1000, seed=0):
    rng = np.random.default_rng(seed)
    x = rng.random(rows)
    return pd.DataFrame(
        {"x": x, "g": rng.choice(["a", "b"], rows), "y": np.where(rng.random(rows) < x, "yes", "no"), "w": 1.0 + x}
    )


class _Counting:
    """A model that counts the rows it predicts."""

    def __init__(self):
        self.rows = 0

    def __call__(self, frame):
        self.rows += len(frame)
        return frame["x"].to_numpy()


def _subjects(tmp_path, model, frame, *, reference=None, **dataset):
    config = _config(tmp_path, **dataset)
    return Subjects.of(
        config,
        task="binary",
        candidate=model,
        baseline=None,
        dataset=frame,
        reference=reference,
        store=Store(tmp_path / "store", shared=False),
    )


def test_rows_are_predicted_once_however_often_they_are_asked_for(tmp_path):
    model = _Counting()
    subjects = _subjects(tmp_path, model, _frame())
    first, second = subjects.rows, subjects.rows
    assert first is second
    assert model.rows == 1000


def test_columns_are_those_of_the_table_in_its_order(tmp_path):
    frame = _frame()
    rows = _subjects(tmp_path, _Counting(), frame, weight="w").rows
    np.testing.assert_array_equal(rows.score, frame.x)
    np.testing.assert_array_equal(rows.target, frame.y == "yes")
    np.testing.assert_array_equal(rows.decision, frame.x >= 0.5)
    np.testing.assert_array_equal(rows.weight, frame.w)
    np.testing.assert_array_equal(rows.slices["high"], frame.x > 0.5)
    np.testing.assert_array_equal(np.array(rows.groups["g"].labels)[rows.groups["g"].codes], frame.g)
    assert rows.classes == ("no", "yes")
    assert rows.features.names == ("x", "g")


def test_a_subset_keeps_every_column_aligned(tmp_path):
    rows = _subjects(tmp_path, _Counting(), _frame()).rows
    mask = rows.slices["high"]
    part = rows.take(mask)
    assert len(part) == mask.sum()
    np.testing.assert_array_equal(part.row_id, np.flatnonzero(mask))
    np.testing.assert_array_equal(part.features.values, rows.features.values[:, mask])
    assert part.slices["high"].all()
    np.testing.assert_array_equal(part.take(np.arange(3)).row_id, np.flatnonzero(mask)[:3])


def test_the_reference_shares_the_codes_of_the_dataset(tmp_path):
    subjects = _subjects(tmp_path, _Counting(), _frame(), reference=_frame(seed=1))
    assert subjects.reference_rows.features.labels == subjects.rows.features.labels
    assert subjects.rows.features.edges_from.startswith("reference")


def test_a_reference_that_is_the_dataset_is_refused(tmp_path):
    with pytest.raises(DataError, match="same rows"):
        _ = _subjects(tmp_path, _Counting(), _frame(), reference=_frame()).reference_rows


def test_a_failure_is_raised_to_everyone_without_trying_again(tmp_path):
    calls = []

    def broken(frame):
        calls.append(len(frame))
        raise RuntimeError("out of order")

    subjects = _subjects(tmp_path, broken, _frame())
    for _ in range(3):
        with pytest.raises(ModelError, match="out of order"):
            _ = subjects.rows
    assert len(calls) == 1


def test_processes_of_a_run_share_results_and_failures(tmp_path):
    made = Store(tmp_path, shared=True).get("rows", lambda: [1, 2, 3])
    assert made == [1, 2, 3]
    assert Store(tmp_path, shared=True).get("rows", lambda: pytest.fail("made twice")) == made

    def fail():
        raise DataError("no rows")

    for _ in range(2):
        with pytest.raises(DataError, match="no rows"):
            Store(tmp_path, shared=True).get("bad", fail)
    assert pickle.loads((tmp_path / "bad.pickle").read_bytes())[0] is True


def test_a_worker_that_dies_while_it_scores_leaves_the_others_running(tmp_path):
    child = os.fork()
    if child == 0:
        try:
            Store(tmp_path, shared=True).get("rows", lambda: os._exit(3))
        finally:
            # Where the parent was first, the child gets its answer: it must not go on as a second test run.
            os._exit(4)
    # Not waited for: a dead child that nobody has buried must not hold the lock either.
    while not (tmp_path / "rows.lock").exists():
        time.sleep(0.01)
    assert Store(tmp_path, shared=True).get("rows", lambda: 7) == 7
    os.waitpid(child, 0)


class _Interval:
    """A regression that knows how unsure it is, as some libraries answer: values and intervals in one tuple."""

    def predict(self, X):
        return X["x"].to_numpy()

    def predict_interval(self, X):
        x = X["x"].to_numpy()
        return x, np.stack([x - 0.1, x + 0.1], axis=1)[:, :, None]


def test_intervals_of_a_model_and_of_a_table_reach_the_rows(tmp_path):
    frame = _frame()
    frame = frame.assign(y=frame.x**2, low=frame.x - 0.1, high=frame.x + 0.1)
    table = {"task": "regression", "interval": 0.9}
    found = []
    for number, candidate in enumerate(
        (CandidateTable(model="m:f", **table), CandidateTable(score="x", lower="low", upper="high", **table))
    ):
        config = replace(_config(tmp_path, positive=None), candidate=candidate)
        subjects = Subjects.of(
            config,
            task="regression",
            candidate=_Interval() if candidate.model else None,
            baseline=None,
            dataset=frame,
            reference=None,
            store=Store(tmp_path / f"store{number}", shared=False),
        )
        found.append(subjects.rows.interval)
    np.testing.assert_allclose(found[0], np.column_stack([frame.low, frame.high]))
    np.testing.assert_allclose(found[1], found[0])


def test_a_model_without_intervals_is_refused_where_they_are_promised(tmp_path):
    config = replace(
        _config(tmp_path, positive=None), candidate=CandidateTable(model="m:f", task="regression", interval=0.9)
    )

    class Silent:
        def predict(self, X):
            return X["x"].to_numpy()

    subjects = Subjects.of(
        config,
        task="regression",
        candidate=Silent(),
        baseline=None,
        dataset=_frame().assign(y=1.5),
        reference=None,
        store=Store(tmp_path / "store", shared=False),
    )
    with pytest.raises(ModelError, match="has no predict_interval"):
        _ = subjects.rows
