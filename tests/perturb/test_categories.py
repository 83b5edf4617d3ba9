import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelcheck.perturb.categories import other_level, unseen_level
from modelcheck.perturb.profile import profile_table

JOBS = {"job": ["Sales", "Sales", "Farming", "Tech", None]}
KIND = {"job": "category"}


@given(st.lists(st.floats(0.001, 1.0), min_size=2, max_size=9), st.integers(0, 2**32))
def test_another_level_is_never_the_own_one(shares, seed):
    levels = np.arange(-1, len(shares)).repeat(20)
    drawn = other_level(levels, np.array(shares), np.random.default_rng(seed))
    assert ((drawn >= 0) & (drawn < len(shares)) & (drawn != levels)).all()


def test_another_level_is_drawn_by_its_share_among_the_others():
    shares = np.array([0.5, 0.3, 0.2])
    drawn = other_level(np.zeros(50_000, dtype=np.intp), shares, np.random.default_rng(0))
    assert np.mean(drawn == 1) == pytest.approx(0.6, abs=0.01)
    drawn = other_level(np.full(50_000, -1), shares, np.random.default_rng(0))
    assert np.bincount(drawn) / 50_000 == pytest.approx(shares, abs=0.01)


def test_a_single_level_has_no_other():
    assert other_level(np.array([0, -1]), np.array([1.0]), np.random.default_rng(0)).tolist() == [0, -1]


@pytest.mark.parametrize(
    ("levels", "unseen"),
    [
        (["Sales", "Tech"], "Other"),
        (["sales", "tech"], "other"),
        (["SALES", "TECH"], "OTHER"),
        (["Sales", "other ", "New"], "Unknown"),
        (["other", "new", "unknown", "miscellaneous", "new 2"], "new 3"),
        ([1, 2, 7], 8),
        ([1.0, 2.5], 3.0),
        ([1, "a"], "other"),
    ],
)
def test_an_unseen_level_looks_like_one_and_is_none(levels, unseen):
    column = profile_table(pd.DataFrame({"job": pd.Series(levels, dtype=object)}), KIND).columns["job"]
    found = unseen_level(column, [])
    assert (found, type(found)) == (unseen, type(unseen))


def test_a_level_of_the_rows_to_be_changed_is_not_unseen(column):
    assert set(column("unseen_category", JOBS, KIND, {"job": ["Other", "Sales"]})) == {"New"}


def test_every_present_cell_becomes_the_unseen_level(changed):
    found = changed("unseen_category", JOBS, KIND)
    assert (found.rows.tolist(), set(found.values["job"])) == ([0, 1, 2, 3], {"Other"})


def test_an_unseen_level_joins_the_categories(changed):
    found = changed("unseen_category", pd.DataFrame(JOBS).astype("category"), KIND).values["job"]
    assert found.tolist() == ["Other"] * 4
    assert found.cat.categories.tolist() == ["Farming", "Sales", "Tech", "Other"]


def test_coded_categories_get_the_next_code(changed):
    found = changed("unseen_category", {"code": [1, 2, 2, 7]}, {"code": "category"}).values["code"]
    assert (found.dtype, set(found)) == ("int64", {8})


@pytest.mark.parametrize("severity", [0.05, 0.4, 1.0])
def test_so_many_cells_get_another_level_of_the_reference(changed, severity):
    reference = pd.DataFrame({"job": ["a"] * 500 + ["b"] * 300 + ["c"] * 200})
    found = changed("swapped_category", reference, KIND, severity=severity)
    assert len(found.rows) / 1_000 == pytest.approx(severity, abs=0.05)
    assert set(found.values["job"]) <= {"a", "b", "c"}


@pytest.mark.parametrize("dtype", ["str", "object", "category", "string"])
def test_swapping_keeps_the_type_and_the_missing_cells(changed, dtype):
    found = changed("swapped_category", pd.DataFrame(JOBS).astype(dtype), KIND, severity=1.0)
    assert (str(found.values["job"].dtype), found.rows.tolist()) == (dtype, [0, 1, 2, 3])


def test_swapping_turns_booleans_around(column):
    assert column("swapped_category", {"b": [True, False]}, {"b": "boolean"}, severity=1.0) == [False, True]
    assert column("swapped_category", {"b": [0, 1]}, {"b": "boolean"}, severity=1.0) == [1, 0]


def test_the_rarest_level_takes_the_place_of_all_others(changed):
    found = changed("rare_category", {"job": ["a", "a", "b", "b", "c", None]}, KIND)
    assert (found.rows.tolist(), set(found.values["job"])) == ([0, 1, 2, 3], {"c"})


def test_a_level_that_the_reference_lacks_can_be_swapped_too(column):
    assert set(column("swapped_category", JOBS, KIND, {"job": ["Clerk"]}, severity=1.0)) <= {"Sales", "Farming", "Tech"}
