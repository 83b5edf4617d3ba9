"""Which rows a defect is about, told from their own cells alone: the same in every order and batch."""

from __future__ import annotations

import numpy as np
import pandas as pd

__all__ = ["is_one", "lot"]


def lot(rows: pd.DataFrame, *columns: str) -> np.ndarray:
    """Return a number in [0, 1) for each row that looks drawn and is the same for the same numbers in `columns`."""
    mixed = np.zeros(len(rows), dtype=np.int64)
    for name in columns:
        cells = np.nan_to_num(rows[name].to_numpy(dtype=float), nan=-1.0, posinf=-2.0, neginf=-3.0)
        mixed = (mixed * 7919 + np.round(np.clip(cells, -1e9, 1e9) * 100.0).astype(np.int64)) % 1_000_003
        mixed = (mixed * 48_271 + 11) % 1_000_003
    return mixed / 1_000_003


def is_one(rows: pd.DataFrame, column: str, value: str) -> np.ndarray:
    """Return in which rows a column has a value."""
    return np.array([one == value for one in rows[column].tolist()], dtype=bool)
