"""How far two explanations put columns in the same order, and move answers the same way."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from modelcheck.record.evidence import Estimate
from modelcheck.stats.design import Design
from modelcheck.stats.means import mean_of
from modelcheck.stats.rates import rate_from_counts

__all__ = ["mean_agreement", "same_way", "spearman"]


def spearman(a: NDArray[np.float64], b: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the rank correlation of each pair of rows; 1 where nothing is ordered.

    Parameters
    ----------
    a, b : ndarray of float64, shape (n_rows, n_columns)
        Sizes of attributions.

    Returns
    -------
    ndarray of float64, shape (n_rows,)
        In [-1, 1].

    References
    ----------
    Spearman, C. (1904). American Journal of Psychology 15, 72-101.

    Examples
    --------
    >>> import numpy as np
    >>> spearman(np.array([[3.0, 2.0, 1.0]]), np.array([[9.0, 1.0, 4.0]])).tolist()
    [0.5]
    """
    from scipy.stats import rankdata

    first, second = rankdata(a, axis=1), rankdata(b, axis=1)
    first -= first.mean(axis=1, keepdims=True)
    second -= second.mean(axis=1, keepdims=True)
    scale = np.sqrt((first**2).sum(axis=1) * (second**2).sum(axis=1))
    product = (first * second).sum(axis=1)
    agreement: NDArray[np.float64] = np.divide(product, scale, out=np.ones(len(scale)), where=scale > 0.0)
    return agreement


def same_way(a: NDArray[np.float64], b: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return which share of each row's attribution the other explanation moves the same way; 1 where nothing moves.

    Parameters
    ----------
    a, b : ndarray of float64, shape (n_rows, n_columns, n_outputs)
        Attributions; those of `a` are weighed by their size.

    Returns
    -------
    ndarray of float64, shape (n_rows,)
        In [0, 1].

    Examples
    --------
    >>> import numpy as np
    >>> same_way(np.array([[[3.0], [-1.0]]]), np.array([[[0.1], [2.0]]])).tolist()
    [0.75]
    """
    size = np.abs(a)
    whole = size.sum(axis=(1, 2))
    same = (size * (np.sign(a) == np.sign(b))).sum(axis=(1, 2))
    share: NDArray[np.float64] = np.divide(same, whole, out=np.ones(len(a)), where=whole > 0.0)
    return share


def mean_agreement(
    agreement: NDArray[np.float64],
    confidence: float,
    design: Design,
    *,
    metric: str = "rank_agreement",
    lowest: float = -1.0,
) -> Estimate:
    """Return the mean agreement, with an interval where all rows are alike too.

    Where every row agrees fully, or none at all, as many others may be otherwise as none of these rows allows for.
    """
    if len(agreement) and (agreement == agreement[0]).all() and agreement[0] in (lowest, 1.0):
        others = rate_from_counts(0, design.units(len(agreement)), metric=metric, confidence=confidence)
        room = (1.0 - lowest) * (others.high or 0.0)
        low, high = (1.0 - room, 1.0) if agreement[0] == 1.0 else (lowest, lowest + room)
        return replace(others, value=float(agreement[0]), low=low, high=high)
    return mean_of(agreement, metric=metric, confidence=confidence, design=design, lowest=lowest, highest=1.0)
