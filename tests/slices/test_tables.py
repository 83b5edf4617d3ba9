"""Any table becomes the same features; what is no table is refused."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from modelcheck.slices.axes import Feature
from modelcheck.slices.tables import features_of


@pytest.mark.parametrize("as_table", [dict, pd.DataFrame])
def test_columns_become_features_by_kind(as_table):
    rng = np.random.default_rng(0)
    table = {
        "number": rng.normal(size=300),
        "few": rng.integers(0, 4, 300),
        "name": rng.choice(["x", "y"], 300),
        "flag": rng.random(300) < 0.5,
    }
    number, few, name, flag = features_of(as_table(table))
    assert [one.name for one in (number, few, name, flag)] == list(table)
    assert number.order == (1, 21)
    assert few.order == (1, 5)
    assert name.order == flag.order == (0, 0)
    assert np.array_equal(few.codes, table["few"] + 1)
    # Text and truth values by frequency, the more frequent first.
    for one, values in ((name, table["name"]), (flag, table["flag"])):
        first, second = pd.Series(values).value_counts().index
        assert np.array_equal(one.codes, np.where(values == first, 1, 2))
        assert second in one.levels.values


def test_missing_cells_have_a_code_of_their_own():
    table = {"a": [1.0, np.nan, 2.0, 1.0], "b": ["x", None, "y", "x"]}
    for one in features_of(table):
        assert one.codes.tolist() == [1, 0, 2, 1]


def test_an_array_gets_names_by_place():
    found = features_of(np.arange(12.0).reshape(6, 2))
    assert [one.name for one in found] == ["x0", "x1"]
    mixed = features_of(np.array([["x", 1.0], ["y", 2.0], ["x", 2.0]], dtype=object))
    assert [one.order for one in mixed] == [(0, 0), (1, 3)]


def test_the_index_of_a_frame_is_no_feature_and_no_order():
    frame = pd.DataFrame({"a": [1, 2, 3]}, index=[7, 7, 5])
    (one,) = features_of(frame)
    assert one.codes.tolist() == [1, 2, 3]


def test_names_that_are_numbers_become_text():
    assert [one.name for one in features_of(pd.DataFrame({0: [1, 2], "b": [1, 2]}))] == ["0", "b"]


def test_codes_are_taken_as_they_are():
    given = [Feature(name=name, codes=np.array([0, 1]), size=2) for name in "ab"]
    assert features_of(given) == features_of(tuple(given)) == given


@pytest.mark.parametrize(
    ("table", "words"),
    [
        (pd.DataFrame(index=range(3)), "no columns"),
        ({}, "no columns"),
        (np.zeros((3, 0)), "no columns"),
        (pd.DataFrame([[1, 2]], columns=["a", "a"]), "more than once: a"),
        (pd.DataFrame([[1, 2]], columns=[1, "1"]), "more than once: 1"),
        ({1: [1, 2], "1": [3, 4]}, "more than once: 1"),
        ([Feature(name="a", codes=np.zeros(2, dtype=int), size=1)] * 2, "more than once: a"),
        ({"a": [1, 2], "b": [1]}, "different lengths: .*'a': 2, 'b': 1"),
        (
            [Feature(name=name, codes=np.zeros(n, dtype=int), size=1) for name, n in (("a", 2), ("b", 3))],
            "different lengths: .*'a': 2, 'b': 3",
        ),
        (np.zeros(3), r"shape \(n_rows, n_features\), not \(3,\)"),
        (np.zeros((3, 2, 2)), r"not \(3, 2, 2\)"),
        ("a table", "not str"),
        ([], "not list"),
        ([1, 2], "not list"),
        (None, "not NoneType"),
        (pd.Series([1, 2]), "not Series"),
    ],
)
def test_what_is_no_table_is_refused(table, words):
    with pytest.raises(ValueError, match=words):
        features_of(table)
