"""The interval of a mean of several estimates, recovered from the estimates' own intervals."""

from __future__ import annotations

import math
from collections.abc import Sequence

__all__ = ["Part", "combine"]

Part = tuple[float, float, float]
"""Value, low limit, high limit."""


def combine(parts: Sequence[Part], *, ratio: float = 1.0) -> Part:
    """Return the mean of several estimates with limits recovered from theirs (MOVER).

    Parameters
    ----------
    parts : sequence of (value, low, high)
        At least one estimate, all at the same confidence.
    ratio : float
        Variance of the mean over the variance it would have if the parts were independent; 1 for independent
        parts, their number for parts that move together.

    Returns
    -------
    value, low, high : float
        The distance to a limit is the root of the ratio times the summed squares of the parts' distances.

    References
    ----------
    Zou, G. Y. and Donner, A. (2008). Construction of confidence limits about effect measures: a general approach.
    Statistics in Medicine 27, 1693-1702. Newcombe, R. G. (1998). Statistics in Medicine 17, 873-890.

    Examples
    --------
    >>> [round(x, 3) for x in combine([(0.8, 0.7, 0.9), (0.6, 0.5, 0.65)])]
    [0.7, 0.629, 0.756]
    """
    count = len(parts)
    value = sum(part[0] for part in parts) / count
    below = math.sqrt(ratio * sum((part[0] - part[1]) ** 2 for part in parts)) / count
    above = math.sqrt(ratio * sum((part[2] - part[0]) ** 2 for part in parts)) / count
    return value, value - below, value + above
