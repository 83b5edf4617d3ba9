"""Shapley values of tree ensembles, by the shap package: against a background, or along the paths of training rows."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
from numpy.typing import NDArray

from modelcheck.explain.sources import NOBODY
from modelcheck.models.native import NativeModel

__all__ = ["TreeValues", "leaves_of", "looks_like_trees"]

_SKLEARN = frozenset(
    {
        "DecisionTreeClassifier", "DecisionTreeRegressor", "ExtraTreeClassifier", "ExtraTreeRegressor",
        "ExtraTreesClassifier", "ExtraTreesRegressor", "GradientBoostingClassifier", "GradientBoostingRegressor",
        "HistGradientBoostingClassifier", "HistGradientBoostingRegressor", "RandomForestClassifier",
        "RandomForestRegressor",
    }
)  # fmt: skip
_BOOSTERS = frozenset({"LGBMClassifier", "LGBMRegressor", "XGBClassifier", "XGBRegressor"})


def looks_like_trees(final: Any) -> bool:
    """Return whether an estimator is a tree or an ensemble of trees that shap's TreeExplainer knows."""
    if isinstance(final, NativeModel):
        return final.trees is not None
    kind, module = type(final).__name__, type(final).__module__.partition(".")[0]
    return (module == "sklearn" and kind in _SKLEARN) or (module in ("lightgbm", "xgboost") and kind in _BOOSTERS)


def leaves_of(final: Any) -> int:
    """Return how many leaves all trees of an ensemble have: what the cost of explaining it follows.

    Parameters
    ----------
    final : object
        For which `looks_like_trees` is true.

    Returns
    -------
    int
        0 where the estimator doesn't tell.
    """
    grown = getattr(final, "_predictors", None)
    if grown is not None:
        return sum(int(tree.get_n_leaf_nodes()) for stage in grown for tree in stage)
    if hasattr(final, "tree_"):
        return int(final.tree_.n_leaves)
    trees = getattr(final, "estimators_", None)
    return 0 if trees is None else sum(int(tree.tree_.n_leaves) for tree in np.asarray(trees, dtype=object).ravel())


class TreeValues:
    """shap's TreeExplainer for one ensemble and background.

    Parameters
    ----------
    final : object
        For which `looks_like_trees` is true.
    background : ndarray of float, shape (n_background, n_inputs), or None
        As the ensemble is given it: columns are switched independently (interventional). None: each node passes on as
        many as of the rows that the tree was grown on (path-dependent).
    probability : bool
        Whether log-odds of a boosted ensemble are to be explained as probabilities.

    Raises
    ------
    Exception
        Whatever shap raises for an ensemble that it can't read.

    References
    ----------
    Lundberg, S. M. et al. (2020). From local explanations to global understanding with explainable AI for trees. Nature
    Machine Intelligence 2, 56-67 (TreeSHAP, both kinds).

    Notes
    -----
    shap 0.51 gives interventional values of scikit-learn's histogram boosting that don't add up to its answers; the
    path-dependent ones do.
    """

    def __init__(self, final: Any, background: NDArray[np.float64] | None, *, probability: bool = False) -> None:
        with warnings.catch_warnings():
            # Its first import warns too, where a plotting library is installed that is newer than it.
            warnings.simplefilter("ignore")
            import shap

            self._explainer = shap.TreeExplainer(
                final.trees if isinstance(final, NativeModel) else final,
                data=background,
                feature_perturbation="tree_path_dependent" if background is None else "interventional",
                model_output="probability" if probability else "raw",
            )

    def values(
        self, rows: NDArray[np.float64], sources: NDArray[np.intp], n_columns: int
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]] | None:
        """Return attributions and base value, in shap's own order of outputs.

        Parameters
        ----------
        rows : ndarray of float, shape (n_rows, n_inputs)
            As the ensemble is given them.
        sources : ndarray of int, shape (n_inputs,)
            Which raw column each input is made from.
        n_columns : int
            Raw columns.

        Returns
        -------
        values : ndarray of float64, shape (n_rows, n_columns, n_outputs)
            Inputs made from one column are summed up.
        base : ndarray of float64, shape (n_outputs,)
            None instead of both where an input that no column was seen to move contributes.
        """
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            raw = np.asarray(self._explainer.shap_values(rows, check_additivity=False), dtype=np.float64)
        each = raw[:, :, None] if raw.ndim == 2 else raw
        owned = sources != NOBODY
        if each[:, ~owned].any() and np.abs(each[:, ~owned]).max() > 1e-9 * np.abs(each).max():
            return None
        belongs = np.zeros((len(sources), n_columns))
        belongs[np.flatnonzero(owned), sources[owned]] = 1.0
        values = np.einsum("ifk,fc->ick", each, belongs)
        base = np.atleast_1d(np.asarray(self._explainer.expected_value, dtype=np.float64)).ravel()
        return values, base
