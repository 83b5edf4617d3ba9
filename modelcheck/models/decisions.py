"""A classifier's own decisions, without asking it twice where its probabilities already tell."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from modelcheck.models.outputs import check_labels
from modelcheck.models.protocol import Model

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["decide", "decides_by_probability"]

# Classifiers whose predict is the class of largest probability, or of largest score where the probability is a monotone
# function of the score. Exact classes: a subclass may decide otherwise.
_BOOSTERS = {
    "lightgbm.sklearn.LGBMClassifier",
    "xgboost.sklearn.XGBClassifier",
    "xgboost.sklearn.XGBRFClassifier",
}
_OURS = {"modelcheck.models.adapters.network._Classifier"}
_BY_PROBABILITY = (
    _BOOSTERS
    | _OURS
    | {
        f"sklearn.{name}"
        for name in (
            "calibration.CalibratedClassifierCV",
            "discriminant_analysis.LinearDiscriminantAnalysis",
            "discriminant_analysis.QuadraticDiscriminantAnalysis",
            "ensemble._bagging.BaggingClassifier",
            "ensemble._forest.ExtraTreesClassifier",
            "ensemble._forest.RandomForestClassifier",
            "ensemble._gb.GradientBoostingClassifier",
            "ensemble._hist_gradient_boosting.gradient_boosting.HistGradientBoostingClassifier",
            "linear_model._logistic.LogisticRegression",
            "linear_model._logistic.LogisticRegressionCV",
            "naive_bayes.BernoulliNB",
            "naive_bayes.CategoricalNB",
            "naive_bayes.ComplementNB",
            "naive_bayes.GaussianNB",
            "naive_bayes.MultinomialNB",
            "neural_network._multilayer_perceptron.MLPClassifier",
            "tree._classes.DecisionTreeClassifier",
            "tree._classes.ExtraTreeClassifier",
        )
    }
)
_INNER = {
    "sklearn.pipeline.Pipeline": lambda estimator: estimator.steps[-1][1],
    "sklearn.model_selection._search.GridSearchCV": lambda estimator: estimator.best_estimator_,
    "sklearn.model_selection._search.RandomizedSearchCV": lambda estimator: estimator.best_estimator_,
    "sklearn.frozen._frozen.FrozenEstimator": lambda estimator: estimator.estimator,
}


def decides_by_probability(estimator: Any) -> bool:
    """Whether an estimator is known to decide for the class of largest probability (ties apart).

    Parameters
    ----------
    estimator : object
        A fitted estimator.

    Returns
    -------
    bool
        False whenever it isn't known for sure: then `predict` must be called as well.
    """
    for _ in range(20):
        name = f"{type(estimator).__module__}.{type(estimator).__qualname__}"
        if {"predict", "predict_proba"} & set(getattr(estimator, "__dict__", ())):
            return False
        if name in _BY_PROBABILITY:
            # With an objective of the user's own the answers of a booster may be anything.
            return not (name in _BOOSTERS and callable(getattr(estimator, "objective", None)))
        if name not in _INNER:
            return False
        estimator = _INNER[name](estimator)
    return False


def decide(
    model: Model, X: pd.DataFrame, probabilities: NDArray[np.float64], classes: Sequence[Any]
) -> NDArray[np.int16]:
    """Return the model's own decisions as class codes.

    Where the model is known to decide by its probabilities, only rows in which two classes tie are predicted again, so
    the answer is the same as that of ``predict``.

    Parameters
    ----------
    model : Model
        The classifier.
    X : DataFrame
        The rows.
    probabilities : ndarray of shape (n_rows, n_classes)
        What `check_probabilities` returned for them.
    classes : sequence
        Labels in the order of the columns.

    Returns
    -------
    ndarray of int16, shape (n_rows,)
        Index into `classes`.
    """
    if not model.describe().decides_by_probability:
        return check_labels(model.predict(X), len(X), classes)
    codes: NDArray[np.int16] = probabilities.argmax(axis=1).astype(np.int16)
    tied = (probabilities == probabilities.max(axis=1, keepdims=True)).sum(axis=1) > 1
    if tied.any():
        codes[tied] = check_labels(model.predict(X[tied]), int(tied.sum()), classes)
    return codes
