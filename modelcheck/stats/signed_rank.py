"""The centre of symmetric differences with limits from the signed-rank distribution: for few, noisy pairs."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from modelcheck.record.evidence import Estimate

__all__ = ["HODGES_LEHMANN", "hodges_lehmann", "signed_rank_cdf"]

HODGES_LEHMANN = "Hodges-Lehmann with exact Wilcoxon signed-rank limits"


def signed_rank_cdf(n: int) -> NDArray[np.float64]:
    """Return P(W <= w) for w = 0, ..., n (n + 1) / 2 of the signed-rank statistic under symmetry about 0.

    Parameters
    ----------
    n : int
        Pairs, from 1 to about 50: all 2^n signs are counted.

    Examples
    --------
    >>> signed_rank_cdf(3).tolist()
    [0.125, 0.25, 0.375, 0.625, 0.75, 0.875, 1.0]
    """
    ways = np.ones(1)
    for rank in range(1, n + 1):
        longer = np.zeros(len(ways) + rank)
        longer[: len(ways)] += ways
        longer[rank:] += ways
        ways = longer
    share: NDArray[np.float64] = np.cumsum(ways) / 2.0**n
    return share


def hodges_lehmann(differences: NDArray[np.float64], *, metric: str, confidence: float) -> Estimate:
    """Return the pseudo-median of paired differences.

    Parameters
    ----------
    differences : ndarray of float64, shape (n_pairs,)
        Finite; at most about 50. Each pair's difference is symmetric about the same centre.
    metric : str
        Name of the centre.
    confidence : float
        Level of the equal-tailed interval.

    Returns
    -------
    Estimate
        The median of all means of two differences (Walsh averages), and the averages at the ranks that the exact
        distribution gives. `unproven` with so few pairs that no average reaches the level.

    References
    ----------
    Hodges, J. L. and Lehmann, E. L. (1963). Estimates of location based on rank tests. Annals of Mathematical
    Statistics 34, 598-611. Hollander, M. and Wolfe, D. A. (1999). Nonparametric Statistical Methods, 2nd ed., section
    3.3. Tested against inverting ``scipy.stats.wilcoxon(method="exact")``.

    Examples
    --------
    >>> import numpy as np
    >>> found = hodges_lehmann(np.array([1.0, 2.0, 3.5, 4.0, 5.0, 6.5]), metric="shift", confidence=0.9)
    >>> found.value, found.low, found.high
    (3.75, 2.0, 5.25)
    """
    n = len(differences)
    first, second = np.triu_indices(n)
    walsh = np.sort((differences[first] + differences[second]) / 2.0)
    below = signed_rank_cdf(n)
    rank = int(np.searchsorted(below, (1.0 - confidence) / 2.0, side="right"))
    needed = math.ceil(-math.log2((1.0 - confidence) / 2.0))
    low, high = (float(walsh[rank - 1]), float(walsh[-rank])) if rank else (None, None)
    doubt = ""
    if low is None or high is None:
        doubt = f"{n} pairs reach no such level"
    elif high <= low:
        doubt = "the middle pairs are all equal, so the interval has no width"
    return Estimate(
        metric=metric,
        value=float(np.median(walsh)),
        low=low,
        high=high,
        confidence=confidence,
        n=n,
        method=HODGES_LEHMANN,
        unproven=doubt,
        n_needed=needed if low is None else None,
    )
