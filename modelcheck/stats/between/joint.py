"""Limits of a difference or a ratio of two estimates, from the limits that each has at every level."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["OneSided", "joint_limits"]

Floats = NDArray[np.float64]
OneSided = Callable[[NDArray[Any], Floats], tuple[Floats, Floats]]
"""From groups and tail probabilities, of shapes that broadcast, to each group's lower and upper one-sided limit."""

_DIRECTIONS = 17


def joint_limits(
    find: OneSided,
    first: NDArray[Any],
    second: NDArray[Any],
    confidence: float,
    *,
    correlation: Floats | None = None,
    ratio: bool = False,
) -> tuple[Floats, Floats]:
    """Return limits of differences or ratios of pairs of estimates, first against second.

    Parameters
    ----------
    find : callable
        One-sided limits of each group at any tail probability.
    first, second : ndarray of int, shape (n_pairs,)
        Groups of each pair.
    confidence : float
        Level of the equal-tailed interval, in (0, 1).
    correlation : ndarray of float64, shape (n_pairs,), or None
        Correlation of the two estimates, in [-1, 1]; None: all are independent.
    ratio : bool
        Ratios of quantities that are not negative, instead of differences.

    Returns
    -------
    low, high : ndarray of float64, shape (n_pairs,)
        nan where a limit is nan. A ratio's `low` is 0 and its `high` infinite where nothing is excluded.

    Notes
    -----
    Melding takes the limits of each side at all levels as a distribution of what is possible, and the quantile of the
    difference of both as its limit; from exact limits it keeps the level. Here is its first-order form (Hasofer and
    Lind): with ``z`` the normal quantile, the largest of ``upper(z1) - lower(z2)`` over ``z1^2 + z2^2 = z^2`` (an
    ellipse where the estimates are correlated), by 17 directions. MOVER is what remains of it when limits are as far
    from the value at every level in proportion to ``z``; in far tails they aren't.

    References
    ----------
    Fay, M. P., Proschan, M. A. and Brittain, E. (2015). Combining one-sample confidence procedures for inference in
    the two-sample case. Biometrics 71, 146-156. Hasofer, A. M. and Lind, N. C. (1974). Exact and invariant
    second-moment code format. Journal of the Engineering Mechanics Division 100, 111-121.

    Examples
    --------
    >>> def normal(group, tail):
    ...     from scipy.special import ndtri
    ...
    ...     value, error = np.array([5.0, 1.0])[group], np.array([3.0, 4.0])[group]
    ...     return value + error * ndtri(tail), value - error * ndtri(tail)
    >>> low, high = joint_limits(normal, np.array([0]), np.array([1]), 0.95)
    >>> (high - low).round(1).tolist()  # 2 * 1.96 * 5
    [19.6]
    """
    from scipy.special import ndtr, ndtri

    reach = float(-ndtri((1.0 - confidence) / 2.0))
    part = np.linspace(0.0, 1.0, _DIRECTIONS)
    if correlation is None:
        # All pairs look in the same directions, so each group's limits are found once.
        groups = np.union1d(first, second)
        at = np.searchsorted(groups, first), np.searchsorted(groups, second)
        tail = ndtr(-reach * np.cos(part * np.pi / 2.0))
        low, high = find(groups[:, None], tail[None, :])
        own, other = (low[at[0]], high[at[0]]), (low[at[1], ::-1], high[at[1], ::-1])
    else:
        angle = np.arccos(np.clip(-correlation, -1.0, 1.0))[:, None] * part
        own = find(first[:, None], ndtr(-reach * np.cos(angle)))
        other = find(second[:, None], ndtr(-reach * np.cos(angle[:, ::-1])))
    if ratio:
        return np.min(_over(own[0], other[1]), axis=1), np.max(_over(own[1], other[0]), axis=1)
    return np.min(own[0] - other[1], axis=1), np.max(own[1] - other[0], axis=1)


def _over(top: Floats, bottom: Floats) -> Floats:
    answer = np.full(np.broadcast_shapes(top.shape, bottom.shape), np.inf)
    return np.asarray(np.divide(top, bottom, out=answer, where=~(bottom <= 0.0)))
