"""Holm's step-down: several tests at once, as adjusted p-values and as intervals that say the same."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import ArrayLike, NDArray

from modelcheck.record.evidence import Estimate

__all__ = ["holm_adjusted", "proved_below", "stepdown_intervals"]


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


def stepdown_intervals(
    find: Mapping[str, Callable[[float], Estimate]], *, limit: float, confidence: float
) -> dict[str, Estimate]:
    """Return intervals of several quantities of which those that exclude a limit are the ones that Holm rejects.

    Parameters
    ----------
    find : mapping of str to callable
        For each place a function of a confidence in (0, 1) that returns its estimate at that confidence.
    limit : float
        Each place is tested for lying below it.
    confidence : float
        One-sided error of the whole family is ``alpha = (1 - confidence) / 2``.

    Returns
    -------
    dict of str to Estimate
        In the order given. With r places still open, all of them get intervals at ``1 - 2 alpha / r``; those
        proved below the limit keep that interval and leave; this is repeated until none leaves, and the rest keep
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
    >>> found = stepdown_intervals({"a": at(-2.0), "b": at(0.0)}, limit=0.0, confidence=0.9)
    >>> [round(item.confidence, 3) for item in found.values()]
    [0.95, 0.9]
    """
    found: dict[str, Estimate] = {}
    waiting = list(find)
    while waiting:
        level = 1.0 - (1.0 - confidence) / len(waiting)
        found |= {place: find[place](level) for place in waiting}
        still = [place for place in waiting if not proved_below(found[place], limit)]
        if len(still) == len(waiting):
            break
        waiting = still
    return {place: found[place] for place in find}
