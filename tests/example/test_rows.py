"""The example's rows: what the pages say about them must be true."""

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

EXAMPLES = Path(__file__).parents[2] / "checks"


def _load(folder: str, name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, EXAMPLES / folder / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def visits() -> ModuleType:
    return _load("visits", "visits_data")


@pytest.fixture(scope="module")
def diabetes() -> ModuleType:
    return _load("diabetes", "diabetes_data")


def test_visits_split_all_rows_of_the_experiment(visits):
    assert visits.training().shape == (12_108, 12)
    assert visits.holdout().shape == (8_082, 12)


def test_no_set_of_covariates_is_on_both_sides_of_the_visits_split(visits):
    fitted, held_out = visits.training(), visits.holdout()
    assert not set(map(tuple, fitted[visits.FEATURES].to_numpy())) & set(
        map(tuple, held_out[visits.FEATURES].to_numpy())
    )


def test_a_cluster_of_visits_is_exactly_one_set_of_covariates(visits):
    rows = visits.holdout()
    distinct = rows[[*visits.FEATURES, "covariate_set"]].drop_duplicates()
    assert len(distinct) == rows["covariate_set"].nunique() == rows[visits.FEATURES].drop_duplicates().shape[0]


def test_the_number_of_visits_is_not_among_the_columns(visits):
    assert set(visits.holdout().columns) == {*visits.FEATURES, "frequent", "covariate_set", "limitation"}


def test_about_a_fifth_of_the_visits_rows_are_frequent(visits):
    assert visits.holdout()["frequent"].mean() == pytest.approx(0.2, abs=0.02)


def test_limitation_is_physlm_rounded_at_one_half(visits):
    rows = visits.holdout()
    assert set(rows.loc[rows["physlm"] >= 0.5, "limitation"]) == {"limited"}
    assert set(rows.loc[rows["physlm"] < 0.5, "limitation"]) == {"not limited"}


def test_the_same_rows_come_back_every_time(visits, diabetes):
    for module in (visits, diabetes):
        assert module.holdout().equals(module.holdout())
        assert module.training().equals(module.training())


def test_diabetes_splits_442_patients_in_half_with_readable_units(diabetes):
    fitted, held_out = diabetes.training(), diabetes.holdout()
    assert len(fitted) == len(held_out) == 221
    assert set(held_out["sex"]) == {1, 2}
    assert held_out["progression"].between(25, 346).all()


def test_the_declared_readiness_says_that_its_owner_is_made_up_and_still_holds():
    from modelcheck.config import load_declarations

    known = load_declarations(EXAMPLES / "visits" / "readiness.toml")
    assert {one.how for one in known} == {"manual", "automated"}
    assert all("made up" in one.owner for one in known)
    assert all(one.expires is not None for one in known)
