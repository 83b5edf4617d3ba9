"""Tables as scripts hold them, made into the one table with the target that a dataset is."""

from __future__ import annotations

from typing import Any

from modelcheck.config.tables import Config
from modelcheck.data.dataset import Dataset, wrap_dataset
from modelcheck.errors import ConfigError, Mistake

__all__ = ["LABEL", "name_of", "reference_of", "table_of"]

LABEL = "scan()"
"""Stands where messages name a configuration's file."""


def table_of(X: Any, y: Any, column: str) -> Any:
    """Return one table with the target in it."""
    if y is None:
        return X
    import numpy as np
    import pandas as pd

    if isinstance(X, np.ndarray):
        if X.ndim != 2:
            problem = f"X has shape {X.shape}; it needs two dimensions, rows and features."
            raise ConfigError([Mistake(file=LABEL, problem=problem)])
        frame = pd.DataFrame(X, columns=[f"x{i}" for i in range(X.shape[1])])
    elif isinstance(X, pd.DataFrame):
        frame = X
    elif hasattr(X, "to_pandas"):
        frame = X.to_pandas()
    else:
        problem = f"X is a {type(X).__name__}; give a DataFrame (pandas, polars, pyarrow) or a numpy array."
        raise ConfigError([Mistake(file=LABEL, problem=problem)])
    if isinstance(y, pd.Series) and isinstance(X, pd.DataFrame) and not y.index.equals(X.index):
        problem = "X and y have different indexes, so it is not clear which label belongs to which row."
        hint = "Give y.loc[X.index] to match by index, or y.to_numpy() to match by position."
        raise ConfigError([Mistake(file=LABEL, problem=problem, hint=hint)])
    truth = np.asarray(y)
    mistakes = []
    if column in frame.columns:
        mistakes.append(
            Mistake(file=LABEL, problem=f"X already has a column {column!r}; leave y out and give target={column!r}.")
        )
    if truth.shape != (len(frame),):
        mistakes.append(
            Mistake(file=LABEL, problem=f"y has shape {truth.shape}, X has {len(frame)} rows; give one label a row.")
        )
    if mistakes:
        raise ConfigError(mistakes)
    return frame.assign(**{column: truth})


def reference_of(reference: Any, config: Config, column: str) -> Dataset | None:
    """Return the rows that the model was trained on; None where none are given."""
    if reference is None:
        return None
    if isinstance(reference, tuple):
        if len(reference) != 2:
            problem = f"reference is a tuple of {len(reference)}; give (X, y), or one table with the target."
            raise ConfigError([Mistake(file=LABEL, problem=problem)])
        features, truth = reference
        table = table_of(features, truth, column)
    else:
        table = reference
    return wrap_dataset(table, config.dataset, name="reference")


def name_of(y: Any) -> str:
    """Return the name of the target, as its column has it."""
    named = getattr(y, "name", None)
    return named if isinstance(named, str) and named else "target"
