"""Loss that two challengers of different kinds both avoid."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from modelcheck.checks.performance.weakness.avoidable import Avoidable, weighted_sums
from modelcheck.record.evidence import Estimate
from modelcheck.scoring.rows import ScoredRows
from modelcheck.slices.beyond import Beyond
from modelcheck.stats.holm import AtConfidence

__all__ = ["AvoidableByBoth"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class AvoidableByBoth:
    """What two challengers of different kinds both avoid; what only one of them avoids is a matter of its kind.

    Attributes
    ----------
    first, second : Avoidable
        Of the same rows.
    """

    first: Avoidable
    second: Avoidable

    @property
    def rows(self) -> ScoredRows:
        """Scored by the candidate."""
        return self.first.rows

    @property
    def words(self) -> str:
        """The quantity in words."""
        return self.first.words

    @property
    def most(self) -> float:
        """The largest value that makes sense."""
        return self.first.most

    @property
    def everywhere(self) -> float:
        """Loss that is avoidable on all rows together, the mean over both challengers."""
        return (self.first.everywhere + self.second.everywhere) / 2.0

    @property
    def step(self) -> NDArray[np.float64]:
        """Avoidable loss of each row, the mean over both challengers."""
        return (self.first.step + self.second.step) / 2.0

    def sums(self) -> NDArray[np.float64]:
        """Return what `goal` wants summed, for the mean over both challengers."""
        return weighted_sums(self.step, self.rows)

    def goal(self, limit: float) -> Beyond:
        """Return the objective of the search; whether both avoid it is asked of the slices that it finds."""
        return Beyond(limit=limit + self.everywhere)

    def find(self, positions: NDArray[np.intp]) -> AtConfidence:
        """Return the estimate that proves less, as a function of the level of its interval.

        That both are above a limit is rejected at the level at which either is: the larger of two p-values needs no
        adjustment.

        References
        ----------
        Berger, R. L. (1982). Multiparameter hypothesis testing and acceptance sampling. Technometrics 24, 295-300.
        """
        both = self.first.find(positions), self.second.find(positions)

        def weaker(confidence: float) -> Estimate:
            found = [one(confidence) for one in both]
            doubtful = [one for one in found if one.unproven or one.low is None]
            return doubtful[0] if doubtful else min(found, key=lambda one: one.low or 0.0)

        return weaker

    def means(self, positions: NDArray[np.intp]) -> tuple[float, float]:
        """Return the mean loss of the candidate and of the challenger that loses more, on some rows."""
        ours, theirs = self.first.means(positions)
        return ours, max(theirs, self.second.means(positions)[1])

    def sentence(self, ours: float, theirs: float) -> str:
        """Say both sides' mean losses."""
        return self.first.sentence(ours, theirs)

    def unit(self, loss: float) -> float:
        """Return a mean squared error as a root in the target's own unit."""
        return self.first.unit(loss)

    def findable(self, n: int, *, limit: float, level: float) -> float:
        """Return the smallest avoidable loss that a slice of `n` rows would have shown with 80 % power."""
        return max(one.findable(n, limit=limit, level=level) for one in (self.first, self.second))
