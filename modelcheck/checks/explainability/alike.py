"""The rows of the reference that are most like a row."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["distances"]


def distances(row: pd.Series, support: pd.DataFrame, weights: dict[str, float]) -> NDArray[np.float64]:
    """Return Gower's distance of every row of the support from one row.

    Parameters
    ----------
    row : Series
        One row, by column.
    support : DataFrame
        The rows.
    weights : mapping of str to float
        What each column counts, not negative; columns without a weight don't count.

    Returns
    -------
    ndarray of float64, shape (n_support,)
        In [0, 1]: numbers by their distance over the range from 1 to 99 % of the support (at most 1), anything else 0
        where equal and 1 otherwise; a missing value is equal to another missing one alone.

    References
    ----------
    Gower, J. C. (1971). A general coefficient of similarity and some of its properties. Biometrics 27, 857-871.

    Examples
    --------
    >>> import pandas as pd
    >>> table = pd.DataFrame({"age": [20.0, 60.0], "sex": ["f", "f"]})
    >>> distances(table.iloc[0], table, {"age": 1.0, "sex": 1.0}).tolist()
    [0.0, 0.5]
    """
    total = np.zeros(len(support))
    whole = 0.0
    for name, weight in weights.items():
        if weight <= 0.0:
            continue
        whole += weight
        total += weight * _one(row[name], support[name])
    return total / whole if whole > 0.0 else total


def _one(own: object, values: pd.Series) -> NDArray[np.float64]:
    missing = values.isna().to_numpy()
    if own is None or own != own:
        return np.where(missing, 0.0, 1.0)
    if values.dtype.kind not in "iuf" or not isinstance(own, int | float | np.number) or not np.isfinite(own):
        return np.where(missing, 1.0, (values != own).to_numpy(dtype=bool, na_value=True).astype(np.float64))
    known = values.to_numpy(dtype=np.float64, na_value=np.nan)
    present = known[np.isfinite(known)]
    low, high = np.quantile(present, (0.01, 0.99)) if len(present) else (0.0, 0.0)
    gap = np.abs(known - float(own))
    apart = np.minimum(gap / (high - low), 1.0) if high > low else (gap > 0.0).astype(np.float64)
    return np.where(np.isfinite(known), apart, 1.0)
