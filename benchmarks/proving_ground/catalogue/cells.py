"""Cells of rows that may be dirty, for defects that hang on them."""

from __future__ import annotations

import numpy as np
import pandas as pd

__all__ = ["numbers", "texts"]


def numbers(rows: pd.DataFrame, name: str) -> np.ndarray:
    """Return a column as floats, NaN where a cell holds no number."""
    return pd.to_numeric(rows[name], errors="coerce").to_numpy(dtype=float, na_value=np.nan)


def texts(rows: pd.DataFrame, name: str) -> pd.Series:
    """Return a column as Python strings, None where a cell holds no text; counted from 0."""
    cells = rows[name].astype(object).to_numpy()
    return pd.Series([cell if isinstance(cell, str) else None for cell in cells], dtype=object)
