"""A guess of the protected attribute from everything else, made for each row by a model that didn't see it."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from modelcheck.checks.bias.proxy.looked_at import FOLDS
from modelcheck.scoring.rows import FeatureCodes

__all__ = ["guess", "matrix_of"]

_ROUNDS = 60
_MOST_TREES = 120
_FEWEST_ROUNDS = 10


def matrix_of(features: FeatureCodes, used: NDArray[np.intp], rows: NDArray[np.intp]) -> NDArray[np.float32]:
    """Return codes as a table of numbers, missing ones as NaN.

    Parameters
    ----------
    features : FeatureCodes
        Of all rows.
    used : ndarray of int
        Which features.
    rows : ndarray of int
        Which rows.

    Returns
    -------
    ndarray of float32, shape (n_rows, n_used)
    """
    codes = features.values[np.ix_(used, rows)].T.astype(np.float32, order="F")
    codes[codes == 0.0] = np.nan
    return codes


def guess(
    table: NDArray[Any],
    group: NDArray[np.intp],
    n_groups: int,
    fold: NDArray[np.intp],
    *,
    categorical: NDArray[np.bool_] | None = None,
    weight: NDArray[np.float64] | None = None,
) -> NDArray[np.float64]:
    """Guess each row's group, out of fold.

    Parameters
    ----------
    table : ndarray, shape (n_rows, n_columns)
        What the guess may use; NaN is missing.
    group : ndarray of int, shape (n_rows,)
        The truth.
    n_groups : int
        Number of groups.
    fold : ndarray of int, shape (n_rows,)
        Rows of one fold are guessed by a model of the others.
    categorical : ndarray of bool, shape (n_columns,), or None
        Which columns are names, not numbers.
    weight : ndarray of float64, shape (n_rows,), or None
        Row weights.

    Returns
    -------
    ndarray of float64, shape (n_rows, n_groups)
        Histogram gradient boosting of 60 rounds, fewer with more than 2 groups; 0 for groups that a model didn't see.
        The same whatever the number of threads.

    References
    ----------
    Friedman, J. H. (2001). Annals of Statistics 29, 1189-1232. Stone, M. (1974). Cross-validatory choice and
    assessment of statistical predictions. Journal of the Royal Statistical Society B 36, 111-147.
    """
    from sklearn.ensemble import HistGradientBoostingClassifier

    made = np.zeros((len(group), n_groups))
    trees = n_groups if n_groups > 2 else 1
    rounds = min(_ROUNDS, max(_FEWEST_ROUNDS, _MOST_TREES // trees))
    for part in range(FOLDS):
        held, learnt = np.flatnonzero(fold == part), np.flatnonzero(fold != part)
        if not len(held) or not len(learnt):
            continue
        present = np.unique(group[learnt])
        if len(present) < 2:
            made[np.ix_(held, present)] = 1.0
            continue
        model = HistGradientBoostingClassifier(
            max_iter=rounds,
            learning_rate=0.1,
            max_leaf_nodes=15,
            min_samples_leaf=10,
            l2_regularization=1.0,
            categorical_features=categorical if categorical is not None and categorical.any() else None,
            early_stopping=False,
            random_state=0,
        )
        own = None if weight is None else weight[learnt] / float(weight[learnt].mean())
        model.fit(table[learnt], group[learnt], own)
        made[np.ix_(held, model.classes_)] = model.predict_proba(table[held])
    return made
