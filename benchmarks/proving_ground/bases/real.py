"""Where the real tables lie, and how rows are dealt out of them. Files are read when a trial is drawn, not before."""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

__all__ = ["dealt", "folder", "read"]


def folder() -> Path:
    """Return the folder of the real tables: ``MODELCHECK_DATA``, or ``shared/data`` beside the repository."""
    given = os.environ.get("MODELCHECK_DATA")
    return Path(given) if given else Path(__file__).resolve().parents[4] / "shared" / "data"


@cache
def read(name: str, **how: Any) -> pd.DataFrame:
    """Read a file of the folder by `pandas.read_csv`; every caller gets the same table and changes none of it."""
    path = folder() / name
    if not path.is_file():
        raise FileNotFoundError(
            f"{path} isn't there. Real tables are read from the folder that the environment variable MODELCHECK_DATA "
            "names, or else from shared/data beside the repository."
        )
    return pd.read_csv(path, **how)


def dealt(rows: pd.DataFrame, rng: np.random.Generator, *sizes: int) -> list[pd.DataFrame]:
    """Return tables of so many rows, none of them in two tables, in random order."""
    if sum(sizes) > len(rows):
        raise ValueError(f"{sum(sizes):,} rows are asked for, and there are {len(rows):,}.")
    order = rng.permutation(len(rows))
    ends = np.cumsum(sizes)
    return [rows.iloc[order[end - size : end]].reset_index(drop=True) for size, end in zip(sizes, ends, strict=True)]
