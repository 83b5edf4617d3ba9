"""Arrow batches as pandas frames."""

from __future__ import annotations

import io

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from modelcheck.data.frames import to_frame


def test_dtypes_are_those_of_read_csv() -> None:
    text = "i,f,n,s,b,e\n1,1.5,,x,True,\n2,2.5,3,,False,\n"
    batch = pa.RecordBatch.from_pydict(
        {
            "i": [1, 2],
            "f": [1.5, 2.5],
            "n": pa.array([None, 3]),
            "s": ["x", None],
            "b": [True, False],
            "e": pa.array([None, None], pa.float64()),
        }
    )
    pd.testing.assert_frame_equal(to_frame(batch), pd.read_csv(io.StringIO(text)))


def test_categories_and_dates_keep_their_dtype() -> None:
    frame = pd.DataFrame({"c": pd.Categorical(["b", None, "a"]), "d": pd.to_datetime(["2020-01-01"] * 3)})
    made = to_frame(pa.RecordBatch.from_pandas(frame))
    assert made["c"].dtype == "category"
    assert made["c"].cat.categories.dtype == "str"
    assert made["d"].dtype.kind == "M"
    assert to_frame(pa.table({"d": pa.array([1], pa.date32())}))["d"].dtype.kind == "M"


@pytest.mark.parametrize("mixed", [False, True])
def test_columns_come_in_the_order_asked_for(mixed: bool) -> None:
    data = {"a": [1.0, 2.0], "b": [3.0, None], "c": ["x", "y"] if mixed else [5.0, 6.0]}
    frame = to_frame(pa.RecordBatch.from_pydict(data), ["c", "a", "b"])
    assert frame.columns.tolist() == ["c", "a", "b"]
    assert frame["a"].tolist() == [1.0, 2.0]
    assert np.isnan(frame["b"][1])


@pytest.mark.parametrize(
    "column",
    [[1.0, 2.0], [1, 2], [True, False], ["x", "y"], pa.array(["x", "y"]).dictionary_encode(), np.float32([1, 2])],
)
@pytest.mark.parametrize("neighbours", [0, 1])
def test_a_frame_owns_its_memory_and_can_be_written(column: object, neighbours: int) -> None:
    data = {"a": pa.array(column)} | ({"z": pa.array(column)} if neighbours else {})
    batch = pa.RecordBatch.from_pydict(data)
    before = batch.to_pydict()
    frame = to_frame(batch)
    frame.iloc[0, 0] = frame.iloc[1, 0]
    values = frame["a"].array
    if isinstance(values, pd.arrays.NumpyExtensionArray):
        raw = values._ndarray
        raw.flags.writeable = True
        raw[:] = raw[1]
    assert batch.to_pydict() == before


def test_no_columns_still_have_rows() -> None:
    assert to_frame(pa.RecordBatch.from_pydict({"a": [1, 2, 3]}), []).shape == (3, 0)
