"""All pairs of groups compared at once, and judged together by one limit."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from modelcheck.checks.bias.parity.outcomes import Measured

__all__ = ["Judged", "Pairs", "all_pairs", "judge_pairs"]

_HALVINGS = 16
_LEAST_LEVEL, _MOST_LEVEL = 1e-13, 0.4999

_Places = NDArray[np.intp]
_Values = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Pairs:
    """Pairs of groups, each by one outcome.

    Attributes
    ----------
    measured : tuple of Measured
        The outcomes.
    outcome : ndarray of int, shape (n_pairs,)
        Which of them.
    first, second : ndarray of int, shape (n_pairs,)
        The groups; the first has the larger value.
    ratio : bool
        Whether the pair is judged by the smaller value over the larger one; else by the larger less the smaller.
    """

    measured: tuple[Measured, ...]
    outcome: _Places
    first: _Places
    second: _Places
    ratio: bool

    def __len__(self) -> int:
        return len(self.outcome)

    def take(self, places: NDArray[np.intp]) -> Pairs:
        """Return some of the pairs."""
        return Pairs(
            measured=self.measured,
            outcome=self.outcome[places],
            first=self.first[places],
            second=self.second[places],
            ratio=self.ratio,
        )

    @property
    def values(self) -> _Values:
        """What each pair is judged by: a difference of at least 0, or a ratio of at most 1 (NaN for 0 against 0)."""
        high, low = self._each("value", self.first), self._each("value", self.second)
        if not self.ratio:
            return np.asarray(high - low)
        ratio: _Values = np.divide(low, high, out=np.full(len(self), np.nan), where=high > 0.0)
        return ratio

    @property
    def rows(self) -> NDArray[np.int64]:
        """Rows that each pair rests on: both groups' denominators."""
        return np.asarray(self._each("n", self.first) + self._each("n", self.second), dtype=np.int64)

    @property
    def weight(self) -> _Values:
        """How much each pair tells, in rows: the product of both denominators over their sum."""
        one, two = self._each("n", self.first), self._each("n", self.second)
        return np.asarray(one * two / (one + two))

    @property
    def usable(self) -> NDArray[np.bool_]:
        """Whether both groups of a pair allow a judgement."""
        doubted = [np.array([bool(text) for text in one.values.doubt]) for one in self.measured]
        by_outcome = np.stack(doubted)
        sure = ~(by_outcome[self.outcome, self.first] | by_outcome[self.outcome, self.second])
        return np.asarray(sure & np.isfinite(self.values))

    def limits(self, confidence: float) -> tuple[_Values, _Values]:
        """Return the limits of what each pair is judged by, whichever group has more.

        Parameters
        ----------
        confidence : float
            Level of each pair's equal-tailed interval.

        Returns
        -------
        low, high : ndarray of float64, shape (n_pairs,)
            A difference from 0 up; a ratio from 0 to 1. Only one of its two sides can truly be beyond a limit,
            so the error of that is one tail.
        """
        low, high = np.full(len(self), np.nan), np.full(len(self), np.nan)
        for place, one in enumerate(self.measured):
            own = np.flatnonzero(self.outcome == place)
            if not len(own):
                continue
            if self.ratio:
                low[own], high[own] = one.values.ratios(self.second[own], self.first[own], confidence)
            else:
                low[own], high[own] = one.values.differences(self.first[own], self.second[own], confidence)
        if not self.ratio:
            return np.maximum(np.maximum(low, -high), 0.0), np.maximum(high, -low)
        with np.errstate(divide="ignore"):
            turned = 1.0 / high
            # Either group may be the one with less: a ratio above 1 reads as its inverse.
            upper = np.where(low > 1.0, 1.0 / low, np.minimum(high, 1.0))
        return np.minimum(low, turned), upper

    def _each(self, name: str, groups: _Places) -> _Values:
        by_outcome = np.stack([np.asarray(getattr(one.values, name), dtype=np.float64) for one in self.measured])
        return np.asarray(by_outcome[self.outcome, groups])


def all_pairs(measured: Sequence[Measured], groups: int, *, ratio: bool) -> Pairs:
    """Return all pairs of groups that both have a value, for each outcome.

    Parameters
    ----------
    measured : sequence of Measured
        The outcomes.
    groups : int
        Number of groups.
    ratio : bool
        Whether pairs are judged by their ratio.
    """
    one, two = np.triu_indices(groups, k=1)
    outcomes, first, second = [], [], []
    for place, item in enumerate(measured):
        value = np.asarray(item.values.value)
        known = np.isfinite(value[one]) & np.isfinite(value[two])
        left, right = one[known], two[known]
        swap = value[left] < value[right]
        first.append(np.where(swap, right, left))
        second.append(np.where(swap, left, right))
        outcomes.append(np.full(len(left), place))
    return Pairs(
        measured=tuple(measured),
        outcome=np.concatenate(outcomes).astype(np.intp),
        first=np.concatenate(first).astype(np.intp),
        second=np.concatenate(second).astype(np.intp),
        ratio=ratio,
    )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Judged:
    """Pairs with intervals that hold for all of them together.

    Attributes
    ----------
    pairs : Pairs
        All of them.
    confidence : float
        Level of each pair's interval.
    low, high : ndarray of float64, shape (n_pairs,)
        Limits of each pair.
    broken : ndarray of bool, shape (n_pairs,)
        Whether a pair is proved to break the limit.
    p_adjusted : ndarray of float64, shape (n_pairs,)
        For pairs that break the limit; NaN for the others.
    """

    pairs: Pairs
    confidence: float
    low: _Values
    high: _Values
    broken: NDArray[np.bool_]
    p_adjusted: _Values


def judge_pairs(pairs: Pairs, *, limit: float, confidence: float) -> Judged:
    """Judge all pairs together, by intervals that hold for all of them (Bonferroni).

    Holm's procedure would reject a little more, but its intervals hold together only for those that it rejects first.

    Parameters
    ----------
    pairs : Pairs
        At least one.
    limit : float
        The largest difference, or the smallest ratio, that is allowed.
    confidence : float
        Level of all pairs together; one-sided error ``(1 - confidence) / 2``.

    Returns
    -------
    Judged

    References
    ----------
    Dunn, O. J. (1961). Multiple comparisons among means. Journal of the American Statistical Association 56, 52-64.
    """
    usable = pairs.usable
    level = 1.0 - (1.0 - confidence) / len(pairs)
    low, high = pairs.limits(level)
    broken = _beyond(low, high, pairs.ratio, limit, usable)
    return Judged(
        pairs=pairs,
        confidence=level,
        low=low,
        high=high,
        broken=broken,
        p_adjusted=_adjusted(pairs, np.flatnonzero(broken), limit),
    )


def _beyond(low: _Values, high: _Values, ratio: bool, limit: float, usable: NDArray[np.bool_]) -> NDArray[np.bool_]:
    beyond: NDArray[np.bool_] = (high < limit) if ratio else (low > limit)
    return beyond & usable


def _adjusted(pairs: Pairs, places: _Places, limit: float) -> _Values:
    """Return the adjusted p-values of the pairs that are proved to break the limit."""
    found = np.full(len(pairs), np.nan)
    if not len(places):
        return found
    usable = np.ones(1, dtype=bool)
    levels = np.empty(len(places))
    for at, place in enumerate(places):
        one = pairs.take(np.array([place]))
        low, high = math.log(_LEAST_LEVEL), math.log(_MOST_LEVEL)
        for _ in range(_HALVINGS):
            middle = (low + high) / 2.0
            if _beyond(*one.limits(1.0 - 2.0 * math.exp(middle)), one.ratio, limit, usable)[0]:
                high = middle
            else:
                low = middle
        levels[at] = math.exp(high)
    found[places] = np.minimum(levels * len(pairs), 1.0)
    return found
