import numpy as np
import pytest
from scipy import sparse
from sklearn.ensemble import RandomForestRegressor
from sklearn.linear_model import (
    LinearRegression,
    LogisticRegression,
    PoissonRegressor,
    RANSACRegressor,
    RidgeClassifier,
    SGDClassifier,
)
from sklearn.svm import LinearSVC

from modelcheck.explain.linear import coefficients_of, linear_values
from modelcheck.explain.sources import NOBODY

X = np.random.default_rng(0).normal(size=(120, 3))
WEIGHTS, OFFSETS = np.array([[1.0, -2.0, 0.5], [0.0, 1.0, 3.0]]), np.array([0.25, -1.0])


def test_coefficients_have_one_line_for_values_and_two_classes_else_one_a_class():
    values, offset = coefficients_of(LinearRegression().fit(X, X @ [1.0, 2.0, 3.0] + 4.0))
    assert values == pytest.approx(np.array([[1.0, 2.0, 3.0]]))
    assert offset == pytest.approx([4.0])
    two = LogisticRegression().fit(X, X[:, 0] > 0)
    assert coefficients_of(two)[0].shape == (1, 3)
    several = SGDClassifier(random_state=0).fit(X, np.digitize(X[:, 0], [-0.5, 0.5]))
    assert coefficients_of(several)[0].shape == (3, 3)
    assert coefficients_of(several)[1].shape == (3,)


def test_a_model_without_an_intercept_has_an_intercept_of_zero_for_each_output():
    model = LogisticRegression(fit_intercept=False).fit(X, np.digitize(X[:, 0], [-0.5, 0.5]))
    assert coefficients_of(model)[1].tolist() == [0.0, 0.0, 0.0]


@pytest.mark.parametrize(
    "model",
    [
        PoissonRegressor().fit(X, np.exp(X[:, 0])),
        RandomForestRegressor(2).fit(X, X[:, 0]),
        RANSACRegressor(random_state=0).fit(X, X[:, 0]),
        LinearSVC().fit(X, X[:, 0] > 0),
        RidgeClassifier().fit(X, X[:, 0] > 0),
        object(),
    ],
    ids=lambda model: type(model).__name__,
)
def test_models_with_a_link_of_their_own_or_without_coefficients_are_not_linear(model):
    assert coefficients_of(model) is None


def test_attributions_add_up_and_inputs_of_one_column_are_summed():
    rows, background = X[:10], X[50:90]
    values, base = linear_values(WEIGHTS, OFFSETS, rows, background, np.array([1, 0, 1]), 2)
    assert values.shape == (10, 2, 2)
    assert base + values.sum(axis=1) == pytest.approx(rows @ WEIGHTS.T + OFFSETS)
    own = (rows[:, 1] - background[:, 1].mean())[:, None] * WEIGHTS[:, 1]
    assert values[:, 0] == pytest.approx(own)


def test_sparse_rows_have_the_attributions_of_dense_ones():
    few = np.where(np.abs(X) > 1.0, X, 0.0)
    sources = np.array([1, 0, 1])
    dense = linear_values(WEIGHTS, OFFSETS, few[:10], few[50:], sources, 2)
    thin = linear_values(WEIGHTS, OFFSETS, sparse.csr_matrix(few[:10]), sparse.csr_matrix(few[50:]), sources, 2)
    assert thin[0] == pytest.approx(dense[0], abs=1e-12)
    assert thin[1] == pytest.approx(dense[1], abs=1e-12)


@pytest.mark.parametrize("form", [np.asarray, sparse.csr_matrix])
def test_an_input_that_nobody_owns_may_only_stand_still(form):
    sources = np.array([0, NOBODY, 1])
    still = X.copy()
    still[:, 1] = 7.0
    found = linear_values(WEIGHTS, OFFSETS, form(still[:5]), form(still[50:]), sources, 2)
    assert found[0].sum(axis=1) + found[1] == pytest.approx(still[:5] @ WEIGHTS.T + OFFSETS)
    assert linear_values(WEIGHTS, OFFSETS, form(X[:5]), form(X[50:]), sources, 2) is None


@pytest.mark.parametrize("form", [np.asarray, sparse.csr_matrix])
def test_inputs_that_nobody_owns_are_refused_even_where_they_cancel(form):
    both = np.array([[1.0, -1.0, 0.0], [2.0, -2.0, 1.0], [0.0, 0.0, 2.0]])
    weights = np.array([[1.0, 1.0, 1.0]])
    assert linear_values(weights, np.zeros(1), form(both), form(both[2:]), np.array([NOBODY, NOBODY, 0]), 1) is None
