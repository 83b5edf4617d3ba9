"""A model of a library without scikit-learn's API (a booster, an ONNX graph, fitted results) that answers like one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from modelcheck.errors import ModelError
from modelcheck.models.protocol import ModelDescription

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["NativeModel"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class NativeModel:
    """What an adapter of a library hands on; the rows that reach it have exactly the model's columns.

    Attributes
    ----------
    name : str
        For readers, e.g. ``XGBoost model (binary:logistic)``.
    task : str or None
        ``binary``, ``multiclass``, ``regression``, or None where neither the file nor the configuration tells.
    gives : str
        What `answers` returns: ``probability``, ``label`` or ``value``.
    answers : callable
        From rows to an array: probabilities of the second class, shape (n_rows,), or of all classes, shape (n_rows,
        n_classes); labels or values, shape (n_rows,).
    decides : callable or None
        From rows to labels, where they needn't be the class of largest probability.
    classes : tuple or None
        Labels in the order of the probabilities.
    features : tuple of str or None
        The columns by name; None: they are told apart by their order alone.
    width : int or None
        How many columns there must be, where `features` is None.
    reads_any : bool
        Whether the model picks its columns out of the rows by itself.
    trees : object
        What shap's TreeExplainer reads, for rows as they are given to this model; None where there is nothing.
    notes : tuple of str
        What a reader of the report should know.
    """

    name: str
    task: str | None
    gives: str
    answers: Callable[[pd.DataFrame], NDArray[Any]]
    decides: Callable[[pd.DataFrame], NDArray[Any]] | None = None
    classes: tuple[Any, ...] | None = None
    features: tuple[str, ...] | None = None
    width: int | None = None
    reads_any: bool = False
    trees: Any = None
    notes: tuple[str, ...] = ()

    def predict(self, X: pd.DataFrame) -> NDArray[Any]:
        """Return labels or values, shape (n_rows,)."""
        self._check_width(X)
        if self.gives != "probability":
            return np.asarray(self.answers(X))
        if self.decides is not None:
            return np.asarray(self.decides(X))
        labels: NDArray[Any] = np.array(self.classes, dtype=object)[self.predict_proba(X).argmax(axis=1)]
        return labels

    def predict_proba(self, X: pd.DataFrame) -> NDArray[Any]:
        """Return probabilities, shape (n_rows, n_classes), in the precision that the library gives them in."""
        if self.gives != "probability":
            raise ModelError(f"The model {self.name} gives a {self.gives}, no probabilities.")
        self._check_width(X)
        found = np.asarray(self.answers(X))
        if found.ndim == 2 and found.shape[1] == 1:
            found = found[:, 0]
        return np.column_stack((1 - found, found)) if found.ndim == 1 else found

    def described(self, source: str) -> ModelDescription:
        """Return what is known about it, without file facts."""
        return ModelDescription(
            name=self.name,
            kind="estimator",
            source=source,
            task=self.task,
            classes=self.classes,
            feature_names=self.features,
            gives=self.gives,
            decides_by_probability=self.gives == "probability" and self.decides is None,
            by_position=self.features is None and not self.reads_any,
            notes=self.notes,
        )

    def _check_width(self, X: pd.DataFrame) -> None:
        if self.width is not None and X.shape[1] != self.width:
            raise ModelError(
                f"The model was fitted on {self.width} unnamed columns; the table has {X.shape[1]} features. Leave the "
                "others out with `drop`, choose them with `prepare`, or fit the model on a DataFrame."
            )
