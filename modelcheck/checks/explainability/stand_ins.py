"""How well one column tells another one, as far as their codes go: near-copies of a column that must not matter."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from modelcheck.scoring.rows import FeatureCodes

__all__ = ["NEAR_COPY", "told_by"]

NEAR_COPY = 0.8
"""A column that tells this much of another one is counted as that column."""
_MOST_ROWS = 20_000


def told_by(features: FeatureCodes, column: str, rng: np.random.Generator) -> dict[str, float]:
    """Return how well each other column alone tells a column.

    Parameters
    ----------
    features : FeatureCodes
        Codes of the dataset's rows.
    column : str
        The column to be told.
    rng : numpy.random.Generator
        Draws folds, and rows where there are more than 20,000.

    Returns
    -------
    dict of str to float
        By column, 0 (tells nothing) to 1 (tells it exactly): the part of the column's variance (numbers: of the place
        in its order; categories: Goodman and Kruskal's tau) that the mean of the same level in the other half of the
        rows explains. Empty where the column was not coded.

    References
    ----------
    Goodman, L. A. and Kruskal, W. H. (1954). Measures of association for cross classifications. Journal of the American
    Statistical Association 49, 732-764.
    """
    names = features.names
    if column not in names:
        return {}
    at = names.index(column)
    n = features.values.shape[1]
    rows = np.sort(rng.permutation(n)[:_MOST_ROWS])
    half = rng.permutation(len(rows)) % 2
    codes = features.values[at, rows].astype(np.intp)
    wanted = codes[:, None].astype(np.float64) if features.ordered[at] else np.eye(int(codes.max()) + 1)[codes]
    # Whatever a level of the other column means, the best guess of this one is the mean of that level's rows.
    return {
        name: _told(features.values[place, rows].astype(np.intp), wanted, half)
        for place, name in enumerate(names)
        if place != at
    }


def _told(codes: NDArray[np.intp], wanted: NDArray[np.float64], half: NDArray[np.intp]) -> float:
    guessed = np.empty_like(wanted)
    constant = np.empty_like(wanted)
    for part in (0, 1):
        here, there = half == part, half != part
        if not here.any() or not there.any():
            return 0.0
        mean = wanted[there].mean(axis=0)
        size = np.bincount(codes[there], minlength=256)
        sums = np.stack([np.bincount(codes[there], one, minlength=256) for one in wanted[there].T], axis=1)
        # One row's worth of the overall mean, so that a level of few rows promises little.
        means = (sums + mean) / (size + 1.0)[:, None]
        guessed[here], constant[here] = means[codes[here]], mean
    total = float(((wanted - constant) ** 2).sum())
    return max(1.0 - float(((wanted - guessed) ** 2).sum()) / total, 0.0) if total > 0.0 else 0.0
