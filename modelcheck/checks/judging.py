"""Several places judged together by one limit: Holm's procedure, as intervals and as p-values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from modelcheck.record.evidence import Estimate
from modelcheck.stats.holm import AtConfidence, holm_adjusted, level_of, stepdown_intervals

__all__ = ["JudgedPlace", "beyond", "judge_places"]


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
