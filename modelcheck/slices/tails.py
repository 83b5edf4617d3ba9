"""How surprising a slice is when so many were looked at."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = ["adjusted", "exact_tails", "share_of_level"]


def exact_tails(n: ArrayLike, hits: ArrayLike, *, rows: int, total: int) -> NDArray[np.float64]:
    """Return the probability of as many hits in a slice when all hits are dealt to the rows at random.

    Parameters
    ----------
    n, hits : array-like of int, shape (n_slices,)
        Rows of each slice, and the hits among them.
    rows, total : int
        All rows, and all hits.

    Returns
    -------
    ndarray of float64, shape (n_slices,)
        Upper tails of the hypergeometric distribution: the one-sided p-values of Fisher's exact test.

    References
    ----------
    Fisher, R. A. (1935). The logic of inductive inference. Journal of the Royal Statistical Society 98, 39-82.
    Tested against ``scipy.stats.fisher_exact(alternative="greater")``.

    Examples
    --------
    >>> exact_tails([5], [4], rows=10, total=5).round(4).tolist()
    [0.1032]
    """
    from scipy.stats import hypergeom

    tails: NDArray[np.float64] = np.minimum(hypergeom.sf(np.asarray(hits) - 1, rows, total, np.asarray(n)), 1.0)
    return tails


def share_of_level(eligible: Sequence[int], conditions: int) -> float:
    """Return the share of the error probability that one slice has at its disposal.

    Every number of conditions has an equal part, divided among the slices that have so many: a slice of one condition,
    of which there are few, doesn't pay for the thousands of three.

    Parameters
    ----------
    eligible : sequence of int
        Slices looked at, by number of conditions, from 1.
    conditions : int
        Number of conditions of the slice.

    Returns
    -------
    float
        In (0, 1]; all shares of all slices looked at sum to 1.

    Examples
    --------
    >>> share_of_level([10, 1000], 1), share_of_level([10, 1000], 2), share_of_level([4], 1)
    (0.05, 0.0005, 0.25)
    """
    looked = sum(count > 0 for count in eligible)
    return 1.0 / (looked * eligible[conditions - 1])


def adjusted(p: ArrayLike, shares: ArrayLike) -> NDArray[np.float64]:
    """Return p-values adjusted by Holm's step-down with weights.

    Parameters
    ----------
    p : array-like of float, shape (n_slices,)
        p-values of some of the slices that were looked at. Those of the others are taken to be 1, which can only make
        the result larger.
    shares : array-like of float, shape (n_slices,)
        From `share_of_level`.

    Returns
    -------
    ndarray of float64, shape (n_slices,)
        In the order given; that any true hypothesis has one below alpha has a probability of at most alpha, however the
        slices overlap.

    References
    ----------
    Holm, S. (1979). A simple sequentially rejective multiple test procedure. Scandinavian Journal of Statistics 6,
    65-70 (the weighted procedure is in its section 4). With equal shares tested against
    ``statsmodels.stats.multitest.multipletests(method="holm")``.

    Examples
    --------
    >>> adjusted([0.01, 0.04], [0.25, 0.25]).round(3).tolist()
    [0.04, 0.12]
    """
    weight = np.asarray(shares, dtype=np.float64)
    ratio = np.asarray(p, dtype=np.float64) / weight
    order = np.argsort(ratio, kind="stable")
    left = 1.0 - (np.cumsum(weight[order]) - weight[order])
    found = np.empty_like(ratio)
    found[order] = np.minimum(np.maximum.accumulate(ratio[order] * left), 1.0)
    return found
