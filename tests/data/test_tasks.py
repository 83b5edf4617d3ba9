"""The task that a target suggests."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pyarrow as pa
import pytest

from modelcheck.config.tables import DatasetTable
from modelcheck.data.labels import infer_task
from modelcheck.data.source import MemorySource
from modelcheck.errors import DataError


def _infer(values: Any, **declared: Any) -> tuple[str, str]:
    source = MemorySource(pa.table({"x": range(len(values)), "y": pa.array(values)}))
    return infer_task(source, DatasetTable(path="", target="y", **declared))


@pytest.mark.parametrize(
    ("values", "declared", "task"),
    [
        ([0, 1, 1], {}, "binary"),
        (["a", "b", None], {}, "binary"),
        ([True, False], {}, "binary"),
        ([0.5, 1.5], {}, "binary"),
        (["a", "b", "c"], {}, "multiclass"),
        (pd.Categorical(["a", "b", "c"]), {}, "multiclass"),
        ([1, 2, 3, 1], {}, "multiclass"),
        ([1.0, 2.0, 3.0], {}, "multiclass"),
        (list(range(10)), {}, "multiclass"),
        (list(range(11)), {}, "regression"),
        ([0.5, 1.5, 2.5], {}, "regression"),
        (list(range(5_000)), {}, "regression"),
        (["a", "b", "c"], {"positive": "a"}, "binary"),
        (["a", "b", "c"], {"labels": {"a": 1}}, "binary"),
        (["a", "b", "c"], {"labels": {"a": 1, "b": 0, "c": 0}}, "binary"),
        (["a", "b", "c"], {"labels": {"a": 1, "b": 0, "c": 2}}, "multiclass"),
    ],
)
def test_the_task_follows_from_declarations_then_values(values: Any, declared: dict[str, Any], task: str) -> None:
    found, reason = _infer(values, **declared)
    assert found == task
    assert reason


@pytest.mark.parametrize(
    ("values", "part"),
    [
        ([1, 1], "has the value 1 in every row"),
        ([None, None], "has no value in any row"),
        ([f"text {i}" for i in range(1_200)], "too many for classes"),
        (pd.to_datetime(["2020-01-01", "2020-01-02", "2020-01-03"]), "holds dates"),
    ],
)
def test_targets_without_a_task_are_refused(values: Any, part: str) -> None:
    with pytest.raises(DataError, match=part):
        _infer(values)


def test_an_absent_target_names_the_closest_column() -> None:
    with pytest.raises(DataError, match=r"no target column 'incom'\. Closest: 'income'"):
        infer_task(MemorySource(pa.table({"income": [1]})), DatasetTable(path="", target="incom"))
