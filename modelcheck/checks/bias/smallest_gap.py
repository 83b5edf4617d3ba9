"""How large a gap between a group and the rest has to be to be proved, and how many rows a smaller one takes."""

from __future__ import annotations

import math
from statistics import NormalDist

__all__ = ["rows_for_gap", "rows_for_gap_of_means", "smallest_gap", "smallest_gap_of_means"]

_HALVINGS = 60


def smallest_gap(rate: float, group: float, rest: float, *, confidence: float, power: float = 0.8) -> float | None:
    """Return the smallest difference of two shares that would be proved, whichever group has more.

    Parameters
    ----------
    rate : float
        The share where there is no difference, in [0, 1].
    group, rest : float
        Rows on both sides, or what they count for under weights and clusters.
    confidence : float
        Level of the equal-tailed interval that has to exclude 0, in (0, 1).
    power : float
        Wanted probability of that.

    Returns
    -------
    float or None
        In (0, 1]; None where no difference that can be would do.

    Notes
    -----
    Solves ``gap = (z_alpha + z_power) sqrt(v / group + rate (1 - rate) / rest)``, where v is the largest variance of a
    share that lies within the gap from `rate`: on the side where the gap is harder to see. Against intervals melded
    from exact limits (`modelcheck.stats.between.rates`), 200 to 2,000 rows a group, shares of .02 to .5, such a gap was
    found in 78 to 100 % of samples.

    References
    ----------
    Fleiss, J. L., Levin, B. and Paik, M. C. (2003). Statistical Methods for Rates and Proportions, 3rd ed., ch. 4.

    Examples
    --------
    >>> round(smallest_gap(0.5, 1000, 1000, confidence=0.95), 4), smallest_gap(0.5, 3, 1000, confidence=0.998)
    (0.0626, None)
    """
    if not (group > 0.0 and rest > 0.0):
        return None
    times = _times(confidence, power)

    def missing(gap: float) -> float:
        return times * math.sqrt(_largest(rate, gap) / group + rate * (1.0 - rate) / rest) - gap

    low, high = 0.0, max(rate, 1.0 - rate)
    if missing(high) > 0.0:
        return None
    for _ in range(_HALVINGS):
        middle = (low + high) / 2.0
        if missing(middle) > 0.0:
            low = middle
        else:
            high = middle
    return high


def rows_for_gap(rate: float, rest: float, gap: float, *, confidence: float, power: float = 0.8) -> float | None:
    """Return how many rows a group has to count for a gap to the rest to be proved.

    Parameters
    ----------
    rate, rest, confidence, power
        As for `smallest_gap`.
    gap : float
        The difference, in (0, 1].

    Returns
    -------
    float or None
        None where the rest is too small, however large the group.

    Examples
    --------
    >>> round(rows_for_gap(0.2, 10_000, 0.1, confidence=0.998))
    333
    """
    spare = (gap / _times(confidence, power)) ** 2 - (rate * (1.0 - rate) / rest if rest > 0.0 else math.inf)
    return _largest(rate, gap) / spare if spare > 0.0 else None


def smallest_gap_of_means(group: float, rest: float, *, confidence: float, power: float = 0.8) -> float | None:
    """Return the smallest difference of two means that would be proved, in standard deviations.

    Parameters
    ----------
    group, rest, confidence, power
        As for `smallest_gap`.

    Returns
    -------
    float or None
        None where one side has fewer than 2 rows.

    Examples
    --------
    >>> round(smallest_gap_of_means(100, 100, confidence=0.95), 3)
    0.396
    """
    if not (group >= 2.0 and rest >= 2.0):
        return None
    return _times(confidence, power) * math.sqrt(1.0 / group + 1.0 / rest)


def rows_for_gap_of_means(rest: float, gap: float, *, confidence: float, power: float = 0.8) -> float | None:
    """Return how many rows a group has to count for a gap of means, in standard deviations, to be proved.

    Parameters
    ----------
    rest, gap, confidence, power
        As for `rows_for_gap`.

    Returns
    -------
    float or None
        None where the rest is too small, however large the group.
    """
    spare = (gap / _times(confidence, power)) ** 2 - (1.0 / rest if rest > 0.0 else math.inf)
    return 1.0 / spare if spare > 0.0 else None


def _times(confidence: float, power: float) -> float:
    normal = NormalDist()
    return normal.inv_cdf(0.5 + confidence / 2.0) + normal.inv_cdf(power)


def _largest(rate: float, gap: float) -> float:
    low, high = max(rate - gap, 0.0), min(rate + gap, 1.0)
    if low <= 0.5 <= high:
        return 0.25
    return max(low * (1.0 - low), high * (1.0 - high))
