"""Roles and kinds of columns, with reasons."""

from __future__ import annotations

import time
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from modelcheck.config.tables import DatasetTable
from modelcheck.data.dataset import wrap_dataset
from modelcheck.data.kinds import KINDS, guess_kind, parse_dates
from modelcheck.errors import DataError

RNG = np.random.default_rng(0)
N = 200


@pytest.mark.parametrize(
    ("name", "values", "kind"),
    [
        ("price", RNG.random(N), "number"),
        ("income", RNG.integers(0, 10**6, N), "integer"),
        ("children", RNG.integers(0, 5, N), "integer"),
        ("grade", RNG.integers(1, 4, N).astype(float), "integer"),
        ("region_code", RNG.integers(1, 5, N), "category"),
        ("flag", RNG.integers(0, 2, N), "boolean"),
        ("flag", RNG.integers(0, 2, N).astype(float), "boolean"),
        ("flag", RNG.random(N) < 0.5, "boolean"),
        ("sex", RNG.integers(1, 3, N), "integer"),
        ("person_id", RNG.permutation(10**6)[:N], "identifier"),
        ("personId", RNG.permutation(10**6)[:N], "identifier"),
        ("humid", RNG.permutation(10**6)[:N], "integer"),
        ("row", np.arange(N), "identifier"),
        ("row", np.arange(N) * 10 + 3.0, "identifier"),
        ("salary", np.sort(RNG.permutation(10**6)[:N]), "integer"),
        ("same", np.ones(N), "constant"),
        ("nothing", [None] * N, "constant"),
        ("nan", np.full(N, np.nan), "constant"),
        ("job", RNG.choice(["a", "b", "c"], N), "category"),
        ("code", [f"K{i:05d}" for i in range(N)], "identifier"),
        ("comment", [f"the patient number {i} said that it hurts" for i in range(N)], "text"),
        ("remark", [f"the patient number {i % 100} said that it hurts" for i in range(N)], "text"),
        ("day", [f"2020-01-{i % 28 + 1:02d}" for i in range(N)], "date"),
        ("moment", [f"2020-01-01T12:00:{i % 60:02d}Z" for i in range(N)], "date"),
        ("moment", [f"2020-01-01 12:00:{i % 60:02d}" for i in range(N)], "date"),
        ("nearly", [f"2020-01-{i % 28 + 1:02d}" for i in range(N - 1)] + ["soon"], "category"),
        ("day", pd.date_range("2020-01-01", periods=N), "date"),
        ("job", pd.Categorical(RNG.choice(["a", "b", "c"], N)), "category"),
        ("lists", [[1, 2]] * N, "text"),
        ("bytes", [b"x", b"y"] * (N // 2), "text"),
    ],
)
def test_kinds_are_what_a_person_would_say(name: str, values: Any, kind: str) -> None:
    guess = guess_kind(name, pa.array(values, from_pandas=True))
    assert guess.kind == kind
    assert guess.reason
    assert kind in KINDS


def test_every_inference_carries_its_numbers() -> None:
    guess = guess_kind("a", pa.array([1.5, None, float("nan"), 2.5]))
    assert (guess.distinct, guess.missing_share) == (2, 0.5)


def test_dates_in_every_iso_form_are_the_same_moment() -> None:
    texts = [
        "2020-01-01",
        "2020-01-01T00:00",
        "2020-01-01 00:00:00",
        "2020-01-01T00:00:00Z",
        "2020-01-01T01:00:00+01:00",
    ]
    assert set(parse_dates(pa.array(texts)).to_pylist()) == {1577836800.0}
    assert parse_dates(pa.array(["2020-02-31", "x", None, "2020-02-28"])).to_pylist() == [
        None,
        None,
        None,
        1582848000.0,
    ]


FRAME = pd.DataFrame(
    {
        "age": RNG.integers(18, 90, N),
        "sex": RNG.choice(["F", "M"], N),
        "zip": RNG.integers(1, 6, N),
        "person": RNG.permutation(N),
        "w": RNG.random(N),
        "k": np.arange(N),
        "when": [f"2020-01-{i % 28 + 1:02d}" for i in range(N)],
        "comment": ["x", "y"] * (N // 2),
        "p": RNG.random(N),
        "y": RNG.integers(0, 2, N),
    }
)
TABLE = DatasetTable(
    path="",
    target="y",
    protected=(("sex",), ("sex", "age")),
    forbidden=("zip",),
    categorical=("zip",),
    monotonic={"age": "increasing"},
    cluster="person",
    weight="w",
    key="k",
    time="when",
    drop=("comment",),
)


def test_declared_roles_win_and_the_rest_are_features() -> None:
    data = wrap_dataset(FRAME, TABLE, scores=("p",))
    schema = data.schema()
    assert {column.name: column.role for column in schema.columns} == {
        "age": "feature",
        "sex": "feature",
        "zip": "feature",
        "person": "cluster",
        "w": "weight",
        "k": "key",
        "when": "time",
        "comment": "dropped",
        "p": "score",
        "y": "target",
    }
    assert schema.features == ("age", "sex", "zip")
    assert schema.column("sex").marks == ("protected",)
    assert schema.column("age").marks == ("protected", "monotonic increasing")
    assert schema.column("zip").kind == "category"
    assert schema.column("zip").declared
    assert not schema.column("age").declared
    assert schema.column("w").declared
    assert schema.looked_at == "all 200 rows"


def test_the_model_names_its_features_in_its_order() -> None:
    data = wrap_dataset(FRAME, TABLE, scores=("p",))
    schema = data.schema(["zip", "k", "age"])
    assert schema.features == ("zip", "k", "age")
    assert schema.column("sex").role == "unused"
    assert schema.column("k").role == "key"
    assert "feature of the model" in schema.column("k").marks
    assert data.schema(["zip", "age"]).features == ("zip", "age")


def test_a_score_column_never_counts_as_a_feature() -> None:
    data = wrap_dataset(FRAME, TABLE, scores=("p",))
    assert data.schema(["p"]).features == ("age", "sex", "zip")


def test_a_model_that_names_absent_features_or_the_target_is_refused() -> None:
    data = wrap_dataset(FRAME, TABLE, scores=("p",))
    with pytest.raises(DataError, match=r"lacks 2 of the model's 3 features: 'agee' \(closest: 'age'\), 'q'\.$"):
        data.schema(["agee", "q", "sex"])
    with pytest.raises(DataError, match="names the target 'y' as a feature"):
        data.schema(["age", "y"])


def test_the_record_shortens_names_but_the_schema_keeps_them() -> None:
    name = "n" * 10_000
    data = wrap_dataset(pd.DataFrame({name: [1, 2], "y": [0, 1]}), DatasetTable(path="", target="y"))
    assert data.schema().columns[0].name == name
    record = data.schema().as_record()
    assert len(record[0]["name"]) == 200
    assert set(record[0]) == {"name", "role", "kind", "reason", "declared", "distinct", "missing_share", "marks"}


def test_hundreds_of_columns_and_many_categories_stay_cheap() -> None:
    frame = pd.DataFrame(RNG.random((2_000, 500)), columns=[f"x{i}" for i in range(500)])
    many = pd.DataFrame({"c": [f"level {i % 100_000}" for i in range(200_000)], "y": [0, 1] * 100_000})
    start = time.process_time()
    assert len(wrap_dataset(frame.assign(y=1), DatasetTable(path="", target="y")).schema().columns) == 501
    column = wrap_dataset(many, DatasetTable(path="", target="y")).schema().column("c")
    # A bound ten times above what was measured: it catches quadratic work, not slow machines.
    assert time.process_time() - start < 10
    assert (column.kind, column.distinct) == ("category", 100_000)
