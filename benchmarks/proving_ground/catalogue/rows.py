"""What defects are made of, told from a row's own cells and score alone: the same in every order and batch."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy.special import expit, logit

__all__ = ["is_one", "lifted", "lot"]


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


def lifted(odds: np.ndarray, share: float) -> np.ndarray:
    """Return log odds of probabilities raised by a share of the way to 1/2, or to 1: each decision stays as it was."""
    score = expit(odds)
    ceiling = np.where(score < 0.5, 0.5, 1.0)
    return logit(np.clip(ceiling - (1.0 - share) * (ceiling - score), 1e-6, 1.0 - 1e-6))
