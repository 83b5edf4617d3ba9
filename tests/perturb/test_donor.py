import numpy as np
import pandas as pd
import pytest

from modelcheck.perturb.donor import donated


def test_every_kind_of_column_that_varies_has_donors(places):
    reference = pd.DataFrame(
        {"n": [1, 2], "x": [0.5, 1.0], "b": [True, False], "s": ["a", "b"], "id": [7, 8], "one": [1, 1],
         "d": pd.to_datetime(["2020-01-01", "2021-01-01"]), "t": ["one", "two"]}
    )  # fmt: skip
    kinds = {
        "n": "integer", "x": "number", "b": "boolean", "s": "category", "id": "identifier", "one": "constant",
        "d": "date", "t": "text",
    }  # fmt: skip
    assert [name for (name,) in places("donor_value", reference, kinds)] == ["n", "x", "b", "s", "id", "d", "t"]


def test_donors_are_drawn_from_the_reference_as_often_as_they_stand_there(changed):
    reference = pd.DataFrame({"s": ["a"] * 60 + ["b"] * 30 + [None] * 10})
    rows = pd.DataFrame({"s": ["c"] * 5_000})
    cells = changed("donor_value", reference, {"s": "category"}, rows).values["s"]
    assert cells.value_counts(dropna=False, normalize=True).tolist() == pytest.approx([0.6, 0.3, 0.1], abs=0.03)


def test_a_cell_that_gets_its_own_value_did_not_change(changed):
    assert 0 < len(changed("donor_value", {"b": [0, 1] * 50}, {"b": "boolean"}).rows) < 100


@pytest.mark.parametrize(
    ("values", "donors", "dtype"),
    [
        (pd.Series([1, 2]), pd.Series([3.0, np.nan]), "float64"),
        (pd.Series([2**60 + 1, 2]), pd.Series([2**60 + 3, 5]), "int64"),
        (pd.Series([1.5, 2.0]), pd.Series([3, 4]), "float64"),
        (pd.Series(["a", "b"]), pd.Series(["c", None], dtype="category"), "str"),
        (pd.Series(["a", None], dtype="category"), pd.Series(["c", None]), "category"),
        (pd.Series(["a", None], dtype="category"), pd.Series(["c", "a"], dtype="category"), "category"),
        (pd.Series([True, False]), pd.Series([True, None], dtype=object), "object"),
    ],
)
def test_donated_cells_take_the_type_that_holds_them(values, donors, dtype):
    found = donated(values, donors, np.array([0, 1]))
    assert str(found.dtype) == dtype
    assert found.index.equals(values.index)
    assert [None if pd.isna(one) else one for one in found] == [None if pd.isna(one) else one for one in donors]


def test_an_empty_reference_donates_nothing(changed):
    empty = pd.DataFrame({"n": np.array([], dtype=int)})
    found = changed("donor_value", empty, {"n": "integer"}, {"n": [1, 2]}, columns=("n",))
    assert found.rows.tolist() == []
