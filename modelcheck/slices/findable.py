"""The smallest excess that a search would have found."""

from __future__ import annotations

import math

__all__ = ["findable_mean", "findable_rate"]


def findable_rate(n: int, rate: float, level: float, *, power: float = 0.8) -> float | None:
    """Return the smallest excess of a rate that an exact test at a level would show.

    Parameters
    ----------
    n : int
        Rows of the slice.
    rate : float
        Rate in the rest, in [0, 1].
    level : float
        One-sided level of the slice's own test, in (0, 1): the level of the search times the slice's share of it.
    power : float
        Wanted probability of finding it.

    Returns
    -------
    float or None
        Excess over `rate`, at most ``1 - rate``; None when not even ``n`` hits in ``n`` rows would do.

    Notes
    -----
    The rest is taken to be so large that its rate is known. The critical count is the smallest k with
    ``P(Binomial(n, rate) >= k) <= level``; the answer p solves ``P(Binomial(n, p) >= k) = power``.

    References
    ----------
    Cohen, J. (1988). Statistical Power Analysis for the Behavioral Sciences, 2nd ed., section 6.

    Examples
    --------
    >>> round(findable_rate(600, 0.1, 1e-6), 3)
    0.077
    """
    from scipy.special import betaincinv
    from scipy.stats import binom

    critical = int(binom.isf(level, n, rate)) + 1
    if critical > n:
        return None
    return max(float(betaincinv(critical, n - critical + 1, power)) - rate, 0.0)


def findable_mean(n: int, rows: int, spread: float, threshold: float, *, power: float = 0.8) -> float:
    """Return the smallest excess of a mean that would be shown.

    Parameters
    ----------
    n, rows : int
        Rows of the slice, and all rows.
    spread : float
        Standard deviation of the losses.
    threshold : float
        Standard errors that a slice has to exceed.
    power : float
        Wanted probability of finding it.

    Returns
    -------
    float
        Excess over the rest, in the unit of the loss.

    Examples
    --------
    >>> round(findable_mean(100, 10_000, 1.0, 4.0), 3)
    0.487
    """
    from scipy.special import ndtri

    # What the slice has more than all rows, over what it has more than the rest: 1 - n / rows.
    return (threshold + float(ndtri(power))) * spread / math.sqrt(n * max(1.0 - n / rows, 1e-12))
