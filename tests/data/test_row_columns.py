"""The weight and the cluster of each row."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pyarrow as pa
import pytest

from modelcheck.data.clusters import ClusterReader
from modelcheck.data.weights import WeightReader
from modelcheck.errors import DataError


def _fill(reader: Any, values: Any) -> Any:
    for batch in pa.table({"c": values}).to_batches(max_chunksize=2):
        reader.update(batch)
    return reader


@pytest.mark.parametrize(
    "values", [["b", "a", "b", "c"], [9, 2, 9, 5], pa.array(["b", "a", "b", "c"]).dictionary_encode()]
)
def test_clusters_are_numbered_by_appearance(values: Any) -> None:
    found = _fill(ClusterReader("c"), values).finish()
    assert found.codes.tolist() == [0, 1, 0, 2]
    assert found.codes.dtype == "int32"
    assert found.count == 3


def test_a_table_continues_the_clusters_of_another() -> None:
    first = _fill(ClusterReader("c"), ["b", "a", "b"]).finish()
    second = _fill(ClusterReader("c", first.values), ["d", "a", "c", "d", "a"]).finish()
    assert second.codes.tolist() == [2, 1, 3, 2, 1]
    assert second.codes.dtype == "int32"
    assert second.count == 3


@pytest.mark.parametrize(
    ("known", "values", "codes"),
    [
        ([7, 8, 10**17], ["8", "007", "7", "100000000000000000"], [1, 3, 0, 2]),
        ([7, 8, 2**53 + 1], [8.0, 7.5, 7.0, float(2**53)], [1, 3, 0, 4]),
        (["8", "7.5", "x"], [7.5, 8.0, float("inf")], [1, 0, 3]),
        ([0.1, 2.0], pa.array([2.0, 0.1], pa.float32()), [1, 0]),
        ([7, 8], pa.array([8, 9], pa.int8()), [1, 2]),
        (["b", "a"], pa.array(["a", "c"]).dictionary_encode(), [1, 2]),
        (["b", "a"], pa.array([b"a", b"\xff"]), [1, 2]),
        (["true", "1"], [True, False], [0, 2]),
        (["2026-01-31", "2026-01-31 10:00:00"], [dt.date(2026, 1, 31)], [0]),
        (["2026-01-31", "2026-01-31 10:00:00"], [dt.datetime(2026, 1, 31, h) for h in (10, 0, 11)], [1, 0, 2]),
        ([dt.date(2026, 1, 31)], pa.array([dt.datetime(2026, 1, 31)], pa.timestamp("ns")), [0]),
    ],
)
def test_clusters_of_other_types_are_equal_where_a_text_file_would_show_them_alike(
    known: Any, values: Any, codes: list[int]
) -> None:
    first = _fill(ClusterReader("c"), known).finish()
    assert _fill(ClusterReader("c", first.values), values).finish().codes.tolist() == codes


def test_a_table_without_rows_has_no_clusters_and_continues_any() -> None:
    none = ClusterReader("c").finish()
    assert (none.codes.tolist(), none.count) == ([], 0)
    assert _fill(ClusterReader("c", none.values), [5, 4, 5]).finish().codes.tolist() == [0, 1, 0]


def test_a_row_without_a_cluster_is_refused() -> None:
    with pytest.raises(DataError, match=r"cluster column 'c' is missing in row 3 "):
        _fill(ClusterReader("c"), ["a", "b", None, "a"])


def test_weights_are_floats() -> None:
    assert _fill(WeightReader("c"), [1, 2, 3]).finish().tolist() == [1.0, 2.0, 3.0]


@pytest.mark.parametrize("wrong", [0.0, -1.0, float("nan"), float("inf"), None])
def test_a_weight_that_is_no_positive_number_is_refused(wrong: float | None) -> None:
    with pytest.raises(DataError, match=r"first is .* in row 3 "):
        _fill(WeightReader("c"), [1.0, 2.0, wrong, 1.0])


def test_weights_of_text_are_refused() -> None:
    with pytest.raises(DataError, match="holds string; weights are numbers"):
        _fill(WeightReader("c"), ["1", "2"])
