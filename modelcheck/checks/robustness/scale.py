"""The scale on which a linear model is a straight line: log odds of probabilities, else the score itself."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["scaled", "unscaled"]

_LEAST, _MOST = 1e-6, 1.0 - 1e-6


def scaled(score: NDArray[np.float64], task: str, probabilistic: bool) -> NDArray[np.float64]:
    """Return scores on that scale; probabilities are kept within a millionth of 0 and 1.

    Examples
    --------
    >>> scaled(np.array([0.5]), "binary", True).tolist()
    [0.0]
    """
    if task != "binary" or not probabilistic:
        return score
    inside = np.clip(score, _LEAST, _MOST)
    odds: NDArray[np.float64] = np.log(inside) - np.log1p(-inside)
    return odds


def unscaled(value: NDArray[np.float64], task: str, probabilistic: bool) -> NDArray[np.float64]:
    """Return values of that scale as scores.

    Examples
    --------
    >>> unscaled(np.array([0.0]), "binary", True).tolist()
    [0.5]
    """
    if task != "binary" or not probabilistic:
        return value
    share: NDArray[np.float64] = 1.0 / (1.0 + np.exp(-np.clip(value, -700.0, 700.0)))
    return share
