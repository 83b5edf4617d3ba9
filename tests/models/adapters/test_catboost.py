"""CatBoost's own files: what they tell, answers equal to the library's, and what is said where they don't tell."""

from __future__ import annotations

import numpy as np
import pytest

from modelcheck.config.tables import CandidateTable
from modelcheck.errors import ModelError, ModelRaised
from modelcheck.models.loading import wrap_model

catboost = pytest.importorskip("catboost", reason="catboost reads CatBoost's model files: pip install catboost")

NUMBERS = ["age", "visits"]
SMALL = {"iterations": 8, "depth": 3, "thread_count": 1, "verbose": 0, "allow_writing_files": False, "random_seed": 0}


@pytest.mark.parametrize(("suffix", "form"), [("cbm", "cbm"), ("json", "json")])
def test_a_classifier_tells_labels_columns_and_categories(tmp_path, load, rows, truth, suffix, form):
    labels = np.where(truth.sick == 1, "sick", "fine")
    fitted = catboost.CatBoostClassifier(cat_features=["site"], **SMALL).fit(rows, labels)
    fitted.save_model(str(tmp_path / f"m.{suffix}"), format=form)
    model = load(f"m.{suffix}")
    told = model.describe()
    assert (told.name, told.format) == ("CatBoost model (Logloss)", "catboost")
    assert (told.task, told.classes, told.gives) == ("binary", ("fine", "sick"), "probability")
    assert told.feature_names == ("age", "visits", "site")
    shuffled = rows[["site", "visits", "age"]]
    if form == "cbm":
        np.testing.assert_array_equal(model.predict_proba(shuffled), fitted.predict_proba(rows))
    else:
        # Numbers in JSON are rounded.
        np.testing.assert_allclose(model.predict_proba(shuffled), fitted.predict_proba(rows), atol=1e-6)
    np.testing.assert_array_equal(model.predict(rows), fitted.predict(rows))
    with pytest.raises(ModelError, match=r"has the classes .* in its file"):
        load(f"m.{suffix}", classes=("a", "b"))


def test_several_classes_and_a_border_that_was_moved(tmp_path, load, rows, truth):
    fitted = catboost.CatBoostClassifier(**SMALL).fit(rows[NUMBERS], truth.stage + 1)
    fitted.save_model(str(tmp_path / "m.cbm"))
    model = load("m.cbm")
    assert (model.describe().task, model.describe().classes) == ("multiclass", (1, 2, 3))
    np.testing.assert_array_equal(model.predict_proba(rows), fitted.predict_proba(rows[NUMBERS]))
    np.testing.assert_array_equal(model.predict(rows), fitted.predict(rows[NUMBERS]).ravel())
    moved = catboost.CatBoostClassifier(**SMALL).fit(rows[NUMBERS], truth.sick)
    before = moved.predict(rows[NUMBERS])
    moved.set_probability_threshold(0.2)
    moved.save_model(str(tmp_path / "moved.cbm"))
    assert (moved.predict(rows[NUMBERS]) != before).any()
    np.testing.assert_array_equal(load("moved.cbm").predict(rows), moved.predict(rows[NUMBERS]))


def test_true_and_false_stay_what_they_are(tmp_path, load, rows, truth):
    fitted = catboost.CatBoostClassifier(**SMALL).fit(rows[NUMBERS], truth.sick == 1)
    fitted.save_model(str(tmp_path / "m.cbm"))
    model = load("m.cbm")
    assert set(model.predict(rows).tolist()) <= set(model.describe().classes)


@pytest.mark.parametrize("loss", ["RMSE", "Poisson", "Quantile:alpha=0.4"])
def test_a_regression(tmp_path, load, rows, truth, loss):
    positive = truth.value - truth.value.min()
    fitted = catboost.CatBoostRegressor(loss_function=loss, **SMALL).fit(rows[NUMBERS], positive)
    fitted.save_model(str(tmp_path / "m.cbm"))
    model = load("m.cbm")
    assert (model.describe().task, model.describe().gives) == ("regression", "value")
    np.testing.assert_array_equal(model.predict(rows), fitted.predict(rows[NUMBERS]))


def test_a_model_without_names_goes_by_order_and_number_of_columns(tmp_path, load, rows, truth):
    fitted = catboost.CatBoostClassifier(**SMALL).fit(rows[NUMBERS].to_numpy(), truth.sick)
    fitted.save_model(str(tmp_path / "m.cbm"))
    model = load("m.cbm")
    assert model.describe().by_position
    np.testing.assert_array_equal(model.predict_proba(rows[NUMBERS]), fitted.predict_proba(rows[NUMBERS].to_numpy()))
    with pytest.raises(ModelError, match="2 unnamed columns; the table has 3"):
        model.predict(rows)


class OwnLoss:
    def calc_ders_range(self, approxes, targets, weights):
        # CatBoost compiles it, so it is kept plain.
        chances = [1 / (1 + np.exp(-margin)) for margin in approxes]
        return [(targets[at] - chance, -chance * (1 - chance)) for at, chance in enumerate(chances)]


def test_a_loss_of_ones_own_has_to_be_declared(tmp_path, load, rows, truth):
    fitted = catboost.CatBoost({"loss_function": OwnLoss(), "eval_metric": "Logloss", **SMALL})
    fitted.fit(rows[NUMBERS], truth.sick)
    fitted.save_model(str(tmp_path / "m.cbm"))
    with pytest.raises(ModelError, match="PythonUserDefinedPerObject: its answers may be margins"):
        load("m.cbm", task="binary")
    expected = fitted.predict(rows[NUMBERS], prediction_type="RawFormulaVal")
    np.testing.assert_array_equal(load("m.cbm", output="value").predict(rows), expected)


@pytest.mark.parametrize("keep", [2, 0.5, 0.9])
def test_a_truncated_file_is_an_error(tmp_path, load, rows, truth, keep):
    catboost.CatBoostClassifier(**SMALL).fit(rows[NUMBERS], truth.sick).save_model(str(tmp_path / "m.cbm"))
    content = (tmp_path / "m.cbm").read_bytes()
    (tmp_path / "m.cbm").write_bytes(content[: keep if isinstance(keep, int) else int(len(content) * keep)])
    with pytest.raises(ModelError, match=r"m\.cbm"):
        load("m.cbm")


def test_texts_among_numbers_are_named_and_missing_categories_are_catboosts_to_refuse(tmp_path, load, rows, truth):
    catboost.CatBoostClassifier(cat_features=["site"], **SMALL).fit(rows, truth.sick).save_model(
        str(tmp_path / "m.cbm")
    )
    model = load("m.cbm")
    with pytest.raises(ModelRaised, match="column 'age' holds 'old'; the model was trained on numbers there"):
        model.predict(rows.assign(age="old"))
    with pytest.raises(
        ModelRaised, match=r"CatBoostError.*categorical column 'site'.*prepare = \"package.module:funct"
    ):
        model.predict(rows.assign(site=rows.site.where(rows.index > 3)))
    numbers = rows.assign(age=rows.age.astype(object).where(rows.age.notna(), None))
    np.testing.assert_array_equal(model.predict_proba(numbers), model.predict_proba(rows))


def test_a_live_model_without_scikit_learns_api_is_read_like_its_file(rows, truth):
    fitted = catboost.CatBoost({"loss_function": "Logloss", **SMALL}).fit(rows[NUMBERS], truth.sick)
    model = wrap_model(fitted, CandidateTable())
    assert (model.describe().task, model.describe().gives) == ("binary", "probability")
    expected = fitted.predict(rows[NUMBERS], prediction_type="Probability")
    np.testing.assert_array_equal(model.predict_proba(rows), expected)


def test_a_file_is_gated_by_configuration_alone(gated, pytester, rows, truth):
    labels = np.where(truth.sick == 1, "sick", "fine")
    fitted = catboost.CatBoostClassifier(cat_features=["site"], **SMALL | {"iterations": 40}).fit(
        rows[:150], labels[:150]
    )
    fitted.save_model(str(pytester.path / "m.cbm"))
    table = rows[150:].assign(state=labels[150:])
    gate = '[gates."performance.roc_auc"]\nmin = 0.7'
    code, record, verdicts = gated("m.cbm", table, "state", gate, dataset='positive = "sick"')
    assert verdicts["performance::roc_auc"] == "pass"
    assert (code, record["verdict"]) == (0, "promoted")
