"""New cells keep the types that whole columns would have."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from modelcheck.perturb.falsify.change import Change, apply_change, apply_each, changed_cells, plain_cell, plain_cells


@pytest.mark.parametrize(
    ("column", "value", "dtype"),
    [
        (pd.Series([1, 2]), 7, "int64"),
        (pd.Series([1, 2]), 7.0, "int64"),
        (pd.Series([1, 2]), 7.5, "float64"),
        (pd.Series([1, 2]), None, "float64"),
        (pd.Series([1, 2], dtype="int8"), 300, "float64"),
        (pd.Series([1.5, 2.5]), 3, "float64"),
        (pd.Series([1.5, 2.5]), None, "float64"),
        (pd.Series([1.5, 2.5]), "-inf", "float64"),
        (pd.Series([1.5, 2.5], dtype="float32"), 0.5, "float32"),
        (pd.Series([True, False]), False, "bool"),
        (pd.Series([True, False]), None, "object"),
        (pd.Series(["a", "b"]), "c", "str"),
        (pd.Series(["a", "b"]), None, "str"),
        (pd.Series(["a", "b"], dtype="category"), "b", "category"),
        (pd.Series(["a", "b"], dtype="category"), None, "category"),
        (pd.Series([1, 2], dtype="category"), 2, "category"),
        (pd.Series(pd.to_datetime(["2020-01-01", "2021-01-01"])), "2022-02-02T00:00:00", "datetime64[us]"),
        (pd.Series(pd.to_datetime(["2020-01-01", "2021-01-01"])), None, "datetime64[us]"),
        (
            pd.Series(pd.to_datetime(["2020-01-01", "2021-01-01"])).dt.tz_localize("Europe/Berlin"),
            "2022-07-02T00:00:00+02:00",
            "datetime64[us, Europe/Berlin]",
        ),
        (pd.Series([1, 2], dtype="Int64"), None, "Int64"),
        (pd.Series([True, False], dtype="boolean"), None, "boolean"),
    ],
)
def test_a_value_goes_into_a_column_and_comes_out_again(column, value, dtype):
    rows = pd.DataFrame({"x": column})
    changed = apply_change(rows, Change(values={"x": value}))
    assert str(changed["x"].dtype) == dtype
    assert plain_cells(changed["x"]) == [value, value]
    pd.testing.assert_series_equal(rows["x"], column.rename("x"))


def test_a_category_that_the_column_does_not_know_changes_nothing():
    rows = pd.DataFrame({"x": pd.Series(["a", "b"], dtype="category")})
    changed = apply_change(rows, Change(values={"x": "new"}))
    pd.testing.assert_frame_equal(changed, rows)


def test_each_row_gets_its_own_values_and_keeps_the_rest():
    rows = pd.DataFrame({"x": [1, 2, 3], "y": ["a", "b", "c"]}, index=[9, 9, 9])
    changed = apply_each(rows, [Change(values={"x": None}), Change(values={"y": "z"}), Change()])
    assert plain_cells(changed["x"]) == [None, 2.0, 3.0]
    assert changed["y"].tolist() == ["a", "z", "c"]
    assert changed.index.tolist() == [9, 9, 9]


def test_only_cells_that_differ_count_as_changed():
    rows = pd.DataFrame({"x": [1.0, np.nan, 3.0]})
    assert changed_cells(rows, apply_change(rows, Change(values={"x": 3.0})), ["x"]).ravel().tolist() == [1, 1, 0]
    assert changed_cells(rows, apply_change(rows, Change(values={"x": None})), ["x"]).ravel().tolist() == [1, 0, 1]


def test_a_value_that_a_column_cannot_hold_is_refused():
    with pytest.raises((ValueError, TypeError)):
        apply_change(pd.DataFrame({"x": [1, 2]}), Change(values={"x": "many"}))


@pytest.mark.parametrize(
    ("cell", "said"),
    [
        (np.int8(3), 3),
        (np.float32(0.5), 0.5),
        (np.bool_(True), True),
        (float("nan"), None),
        (float("inf"), "inf"),
        (np.float64("-inf"), "-inf"),
        (pd.NaT, None),
        (pd.NA, None),
        (pd.Timestamp("2020-02-29"), "2020-02-29T00:00:00"),
        ([1, 2], "[1, 2]"),
    ],
)
def test_cells_are_said_plainly(cell, said):
    assert plain_cell(cell) == said
    assert type(plain_cell(cell)) is type(said)
