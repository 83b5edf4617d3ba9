"""The candidate is asked about rows as it was given them, and its answers are validated alike."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from modelcheck.config.tables import CandidateTable, Config, DatasetTable
from modelcheck.data import dataset as dataset_module
from modelcheck.errors import ModelError
from modelcheck.scoring.store import Store
from modelcheck.scoring.subjects import Subjects


def frame_of(n=1000):
    rng = np.random.default_rng(0)
    x = rng.random(n)
    return pd.DataFrame(
        {
            "x": x,
            "kind": pd.Categorical(rng.choice(["a", "b", "c"], n)),
            "whole": rng.integers(0, 9, n),
            "when": pd.date_range("2026-01-01", periods=n, freq="h"),
            "flag": rng.random(n) < 0.5,
            "text": rng.choice(["u", "v", None], n),
            "y": np.where(x > 0.5, "yes", "no"),
        }
    )


LIVE = CandidateTable(model="m:f", output="probability", task="binary", classes=("no", "yes"))


def subjects_of(tmp_path, model, table, *, candidate=LIVE, positive="yes"):
    config = Config(
        name="demo",
        file=tmp_path / "modelcheck.toml",
        label="modelcheck.toml",
        candidate=candidate,
        dataset=DatasetTable(path="rows:all", target="y", positive=positive),
    )
    return Subjects.of(
        config,
        task="binary",
        candidate=model,
        baseline=None,
        dataset=table,
        reference=None,
        store=Store(tmp_path / "store", shared=False),
    )


def of_x(rows):
    return rows["x"].to_numpy()


def test_rows_come_by_position_with_the_types_of_the_first_pass(tmp_path):
    seen = []

    def model(rows):
        seen.append(rows.dtypes)
        return of_x(rows)

    table = frame_of()
    subjects = subjects_of(tmp_path, model, table)
    scores = subjects.rows.score
    asking = subjects.asking
    positions = np.array([0, 3, 17, 998, 999])
    rows = asking.rows(positions)
    assert tuple(rows.columns) == asking.columns == tuple(table.columns.drop("y"))
    assert rows.dtypes.equals(seen[0])
    assert rows["x"].to_numpy() == pytest.approx(table["x"].to_numpy()[positions])
    assert rows["kind"].astype(str).tolist() == table["kind"].astype(str)[positions].tolist()
    assert np.array_equal(asking.answer(rows).score, scores[positions])


def test_rows_of_several_batches_come_in_order(tmp_path, monkeypatch):
    monkeypatch.setattr(dataset_module.Dataset.batches, "__defaults__", (None, 64))
    table = frame_of()
    asking = subjects_of(tmp_path, of_x, table).asking
    for positions in (np.array([63, 64, 65, 640, 999]), np.arange(0, 1000, 7), np.array([999])):
        assert asking.rows(positions)["x"].tolist() == table["x"].to_numpy()[positions].tolist()
    assert len(asking.rows(np.zeros(0, dtype=np.intp))) == 0


def test_changed_rows_get_their_own_answers_and_leave_the_dataset_alone(tmp_path):
    table = frame_of(50)
    subjects = subjects_of(tmp_path, of_x, table)
    asking = subjects.asking
    rows = asking.rows(np.arange(50))
    rows["x"] = 0.25
    rows.loc[0, "x"] = 0.75
    answer = asking.answer(rows)
    assert answer.score.tolist() == [0.75] + [0.25] * 49
    assert answer.decision.tolist() == [1] + [0] * 49
    assert asking.rows(np.arange(50))["x"].tolist() == table["x"].tolist()


def test_answers_are_in_the_order_of_the_runs_classes(tmp_path):
    from sklearn.linear_model import LogisticRegression

    table = frame_of(300)[["x", "whole", "y"]]
    table["y"] = np.where(table["y"] == "yes", "accepted", "rejected")
    fitted = LogisticRegression().fit(table[["x"]], table["y"])
    subjects = subjects_of(
        tmp_path, fitted, table, candidate=CandidateTable(model="m:f", task="binary"), positive="accepted"
    )
    asking = subjects.asking
    assert asking.columns == ("x",)
    rows = asking.rows(np.arange(300))
    expected = fitted.predict_proba(rows)[:, list(fitted.classes_).index("accepted")]
    assert asking.answer(rows).score == pytest.approx(expected)
    assert subjects.rows.score == pytest.approx(expected)


def test_a_bad_answer_to_changed_rows_is_refused(tmp_path):
    asking = subjects_of(tmp_path, lambda rows: rows["x"].to_numpy() * 1.0, frame_of(20)).asking
    rows = asking.rows(np.arange(20))
    rows["x"] = np.where(np.arange(20) == 4, np.nan, 0.5)
    with pytest.raises(ModelError, match="NaN"):
        asking.answer(rows)


def test_nobody_is_asked_where_the_answers_lie_in_the_table(tmp_path):
    table = frame_of(30)[["x", "whole", "y"]]
    stored = CandidateTable(task="binary", score="x")
    assert subjects_of(tmp_path, None, table, candidate=stored).asking is None
