"""Where an estimate went between two runs: a description, not a test, for intervals of two runs are not paired."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from modelcheck.record.evidence import Criterion, Estimate

__all__ = ["Movement", "Reach", "Shift", "Side", "direction", "moved", "worse_side"]


class Side(StrEnum):
    """On which side the worse values of a metric lie."""

    LOWER = "lower"
    HIGHER = "higher"


class Shift(StrEnum):
    """Where a value went; `up` and `down` where nothing in the records says which is worse."""

    WORSE = "worse"
    BETTER = "better"
    UP = "up"
    DOWN = "down"
    SAME = "same"


class Reach(StrEnum):
    """How far: the two intervals are disjoint, they overlap, or one of them is missing or proves nothing."""

    BEYOND = "beyond"
    WITHIN = "within"
    UNPROVEN = "unproven"


@dataclass(frozen=True, slots=True, kw_only=True)
class Movement:
    """One estimate in both runs.

    Attributes
    ----------
    old, new : Estimate
        Of the same metric.
    shift : Shift
        Where the value went.
    reach : Reach
        Whether the intervals part.
    """

    old: Estimate
    new: Estimate
    shift: Shift
    reach: Reach


def worse_side(criterion: Criterion | None) -> Side | None:
    """Return the side that a criterion forbids; None for a band, which forbids both, and without a limit."""
    if criterion is None:
        return None
    below = criterion.min is not None or criterion.margin is not None
    above = criterion.max is not None
    if below == above:
        return None
    return Side.LOWER if below else Side.HIGHER


def direction(criteria: Iterable[Criterion | None]) -> Side | None:
    """Return the side on which all limits agree; None where they don't or there is none.

    Examples
    --------
    >>> direction([Criterion(min=0.5), None]), direction([Criterion(min=0.5), Criterion(max=0.5)])
    (<Side.LOWER: 'lower'>, None)
    """
    sides = {worse_side(criterion) for criterion in criteria if criterion is not None}
    return sides.pop() if len(sides) == 1 else None


def moved(old: Estimate | None, new: Estimate | None, worse: Side | None) -> Movement | None:
    """Return where an estimate went.

    Parameters
    ----------
    old, new : Estimate or None
        What the two runs measured.
    worse : Side or None
        On which side worse values lie; None where that isn't known.

    Returns
    -------
    Movement or None
        None unless both have a value of the same metric.

    Examples
    --------
    >>> old = Estimate(metric="recall", value=0.8, low=0.7, high=0.9, confidence=0.95, n=90, method="exact")
    >>> new = Estimate(metric="recall", value=0.5, low=0.4, high=0.6, confidence=0.95, n=90, method="exact")
    >>> moved(old, new, Side.LOWER).shift, moved(old, new, Side.LOWER).reach
    (<Shift.WORSE: 'worse'>, <Reach.BEYOND: 'beyond'>)
    """
    if old is None or new is None or old.metric != new.metric or not (_known(old.value) and _known(new.value)):
        return None
    return Movement(old=old, new=new, shift=_shift(old.value or 0.0, new.value or 0.0, worse), reach=_reach(old, new))


def _known(value: float | None) -> bool:
    return value is not None and not math.isnan(value)


def _shift(old: float, new: float, worse: Side | None) -> Shift:
    if old == new:
        return Shift.SAME
    if worse is None:
        return Shift.UP if new > old else Shift.DOWN
    return Shift.WORSE if (new < old) == (worse is Side.LOWER) else Shift.BETTER


def _reach(old: Estimate, new: Estimate) -> Reach:
    if not (_usable(old) and _usable(new)):
        return Reach.UNPROVEN
    return Reach.BEYOND if _below(old, new) or _below(new, old) else Reach.WITHIN


def _usable(estimate: Estimate) -> bool:
    """Return whether an interval says anything: its method holds here, and it is wider than nothing."""
    if estimate.unproven or (estimate.low is None and estimate.high is None):
        return False
    return estimate.low != estimate.high


def _below(one: Estimate, other: Estimate) -> bool:
    # An end that is open is null in a record; nothing lies beyond it.
    return one.high is not None and other.low is not None and one.high < other.low
