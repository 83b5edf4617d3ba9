import numpy as np
import pandas as pd
import pytest

from modelcheck.perturb.catalogue import families

TABLE = pd.DataFrame(
    {"n": [1, 2, 3], "x": [0.1, np.nan, 1e300], "s": ["b", "a", None], "c": pd.Categorical(["u", "v", None]),
     "b": [True, False, True], "z": [0, 1, 1], "big": [2**60, 3, 4]}
)  # fmt: skip
KINDS = {
    "n": "integer", "x": "number", "s": "category", "c": "category", "b": "boolean", "z": "boolean", "big": "integer",
}  # fmt: skip


@pytest.mark.parametrize(
    ("name", "column", "dtype", "cells"),
    [
        ("int_to_float", "n", "float64", [1.0, 2.0, 3.0]),
        ("int_to_float", "z", "float64", [0.0, 1.0, 1.0]),
        ("float_to_float32", "x", "float32", [float(np.float32(0.1)), float(np.finfo(np.float32).max)]),
        ("text_to_category", "s", "category", ["b", "a"]),
        ("category_to_text", "c", "str", ["u", "v"]),
        ("bool_to_int", "b", "int64", [1, 0, 1]),
        ("int_to_bool", "z", "bool", [False, True, True]),
        ("number_to_text", "n", "str", ["1", "2", "3"]),
        ("number_to_text", "x", "str", ["0.1", "1e+300"]),
        ("number_to_text", "big", "str", [str(2**60), "3", "4"]),
    ],
)
def test_a_column_says_the_same_in_another_type(places, changed, name, column, dtype, cells):
    assert (column,) in places(name, TABLE, KINDS)
    found = changed(name, TABLE, KINDS, columns=(column,))
    assert str(found.values[column].dtype) == dtype
    assert found.values[column].tolist() == cells
    assert found.rows.tolist() == np.flatnonzero(TABLE[column].notna()).tolist()


def test_a_type_has_a_place_only_where_it_is_another(places):
    assert {one.name: [name for (name,) in places(one.name, TABLE, KINDS)] for one in families()["types"]} == {
        "int_to_float": ["n", "z", "big"],
        "float_to_float32": ["x"],
        "text_to_category": ["s"],
        "category_to_text": ["c"],
        "bool_to_int": ["b"],
        "int_to_bool": ["z"],
        "number_to_text": ["n", "x", "z", "big"],
    }


def test_a_column_made_a_category_knows_every_level_of_the_reference(changed):
    found = changed("text_to_category", {"s": ["b", "a", "c"]}, {"s": "category"}, {"s": ["c", "x"]})
    assert found.values["s"].cat.categories.tolist() == ["a", "b", "c", "x"]


def test_rows_that_have_the_type_already_did_not_change(changed):
    found = changed("int_to_float", {"n": [1, 2]}, {"n": "integer"}, {"n": [1.0, np.nan]})
    assert found.rows.tolist() == []


def test_float32_becomes_text_of_its_own_digits(column):
    assert column("number_to_text", {"x": np.array([0.1, 2.5], dtype="float32")}, {"x": "number"}) == ["0.1", "2.5"]


def test_infinite_numbers_stay_infinite_in_float32(column):
    assert column("float_to_float32", {"x": [1.0, 2.5, -np.inf]}, {"x": "number"}) == [1.0, 2.5, -np.inf]
