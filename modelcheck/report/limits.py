"""Where a criterion's limits lie on the scale of its estimate, and how far a value lies beyond them."""

from __future__ import annotations

from modelcheck.record.evidence import Criterion, Estimate

__all__ = ["beyond", "ends"]


def ends(criterion: Criterion | None) -> tuple[float | None, float | None]:
    """Return the least and the largest value that a criterion allows; None where it has no such end.

    Examples
    --------
    >>> ends(Criterion(min=0.6)), ends(Criterion(max=0.1)), ends(Criterion(margin=0.02))
    ((0.6, None), (None, 0.1), (-0.02, None))
    """
    if criterion is None:
        return None, None
    least = [end for end in (criterion.min, None if criterion.margin is None else -criterion.margin) if end is not None]
    return max(least, default=None), criterion.max


def beyond(estimate: Estimate | None, criterion: Criterion | None) -> float:
    """Return how far a value lies beyond its limit, proved or not; 0 inside of it and where either is unknown.

    Examples
    --------
    >>> gap = Estimate(metric="gap", value=0.5, low=0.0, high=0.75, confidence=0.95, n=900, method="m")
    >>> beyond(gap, Criterion(max=0.25)), beyond(gap, Criterion(max=0.5)), beyond(None, Criterion(max=0.5))
    (0.25, 0.0, 0.0)
    """
    if estimate is None or estimate.value is None:
        return 0.0
    least, most = ends(criterion)
    under = 0.0 if least is None else least - estimate.value
    over = 0.0 if most is None else estimate.value - most
    return max(under, over, 0.0)
