"""Disease progression one year after baseline of 442 diabetes patients, as scikit-learn ships them.

References
----------
Efron, B., Hastie, T., Johnstone, I. and Tibshirani, R. (2004). Least angle regression.
Annals of Statistics 32, 407-499.
"""

from __future__ import annotations

import pandas as pd
from sklearn.datasets import load_diabetes
from sklearn.model_selection import train_test_split

__all__ = ["TARGET", "holdout", "training"]

TARGET = "progression"


def training() -> pd.DataFrame:
    """Return the rows that the models are fitted on.

    Returns
    -------
    DataFrame, shape (221, 11)
        Ten measurements in their own units (``sex`` is 1 or 2, as published, without a key) and ``progression``, a
        score from 25 to 346.
    """
    return _split()[0]


def holdout() -> pd.DataFrame:
    """Return the rows that the models never saw, shape (221, 11), columns as in `training`."""
    return _split()[1]


def _split() -> tuple[pd.DataFrame, pd.DataFrame]:
    rows = load_diabetes(as_frame=True, scaled=False).frame
    rows = rows.rename(columns={"target": TARGET}).astype({"sex": "int64"})
    # Half of so few rows: fewer would decide nothing.
    fitted, held_out = train_test_split(rows, test_size=0.5, random_state=0)
    return fitted.reset_index(drop=True), held_out.reset_index(drop=True)
