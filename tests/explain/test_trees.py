import numpy as np
import pytest
from sklearn.ensemble import (
    AdaBoostClassifier,
    ExtraTreesRegressor,
    GradientBoostingClassifier,
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
    IsolationForest,
    RandomForestClassifier,
)
from sklearn.linear_model import LinearRegression
from sklearn.tree import DecisionTreeRegressor

from modelcheck.explain.sources import NOBODY
from modelcheck.explain.trees import TreeValues, leaves_of, looks_like_trees

X = np.random.default_rng(0).normal(size=(150, 4))
VALUES = X[:, 0] + X[:, 1] * X[:, 2]
CLASSES = np.digitize(VALUES, [-0.5, 0.5])


def test_what_shap_knows_looks_like_trees_and_nothing_else():
    for model in (DecisionTreeRegressor(), ExtraTreesRegressor(), HistGradientBoostingClassifier()):
        assert looks_like_trees(model)
    for model in (LinearRegression(), AdaBoostClassifier(), IsolationForest(), object()):
        assert not looks_like_trees(model)


def test_a_class_that_only_has_the_name_of_one_is_not_one():
    assert not looks_like_trees(type("RandomForestClassifier", (), {})())


def test_leaves_are_counted_over_all_trees_and_classes():
    tree = DecisionTreeRegressor(max_leaf_nodes=7, random_state=0).fit(X, VALUES)
    assert leaves_of(tree) == 7
    forest = RandomForestClassifier(3, max_leaf_nodes=5, random_state=0).fit(X, CLASSES)
    assert leaves_of(forest) == 15
    boosted = GradientBoostingClassifier(n_estimators=2, max_leaf_nodes=4, max_depth=None).fit(X, CLASSES)
    assert leaves_of(boosted) == 2 * 3 * 4
    histogram = HistGradientBoostingRegressor(max_iter=3, max_leaf_nodes=6, min_samples_leaf=1).fit(X, VALUES)
    assert leaves_of(histogram) == 18
    assert leaves_of(object()) == 0


def test_inputs_made_from_one_column_are_summed_up():
    model = ExtraTreesRegressor(3, max_depth=4, random_state=0).fit(X, VALUES)
    explainer = TreeValues(model, X[:30])
    apart, base = explainer.values(X[40:60], np.arange(4), 4)
    together, same = explainer.values(X[40:60], np.array([1, 0, 0, 1]), 2)
    assert together[:, 0] == pytest.approx(apart[:, 1] + apart[:, 2])
    assert together[:, 1] == pytest.approx(apart[:, 0] + apart[:, 3])
    assert base.tolist() == same.tolist()
    assert base + together.sum(axis=1) == pytest.approx(model.predict(X[40:60])[:, None], abs=1e-6)


def test_an_input_that_nobody_owns_may_only_stand_still():
    model = DecisionTreeRegressor(max_depth=4, random_state=0).fit(np.where(np.arange(4) == 3, 1.0, X), VALUES)
    explainer = TreeValues(model, X[:30])
    assert explainer.values(X[40:60], np.array([0, 1, 2, NOBODY]), 3) is not None
    assert explainer.values(X[40:60], np.array([NOBODY, 1, 2, 0]), 3) is None


def test_several_classes_have_an_output_each():
    model = HistGradientBoostingClassifier(max_iter=3).fit(X, CLASSES)
    values, base = TreeValues(model, None).values(X[:5], np.arange(4), 4)
    assert values.shape == (5, 4, 3)
    assert base.shape == (3,)
    assert base + values.sum(axis=1) == pytest.approx(model.decision_function(X[:5]), abs=1e-9)
