import numpy as np
import pandas as pd

from modelcheck.perturb.swaps import MOST_PAIRS

TABLE = pd.DataFrame(
    {"age": [20, 40, 60], "hours": [10, 40, 50], "weight": [10_000, 20_000, 30_000], "rate": [0.5, 20.0, 44.0],
     "from": ["A", "B", "C"], "to": ["B", "C", "D"], "sex": ["m", "f", "m"], "code": [1, 2, 1]}
)  # fmt: skip
KINDS = {
    "age": "integer", "hours": "integer", "weight": "integer", "rate": "number", "from": "category", "to": "category",
    "sex": "category", "code": "category",
}  # fmt: skip


def test_numbers_of_one_kind_that_overlap_and_texts_change_places_the_nearest_first(places):
    assert places("swapped_columns", TABLE, KINDS) == [
        ("age", "hours"), ("from", "to"), ("from", "sex"), ("to", "sex"),
    ]  # fmt: skip


def test_both_columns_hold_the_other_one_s_values(changed):
    found = changed("swapped_columns", TABLE, KINDS)
    assert found.rows.tolist() == [0, 2]
    assert found.values["age"].tolist() == [10, 50]
    assert found.values["hours"].tolist() == [20, 60]


def test_columns_of_different_types_do_not_change_places(places):
    table = pd.DataFrame({"a": np.array([1, 2], dtype="int8"), "b": [1, 2], "c": pd.Categorical(["x", "y"]),
                          "d": ["x", "y"]})  # fmt: skip
    assert places("swapped_columns", table, {"a": "integer", "b": "integer", "c": "category", "d": "category"}) == []


def test_wide_tables_have_so_many_pairs_and_no_more(places):
    table = pd.DataFrame({f"x{place}": np.arange(10.0) + place + 0.5 for place in range(12)})
    found = places("swapped_columns", table, dict.fromkeys(table, "number"))
    assert len(found) == MOST_PAIRS
    assert found[0] == ("x0", "x1")


def test_free_text_does_not_change_places(places):
    table = pd.DataFrame({"a": ["x", "y"], "b": ["x", "y"]})
    assert places("swapped_columns", table, {"a": "text", "b": "text"}) == []
