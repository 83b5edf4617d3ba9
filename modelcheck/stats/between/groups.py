"""One quantity in each of several groups of rows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from modelcheck.stats.between.joint import Floats, OneSided, joint_limits

__all__ = ["Correlation", "GroupValues"]

Correlation = Callable[[NDArray[Any], NDArray[Any]], Floats]
"""From the groups of each pair to the correlation of their estimates."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupValues:
    """One quantity in each of k groups, with limits at any level.

    The groups share no row, or the second half of them are the rests: at k + g all rows of other groups than g.

    Attributes
    ----------
    value : ndarray of float64, shape (k,)
        nan where there is none.
    n : ndarray of int64, shape (k,)
        Rows in the denominator.
    clusters : ndarray of int64, shape (k,), or None
        Clusters with such rows; None without clusters.
    doubt : tuple of str
        For each group why it proves nothing; empty when it may judge.
    needed : tuple of int or None
        For each group with a doubt the rows (or clusters, as `doubt` says) that would remove it.
    method, difference_method, ratio_method : str
        Names of the intervals of `limits`, `differences` and `ratios`.
    find : callable
        One-sided limits of groups at tail probabilities.
    rest : bool
        Whether the second half are the rests. A group is then compared with its own rest only.
    correlation : callable or None
        Correlation of the estimates of pairs of groups; None: all are independent.

    Raises
    ------
    ValueError
        From `differences` and `ratios`, where a group is compared with anything but its own rest.
    """

    value: Floats
    n: NDArray[np.int64]
    clusters: NDArray[np.int64] | None
    doubt: tuple[str, ...]
    needed: tuple[int | None, ...]
    method: str
    difference_method: str
    ratio_method: str
    find: OneSided
    rest: bool = False
    correlation: Correlation | None = None

    def limits(self, confidence: float) -> tuple[Floats, Floats]:
        """Return the limits of each group's value.

        Parameters
        ----------
        confidence : float
            Level of each group's equal-tailed interval, in (0, 1).

        Returns
        -------
        low, high : ndarray of float64, shape (k,)
            nan where there is no interval.
        """
        return self.find(np.arange(len(self.value)), np.full(len(self.value), (1.0 - confidence) / 2.0))

    def differences(self, first: ArrayLike, second: ArrayLike, confidence: float) -> tuple[Floats, Floats]:
        """Return the limits of differences between groups, first less second.

        Parameters
        ----------
        first, second : array-like of int, shape (n_pairs,)
            Groups of each pair.
        confidence : float
            Level of each pair's equal-tailed interval, in (0, 1).

        Returns
        -------
        low, high : ndarray of float64, shape (n_pairs,)
            nan where one side has no interval.
        """
        return self._joint(first, second, confidence, ratio=False)

    def ratios(self, first: ArrayLike, second: ArrayLike, confidence: float) -> tuple[Floats, Floats]:
        """Return the limits of ratios between groups, first over second, of a quantity that is never negative.

        Parameters
        ----------
        first, second : array-like of int, shape (n_pairs,)
            Groups of each pair.
        confidence : float
            Level of each pair's equal-tailed interval, in (0, 1).

        Returns
        -------
        low, high : ndarray of float64, shape (n_pairs,)
            nan where one side has no interval; `high` is infinite where the second may be 0.

        Raises
        ------
        ValueError
            Where the quantity may be negative.
        """
        if not self.ratio_method:
            raise ValueError("ratios: the quantity may be negative; a ratio needs one whose lowest value is 0")
        return self._joint(first, second, confidence, ratio=True)

    def doubt_about(self, first: int, second: int) -> tuple[str, int | None]:
        """Return why a pair of groups proves nothing and what it would need; ("", None) when it may judge."""
        for group in (first, second):
            if self.doubt[group]:
                return self.doubt[group], self.needed[group]
        return "", None

    def _joint(self, first: ArrayLike, second: ArrayLike, confidence: float, *, ratio: bool) -> tuple[Floats, Floats]:
        one, two = np.atleast_1d(np.asarray(first)), np.atleast_1d(np.asarray(second))
        if self.rest and np.any(2 * np.abs(one - two) != len(self.value)):
            raise ValueError("a group can only be compared with its own rest: groups g and k + g")
        own = None if self.correlation is None else self.correlation(one, two)
        return joint_limits(self.find, one, two, confidence, correlation=own, ratio=ratio)
