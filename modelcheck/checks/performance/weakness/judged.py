"""Slices that a search chose, judged one by one against a limit."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from modelcheck.conditions import Condition
from modelcheck.record.evidence import Estimate
from modelcheck.slices import Feature
from modelcheck.slices.pool import Conjunction
from modelcheck.slices.result import condition_of
from modelcheck.slices.selected import unselected
from modelcheck.slices.tails import adjusted, share_of_level
from modelcheck.stats.holm import AtConfidence, level_of
from modelcheck.stats.power import half_width, standard_error

__all__ = ["FoundSlice", "Side", "judge_found"]

Side = Literal["max", "min"]
"""Which kind of limit: the quantity may be at most as large, or has to be at least as large."""

_LEAST_LEVEL = 1e-13


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class FoundSlice:
    """A slice that a search chose, and what was measured on it.

    Attributes
    ----------
    words : str
        Its conditions for people.
    condition : Condition or None
        The same for a configuration and for pandas.
    rows : ndarray of int
        Positions of its rows.
    features : tuple of int
        Places of the features that its conditions name.
    estimate : Estimate
        The quantity in the slice. Its interval is Holm's: it lies beyond the limit exactly where the slice is proved to
        break it.
    corrected : float or None
        The value put right for the slice having been chosen because it is large, within the interval; None where
        nothing is proved.
    p_adjusted : float or None
        Of "the quantity keeps the limit", over everything that was eligible; None where it can't be judged.
    limit : float
        What the quantity is allowed to be.
    side : {"max", "min"}
        Whether it may be at most, or has to be at least so large.
    """

    words: str
    condition: Condition | None
    rows: NDArray[np.intp]
    features: tuple[int, ...]
    estimate: Estimate
    corrected: float | None
    p_adjusted: float | None
    limit: float
    side: Side = "max"

    @classmethod
    def of(
        cls,
        one: Conjunction,
        features: Sequence[Feature],
        *,
        rows: NDArray[np.intp],
        estimate: Estimate,
        corrected: float | None,
        p_adjusted: float | None,
        limit: float,
        side: Side = "max",
    ) -> FoundSlice:
        """Return what a search chose, in words and as a condition, with what was measured on its rows."""
        return cls(
            words=" & ".join(features[place].words(first, last) for place, first, last in one.runs),
            condition=condition_of(one.runs, tuple(features)),
            rows=rows,
            features=tuple(place for place, _, _ in one.runs),
            estimate=estimate,
            corrected=corrected,
            p_adjusted=p_adjusted,
            limit=limit,
            side=side,
        )

    @property
    def beyond(self) -> float | None:
        """How far the whole interval lies beyond the limit, below 0 where it doesn't; None where it is unproven."""
        return _beyond(self.estimate, self.limit, self.side)

    @property
    def broken(self) -> bool:
        """Whether the slice is proved to break the limit."""
        return self.beyond is not None and self.beyond > 0.0


def judge_found(
    found: Sequence[Conjunction],
    features: Sequence[Feature],
    eligible: Sequence[int],
    find: Callable[[NDArray[np.intp]], AtConfidence],
    *,
    limit: float,
    alpha: float,
    part: float = 1.0,
    side: Side = "max",
) -> list[FoundSlice]:
    """Judge the slices of a search by Holm's procedure over everything that was eligible.

    Parameters
    ----------
    found : sequence of Conjunction
        From a search.
    features : sequence of Feature
        Of the search.
    eligible : sequence of int
        Slices that were looked at, by number of conditions, from 1.
    find : callable
        From positions of rows to a function of a confidence that returns the estimate there.
    limit : float
        What the quantity is allowed to be.
    alpha : float
        One-sided error probability of the gate.
    part : float
        Part of it that is this family's, in (0, 1]: a gate that looks for several things divides it among them.
    side : {"max", "min"}
        Whether the quantity may be at most, or has to be at least as large as the limit.

    Returns
    -------
    list of FoundSlice
        In the order given.

    References
    ----------
    Holm, S. (1979). A simple sequentially rejective multiple test procedure. Scandinavian Journal of Statistics 6,
    65-70. Strassburger, K. and Bretz, F. (2008). Statistics in Medicine 27, 4914-4927 (intervals that agree with it).
    """
    places = [np.flatnonzero(one.mask(features)) for one in found]
    finders = [find(rows) for rows in places]

    def broken(estimate: Estimate) -> bool:
        beyond = _beyond(estimate, limit, side)
        return beyond is not None and beyond > 0.0

    levels = [level_of(one, broken) for one in finders]
    shares = part * np.array([share_of_level(eligible, len(one.runs)) for one in found])
    known = [1.0 if p is None else p for p in levels]
    own = adjusted(known, shares)
    each = _stepped_down(np.array(known), shares, alpha)
    judged = []
    for one, rows, finder, p, p_adjusted, level in zip(found, places, finders, levels, own, each, strict=True):
        estimate = finder(1.0 - 2.0 * float(level))
        judged.append(
            FoundSlice.of(
                one,
                features,
                rows=rows,
                estimate=estimate,
                corrected=_corrected(estimate, limit, side),
                p_adjusted=None if p is None else float(p_adjusted),
                limit=limit,
                side=side,
            )
        )
    return judged


def _stepped_down(p: NDArray[np.float64], shares: NDArray[np.float64], alpha: float) -> NDArray[np.float64]:
    """Return the level at which Holm's procedure tests each; those it doesn't come to have that of its last step."""
    levels = np.empty_like(p)
    left, stopped = 1.0, False
    # With `part` below 1 the rest of the error stays with the other families.
    for place in np.argsort(p / shares, kind="stable"):
        levels[place] = min(max(alpha * shares[place] / left, _LEAST_LEVEL), 0.4999)
        stopped = stopped or p[place] > levels[place]
        if not stopped:
            left = max(left - shares[place], shares.min())
    return levels


def _corrected(estimate: Estimate, limit: float, side: Side) -> float | None:
    end = estimate.low if side == "max" else estimate.high
    proved = _beyond(estimate, limit, side)
    if estimate.value is None or end is None or proved is None or proved <= 0.0:
        return None
    width = half_width(estimate, "low" if side == "max" else "high")
    if not width:
        return estimate.value
    # The slice was told because it lies so far beyond the limit: what it has more than that is put right.
    sign = 1.0 if side == "max" else -1.0
    beyond = unselected(sign * (estimate.value - limit), standard_error(width, estimate.confidence), width)
    low, high = sorted((end, estimate.value))
    return min(max(limit + sign * beyond, low), high)


def _beyond(found: Estimate, limit: float, side: Side) -> float | None:
    """Return how far the whole interval lies beyond a limit, below 0 where it doesn't; None where it is unproven."""
    end = found.low if side == "max" else found.high
    if found.unproven or end is None:
        return None
    return end - limit if side == "max" else limit - end
