"""The weight and the cluster of each row."""

from __future__ import annotations

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
    codes = _fill(ClusterReader("c"), values).finish()
    assert codes.tolist() == [0, 1, 0, 2]
    assert codes.dtype == "int32"


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
