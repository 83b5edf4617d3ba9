import dataclasses

import numpy as np
import pandas as pd
import pytest

from modelcheck.perturb.catalogue import named
from modelcheck.perturb.perturbation import differs, perturb
from modelcheck.perturb.profile import profile_table

DAYS = pd.to_datetime(["2020-01-01", "2020-01-02", None, "2020-01-04", None])


def _unlike(before, after):
    return np.flatnonzero(differs(pd.Series(before), pd.Series(after))).tolist()


@pytest.mark.parametrize("dtype", ["str", "string", "object", "category"])
def test_texts_differ_by_value_and_by_being_there(dtype):
    before = pd.Series(["a", "b", None, "d", None], dtype=dtype)
    after = pd.Series(["a", "x", "c", None, None], dtype=dtype)
    assert _unlike(before, after) == [1, 2, 3]


@pytest.mark.parametrize("dtype", ["float64", "float32", "Int64", "Float64", "boolean"])
def test_numbers_differ_by_value_and_by_being_there(dtype):
    before = pd.Series([1, 0, None, 1, None], dtype=dtype)
    after = pd.Series([1, 1, 1, None, None], dtype=dtype)
    assert _unlike(before, after) == [1, 2, 3]


@pytest.mark.parametrize("zone", [None, "UTC"])
def test_dates_differ_by_value_and_by_being_there(zone):
    after = [DAYS[0], DAYS[0], DAYS[0], None, None]
    assert _unlike(DAYS.tz_localize(zone), pd.Series(after).dt.tz_localize(zone)) == [1, 2, 3]


def test_large_whole_numbers_differ_by_one():
    assert _unlike([2**53, 2**53], [2**53, 2**53 + 1]) == [1]


def test_categories_differ_by_value_whatever_their_codes():
    before, after = pd.Categorical(["a", "b"]), pd.Categorical(["a", "c"], categories=["c", "b", "a"])
    assert _unlike(before, after) == [1]


def test_whole_numbers_and_floats_are_compared_by_value():
    assert _unlike([1, 2, 3], [1.0, 2.5, np.nan]) == [1, 2]


def test_lists_and_arrays_are_compared_by_what_they_hold():
    assert _unlike([[1], [1, 2]], [[1], [1, 3]]) == [1]
    before = pd.Series([np.array([1, 2]), np.array([1, 2]), None])
    after = pd.Series([np.array([1, 2]), np.array([1, 3]), np.array([1, 2])])
    assert _unlike(before, after) == [1, 2]


def test_only_changed_rows_are_kept_under_a_new_index():
    rows = pd.DataFrame({"x": [0, 5, 0, 7]})
    cells = perturb(
        named("times_10"), rows, ("x",), profile_table(rows, {"x": "integer"}), 1.0, np.random.default_rng(0)
    )
    assert cells.rows.tolist() == [1, 3]
    assert (cells.values["x"].index.tolist(), cells.values["x"].tolist()) == ([0, 1], [50, 70])


def test_a_maker_that_loses_rows_is_found_out():
    rows = pd.DataFrame({"x": [1, 2]})
    short = dataclasses.replace(named("times_10"), make=lambda rows, *_: {"x": rows["x"].iloc[:1]})
    with pytest.raises(ValueError, match="times_10 made 1 values of 2 in 'x'"):
        perturb(short, rows, ("x",), profile_table(rows, {"x": "integer"}), 1.0, np.random.default_rng(0))
