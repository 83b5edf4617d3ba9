"""Estimators and functions behind the protocol: what they say of themselves, what they are given, what goes wrong."""

from __future__ import annotations

import warnings

import numpy as np
import pandas as pd
import pytest
from sklearn import (
    base,
    calibration,
    discriminant_analysis,
    dummy,
    ensemble,
    linear_model,
    model_selection,
    naive_bayes,
    neural_network,
    pipeline,
    preprocessing,
    svm,
    tree,
)
from sklearn.cluster import KMeans
from sklearn.datasets import make_classification
from sklearn.ensemble import IsolationForest
from sklearn.multioutput import MultiOutputClassifier

from modelcheck.config.tables import CandidateTable, ModelTable
from modelcheck.errors import ModelError
from modelcheck.models.decisions import decide
from modelcheck.models.loading import wrap_model
from modelcheck.models.outputs import check_labels, check_probabilities

ROWS, LABELS = make_classification(200, 5, n_informative=4, n_redundant=0, n_classes=3, random_state=1)
NAMES = list("abcde")
FRAME = pd.DataFrame(ROWS, columns=NAMES)
PLAIN = CandidateTable()


def _wrap(model, task=None, **table):
    return wrap_model(model, CandidateTable(**table), task=task)


def test_tasks_and_classes_come_from_the_estimator():
    three = _wrap(tree.DecisionTreeClassifier().fit(FRAME, LABELS)).describe()
    assert (three.task, three.classes, three.gives) == ("multiclass", (0, 1, 2), "probability")
    assert all(type(label) is int for label in three.classes)
    value = _wrap(linear_model.Ridge().fit(FRAME, ROWS[:, 0])).describe()
    assert (value.task, value.classes, value.gives, value.feature_names) == ("regression", None, "value", tuple(NAMES))
    labels = _wrap(svm.LinearSVC().fit(FRAME, LABELS > 0)).describe()
    assert (labels.task, labels.classes, labels.gives) == ("binary", (False, True), "label")


def test_names_are_found_through_pipelines_and_searches():
    inner = pipeline.make_pipeline(preprocessing.StandardScaler(), linear_model.LogisticRegression())
    search = model_selection.GridSearchCV(inner, {"logisticregression__C": [1.0]}, cv=2).fit(FRAME, LABELS)
    description = _wrap(search).describe()
    assert description.feature_names == tuple(NAMES)
    assert description.decides_by_probability
    assert description.name == "GridSearchCV"


def test_a_wrong_declared_task_is_an_error():
    model = tree.DecisionTreeClassifier().fit(FRAME, LABELS)
    for task in ("binary", "regression"):
        with pytest.raises(ModelError, match="multiclass"):
            _wrap(model, task)
    with pytest.raises(ModelError, match="regression"):
        _wrap(linear_model.Ridge().fit(FRAME, ROWS[:, 0]), "binary")


@pytest.mark.parametrize(
    ("model", "words"),
    [
        (linear_model.LogisticRegression(), "not fitted"),
        (pipeline.make_pipeline(preprocessing.StandardScaler(), linear_model.LogisticRegression()), "not fitted"),
        (tree.DecisionTreeClassifier().fit(FRAME, np.c_[LABELS, LABELS]), "2 outputs"),
        (tree.DecisionTreeRegressor().fit(FRAME, np.c_[LABELS, LABELS]), "2 outputs"),
        (MultiOutputClassifier(naive_bayes.GaussianNB()).fit(FRAME, np.c_[LABELS, LABELS]), "2 outputs"),
        (IsolationForest(n_estimators=3).fit(FRAME), "outlier detector"),
        (KMeans(2, n_init=1).fit(FRAME), "clusterer"),
    ],
)
def test_models_that_cant_be_checked_say_why(model, words):
    with pytest.raises(ModelError, match=words):
        _wrap(model)


def test_a_regression_of_several_outputs_is_caught_by_its_shape():
    from modelcheck.models.outputs import check_values

    model = _wrap(linear_model.LinearRegression().fit(FRAME, ROWS[:, :2]))
    with pytest.raises(ModelError, match="One value per row"):
        check_values(model.predict(FRAME), len(FRAME))


class Recorder:
    """Duck-typed: no scikit-learn base class."""

    def __init__(self, act=None, names=None):
        self.act = act
        self.seen = []
        self.classes_ = np.array(["no", "yes"])
        if names:
            self.feature_names_in_ = np.array(names, dtype=object)

    def predict(self, X):
        self.seen.append(list(X.columns))
        if self.act:
            self.act(X)
        return np.array(["no"] * len(X), dtype=object)


def test_exactly_the_models_columns_are_handed_over_in_order():
    model = Recorder(names=["c", "a"])
    _wrap(model).predict(FRAME)
    assert model.seen == [["c", "a"]]
    assert _wrap(model).describe().task == "binary"


def test_missing_columns_are_all_listed_with_the_closest_names():
    model = _wrap(Recorder(names=["aa", "b", "zz"]))
    with pytest.raises(ModelError) as caught:
        model.predict(FRAME)
    assert "'aa' (closest: 'a')" in str(caught.value)
    assert "'zz'" in str(caught.value)
    assert "'b'" not in str(caught.value).replace("closest: 'b'", "")


def _fail(X):
    raise ValueError("bad <b>value</b>")


def _leave(X):
    raise SystemExit(2)


@pytest.mark.parametrize(("act", "name"), [(_fail, "ValueError"), (_leave, "SystemExit")])
def test_a_model_that_raises_is_reported_with_its_rows_and_cause(act, name):
    with pytest.raises(ModelError, match=f"raised {name} on rows 10 to 19") as caught:
        _wrap(Recorder(act)).predict(FRAME.iloc[10:20])
    assert type(caught.value.__cause__).__name__ == name


def _write(X):
    X["a"] = 0.0


def _write_cell(X):
    X.iloc[0, 0] = 99.0


def _add(X):
    X["new"] = 1


def _drop(X):
    del X["b"]


def _grow(X):
    X.loc[len(X)] = 0.0


@pytest.mark.parametrize("act", [_write, _write_cell, _add, _drop, _grow])
@pytest.mark.parametrize("names", [None, NAMES])
def test_a_model_that_changes_its_input_is_an_error_and_the_table_stays(act, names):
    before = FRAME.copy()
    with pytest.raises(ModelError, match="changed the rows"):
        _wrap(Recorder(act, names)).predict(FRAME)
    pd.testing.assert_frame_equal(FRAME, before)
    with pytest.raises(ModelError, match="changed the rows"):
        _wrap(lambda X: act(X) or X["a"], output="value").predict(FRAME)
    pd.testing.assert_frame_equal(FRAME, before)


def test_missing_values_are_no_change():
    frame = FRAME.assign(a=np.nan, kind=pd.Series([None, "x"] * 100))
    _wrap(Recorder()).predict(frame)


def test_a_model_fitted_on_an_array_gets_an_array_and_no_warning():
    model = _wrap(linear_model.LogisticRegression().fit(ROWS, LABELS))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert model.predict(FRAME).shape == (200,)
    with pytest.raises(ModelError, match="5 unnamed columns; the table has 4"):
        model.predict(FRAME[NAMES[:4]])


def test_a_model_of_labels_has_no_probabilities():
    with pytest.raises(ModelError, match="labels only"):
        _wrap(svm.LinearSVC().fit(FRAME, LABELS)).predict_proba(FRAME)
    with pytest.raises(ModelError, match="gives a value"):
        _wrap(lambda X: X["a"], output="value").predict_proba(FRAME)


@pytest.mark.parametrize(
    ("table", "task", "words"),
    [
        ({}, None, "output"),
        ({"output": "odds"}, None, "odds"),
        ({"output": "value"}, "binary", "binary"),
        ({"output": "label", "classes": ("a", "b", "c")}, "binary", "3 classes"),
        ({"output": "label", "classes": ("a",)}, None, "two different"),
        ({"output": "label", "classes": ("a", "a")}, None, "two different"),
    ],
)
def test_functions_with_contradicting_declarations_are_errors(table, task, words):
    with pytest.raises(ModelError, match=words):
        _wrap(lambda X: X, task, **table)


def test_a_function_of_probabilities_decides_at_a_half_for_the_second_class():
    model = _wrap(lambda X: np.where(X["a"] > 0, 0.5, 0.4), output="probability", classes=("no", "yes"))
    expected = np.where(FRAME["a"] > 0, "yes", "no")
    assert model.predict(FRAME).tolist() == expected.tolist()
    probabilities = check_probabilities(model.predict_proba(FRAME), 200, 2)
    assert decide(model, FRAME, probabilities, ("no", "yes")).tolist() == (expected == "yes").astype(int).tolist()
    with pytest.raises(ModelError, match="classes"):
        _wrap(lambda X: X["a"], output="probability").predict(FRAME)


BY_PROBABILITY = [
    linear_model.LogisticRegression(),
    ensemble.RandomForestClassifier(7, max_depth=2),
    ensemble.ExtraTreesClassifier(7, max_depth=2),
    ensemble.BaggingClassifier(tree.DecisionTreeClassifier(max_depth=1), 4),
    ensemble.HistGradientBoostingClassifier(max_iter=5),
    ensemble.GradientBoostingClassifier(n_estimators=5),
    ensemble.GradientBoostingClassifier(n_estimators=5, loss="exponential"),
    tree.DecisionTreeClassifier(max_depth=2),
    naive_bayes.GaussianNB(),
    naive_bayes.BernoulliNB(),
    discriminant_analysis.LinearDiscriminantAnalysis(),
    discriminant_analysis.QuadraticDiscriminantAnalysis(),
    neural_network.MLPClassifier((3,), max_iter=20, random_state=0),
    calibration.CalibratedClassifierCV(svm.LinearSVC(), cv=2),
]


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize("classes", [2, 3])
@pytest.mark.parametrize("model", BY_PROBABILITY, ids=lambda model: type(model).__name__)
def test_decisions_by_probability_are_those_of_predict_also_in_ties(model, classes):
    if classes == 3 and getattr(model, "loss", "") == "exponential":
        pytest.skip("exponential loss is binary only")
    # Few distinct rows and balanced labels make ties likely.
    coarse = FRAME.round(0)
    labels = np.arange(len(FRAME)) % classes if classes == 2 else LABELS
    wrapped = _wrap(model.fit(coarse, labels))
    assert wrapped.describe().decides_by_probability
    probabilities = check_probabilities(wrapped.predict_proba(coarse), len(coarse), classes)
    expected = check_labels(model.predict(coarse), len(coarse), wrapped.describe().classes)
    np.testing.assert_array_equal(decide(wrapped, coarse, probabilities, wrapped.describe().classes), expected)


def test_a_tie_is_settled_by_the_model_itself():
    X = pd.DataFrame({"a": [0.0, 0.0, 0.0, 0.0]})
    model = ensemble.HistGradientBoostingClassifier(max_iter=2).fit(X, [0, 1, 0, 1])
    probabilities = model.predict_proba(X)
    assert (probabilities == 0.5).all()
    assert decide(_wrap(model), X, probabilities, (0, 1)).tolist() == model.predict(X).tolist()


class Cautious(linear_model.LogisticRegression):
    def predict(self, X):
        return np.zeros(len(X), dtype=int)


@pytest.mark.parametrize(
    "model",
    [
        svm.NuSVC(nu=0.2),
        model_selection.FixedThresholdClassifier(linear_model.LogisticRegression(), threshold=0.9),
        model_selection.TunedThresholdClassifierCV(linear_model.LogisticRegression(), cv=2),
        dummy.DummyClassifier(strategy="stratified", random_state=0),
        Cautious(),
    ],
    ids=lambda model: type(model).__name__,
)
def test_models_that_may_decide_otherwise_are_asked(model):
    binary = (LABELS > 0).astype(int)
    wrapped = _wrap(model.fit(FRAME, binary))
    assert not wrapped.describe().decides_by_probability
    inside = _wrap(pipeline.make_pipeline(preprocessing.StandardScaler(), base.clone(model)).fit(FRAME, binary))
    assert not inside.describe().decides_by_probability
    if wrapped.describe().gives == "probability":
        probabilities = check_probabilities(wrapped.predict_proba(FRAME), 200, 2)
        codes = decide(wrapped, FRAME, probabilities, (0, 1))
        if not isinstance(model, dummy.DummyClassifier):
            assert codes.tolist() == model.predict(FRAME).tolist()


def test_an_instance_whose_predict_was_replaced_is_asked():
    model = linear_model.LogisticRegression().fit(FRAME, LABELS)
    model.predict = lambda X: np.zeros(len(X), dtype=int)
    assert not _wrap(model).describe().decides_by_probability


def test_a_table_with_odd_column_names_reaches_the_model():
    odd = ["<script>", 'quo"te', "new\nline", "x" * 10_000, "\u202eevil", "🙂"]
    frame = pd.DataFrame(np.random.default_rng(0).normal(size=(50, 6)), columns=odd)
    model = _wrap(linear_model.LogisticRegression().fit(frame, LABELS[:50]))
    assert model.describe().feature_names == tuple(odd)
    assert model.predict(frame[odd[::-1]]).shape == (50,)


def test_a_model_that_changes_a_later_batch_is_refused_too():
    import pandas as pd

    calls = []

    def predict(frame):
        calls.append(len(frame))
        if len(calls) > 1:
            frame["a"] = 0.0
        return np.full(len(frame), 0.5)

    model = wrap_model(predict, ModelTable(output="probability", classes=(0, 1)))
    rows = pd.DataFrame({"a": [1.0, 2.0], "b": ["x", "y"]})
    model.predict_proba(rows)
    with pytest.raises(ModelError, match="wrote into 'a'"):
        model.predict_proba(rows)
    assert rows["a"].tolist() == [1.0, 2.0]


def test_masked_answers_are_no_answers():
    import pandas as pd

    def predict(frame):
        return np.ma.masked_array(np.full(len(frame), 0.5), mask=[True, False])

    model = wrap_model(predict, ModelTable(output="probability", classes=(0, 1)))
    with pytest.raises(ModelError, match="1 values masked"):
        model.predict_proba(pd.DataFrame({"a": [1.0, 2.0]}))
