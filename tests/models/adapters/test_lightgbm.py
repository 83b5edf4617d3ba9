"""LightGBM's text files: what they tell, answers equal to the library's, and what is said where they don't tell."""

from __future__ import annotations

import re

import numpy as np
import pytest

from modelcheck.config.tables import CandidateTable
from modelcheck.errors import ModelError, ModelRaised
from modelcheck.models.adapters.lightgbm_booster import load as load_lightgbm
from modelcheck.models.adapters.request import LoadRequest
from modelcheck.models.content import take_content
from modelcheck.models.inspection import Inspection
from modelcheck.models.loading import wrap_model
from modelcheck.models.probes.questions import plainly_asked

lightgbm = pytest.importorskip("lightgbm", reason="lightgbm reads LightGBM's model files: pip install lightgbm")

NUMBERS = ["age", "visits"]
SMALL = {"n_estimators": 8, "n_jobs": 1, "num_leaves": 6, "verbose": -1}
NATIVE = {"num_threads": 1, "verbose": -1, "num_leaves": 6}


def _categories(rows):
    return rows.assign(site=rows.site.astype("category"))


def _saved(fitted, path):
    fitted.booster_.save_model(path)
    return fitted


def test_a_binary_classifier_tells_task_and_columns(tmp_path, load, rows, truth):
    fitted = _saved(lightgbm.LGBMClassifier(**SMALL).fit(rows[NUMBERS], truth.sick), tmp_path / "m.txt")
    model = load("m.txt")
    told = model.describe()
    assert (told.name, told.format) == ("LightGBM model (binary)", "lightgbm")
    assert (told.task, told.classes, told.gives, told.feature_names) == (
        "binary",
        (0, 1),
        "probability",
        tuple(NUMBERS),
    )
    np.testing.assert_array_equal(model.predict_proba(rows), fitted.predict_proba(rows[NUMBERS]))
    np.testing.assert_array_equal(model.predict(rows), fitted.predict(rows[NUMBERS]))


def test_labels_that_the_text_lost_are_declared(tmp_path, load, rows, truth):
    labels = np.array(["high", "low", "mid"])[truth.stage]
    fitted = _saved(lightgbm.LGBMClassifier(**SMALL).fit(rows[NUMBERS], labels), tmp_path / "m.txt")
    assert load("m.txt").describe().classes == (0, 1, 2)
    model = load("m.txt", classes=("high", "low", "mid"))
    assert model.describe().task == "multiclass"
    np.testing.assert_array_equal(model.predict_proba(rows), fitted.predict_proba(rows[NUMBERS]))
    np.testing.assert_array_equal(model.predict(rows), fitted.predict(rows[NUMBERS]))
    with pytest.raises(ModelError, match="answers for 3 classes, and 2 are declared"):
        load("m.txt", classes=("low", "high"))


@pytest.mark.parametrize("objective", ["regression", "regression_l1", "poisson", "quantile"])
def test_a_regression(tmp_path, load, rows, truth, objective):
    positive = truth.value - truth.value.min()
    fitted = _saved(
        lightgbm.LGBMRegressor(objective=objective, **SMALL).fit(rows[NUMBERS], positive), tmp_path / "m.txt"
    )
    model = load("m.txt")
    assert (model.describe().task, model.describe().gives) == ("regression", "value")
    np.testing.assert_array_equal(model.predict(rows), fitted.predict(rows[NUMBERS]))


def test_text_gets_the_codes_that_lie_in_the_files_tail(tmp_path, load, rows, truth):
    fitted = _saved(lightgbm.LGBMClassifier(**SMALL).fit(_categories(rows), truth.sick), tmp_path / "m.txt")
    assert '[["east", "north", "west"]]' in (tmp_path / "m.txt").read_text()
    model = load("m.txt")
    expected = fitted.predict_proba(_categories(rows))
    np.testing.assert_array_equal(model.predict_proba(rows), expected)
    some = rows[rows.site != "east"].iloc[::-1]
    np.testing.assert_array_equal(model.predict_proba(some), expected[some.index])
    odd = rows.assign(site=rows.site.where(rows.index % 3 > 0, None).where(rows.index % 3 > 1, "south"))
    np.testing.assert_array_equal(model.predict_proba(odd), fitted.predict_proba(_categories(odd)))


def test_whole_numbers_are_categories_too_even_beside_missing_ones(tmp_path, load, rows, truth):
    table = rows[["age"]].assign(visits=rows.visits.astype("category"))
    fitted = _saved(lightgbm.LGBMRegressor(**SMALL).fit(table, truth.value), tmp_path / "m.txt")
    model = load("m.txt")
    np.testing.assert_array_equal(model.predict(rows), fitted.predict(table))
    missing = rows.assign(visits=rows.visits.where(rows.index % 2 > 0))
    expected = fitted.predict(table.assign(visits=table.visits.where(table.index % 2 > 0)))
    np.testing.assert_array_equal(model.predict(missing), expected)


def test_numbers_where_the_model_has_texts_are_no_unseen_categories(tmp_path, load, rows, truth):
    _saved(lightgbm.LGBMClassifier(**SMALL).fit(_categories(rows), truth.sick), tmp_path / "m.txt")
    with pytest.raises(ModelRaised, match="column 'site' holds 1; the model's categories there are texts"):
        load("m.txt").predict(rows.assign(site=1))


def test_a_model_without_names_goes_by_order_and_number_of_columns(tmp_path, load, rows, truth):
    fitted = lightgbm.train(NATIVE | {"objective": "binary"}, lightgbm.Dataset(rows[NUMBERS].to_numpy(), truth.sick), 5)
    fitted.save_model(tmp_path / "m.txt")
    model = load("m.txt")
    assert model.describe().by_position
    np.testing.assert_array_equal(model.predict_proba(rows[NUMBERS])[:, 1], fitted.predict(rows[NUMBERS].to_numpy()))
    with pytest.raises(ModelError, match="2 unnamed columns; the table has 3"):
        model.predict(rows)


def test_an_objective_of_ones_own_has_to_be_declared(tmp_path, load, rows, truth):
    def own(margins, given):
        chance = 1 / (1 + np.exp(-margins))
        return chance - given.get_label(), chance * (1 - chance)

    data = lightgbm.Dataset(rows[NUMBERS], truth.sick)
    fitted = lightgbm.train(NATIVE | {"objective": own}, data, 3)
    fitted.save_model(tmp_path / "m.txt")
    with pytest.raises(ModelError, match=r'no objective in its file: its answers may be margins.*output = "value"'):
        load("m.txt", task="binary")
    np.testing.assert_array_equal(load("m.txt", output="value").predict(rows), fitted.predict(rows[NUMBERS]))
    with pytest.raises(ModelError, match="gives values, but the declared task is 'binary'"):
        load("m.txt", output="value", task="binary")


def _request(path):
    inspection = Inspection(answer="allowed", format="lightgbm")
    content = take_content(path, path.name)
    return LoadRequest(content=content, inspection=inspection, table=CandidateTable(), folder=path.parent)


@pytest.mark.parametrize("harm", ["half", "late", "sizes", "moved", "empty", "word", "short", "keyless"])
def test_trees_that_arent_where_the_file_says_never_reach_lightgbm(tmp_path, rows, truth, harm):
    # LightGBM 4.7 reads trees in threads: an error in one of them ends the whole process, past any `except`.
    _saved(lightgbm.LGBMClassifier(**SMALL).fit(rows[NUMBERS], truth.sick), tmp_path / "m.txt")
    text = (tmp_path / "m.txt").read_text()
    sizes = text.partition("tree_sizes=")[2].partition("\n")[0]
    first = sizes.split()[0]
    harmed = {
        "half": text[: len(text) // 2],
        "late": text[: text.index("end of trees") - 30],
        "sizes": text.replace(f"tree_sizes={first}", f"tree_sizes={int(first) + 3}"),
        "moved": text.replace("\nTree=3\n", "\nTree=3 \n"),
        "word": re.sub(r"\nleaf_weight=\d", "\nleaf_weight=x", text, count=1),
        "short": re.sub(r"\nsplit_gain=(\S+) ", r"\nsplit_gain=\g<1>0", text, count=1),
        "keyless": text.replace("num_cat=", "num_cut="),
        "empty": text.partition("\nTree=0")[0],
    }[harm]
    (tmp_path / "m.txt").write_text(harmed)
    with pytest.raises(ModelError, match=r"m\.txt could not be loaded by LightGBM"):
        load_lightgbm(_request(tmp_path / "m.txt"))


def test_a_truncated_file_is_an_error(tmp_path, load, rows, truth):
    _saved(lightgbm.LGBMClassifier(**SMALL).fit(rows[NUMBERS], truth.sick), tmp_path / "m.txt")
    content = (tmp_path / "m.txt").read_bytes()
    (tmp_path / "m.txt").write_bytes(content[: len(content) // 2])
    with pytest.raises(ModelError, match=r"m\.txt"):
        load("m.txt")


def test_wrong_columns_and_texts_among_numbers_are_named(tmp_path, load, rows, truth):
    _saved(lightgbm.LGBMClassifier(**SMALL).fit(rows[NUMBERS], truth.sick), tmp_path / "m.txt")
    model = load("m.txt")
    with pytest.raises(ModelError, match=r"'visits' \(closest: 'visit'\)"):
        model.predict(rows.rename(columns={"visits": "visit"}))
    with pytest.raises(ModelRaised, match="column 'age' holds 'old'; the model was trained on numbers there"):
        model.predict(rows.assign(age="old"))


def test_a_live_booster_is_read_like_its_file(rows, truth):
    fitted = lightgbm.LGBMClassifier(**SMALL).fit(_categories(rows), truth.sick)
    model = wrap_model(fitted.booster_, CandidateTable(classes=("well", "sick")))
    assert (model.describe().task, model.describe().classes) == ("binary", ("well", "sick"))
    np.testing.assert_array_equal(model.predict_proba(rows), fitted.predict_proba(_categories(rows)))


def test_an_explainer_looks_inside(rows, truth):
    from modelcheck.explain.trees import looks_like_trees

    plain = lightgbm.LGBMClassifier(**SMALL).fit(rows[NUMBERS], truth.sick)
    assert looks_like_trees(wrap_model(plain.booster_, CandidateTable()).stages().final)
    by_category = lightgbm.LGBMClassifier(**SMALL).fit(_categories(rows), truth.sick)
    assert not looks_like_trees(wrap_model(by_category.booster_, CandidateTable()).stages().final)


def test_a_file_is_gated_by_configuration_alone(gated, pytester, rows, truth):
    labels = np.where(truth.sick == 1, "sick", "fine")
    _saved(lightgbm.LGBMClassifier(**SMALL).fit(_categories(rows)[:150], labels[:150]), pytester.path / "m.txt")
    table = rows[150:].assign(state=labels[150:])
    gate = '[gates."performance.roc_auc"]\nmin = 0.7'
    named = 'classes = ["fine", "sick"]'
    code, record, verdicts = gated("m.txt", table, "state", gate, candidate=named, dataset='positive = "sick"')
    assert verdicts["performance::roc_auc"] == "pass"
    assert (code, record["verdict"]) == (0, "promoted")
    # Nobody says which of the file's codes 0 and 1 is which label.
    code, record, _ = gated("m.txt", table, "state", gate)
    assert code == 1
    assert any("labels that the model doesn't know" in one["reason"] for one in record["gates"])


def test_a_schema_that_changes_is_put_right_by_its_adapter_as_in_every_run(tmp_path, load, rows, truth):
    """The library itself goes by order alone: asked so, reordered columns would be mixed up without a word."""
    fitted = _saved(lightgbm.LGBMClassifier(**SMALL).fit(rows[NUMBERS], truth.sick), tmp_path / "m.txt")
    told, (found,) = plainly_asked(load("m.txt"), [rows[NUMBERS[::-1]]], {"method": "predict_proba"})
    assert told["kind"] == ""
    np.testing.assert_array_equal(found, fitted.predict_proba(rows[NUMBERS]))
