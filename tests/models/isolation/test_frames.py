"""Rows and answers come out as they went in: values, types, names, index and order in memory."""

from __future__ import annotations

import contextlib
import datetime
import decimal
import os

import hypothesis.strategies as st
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis.extra import numpy as hnp

from modelcheck.errors import ModelError
from modelcheck.models.isolation.frames import decode_array, decode_frame, encode_array, encode_frame, packed
from modelcheck.models.isolation.memory import mapped, shared

NUMBERS = ["int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64", "float16", "float32", "float64"]
DAY = datetime.date(2026, 1, 31)
TIME = datetime.datetime(2026, 1, 31, 12, 30)

COLUMNS = {
    **{kind: np.array([0, 1, 100], dtype=kind) for kind in NUMBERS},
    "big-endian": np.array([1.5, -2.0, np.nan], dtype=">f8"),
    "bool": np.array([True, False, True]),
    "odd floats": np.array([np.inf, -0.0, np.nan]),
    "str": pd.array(["a", None, "ü\0 "], dtype="str"),
    "string": pd.array(["a", None, "b"], dtype="string"),
    "python strings": pd.array(["a", None, "b"], dtype=pd.StringDtype("python", na_value=np.nan)),
    "category": pd.Categorical(["x", None, "y"], categories=["y", "x", "unused"]),
    "ordered": pd.Categorical([2, 3, 2], categories=[3, 2], ordered=True),
    "category of times": pd.Categorical(pd.to_datetime(["2026-01-01", "2026-01-02", "2026-01-01"])),
    "times": pd.to_datetime(["2026-01-01", None, "1800-01-01"]).to_numpy(),
    "seconds": np.array(["2026-01-01", "NaT", "2026-01-03"], dtype="datetime64[s]"),
    "zoned": pd.to_datetime(["2026-03-29 00:30", None, "2026-10-25 00:30"])
    .tz_localize("UTC")
    .tz_convert("Europe/Berlin"),
    "durations": pd.to_timedelta([1, None, 3], unit="s").to_numpy(),
    "Int64": pd.array([1, None, 2**62 + 1], dtype="Int64"),
    "UInt8": pd.array([1, None, 255], dtype="UInt8"),
    "Float32": pd.array([1.5, None, 2], dtype="Float32"),
    "boolean": pd.array([True, None, False], dtype="boolean"),
    "mixed": np.array(["text", 1, None], dtype=object),
    "missing": np.array([np.nan, pd.NA, pd.NaT], dtype=object),
    "dates": np.array([DAY, TIME, datetime.time(1, 2, 3, 4)], dtype=object),
    "decimals": np.array([decimal.Decimal("1.10"), 2**70, b"\0bytes"], dtype=object),
    "stamps": np.array([pd.Timestamp(TIME), pd.Timestamp(TIME, tz="Asia/Tokyo"), pd.Timedelta("1 day")], dtype=object),
    "scalars": np.array([np.float32(1.5), np.int8(3), np.bool_(True)], dtype=object),
    "text scalars": np.array([np.str_("a"), True, 1.5], dtype=object),
    "objects of text": np.array(["a", "b", "c"], dtype=object),
}


def there(frame):
    """The two ways: a block through a socket, and memory that is mapped."""
    facts, batches = encode_frame(frame)
    yield decode_frame(facts, packed(batches))
    yield decode_frame(facts, memoryview(bytearray(packed(batches))))
    descriptor, places = shared([[], batches])
    yield decode_frame(facts, mapped(descriptor, places)[1])


def same(found, wanted):
    pd.testing.assert_frame_equal(
        found, wanted, check_exact=True, check_column_type=True, check_freq=True, check_flags=True
    )
    assert list(found.dtypes) == list(wanted.dtypes)
    for name in range(wanted.shape[1]):
        if wanted.dtypes.iloc[name].kind == "O":
            pairs = list(zip(found.iloc[:, name], wanted.iloc[:, name], strict=True))
            assert [type(a) for a, _ in pairs] == [type(b) for _, b in pairs]


@pytest.mark.parametrize("name", COLUMNS)
def test_a_column_of_each_type(name):
    frame = pd.DataFrame({"first": [1.0, 2.0, 3.0], name: pd.Series(COLUMNS[name])})
    for found in there(frame):
        same(found, frame)
    for found in there(frame.iloc[:0]):
        same(found, frame.iloc[:0])


def test_all_types_at_once():
    frame = pd.DataFrame({name: pd.Series(values) for name, values in COLUMNS.items()})
    for found in there(frame):
        same(found, frame)


@pytest.mark.parametrize(
    "index",
    [
        pd.RangeIndex(10, 40, 10, name="row"),
        pd.Index([5, 3, 3]),
        pd.Index(["a", "b", None]),
        pd.Index([1.5, np.nan, 2]),
        pd.date_range("2026-01-01", periods=3, name="day"),
        pd.CategoricalIndex(["a", "b", "a"]),
        pd.Index([1, "a", None], dtype=object),
    ],
    ids=str,
)
def test_an_index_of_each_kind(index):
    frame = pd.DataFrame({"a": [1, 2, 3], "b": [0.5, 1.5, 2.5]}, index=index)
    for found in there(frame):
        pd.testing.assert_frame_equal(found, frame, check_freq=False)


@pytest.mark.parametrize(
    "columns",
    [["a", "a"], [0, 1], [("a", 1), ("b", "c")], [np.str_("x"), 1.5], ["", None], [True, "b"], ["ü", "\0"]],
    ids=str,
)
def test_names_of_each_kind(columns):
    labels = pd.Index(columns, tupleize_cols=False)
    frame = pd.DataFrame([[1.0, 2.0], [3.0, 4.0]])
    frame.columns = labels
    for found in there(frame):
        assert list(found.columns) == list(frame.columns)
        assert (found.to_numpy() == frame.to_numpy()).all()


@pytest.mark.parametrize("frame", [pd.DataFrame(), pd.DataFrame(index=range(3)), pd.DataFrame({"a": []})], ids=str)
def test_frames_without_rows_or_columns(frame):
    for found in there(frame):
        assert found.shape == frame.shape
        assert list(found.index) == list(frame.index)


@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize("dtype", ["float64", "float32", "int64", "bool"])
def test_the_order_in_memory_stays(order, dtype):
    values = np.asarray(np.arange(12).reshape(4, 3) % 5, dtype=dtype, order=order)
    frame = pd.DataFrame(values, columns=list("abc"), copy=False)
    for found in there(frame):
        same(found, frame)
        assert found.to_numpy().flags.c_contiguous == frame.to_numpy().flags.c_contiguous


def test_a_frame_can_be_written_to_and_nobody_else_sees_it():
    frame = pd.DataFrame({"a": [1.0, 2.0], "b": [3.0, 4.0], "c": ["x", "y"]})
    facts, batches = encode_frame(frame)
    descriptor, places = shared([batches])
    first, second = (decode_frame(facts, mapped(os.dup(descriptor), places)[0]) for _ in range(2))
    os.close(descriptor)
    first.loc[:, "a"] = 9.0
    first.iloc[0, 1] = 8.0
    same(second, frame)


@pytest.mark.parametrize(
    ("frame", "words"),
    [
        (pd.DataFrame({"a": [{}, 1]}), "A cell holds {} (dict)"),
        (pd.DataFrame({"a": [1j, 2j]}), "column 'a' is of type complex128"),
        (pd.DataFrame({"a": pd.array([pd.Interval(0, 1)])}), "is of type interval"),
        (pd.DataFrame({object: [1.0], "b": [1.0]}), "The column name <class 'object'> (type)"),
        (pd.DataFrame({"a": [1]}, index=pd.MultiIndex.from_tuples([(1, 2)])), "index of several levels"),
    ],
    ids=["object", "complex", "interval", "name", "levels"],
)
def test_what_cannot_be_sent_is_named(frame, words):
    with pytest.raises(ModelError) as caught:
        encode_frame(frame)
    assert words in str(caught.value)


@settings(max_examples=60, deadline=None)
@given(
    hnp.arrays(
        st.sampled_from([*NUMBERS, "bool", ">i4", "<U3", "<M8[us]", "<m8[s]"]),
        hnp.array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=4),
    )
)
def test_arrays_of_all_shapes(values):
    facts, batches = encode_array(values)
    found = decode_array(facts, packed(batches))
    np.testing.assert_array_equal(found, values)
    assert found.dtype == values.dtype
    assert found.flags.writeable


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_a_changed_answer_is_an_array_or_an_error_of_the_model(data):
    facts, batches = encode_array(np.array(["a", 1, None, 2.5, np.float32(1)], dtype=object))
    stream = bytearray(packed(batches))
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(stream) - 1))
        stream[at] = data.draw(st.integers(0, 255))
    # Anything else that is raised fails the test.
    with contextlib.suppress(ModelError):
        decode_array(facts, bytes(stream[: data.draw(st.integers(0, len(stream)))]))


@pytest.mark.parametrize(
    "facts",
    [
        {},
        {"shape": [3], "dtype": "O"},
        {"shape": [-1, -1], "dtype": "<f8"},
        {"shape": ["x"], "dtype": "<f8"},
        {"shape": [2], "dtype": "<f8"},
        {"shape": [3], "dtype": "V8"},
        {"shape": [3], "dtype": "<f4"},
        {"shape": [3], "dtype": "nonsense"},
        {"shape": [3], "dtype": "<U900000000", "cells": {"of": "str"}},
        {"shape": [3], "dtype": "O", "cells": {"of": "mixed", "kinds": ["os.system"]}},
        {"shape": [3], "dtype": "O", "cells": 5},
        {"shape": 3, "dtype": "<f8"},
    ],
    ids=str,
)
def test_facts_that_do_not_fit_are_errors_of_the_model(facts):
    _, batches = encode_array(np.array([1.0, 2.0, 3.0]))
    with pytest.raises(ModelError, match="no array"):
        decode_array(facts, packed(batches))
