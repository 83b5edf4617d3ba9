"""XGBoost's own files: what they tell, answers equal to the library's, and what is said where they don't tell."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from modelcheck.config.tables import CandidateTable
from modelcheck.errors import ModelError, ModelRaised
from modelcheck.models.loading import wrap_model

xgboost = pytest.importorskip("xgboost", reason="xgboost reads XGBoost's model files: pip install xgboost-cpu")

NUMBERS = ["age", "visits"]
SMALL = {"n_estimators": 8, "n_jobs": 1, "max_depth": 3}


def _categories(rows):
    return rows.assign(site=rows.site.astype("category"))


@pytest.mark.parametrize("suffix", ["json", "ubj"])
def test_a_binary_classifier_tells_task_classes_and_columns(tmp_path, load, rows, truth, suffix):
    fitted = xgboost.XGBClassifier(**SMALL).fit(rows[NUMBERS], truth.sick)
    fitted.save_model(tmp_path / f"m.{suffix}")
    model = load(f"m.{suffix}")
    told = model.describe()
    assert (told.name, told.format) == ("XGBoost model (binary:logistic)", "xgboost")
    assert (told.task, told.classes, told.gives, told.feature_names) == (
        "binary",
        (0, 1),
        "probability",
        tuple(NUMBERS),
    )
    assert told.decides_by_probability
    np.testing.assert_array_equal(model.predict_proba(rows), fitted.predict_proba(rows[NUMBERS]))
    np.testing.assert_array_equal(model.predict(rows), fitted.predict(rows[NUMBERS]))


def test_a_multiclass_classifier_and_its_declared_labels(tmp_path, load, rows, truth):
    fitted = xgboost.XGBClassifier(**SMALL).fit(rows[NUMBERS], truth.stage)
    fitted.save_model(tmp_path / "m.json")
    model = load("m.json")
    assert (model.describe().task, model.describe().classes) == ("multiclass", (0, 1, 2))
    np.testing.assert_array_equal(model.predict_proba(rows), fitted.predict_proba(rows[NUMBERS]))
    named = load("m.json", classes=("low", "mid", "high"))
    assert named.describe().classes == ("low", "mid", "high")
    assert named.predict(rows).tolist() == np.array(["low", "mid", "high"])[fitted.predict(rows[NUMBERS])].tolist()
    with pytest.raises(ModelError, match="answers for 3 classes, and 2 are declared"):
        load("m.json", classes=("low", "high"))


@pytest.mark.parametrize("booster", ["gbtree", "gblinear", "dart"])
@pytest.mark.filterwarnings("ignore:.*gblinear:FutureWarning")
def test_a_regression_of_every_kind_of_booster(tmp_path, load, rows, truth, booster):
    complete = rows[NUMBERS].fillna(50.0)
    data = xgboost.DMatrix(complete, truth.value)
    fitted = xgboost.train({"booster": booster, "nthread": 1}, data, 8)
    fitted.save_model(tmp_path / "m.ubj")
    model = load("m.ubj")
    assert (model.describe().task, model.describe().gives, model.describe().classes) == ("regression", "value", None)
    # Read again: the booster that was trained has its answers to these rows in store, added up in another order.
    read = xgboost.Booster(model_file=tmp_path / "m.ubj")
    np.testing.assert_array_equal(model.predict(complete), read.predict(xgboost.DMatrix(complete)))


def test_text_becomes_the_categories_of_the_file(tmp_path, load, rows, truth):
    fitted = xgboost.XGBClassifier(enable_categorical=True, **SMALL).fit(_categories(rows), truth.sick)
    fitted.save_model(tmp_path / "m.json")
    model = load("m.json")
    expected = fitted.predict_proba(_categories(rows))
    np.testing.assert_array_equal(model.predict_proba(rows), expected)
    # A part of the rows has other categories than the whole, and another order of them.
    some = rows[rows.site != "east"].iloc[::-1]
    np.testing.assert_array_equal(model.predict_proba(some), expected[some.index])
    odd = rows.assign(site=rows.site.where(rows.index % 3 > 0, None).where(rows.index % 3 > 1, "south"))
    np.testing.assert_array_equal(model.predict_proba(odd), fitted.predict_proba(_categories(odd)))
    assert np.isfinite(model.predict_proba(rows.assign(site=None))).all()


def test_whole_numbers_are_categories_too_even_beside_missing_ones(tmp_path, load, rows, truth):
    table = rows[["age"]].assign(visits=rows.visits.astype("category"))
    fitted = xgboost.XGBRegressor(enable_categorical=True, **SMALL).fit(table, truth.value)
    fitted.save_model(tmp_path / "m.ubj")
    model = load("m.ubj")
    np.testing.assert_array_equal(model.predict(rows), fitted.predict(table))
    missing = rows.assign(visits=rows.visits.where(rows.index % 2 > 0))
    assert missing.visits.dtype == float
    expected = fitted.predict(table.assign(visits=table.visits.where(table.index % 2 > 0)))
    np.testing.assert_array_equal(model.predict(missing), expected)


def test_early_stopping_counts_as_it_does_for_who_saved_the_file(tmp_path, load, rows, truth):
    X, y = rows[NUMBERS], truth.sick
    fitted = xgboost.XGBClassifier(n_estimators=40, n_jobs=1, learning_rate=0.9, early_stopping_rounds=2)
    fitted.fit(X, y, eval_set=[(X[:60], 1 - y[:60])], verbose=False)
    assert fitted.best_iteration + 1 < fitted.get_booster().num_boosted_rounds()
    fitted.save_model(tmp_path / "m.json")
    model = load("m.json")
    np.testing.assert_array_equal(model.predict_proba(rows), fitted.predict_proba(X))
    native = fitted.get_booster()
    native.set_attr(scikit_learn=None)
    native.save_model(tmp_path / "native.json")
    model = load("native.json")
    np.testing.assert_array_equal(model.predict_proba(rows)[:, 1], native.predict(xgboost.DMatrix(X)))
    assert "best one" in " ".join(model.describe().notes)


def test_a_model_without_names_goes_by_order_and_number_of_columns(tmp_path, load, rows, truth):
    fitted = xgboost.XGBClassifier(**SMALL).fit(rows[NUMBERS].to_numpy(), truth.sick)
    fitted.save_model(tmp_path / "m.json")
    model = load("m.json")
    assert model.describe().feature_names is None
    assert model.describe().by_position
    expected = fitted.predict_proba(rows[NUMBERS].to_numpy())
    np.testing.assert_array_equal(model.predict_proba(rows[NUMBERS]), expected)
    with pytest.raises(ModelError, match="2 unnamed columns; the table has 3"):
        model.predict(rows)


def test_labels_of_softmax_and_hinge_are_labels(tmp_path, load, rows, truth):
    data = xgboost.DMatrix(rows[NUMBERS], truth.stage)
    fitted = xgboost.train({"objective": "multi:softmax", "num_class": 3, "nthread": 1}, data, 5)
    fitted.save_model(tmp_path / "m.json")
    model = load("m.json")
    assert (model.describe().gives, model.describe().classes) == ("label", (0, 1, 2))
    np.testing.assert_array_equal(model.predict(rows).astype(float), fitted.predict(data))
    hinge = xgboost.train({"objective": "binary:hinge", "nthread": 1}, xgboost.DMatrix(rows[NUMBERS], truth.sick), 5)
    hinge.save_model(tmp_path / "hinge.json")
    assert load("hinge.json").describe().gives == "label"


def test_what_the_file_cant_tell_has_to_be_declared(tmp_path, load, rows, truth):
    data = xgboost.DMatrix(rows[NUMBERS], truth.sick)

    def own(margins, given):
        chance = 1 / (1 + np.exp(-margins))
        return chance - given.get_label(), chance * (1 - chance)

    xgboost.train({"nthread": 1}, data, 3, obj=own).save_model(tmp_path / "own.json")
    with pytest.raises(ModelError, match="objective of one's own"):
        load("own.json", task="binary")
    raw = xgboost.train({"objective": "binary:logitraw", "nthread": 1}, data, 3)
    raw.save_model(tmp_path / "raw.json")
    with pytest.raises(ModelError, match=r'binary:logitraw: its answers may be margins.*output = "value"'):
        load("raw.json")
    np.testing.assert_array_equal(load("raw.json", output="value").predict(rows), raw.predict(data))
    xgboost.XGBClassifier(**SMALL).fit(rows[NUMBERS], truth.sick).save_model(tmp_path / "m.json")
    with pytest.raises(ModelError, match="classifier of 2 classes, but the declared task is 'regression'"):
        load("m.json", task="regression")


def test_shares_are_values_until_the_task_says_otherwise(tmp_path, load, rows, truth):
    data = xgboost.DMatrix(rows[NUMBERS], truth.sick)
    fitted = xgboost.train({"objective": "reg:logistic", "nthread": 1}, data, 3)
    fitted.save_model(tmp_path / "m.json")
    assert load("m.json").describe().gives == "value"
    np.testing.assert_array_equal(load("m.json", task="binary").predict_proba(rows)[:, 1], fitted.predict(data))


@pytest.mark.parametrize("suffix", ["json", "ubj"])
@pytest.mark.parametrize("keep", [0.3, 0.9, 0.999])
def test_a_truncated_file_is_an_error(tmp_path, load, rows, truth, suffix, keep):
    xgboost.XGBClassifier(**SMALL).fit(rows[NUMBERS], truth.sick).save_model(tmp_path / f"m.{suffix}")
    content = (tmp_path / f"m.{suffix}").read_bytes()
    (tmp_path / f"m.{suffix}").write_bytes(content[: int(len(content) * keep)])
    with pytest.raises(ModelError, match=f"m.{suffix}"):
        load(f"m.{suffix}")


def test_categories_that_are_no_text_are_an_error(tmp_path, load, rows, truth):
    fitted = xgboost.XGBClassifier(enable_categorical=True, **SMALL).fit(_categories(rows), truth.sick)
    fitted.save_model(tmp_path / "m.json")
    text = (tmp_path / "m.json").read_text()
    assert "101,97,115,116" in text
    (tmp_path / "m.json").write_text(text.replace("101,97,115,116", "220,97,115,116"))
    with pytest.raises(ModelError, match=r"m\.json .*could not be loaded by XGBoost"):
        load("m.json")


def test_wrong_columns_and_texts_among_numbers_are_named(tmp_path, load, rows, truth):
    xgboost.XGBClassifier(**SMALL).fit(rows[NUMBERS], truth.sick).save_model(tmp_path / "m.json")
    model = load("m.json")
    with pytest.raises(ModelError, match=r"'visits' \(closest: 'visit'\)"):
        model.predict(rows.rename(columns={"visits": "visit"}))
    with pytest.raises(ModelRaised, match="column 'age' holds 'old'; the model was trained on numbers there"):
        model.predict(rows.assign(age="old"))
    with pytest.raises(ModelRaised, match="column 'age' holds 'old'"):
        model.predict(rows.assign(age=pd.Series(["old", 3, None] * 100, dtype=object)))
    numbers = rows.assign(age=rows.age.astype(object).where(rows.age.notna(), None))
    np.testing.assert_array_equal(model.predict_proba(numbers), model.predict_proba(rows))


def test_numbers_where_the_model_has_texts_are_no_unseen_categories(tmp_path, load, rows, truth):
    xgboost.XGBClassifier(enable_categorical=True, **SMALL).fit(_categories(rows), truth.sick).save_model(
        tmp_path / "m.json"
    )
    with pytest.raises(ModelRaised, match="column 'site' holds 1; the model's categories there are texts"):
        load("m.json").predict(rows.assign(site=1))


def test_a_live_booster_is_read_like_its_file(rows, truth):
    data = xgboost.DMatrix(rows[NUMBERS], truth.sick)
    fitted = xgboost.train({"objective": "binary:logistic", "nthread": 1}, data, 5)
    model = wrap_model(fitted, CandidateTable(classes=("well", "sick")))
    assert (model.describe().task, model.describe().classes) == ("binary", ("well", "sick"))
    np.testing.assert_array_equal(model.predict_proba(rows)[:, 1], fitted.predict(data))


def test_an_explainer_looks_inside_and_adds_up(tmp_path, load, rows, truth):
    from modelcheck.explain.trees import looks_like_trees

    xgboost.XGBClassifier(**SMALL).fit(rows[NUMBERS], truth.sick).save_model(tmp_path / "m.json")
    stages = load("m.json").stages()
    assert looks_like_trees(stages.final)
    xgboost.XGBClassifier(enable_categorical=True, **SMALL).fit(_categories(rows), truth.sick).save_model(
        tmp_path / "c.json"
    )
    assert not looks_like_trees(load("c.json").stages().final)


def test_a_file_is_gated_by_configuration_alone(gated, pytester, rows, truth):
    fitted = xgboost.XGBClassifier(enable_categorical=True, **SMALL).fit(_categories(rows)[:150], truth.sick[:150])
    fitted.save_model(pytester.path / "m.ubj")
    table = rows[150:].assign(sick=np.where(truth.sick[150:] == 1, "yes", "no"))
    named = 'classes = ["no", "yes"]'
    gate = '[gates."performance.roc_auc"]\nmin = 0.7'
    code, record, verdicts = gated("m.ubj", table, "sick", gate, candidate=named, dataset='positive = "yes"')
    assert verdicts["performance::roc_auc"] == "pass"
    assert (code, record["verdict"]) == (0, "promoted")
    assert record["candidate"]["format"] == "xgboost"
    code, record, verdicts = gated(
        "m.ubj", table, "sick", gate.replace("0.7", "0.9999"), candidate=named, dataset='positive = "yes"'
    )
    assert (code, record["verdict"]) == (1, "blocked")
