"""Shapley values of a linear model: its coefficient times the distance from the background's mean."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from modelcheck.explain.sources import NOBODY

__all__ = ["coefficients_of", "linear_shifts", "linear_values"]

_LINEAR = frozenset(
    {
        "ARDRegression", "BayesianRidge", "ElasticNet", "ElasticNetCV", "HuberRegressor", "Lars", "LarsCV", "Lasso",
        "LassoCV", "LassoLars", "LassoLarsCV", "LassoLarsIC", "LinearRegression", "LogisticRegression",
        "LogisticRegressionCV", "OrthogonalMatchingPursuit", "QuantileRegressor", "RANSACRegressor", "Ridge", "RidgeCV",
        "SGDClassifier", "SGDRegressor", "TheilSenRegressor",
    }
)  # fmt: skip


def coefficients_of(final: Any) -> tuple[NDArray[np.float64], NDArray[np.float64]] | None:
    """Return the coefficients of a linear model of scikit-learn.

    Parameters
    ----------
    final : object
        A fitted estimator.

    Returns
    -------
    coefficients : ndarray of float64, shape (n_outputs, n_inputs)
        One output for two classes or values.
    intercepts : ndarray of float64, shape (n_outputs,)
        None instead of both where it is no linear model, or one with a link of its own.
    """
    if not type(final).__module__.startswith("sklearn.linear_model") or type(final).__name__ not in _LINEAR:
        return None
    raw = getattr(final, "coef_", None)
    if raw is None:
        return None
    coefficients = np.atleast_2d(np.asarray(raw, dtype=np.float64))
    intercepts = np.broadcast_to(np.atleast_1d(np.asarray(final.intercept_, dtype=np.float64)), len(coefficients))
    return coefficients, intercepts


def linear_values(
    coefficients: NDArray[np.float64],
    intercepts: NDArray[np.float64],
    rows: Any,
    background: Any,
    sources: NDArray[np.intp],
    n_columns: int,
) -> tuple[NDArray[np.float64], NDArray[np.float64]] | None:
    """Return attributions and base value.

    Parameters
    ----------
    coefficients, intercepts
        From `coefficients_of`.
    rows, background : ndarray or sparse matrix, shape (n_rows, n_inputs)
        As the final estimator is given them.
    sources : ndarray of int, shape (n_inputs,)
        Which raw column each input is made from.
    n_columns : int
        Raw columns.

    Returns
    -------
    values : ndarray of float64, shape (n_rows, n_columns, n_outputs)
        With features taken as independent (the background's mean stands in for each).
    base : ndarray of float64, shape (n_outputs,)
        None instead of both where an input that no column was seen to move contributes.

    References
    ----------
    Lundberg, S. M. and Lee, S.-I. (2017). A unified approach to interpreting model predictions. NeurIPS 30 (corollary
    1, Linear SHAP).

    Examples
    --------
    >>> import numpy as np
    >>> found = linear_values(
    ...     np.array([[2.0, -1.0]]), np.array([0.5]), np.array([[3.0, 1.0]]), np.array([[1.0, 1.0]]), np.arange(2), 2
    ... )
    >>> found[0][0, :, 0].tolist(), found[1].tolist()
    ([4.0, 0.0], [1.5])
    """
    mean = np.asarray(background.mean(axis=0), dtype=np.float64).ravel()
    owned = sources != NOBODY
    belongs = np.zeros((len(sources), n_columns))
    belongs[np.flatnonzero(owned), sources[owned]] = 1.0
    n = rows.shape[0]
    values = np.empty((n, n_columns, len(coefficients)))
    for place, weights in enumerate(coefficients):
        if hasattr(rows, "tocsr"):
            terms = rows.multiply(weights[None, :]).tocsr()
            values[:, :, place] = terms @ belongs - (mean * weights) @ belongs
            usual, apart = (mean * weights)[~owned], terms[:, ~owned].tocoo()
            beyond = np.abs(apart.data - usual[apart.col]) - np.abs(usual[apart.col])
            astray = np.bincount(apart.row, beyond, minlength=n) + np.abs(usual).sum()
        else:
            terms = (np.asarray(rows, dtype=np.float64) - mean) * weights
            values[:, :, place] = terms @ belongs
            astray = np.abs(terms[:, ~owned]).sum(axis=1)
        if astray.max(initial=0.0) > 1e-9 * max(float(np.abs(values[:, :, place]).max(initial=0.0)), 1e-300):
            return None
    return values, intercepts + coefficients @ mean


def linear_shifts(
    coefficients: NDArray[np.float64], background: Any, sources: NDArray[np.intp], n_columns: int, *, parts: int
) -> list[NDArray[np.float64]]:
    """Return how far the attributions of any row move when one part of the background stands for the whole of it.

    Parameters
    ----------
    coefficients, background, sources, n_columns
        As for `linear_values`.
    parts : int
        The rows of the background are dealt out to so many.

    Returns
    -------
    list of ndarray of float64, shape (n_columns, n_outputs)
        One for each part; empty where the background has fewer rows than twice that.
    """
    if background.shape[0] < 2 * parts:
        return []
    mean = np.asarray(background.mean(axis=0), dtype=np.float64).ravel()
    owned = sources != NOBODY
    shifts = []
    for part in range(parts):
        own = np.asarray(background[part::parts].mean(axis=0), dtype=np.float64).ravel()
        moved = np.zeros((n_columns, len(coefficients)))
        np.add.at(moved, sources[owned], ((mean - own)[None, :] * coefficients).T[owned])
        shifts.append(moved)
    return shifts
