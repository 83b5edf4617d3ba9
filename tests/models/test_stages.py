import numpy as np
import pandas as pd
import pytest
from sklearn.calibration import CalibratedClassifierCV
from sklearn.cluster import DBSCAN
from sklearn.compose import ColumnTransformer
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, RandomizedSearchCV
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import MinMaxScaler, OneHotEncoder, StandardScaler

from modelcheck.models.estimator import EstimatorModel, describe_estimator
from modelcheck.models.stages import stages_of

ROWS = pd.DataFrame({"a": np.arange(20.0), "job": np.resize(["x", "y", "z"], 20), "b": np.arange(20.0)[::-1] ** 2})
Y = np.resize([0, 1], 20)


def taken(model, *, prepared=False):
    return stages_of(model, lambda rows: rows, prepared=prepared)


def numbers(model):
    return model.fit(ROWS[["a", "b"]], Y)


def test_a_single_estimator_is_its_own_final_stage():
    model = numbers(LogisticRegression())
    found = taken(model)
    assert found.final is model
    assert (found.names, found.blocks, found.untouched) == ((), {}, True)
    assert found.transform(ROWS) is ROWS


def test_rows_that_are_prepared_are_not_untouched():
    assert not taken(numbers(LogisticRegression()), prepared=True).untouched


def test_a_pipeline_is_its_steps_one_after_the_other():
    model = numbers(make_pipeline(StandardScaler(), MinMaxScaler(), LogisticRegression()))
    found = taken(model)
    assert found.final is model[-1]
    assert found.names == ("StandardScaler", "MinMaxScaler")
    assert found.transform(ROWS[["a", "b"]]) == pytest.approx(model[:-1].transform(ROWS[["a", "b"]]))
    assert not found.untouched


@pytest.mark.parametrize("idle", ["passthrough", None])
def test_idle_steps_are_left_out(idle):
    model = numbers(Pipeline([("scale", StandardScaler()), ("idle", idle), ("last", LogisticRegression())]))
    assert taken(model).names == ("StandardScaler",)


def test_pipelines_and_searches_within_each_other_are_unpacked():
    inner = GridSearchCV(make_pipeline(MinMaxScaler(), LogisticRegression()), {"logisticregression__C": [1.0]}, cv=2)
    model = numbers(make_pipeline(StandardScaler(), inner))
    found = taken(model)
    assert found.names == ("StandardScaler", "MinMaxScaler")
    assert isinstance(found.final, LogisticRegression)
    given = found.transform(ROWS[["a", "b"]])
    assert found.final.predict_proba(given) == pytest.approx(model.predict_proba(ROWS[["a", "b"]]))


def test_a_search_that_kept_no_best_model_stays_whole():
    search = RandomizedSearchCV(LogisticRegression(), {"C": [1.0]}, n_iter=1, cv=2, refit=False)
    search.fit(ROWS[["a", "b"]], Y)
    assert taken(search).final is search


def test_a_calibrated_model_is_not_looked_into():
    model = numbers(CalibratedClassifierCV(LogisticRegression(), cv=2))
    assert taken(model).final is model


def test_a_step_that_transforms_nothing_leaves_only_answers():
    model = numbers(make_pipeline(StandardScaler(), LogisticRegression()))
    model.steps.insert(1, ("odd", DBSCAN()))
    assert taken(model) is None


@pytest.mark.parametrize("last", [None, "passthrough"])
def test_a_pipeline_without_a_final_estimator_is_none(last):
    assert taken(Pipeline([("scale", StandardScaler()), ("last", last)])) is None


def test_something_that_is_only_called_a_pipeline_stays_whole():
    for steps in ([], "steps", [1, 2], [("a",)]):
        model = type("Pipeline", (), {"steps": steps})()
        assert taken(model).final is model


def test_a_column_transformer_says_which_inputs_a_single_column_is_made_into():
    first = ColumnTransformer(
        [("one", OneHotEncoder(), ["job"]), ("two", StandardScaler(), ["a", "b"]), ("text", CountVectorizer(), "word")]
    )
    rows = ROWS.assign(word=[f"w{at % 5}" for at in range(20)])
    model = make_pipeline(first, LogisticRegression()).fit(rows, Y)
    assert taken(model).blocks == {0: "job", 1: "job", 2: "job"} | dict.fromkeys(range(5, 10), "word")
    # After `prepare` the pipeline's columns are not the table's.
    assert taken(model, prepared=True).blocks == {}
    # Inputs of a later step are not the first one's.
    later = make_pipeline(first, StandardScaler(with_mean=False), LogisticRegression()).fit(rows, Y)
    assert taken(later).blocks == {}


def test_columns_chosen_by_place_or_mask_say_nothing():
    first = ColumnTransformer([("one", OneHotEncoder(), [1]), ("two", StandardScaler(), [True, False, True])])
    assert taken(make_pipeline(first, LogisticRegression()).fit(ROWS, Y)).blocks == {}


def test_the_adapter_hands_over_the_columns_that_the_model_was_fitted_on():
    model = numbers(make_pipeline(StandardScaler(), LogisticRegression()))
    adapter = EstimatorModel(model, describe_estimator(model, source="test", task=None))
    mixed = ROWS[["job", "b", "a"]]
    assert adapter.stages().transform(mixed) == pytest.approx(model[:-1].transform(ROWS[["a", "b"]]))

    def ready(rows):
        return rows.rename(columns={"first": "a"})[["a", "b"]]

    prepared = EstimatorModel(model, describe_estimator(model, source="test", task=None), ready)
    raw = ROWS.rename(columns={"a": "first"})
    assert prepared.stages().transform(raw) == pytest.approx(model[:-1].transform(ROWS[["a", "b"]]))


def test_a_model_fitted_on_plain_arrays_is_handed_plain_arrays():
    model = make_pipeline(StandardScaler(), LogisticRegression()).fit(ROWS[["a", "b"]].to_numpy(), Y)
    adapter = EstimatorModel(model, describe_estimator(model, source="test", task=None))
    found = adapter.stages().transform(ROWS[["a", "b"]])
    assert found == pytest.approx(model[:-1].transform(ROWS[["a", "b"]].to_numpy()))
