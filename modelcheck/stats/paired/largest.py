"""The most that the change of one row or cluster can add to a paired difference."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from modelcheck.stats.design import Design

__all__ = ["FEWEST_CHANGED", "heaviest_unit", "largest_change"]

FEWEST_CHANGED = 10


def largest_change(
    influence: NDArray[np.float64],
    changed: NDArray[np.bool_],
    design: Design,
    *,
    possible: float,
    graded: bool = False,
) -> float:
    """Return the largest influence that the change of one unit can have.

    Parameters
    ----------
    influence : ndarray of float64, shape (n_rows,)
        What each row adds to the difference.
    changed : ndarray of bool, shape (n_rows,)
        Rows to which the two sides answer differently.
    design : Design
        Design of the rows.
    possible : float
        The most that one row could add.
    graded : bool
        Whether changes come in all sizes and have a known bound, as those of ranks do: then half the largest seen is
        allowed for, as mid-P limits do.

    Returns
    -------
    float
        The largest seen, of a row (its weight included) or of a cluster. Where fewer than 10 units changed, those
        seen can't tell: what the heaviest row or cluster could add.

    References
    ----------
    Fay, M. P. and Kim, S. (2017). Confidence intervals for directly standardized rates using mid-p gamma intervals.
    Biometrical Journal 59, 377-387.

    Examples
    --------
    >>> import numpy as np
    >>> influence = np.linspace(-0.2, 0.3, 11)
    >>> largest_change(influence, influence != 0.0, Design(), possible=2.0)
    0.3
    >>> largest_change(influence, influence > 0.25, Design(), possible=2.0)
    2.0
    """
    hit = design.take(changed)
    count = int(np.count_nonzero(changed))
    if hit.units(count) >= FEWEST_CHANGED:
        sums = hit.sums(influence[changed])
        seen = max(float(sums.max()), -float(sums.min()))
        return seen / 2.0 if graded else seen
    return possible * heaviest_unit(design, len(influence))


def heaviest_unit(design: Design, n: int) -> float:
    """Return the weight of the heaviest row, or of the heaviest cluster: the sum of its rows' weights.

    Parameters
    ----------
    design : Design
        Design of the rows.
    n : int
        Their number, at least 1.

    Returns
    -------
    float
        1 for simple random rows.

    Examples
    --------
    >>> heaviest_unit(Design(cluster=np.array([0, 0, 0, 1])), 4)
    3.0
    """
    return 1.0 if design.simple else float(design.sums(np.ones(n)).max())
