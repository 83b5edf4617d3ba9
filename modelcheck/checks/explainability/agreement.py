"""How far two explanations put columns in the same order."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from modelcheck.record.evidence import Estimate
from modelcheck.stats.design import Design
from modelcheck.stats.means import mean_of
from modelcheck.stats.rates import rate_from_counts

__all__ = ["mean_agreement", "spearman"]


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


def mean_agreement(agreement: NDArray[np.float64], confidence: float, design: Design) -> Estimate:
    """Return the mean agreement; where every row agrees fully, as many might not as none of these rows allows for."""
    if len(agreement) and (agreement == 1.0).all():
        others = rate_from_counts(0, design.units(len(agreement)), metric="rank_agreement", confidence=confidence)
        return replace(others, value=1.0, low=1.0 - 2.0 * (others.high or 0.0), high=1.0)
    return mean_of(agreement, metric="rank_agreement", confidence=confidence, design=design, lowest=-1.0, highest=1.0)
