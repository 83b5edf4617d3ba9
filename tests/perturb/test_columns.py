import numpy as np
import pandas as pd
import pytest

from modelcheck.perturb.columns import coded, numbers, taken, with_numbers


def _with(values, new, changed):
    return with_numbers(pd.Series(values), np.array(new, dtype=float), np.array(changed))


def test_only_numbers_are_numbers():
    assert numbers(pd.Series([1, 2])).tolist() == [1.0, 2.0]
    assert np.isnan(numbers(pd.Series([1, None], dtype="Int64"))[1])
    for other in (["1"], [True], [pd.Timestamp(0)], pd.Categorical([1]), [1j]):
        assert numbers(pd.Series(other)) is None


def test_replacing_leaves_other_whole_numbers_exact():
    big = 2**53 + 1
    assert _with([big, 5], [0.0, 6.0], [False, True]).tolist() == [big, 6]


@pytest.mark.parametrize("dtype", ["int8", "uint8", "int64", "Int64", "float32", "Float64"])
def test_replacing_keeps_the_type(dtype):
    assert _with(pd.Series([1, 2], dtype=dtype), [3.0, 0.0], [True, False]).dtype == dtype


def test_whole_numbers_that_do_not_fit_make_the_type_wider():
    found = _with(pd.Series([1, 2], dtype="uint8"), [300.0, -1.0], [True, True])
    assert (str(found.dtype), found.tolist()) == ("int64", [300, -1])
    assert _with(pd.Series([2**64 - 1, 2], dtype="uint64"), [0.0, -1.0], [False, True]).tolist() == [2.0**64, -1.0]
    assert _with([1], [1e30], [True]).tolist() == [1e30]


def test_fractions_make_whole_numbers_floating_point():
    assert str(_with([1, 2], [1.5, 0.0], [True, False]).dtype) == "float64"
    assert str(_with(pd.array([1, 2], dtype="Int64"), [1.5, 0.0], [True, False]).dtype) == "Float64"


def test_replacing_does_not_touch_what_it_is_given():
    values = pd.Series([1.0, 2.0])
    with_numbers(values, np.array([9.0, 9.0]), np.array([True, True]))
    assert values.tolist() == [1.0, 2.0]


@pytest.mark.parametrize(
    "values",
    [
        pd.Series(["b", "a", None, "b"]),
        pd.Series(["b", "a", None, "b"], dtype=object),
        pd.Series(["b", "a", None, "b"], dtype="string"),
        pd.Series(["b", "a", None, "b"], dtype="category"),
        pd.Series([3, 1, 2, 3]),
        pd.Series([3.0, 1.0, np.nan, 3.0], dtype="float32"),
        pd.Series([True, False, True, True]),
        pd.Series([True, None, False, True], dtype="boolean"),
        pd.Series([True, None, "x", 3], dtype=object),
    ],
    ids=lambda values: str(values.dtype),
)
def test_codes_and_back_give_the_same_column(values):
    codes, different = coded(values)
    pd.testing.assert_series_equal(taken(values, codes, different), values)


def test_containers_have_no_code_and_stay():
    values = pd.Series([[1, 2], "a", {"b": 1}])
    codes, different = coded(values)
    assert (codes.tolist(), different) == ([-1, 0, -1], ["a"])
    assert taken(values, codes, ["b"]).tolist() == [[1, 2], "b", {"b": 1}]


def test_new_categories_come_after_the_known_ones_and_keep_the_order():
    values = pd.Series(pd.Categorical(["low", "high"], categories=["low", "high"], ordered=True))
    found = taken(values, np.array([-1, 0]), ["top"])
    assert found.tolist() == ["low", "top"]
    assert (found.cat.categories.tolist(), found.cat.ordered) == (["low", "high", "top"], True)


def test_taken_whole_numbers_stay_whole():
    assert str(taken(pd.Series([1, 2], dtype="int8"), np.array([0, -1]), [-300]).dtype) == "int16"
    assert str(taken(pd.Series([1, 2]), np.array([0, -1]), [4.0]).dtype) == "int64"
    assert taken(pd.Series([1, 2]), np.array([0, -1]), [4.5]).tolist() == [4.5, 2.0]
    assert taken(pd.Series([1, 2]), np.array([0, -1]), ["x"]).tolist() == ["x", 2]
