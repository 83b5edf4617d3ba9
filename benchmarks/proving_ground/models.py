"""Models of the trials: ordinary pipelines, and a wrapper through which a defect gets in."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pandas as pd
from scipy.special import expit, logit
from sklearn.compose import ColumnTransformer
from sklearn.impute import SimpleImputer
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

__all__ = ["Spoiled", "pipeline"]


def pipeline(estimator: Any, numbers: Sequence[str], categories: Sequence[str], *, scale: bool = True) -> Pipeline:
    """Return numbers filled and scaled, categories one-hot, then the estimator; other columns are not looked at."""
    filled = SimpleImputer(strategy="median")
    prepared = make_pipeline(filled, StandardScaler()) if scale else filled
    encoded = OneHotEncoder(handle_unknown="ignore", sparse_output=False)
    columns = ColumnTransformer([("numbers", prepared, list(numbers)), ("categories", encoded, list(categories))])
    return make_pipeline(columns, estimator)


class Spoiled:
    """A fitted model with a defect: `before` changes the rows it is given, `after` what it answers.

    Parameters
    ----------
    model : estimator
        With ``predict_proba`` (log odds of a binary model, log probabilities of a multiclass one) or ``predict``.
    before : callable, optional
        ``before(rows) -> rows``, given a copy.
    after : callable, optional
        ``after(rows, values) -> values``: values are log odds of shape (n,) in a binary task, probabilities of shape
        (n, k) in a multiclass one, predictions in a regression.
    """

    def __init__(
        self,
        model: Any,
        *,
        before: Callable[[pd.DataFrame], pd.DataFrame] | None = None,
        after: Callable[[pd.DataFrame, np.ndarray], np.ndarray] | None = None,
    ) -> None:
        self.model, self.before, self.after = model, before, after
        self.feature_names_in_ = model.feature_names_in_
        if hasattr(model, "classes_"):
            self.classes_ = model.classes_
            self.predict_proba = self._predict_proba

    def _rows(self, rows: pd.DataFrame) -> pd.DataFrame:
        return rows if self.before is None else self.before(rows.copy())

    def _predict_proba(self, rows: pd.DataFrame) -> np.ndarray:
        given = self.model.predict_proba(self._rows(rows))
        if len(self.classes_) > 2:
            changed = given if self.after is None else self.after(rows, given.copy())
            return changed / changed.sum(axis=1, keepdims=True)
        odds = logit(np.clip(given[:, 1], 1e-6, 1 - 1e-6))
        score = expit(odds if self.after is None else self.after(rows, odds))
        return np.column_stack([1.0 - score, score])

    def predict(self, rows: pd.DataFrame) -> np.ndarray:
        """Return the label of the largest probability, or the value."""
        if hasattr(self, "classes_"):
            return self.classes_[self._predict_proba(rows).argmax(axis=1)]
        values = self.model.predict(self._rows(rows))
        return values if self.after is None else self.after(rows, np.array(values, dtype=float))
