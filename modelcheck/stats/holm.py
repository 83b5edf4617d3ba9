"""Holm's step-down: several tests at once, as adjusted p-values and as intervals that say the same."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import ArrayLike, NDArray

from modelcheck.record.evidence import Estimate

__all__ = ["AtConfidence", "Broken", "holm_adjusted", "level_of", "proved_below", "stepdown_intervals"]

AtConfidence = Callable[[float], Estimate]
"""From a confidence in (0, 1) to an estimate with its interval there."""

Broken = Callable[[Estimate], bool]
"""Whether the whole interval of an estimate lies beyond a limit; False for one that is `unproven`."""

_LEAST_LEVEL = 1e-13
_MOST_LEVEL = 0.4999
_HALVINGS = 24  # of 29 nats: two parts in a million


def holm_adjusted(p_values: ArrayLike) -> NDArray[np.float64]:
    """Return p-values adjusted so that none of several true hypotheses is rejected more often than the level says.

    Parameters
    ----------
    p_values : array-like of float, shape (n_tests,)
        One for every test that was eligible, whether it is shown or not; in [0, 1].

    Returns
    -------
    ndarray of float64, shape (n_tests,)
        In the order given; compare each with the level of the whole family.

    References
    ----------
    Holm, S. (1979). A simple sequentially rejective multiple test procedure. Scandinavian Journal of Statistics 6,
    65-70. Tested against ``statsmodels.stats.multitest.multipletests(method="holm")``.

    Examples
    --------
    >>> holm_adjusted([0.01, 0.04, 0.03]).round(3).tolist()
    [0.03, 0.06, 0.06]
    """
    p = np.asarray(p_values, dtype=np.float64)
    order = np.argsort(p, kind="stable")
    adjusted = np.empty_like(p)
    adjusted[order] = np.minimum(np.maximum.accumulate(p[order] * np.arange(len(p), 0, -1)), 1.0)
    return adjusted


def proved_below(estimate: Estimate, limit: float) -> bool:
    """Return whether an interval proves that the quantity lies below a limit.

    Examples
    --------
    >>> found = Estimate(metric="d", value=-2.0, low=-3.0, high=-1.0, confidence=0.95, n=9, method="-")
    >>> proved_below(found, 0.0), proved_below(found, -1.0)
    (True, False)
    """
    return not estimate.unproven and estimate.high is not None and estimate.high < limit


def level_of(find: AtConfidence, broken: Broken) -> float | None:
    """Return the one-sided p-value of "the limit is kept", by inverting the interval.

    Parameters
    ----------
    find : callable
        From a confidence to the estimate.
    broken : callable
        Whether an interval excludes the limit.

    Returns
    -------
    float or None
        The smallest tail probability a at which the interval at confidence 1 - 2 a excludes the limit; 1 when even the
        narrowest doesn't, and never below 1e-13. None when the estimate is unproven.

    Examples
    --------
    >>> def find(level):
    ...     return Estimate(metric="d", value=-2.0, low=-3.0, high=-1 + level, confidence=level, n=9, method="-")
    >>> round(level_of(find, lambda one: proved_below(one, -0.5)), 3)
    0.25
    """
    narrowest = find(1.0 - 2.0 * _MOST_LEVEL)
    if narrowest.unproven or narrowest.low is None or narrowest.high is None:
        return None
    if not broken(narrowest):
        return 1.0
    low, high = math.log(_LEAST_LEVEL), math.log(_MOST_LEVEL)
    for _ in range(_HALVINGS):
        middle = (low + high) / 2.0
        if broken(find(1.0 - 2.0 * math.exp(middle))):
            high = middle
        else:
            low = middle
    return math.exp(high)


def stepdown_intervals(find: Mapping[str, AtConfidence], *, broken: Broken, confidence: float) -> dict[str, Estimate]:
    """Return intervals of several quantities of which those that exclude a limit are the ones that Holm rejects.

    Parameters
    ----------
    find : mapping of str to callable
        For each place a function of a confidence in (0, 1) that returns its estimate at that confidence.
    broken : callable
        Whether an estimate's interval excludes the limit, e.g. by `proved_below`.
    confidence : float
        One-sided error of the whole family is ``alpha = (1 - confidence) / 2``.

    Returns
    -------
    dict of str to Estimate
        In the order given. With r places still open, all of them get intervals at ``1 - 2 alpha / r``; those
        that exclude the limit keep that interval and leave; this is repeated until none leaves, and the rest keep
        the intervals of the last round. An estimate that is `unproven` never leaves, and counts.

    References
    ----------
    Holm, S. (1979). Scandinavian Journal of Statistics 6, 65-70. Strassburger, K. and Bretz, F. (2008). Compatible
    simultaneous lower confidence bounds for the Holm procedure and other Bonferroni-based closed tests. Statistics in
    Medicine 27, 4914-4927 (what such intervals can say beyond the tests).

    Examples
    --------
    >>> def at(value):
    ...     return lambda level: Estimate(
    ...         metric="d", value=value, low=value - 1, high=value + level, confidence=level, n=9, method="-"
    ...     )
    >>> places = {"a": at(-2.0), "b": at(0.0)}
    >>> found = stepdown_intervals(places, broken=lambda one: proved_below(one, 0.0), confidence=0.9)
    >>> [round(item.confidence, 3) for item in found.values()]
    [0.95, 0.9]
    """
    found: dict[str, Estimate] = {}
    waiting = list(find)
    while waiting:
        level = 1.0 - (1.0 - confidence) / len(waiting)
        found |= {place: find[place](level) for place in waiting}
        still = [place for place in waiting if not broken(found[place])]
        if len(still) == len(waiting):
            break
        waiting = still
    return {place: found[place] for place in find}
