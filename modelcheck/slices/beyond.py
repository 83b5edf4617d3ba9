"""Slices whose mean lies beyond a limit, whatever the rest of the rows do."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from modelcheck.slices.objectives import Objective

__all__ = ["Among", "Beyond"]

_Values = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Beyond:
    """Standard errors by which the mean of a slice lies beyond a limit.

    The cells hold two sums: of the values, and of their squares (or of their variances, where these are known).

    Attributes
    ----------
    limit : float
        How large a mean is allowed, at least 0.
    sides : {1, 2}
        1: only means above the limit count; 2: means below minus the limit too.
    """

    limit: float
    sides: int = 1

    def score(self, table: _Values) -> _Values:
        """Return the score of each slice."""
        n, total, square = table[0], table[1], table[2]
        beyond = (np.abs(total) if self.sides == 2 else total) - n * self.limit
        # Squares about 0 and not about the mean, as McNemar's test has them: a few rows that are all alike have no
        # spread of their own, and would come before any larger slice.
        spread = np.sqrt(np.maximum(square, 0.0))
        return np.asarray(np.divide(beyond, spread, out=np.zeros_like(beyond), where=spread > 0.0))

    def bound(self, table: _Values, least: int) -> _Values | None:
        """Return None: values of both signs have no bound."""
        return None

    def excess(self, table: _Values) -> _Values:
        """Return the sum of each slice beyond the limit."""
        total = np.abs(table[1]) if self.sides == 2 else table[1]
        beyond: _Values = total - table[0] * self.limit
        return beyond


@dataclass(frozen=True, slots=True, kw_only=True)
class Among:
    """An objective that is about some of the rows, such as the negative ones, while the size of a slice counts all.

    The cells hold the number of rows that it is about, then the sums of the objective within.

    Attributes
    ----------
    objective : Objective
        For the rows that it is about.
    """

    objective: Objective

    def score(self, table: _Values) -> _Values:
        """Return the score of each slice; 0 where it has no row that counts."""
        known = table[1] > 0.0
        inner = table[1:].copy()
        inner[0] = np.maximum(inner[0], 1.0)
        return np.where(known, self.objective.score(inner), 0.0)

    def bound(self, table: _Values, least: int) -> _Values | None:
        """Return None: a part may have any number of rows that count."""
        return None

    def excess(self, table: _Values) -> _Values:
        """Return the excess over the rows that count."""
        return self.objective.excess(table[1:])
