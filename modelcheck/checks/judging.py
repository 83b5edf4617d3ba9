"""Several places judged together by one limit: Holm's procedure, as intervals and as p-values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from modelcheck.record.evidence import Estimate
from modelcheck.stats.design import Design
from modelcheck.stats.holm import AtConfidence, holm_adjusted, level_of, stepdown_intervals
from modelcheck.stats.rates import rate, rate_from_counts

__all__ = ["JudgedPlace", "beyond", "judge_places", "nearest_places", "share_hit"]


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgedPlace:
    """One group, or pair of groups, among several.

    Attributes
    ----------
    label : str
        Of the place.
    estimate : Estimate
        The quantity, with Holm's interval: it lies beyond the limit exactly where the place is proved to break it.
    p_adjusted : float or None
        Of "the limit is kept", over all places; None where the estimate is unproven.
    broken : bool
        Whether the place is proved to break the limit.
    """

    label: str
    estimate: Estimate
    p_adjusted: float | None
    broken: bool


def beyond(found: Estimate, limit: float, *, side: str = "max") -> bool:
    """Return whether the whole interval of an estimate lies beyond a limit.

    Parameters
    ----------
    found : Estimate
        Any; an unproven one lies beyond nothing.
    limit : float
        What is allowed.
    side : {"max", "min"}
        Whether the quantity may be at most, or has to be at least as large.

    Examples
    --------
    >>> found = Estimate(metric="d", value=0.3, low=0.2, high=0.4, confidence=0.95, n=90, method="-")
    >>> beyond(found, 0.1), beyond(found, 0.25), beyond(found, 0.5, side="min")
    (True, False, True)
    """
    end = found.low if side == "max" else found.high
    if found.unproven or end is None:
        return False
    return end > limit if side == "max" else end < limit


def judge_places(
    places: Mapping[str, AtConfidence], *, limit: float, confidence: float, side: str = "max"
) -> list[JudgedPlace]:
    """Judge places by Holm's procedure.

    Parameters
    ----------
    places : mapping of str to callable
        For each place a function of a confidence in (0, 1) that returns its estimate there.
    limit : float
        What the quantity is allowed to be.
    confidence : float
        Level of all places together; each is tested on one side, at ``(1 - confidence) / 2`` for all of them.
    side : {"max", "min"}
        Whether the quantity may be at most, or has to be at least as large.

    Returns
    -------
    list of JudgedPlace
        In the order given.

    References
    ----------
    Holm, S. (1979). A simple sequentially rejective multiple test procedure. Scandinavian Journal of Statistics 6,
    65-70.
    """

    def broken(found: Estimate) -> bool:
        return beyond(found, limit, side=side)

    found = stepdown_intervals(places, broken=broken, confidence=confidence)
    levels = [level_of(find, broken) for find in places.values()]
    adjusted = holm_adjusted([1.0 if p is None else p for p in levels])
    return [
        JudgedPlace(
            label=label,
            estimate=estimate,
            p_adjusted=None if p is None else float(own),
            broken=broken(estimate),
        )
        for (label, estimate), p, own in zip(found.items(), levels, adjusted, strict=True)
    ]


def nearest_places(
    ranked: Sequence[JudgedPlace], most: int, *, limit: float, declared: bool, side: str = "max"
) -> list[JudgedPlace]:
    """Return the places that decide: those that break the limit, and those that come nearest to it.

    Parameters
    ----------
    ranked : sequence of JudgedPlace
        The nearest first.
    most : int
        How many that don't break it are shown.
    limit : float
        What the quantity is allowed to be.
    declared : bool
        Whether the user declared the limit: then everybody may have to be proved to keep it, so that nobody who isn't
        is left out.
    side : {"max", "min"}
        Whether the quantity may be at most, or has to be at least as large.

    Returns
    -------
    list of JudgedPlace
        Those that break it first, each in the order given.
    """

    def kept(one: Estimate) -> bool:
        end = one.high if side == "max" else one.low
        return not one.unproven and end is not None and (end <= limit if side == "max" else end >= limit)

    others = [place for place in ranked if not place.broken]
    unsure = [place for place in others[most:] if declared and not kept(place.estimate)]
    return [place for place in ranked if place.broken] + others[:most] + unsure


def share_hit(
    hit: NDArray[np.bool_],
    design: Design,
    *,
    metric: str,
    confidence: float,
    limit: float | None = None,
    of: str = "rows",
) -> Estimate:
    """Return the share of rows in which something was found, as it may be judged.

    Parameters
    ----------
    hit : ndarray of bool, shape (n_rows,)
        Where it was found.
    design : Design
        Of the rows.
    metric : str
        Name of the share.
    confidence : float
        Level of the equal-tailed interval.
    limit : float or None
        What is allowed.
    of : str
        What the rows are, for the message when there are none.

    Returns
    -------
    Estimate
        By `modelcheck.stats.rates.rate`. Where nothing is allowed (a limit of 0) one row is a fact, whatever it hangs
        together with: the rows that were looked at are counted, with exact limits.
    """
    if limit == 0.0:
        return rate_from_counts(int(np.count_nonzero(hit)), len(hit), metric=metric, confidence=confidence, of=of)
    return rate(hit, metric=metric, confidence=confidence, design=design, of=of)
