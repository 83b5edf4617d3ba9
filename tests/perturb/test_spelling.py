import numpy as np
import pandas as pd
import pytest

from modelcheck.perturb.catalogue import families
from modelcheck.perturb.perturbation import BEYOND

KIND = {"job": "category"}
JOBS = {"job": ["Never married", "self_employed", "Prof-specialty", "Málaga", None]}


@pytest.mark.parametrize(
    ("name", "after"),
    [
        ("trailing_space", ["Never married ", "self_employed ", "Prof-specialty ", "Málaga "]),
        ("leading_space", [" Never married", " self_employed", " Prof-specialty", " Málaga"]),
        ("doubled_space", ["Never  married"]),
        ("non_breaking_space", ["Never\u00a0married"]),
        ("upper_case", ["NEVER MARRIED", "SELF_EMPLOYED", "PROF-SPECIALTY", "MÁLAGA"]),
        ("lower_case", ["never married", "prof-specialty", "málaga"]),
        ("title_case", ["Never Married", "Self_Employed", "Prof-Specialty"]),
        ("accents_lost", ["Malaga"]),
        ("accents_added", ["Néver married", "sélf_employed", "Próf-specialty", "Málága"]),
        ("look_alike_letters", ["N\u0435ver married", "s\u0435lf_employed", "\u0420rof-specialty", "\u041cálaga"]),
        ("invisible_character", [f"{one}\u200b" for one in JOBS["job"][:4]]),
        ("other_separators", ["Never_married", "self-employed", "Prof specialty"]),
    ],
)
def test_labels_are_spelled_as_it_says_and_missing_ones_stay(column, name, after):
    assert column(name, JOBS, KIND) == after


@pytest.mark.parametrize("dtype", ["str", "object", "category", "string"])
def test_a_label_of_any_type_can_be_spelled_otherwise(changed, dtype):
    cells = changed("upper_case", pd.DataFrame(JOBS).astype(dtype), KIND).values["job"]
    assert str(cells.dtype) == dtype
    assert cells.tolist()[0] == "NEVER MARRIED"


def test_two_labels_that_become_one_are_one_category(changed):
    rows = pd.DataFrame({"job": ["a", "A", "b"]}, dtype="category")
    cells = changed("upper_case", rows, KIND).values["job"]
    assert cells.tolist() == ["A", "B"]
    assert cells.cat.categories.tolist() == ["A", "a", "b", "B"]


def test_a_spelling_that_no_label_can_have_has_no_place(places):
    assert places("lower_case", {"job": ["a", "b"]}, KIND) == []
    assert places("doubled_space", {"job": ["a", "b"]}, KIND) == []
    assert places("trailing_space", {"job": [1, 2]}, KIND) == []
    assert places("typo", {"job": ["a", "b"]}, {"job": "text"}) == []


def test_labels_get_several_typos_and_every_cell_has_one(changed):
    rows = pd.DataFrame({"job": ["Private", "State"] * 200})
    found = changed("typo", rows, KIND)
    assert len(found.rows) == 400
    assert 4 <= found.values["job"].nunique() <= 16
    assert not set(found.values["job"]) & {"Private", "State"}


def test_labels_that_all_differ_get_one_typo_each(changed):
    rows = pd.DataFrame({"job": [f"label {place}" for place in range(50)]})
    assert len(changed("typo", rows, KIND).rows) == 50


def test_cells_that_are_no_text_stay(changed):
    rows = pd.DataFrame({"job": pd.Series([1, "a", np.nan], dtype=object)})
    assert changed("trailing_space", JOBS, KIND, rows).rows.tolist() == [1]


def test_no_spelling_is_within_the_support():
    assert {one.support for one in families()["spelling"]} == {BEYOND}
