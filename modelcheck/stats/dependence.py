"""How much rows of one cluster have in common, and the standard error that this lets one expect."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from modelcheck.stats.design import Design

__all__ = ["correlation_within", "expected_error"]

_Values = NDArray[np.float64]


def correlation_within(deviation: _Values, spread: _Values, design: Design) -> float:
    """Return the correlation of rows of one cluster.

    Parameters
    ----------
    deviation : ndarray of float64, shape (n_rows,)
        What each row deviates from its expectation.
    spread : ndarray of float64, shape (n_rows,)
        Standard deviation of that, at least 0.
    design : Design
        Of the same rows.

    Returns
    -------
    float
        In [0, 1], the same for all pairs of rows of a cluster; 0 without clusters.

    References
    ----------
    Williams, D. A. (1982). Extra-binomial variation in logistic linear models. Applied Statistics 31, 144-148 (the
    moment estimator).

    Examples
    --------
    >>> same = Design(cluster=np.array([0, 0, 1, 1]))
    >>> correlation_within(np.array([0.5, 0.5, -0.5, -0.5]), np.full(4, 0.5), same)
    1.0
    """
    if design.cluster is None:
        return 0.0
    alone, together = _squares(spread, design)
    if not together > alone:
        return 0.0
    sums = design.sums(deviation)
    return min(max((float(np.dot(sums, sums)) - alone) / (together - alone), 0.0), 1.0)


def expected_error(part: _Values, correlation: float, design: Design) -> float:
    """Return the standard error of a (weighted) sum of rows that are correlated within clusters.

    A slice of few clusters whose rows happen to be all alike shows no spread of its own; this is the spread that so
    many clusters have as a rule.

    Parameters
    ----------
    part : ndarray of float64, shape (n_rows,)
        Standard deviation of each row's part in the sum, its weight left out; with the part's sign.
    correlation : float
        From `correlation_within`.
    design : Design
        Of the same rows.

    Returns
    -------
    float

    Examples
    --------
    >>> four = np.full(4, 0.25)
    >>> expected_error(four, 0.0, Design()), expected_error(four, 1.0, Design(cluster=np.zeros(4, dtype=np.intp)))
    (0.5, 1.0)
    """
    alone, together = _squares(part, design)
    return math.sqrt((1.0 - correlation) * alone + correlation * together)


def _squares(part: _Values, design: Design) -> tuple[float, float]:
    """Return the variance of a sum of rows when those of a cluster have nothing in common, and when they are alike."""
    weighted = part if design.weight is None else part * design.weight
    sums = design.sums(part)
    return float(np.dot(weighted, weighted)), float(np.dot(sums, sums))
