"""Boosters with scikit-learn's API in pickle, joblib and skops files: they tell everything by themselves, and gate."""

from __future__ import annotations

import pickle

import joblib
import numpy as np
import pytest
import skops.io

from modelcheck.config.tables import CandidateTable
from modelcheck.models.loading import wrap_model

NUMBERS = ["age", "visits"]
_MADE_BY = {
    "xgboost": ("XGBClassifier", {"n_estimators": 8, "n_jobs": 1}),
    "lightgbm": ("LGBMClassifier", {"n_estimators": 8, "n_jobs": 1, "verbose": -1}),
    "catboost": (
        "CatBoostClassifier",
        {"iterations": 30, "thread_count": 1, "verbose": 0, "allow_writing_files": False},
    ),
}


def _fitted(library, X, y):
    module = pytest.importorskip(library, reason=f"{library} is what this test fits")
    name, parameters = _MADE_BY[library]
    return getattr(module, name)(**parameters).fit(X, y)


@pytest.mark.parametrize("library", list(_MADE_BY))
def test_a_live_one_tells_task_classes_and_columns(rows, truth, library):
    fitted = _fitted(library, rows[NUMBERS], truth.sick)
    model = wrap_model(fitted, CandidateTable())
    told = model.describe()
    assert (told.task, told.classes, told.gives) == ("binary", (0, 1), "probability")
    assert told.feature_names == tuple(NUMBERS)
    # CatBoost's border between two classes can be moved.
    assert told.decides_by_probability == (library != "catboost")
    np.testing.assert_array_equal(
        model.predict_proba(rows[["site", "visits", "age"]]), fitted.predict_proba(rows[NUMBERS])
    )


def test_an_objective_of_ones_own_says_nothing_about_decisions(rows, truth):
    xgboost = pytest.importorskip("xgboost", reason="xgboost is what this test fits")

    def own(label, margins):
        return margins - label, np.ones_like(margins)

    fitted = xgboost.XGBClassifier(n_estimators=3, n_jobs=1, objective=own).fit(rows[NUMBERS], truth.sick)
    assert not wrap_model(fitted, CandidateTable()).describe().decides_by_probability


@pytest.mark.parametrize("library", list(_MADE_BY))
@pytest.mark.parametrize("suffix", ["pkl", "joblib", "skops"])
def test_a_file_answers_as_what_was_saved(tmp_path, load, rows, truth, library, suffix):
    fitted = _fitted(library, rows[NUMBERS], truth.sick)
    path = tmp_path / f"m.{suffix}"
    if suffix == "pkl":
        path.write_bytes(pickle.dumps(fitted))
    else:
        (joblib if suffix == "joblib" else skops.io).dump(fitted, path)
    model = load(path.name)
    np.testing.assert_array_equal(model.predict_proba(rows), fitted.predict_proba(rows[NUMBERS]))
    np.testing.assert_array_equal(model.predict(rows), fitted.predict(rows[NUMBERS]))


@pytest.mark.parametrize("library", list(_MADE_BY))
def test_a_pickled_one_is_gated_by_configuration_alone(gated, pytester, rows, truth, library):
    fitted = _fitted(library, rows[NUMBERS][:150], truth.sick[:150])
    joblib.dump(fitted, pytester.path / "m.joblib")
    table = rows[NUMBERS][150:].assign(sick=truth.sick[150:])
    code, record, verdicts = gated("m.joblib", table, "sick", '[gates."performance.roc_auc"]\nmin = 0.7')
    assert verdicts["performance::roc_auc"] == "pass"
    assert (code, record["verdict"]) == (0, "promoted")
