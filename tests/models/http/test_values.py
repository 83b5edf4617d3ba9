"""Rows as JSON has them."""

from __future__ import annotations

import datetime
import decimal
import json

import numpy as np
import pandas as pd
import pytest

from modelcheck.errors import ModelError
from modelcheck.models.http.values import dumped, rows_of


@pytest.mark.parametrize(
    ("values", "kind", "want"),
    [
        (pd.Series([1, 2], dtype="int8"), "int", [1, 2]),
        (pd.Series([2**62 + 1, 0], dtype="int64"), "int", [2**62 + 1, 0]),
        (pd.Series([1, None], dtype="Int64"), "int", [1, None]),
        (pd.Series([0.1, np.nan]), "float", [0.1, None]),
        (pd.Series([np.float32(0.1)], dtype="float32"), "float", [float(np.float32(0.1))]),
        (pd.Series([1.5, None], dtype="Float64"), "float", [1.5, None]),
        (pd.Series([True, False]), "bool", [True, False]),
        (pd.Series([True, None], dtype="boolean"), "bool", [True, None]),
        (pd.Series(["a", None]), "text", ["a", None]),
        (pd.Series(["a", np.nan, None, pd.NA], dtype=object), "text", ["a", None, None, None]),
        (pd.Series(["b", "a", None, "b"], dtype="category"), "text", ["b", "a", None, "b"]),
        (pd.Series([3, 1, 3], dtype="category"), "int", [3, 1, 3]),
        (pd.Series([None, None], dtype=object), "text", [None, None]),
        (pd.Series([1, 2.5], dtype=object), "float", [1, 2.5]),
        (pd.Series([decimal.Decimal("1.5")], dtype=object), "float", [1.5]),
        (pd.Series([datetime.date(2024, 1, 2), None], dtype=object), "text", ["2024-01-02", None]),
        (pd.Series([b"\x00\xff"], dtype=object), "text", ["AP8="]),
        (pd.Series([[1, 2], [3]], dtype=object), "other", [[1, 2], [3]]),
        (pd.Series(pd.to_timedelta(["1s", None])), "float", [1.0, None]),
    ],
    ids=lambda value: str(value.dtype) if isinstance(value, pd.Series) else "",
)
def test_every_type_has_its_form(values, kind, want):
    rows = rows_of(pd.DataFrame({"x": values}))
    assert rows.kinds == (kind,)
    assert rows.columns == (want,)
    assert [type(value) for value in rows.columns[0]] == [type(value) for value in want]
    assert json.loads(dumped(rows.columns[0])) == want


def test_dates_of_one_column_have_one_form():
    days = pd.Series(pd.to_datetime(["2024-01-01", None, "2024-01-01T12:30:00.25"], format="ISO8601"))
    (values,) = rows_of(pd.DataFrame({"x": days})).columns
    assert values == ["2024-01-01T00:00:00.000000", None, "2024-01-01T12:30:00.250000"]
    (values,) = rows_of(pd.DataFrame({"x": days.dt.floor("s").dt.tz_localize("Europe/Berlin")})).columns
    assert values == ["2024-01-01T00:00:00+01:00", None, "2024-01-01T12:30:00+01:00"]


@pytest.mark.parametrize("values", [[1.0, np.inf], np.array([-np.inf, None], dtype=object)])
def test_infinite_numbers_are_refused(values):
    with pytest.raises(ModelError, match=r"'x' holds .*inf"):
        rows_of(pd.DataFrame({"x": values}))


def test_objects_without_a_form_are_refused():
    with pytest.raises(ModelError, match="'x' holds complex objects"):
        rows_of(pd.DataFrame({"x": pd.Series([1j], dtype=object)}))


def test_columns_of_one_name_are_refused():
    with pytest.raises(ModelError, match="several columns of one name"):
        rows_of(pd.DataFrame([[1, 2]], columns=["a", "a"]))


def test_rows_are_left_as_they_were():
    frame = pd.DataFrame({"x": [0.5, np.nan], "c": pd.Series(["a", None], dtype="category")})
    before = frame.copy(deep=True)
    rows_of(frame)
    pd.testing.assert_frame_equal(frame, before)
