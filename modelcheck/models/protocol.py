"""What a model is to modelcheck: something that describes itself and predicts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray

__all__ = ["Model", "ModelDescription"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelDescription:
    """What is known about a model before it predicts.

    Attributes
    ----------
    name : str
        Readable name, e.g. ``Pipeline(StandardScaler, LogisticRegression)``.
    kind : str
        ``estimator`` (scikit-learn's API), ``function`` (a function of a DataFrame) or ``service`` (asked over http).
    source : str
        Where it came from: the file or ``package.module:object`` as configured, or ``live object``.
    sha256 : str or None
        Hash of the file's bytes; None when there is no file.
    bytes : int or None
        Size of the file; None when there is no file.
    task : str or None
        ``binary``, ``multiclass``, ``regression``, or None when the model doesn't tell.
    classes : tuple or None
        Class labels in the order of the probability columns; None for regression or when unknown.
    feature_names : tuple of str or None
        The columns that X must have, in order; None when the model doesn't name them.
    gives : str
        The richest output: ``probability``, ``label`` or ``value``.
    decides_by_probability : bool
        True only where the model's own decision is known to be the class of largest probability (rows in which
        two classes tie apart). See `modelcheck.models.decisions.decide`.
    by_position : bool
        Whether the columns are handed over as an unnamed array, so that only their order tells them apart.
    format : str or None
        What the file's content says it is, e.g. ``skops`` or ``xgboost``; None when there is no file.
    isolation : str
        Where it really runs: ``none`` (this process), ``process`` or ``sandbox`` (a worker), ``remote`` (a service).
    versions : mapping of str to str
        Library versions that the file says it was written with, e.g. ``{"scikit-learn": "1.9.1"}``.
    trusted_names : tuple of str
        Imports in the file that only the user's ``trusted`` allowed.
    trusted_by : mapping of str to str
        Those of them that a trust file allows: who, until when and why.
    notes : tuple of str
        What a reader of the report should know: version drift, warnings while loading.
    """

    name: str
    kind: str
    source: str
    sha256: str | None = None
    bytes: int | None = None
    task: str | None = None
    classes: tuple[Any, ...] | None = None
    feature_names: tuple[str, ...] | None = None
    gives: str
    decides_by_probability: bool = False
    by_position: bool = False
    format: str | None = None
    isolation: str = "none"
    versions: Mapping[str, str] = field(default_factory=dict)
    trusted_names: tuple[str, ...] = ()
    trusted_by: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


@runtime_checkable
class Model(Protocol):
    """Anything that modelcheck can ask for predictions."""

    def describe(self) -> ModelDescription:
        """Return what is known about the model."""
        ...

    def predict(self, X: pd.DataFrame) -> NDArray[Any]:
        """Return labels or values, shape (n_rows,)."""
        ...

    def predict_proba(self, X: pd.DataFrame) -> NDArray[np.float64]:
        """Return probabilities, shape (n_rows, n_classes); raises ModelError when the model has none."""
        ...
