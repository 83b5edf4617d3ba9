"""Metrics that can be held in every slice: what counts against a row, and on how many rows a breach would show."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from modelcheck.checks.columns import decisions_of, design_of, lean, scores_of
from modelcheck.checks.performance.catalogue import estimate
from modelcheck.checks.performance.weakness.judged import Side
from modelcheck.scoring.rows import ScoredRows
from modelcheck.slices.beyond import Among, Beyond
from modelcheck.slices.findable import findable_rate
from modelcheck.slices.objectives import Objective

__all__ = ["FLOORS", "Floor"]

_POWER = 0.8


@dataclass(frozen=True, slots=True, kw_only=True)
class Floor:
    """A metric that is a mean over some of the rows, and the side on which it has a limit.

    Attributes
    ----------
    metric : str
        A key of `modelcheck.checks.performance.catalogue.METRICS`.
    side : {"min", "max"}
        Whether it has to be at least or may be at most as large as its limit.
    about : str
        Which rows it is about: ``positive``, ``negative`` or ``called positive``; empty: all.
    """

    metric: str
    side: Side
    about: str = ""

    def counted(self, rows: ScoredRows) -> NDArray[np.bool_] | None:
        """Return which rows the metric is about; None: all of them."""
        if not self.about:
            return None
        codes = decisions_of(rows) if self.about == "called positive" else rows.target
        mask: NDArray[np.bool_] = codes == (0 if self.about == "negative" else 1)
        return mask

    def loss(self, rows: ScoredRows) -> NDArray[np.float64]:
        """Return what each row that counts has against it: 1 for a wrong decision, or the size of an error."""
        loss: NDArray[np.float64]
        if rows.task != "regression":
            loss = (decisions_of(rows) != rows.target).astype(np.float64)
            return loss
        loss = np.abs(scores_of(rows) - rows.target)
        return np.square(loss, out=loss) if self.metric == "root_mean_squared_error" else loss

    def mean_loss(self, limit: float) -> float:
        """Return the mean loss at which the metric has the value `limit`."""
        if self.metric == "root_mean_squared_error":
            return limit * limit
        return 1.0 - limit if self.side == "min" else limit

    def sums(self, rows: ScoredRows, limit: float) -> NDArray[np.float64]:
        """Return what `goal` wants summed: what each row loses more than it may, by weight, and its square."""
        beyond = self.loss(rows)
        beyond -= self.mean_loss(limit)
        if rows.weight is not None:
            beyond *= rows.weight / rows.weight.mean()
        counted = self.counted(rows)
        if counted is None:
            return np.stack([beyond, beyond * beyond])
        beyond *= counted
        return np.stack([counted.astype(np.float64), beyond, beyond * beyond])

    @property
    def goal(self) -> Objective:
        """The objective: standard errors by which the mean loss lies beyond what is allowed."""
        return Among(objective=Beyond(limit=0.0)) if self.about else Beyond(limit=0.0)

    def findable(self, rows: ScoredRows, n: int, *, limit: float, level: float) -> float | None:
        """Return the value nearest to the limit that a slice would have been proved by, with 80 % power.

        Parameters
        ----------
        rows : ScoredRows
            All rows. The slice is taken to hold as many rows that count, of as equal weight and as dependent, as there
            are everywhere; errors of values to be spread in it as they are everywhere, at a larger scale.
        n : int
            Rows of the slice.
        limit : float
            Of the metric.
        level : float
            One-sided level of the slice's own test.

        Returns
        -------
        float or None
            In the unit of the metric; None where no value would have been.
        """
        design, counted = design_of(rows), self.counted(rows)
        share = 1.0 if counted is None else float(np.count_nonzero(counted)) / len(rows)
        alike = math.floor(n * share * design.effective_units(len(rows)) / len(rows))
        if alike < 1:
            return None
        if rows.task == "regression":
            return self._findable_error(rows, alike, limit, level)
        allowed = self.mean_loss(limit)
        excess = findable_rate(alike, allowed, level, power=_POWER)
        if excess is None:
            return None
        return 1.0 - (allowed + excess) if self.side == "min" else allowed + excess

    def _findable_error(self, rows: ScoredRows, n: int, limit: float, level: float) -> float | None:
        from scipy.special import ndtri

        # So many rows whose errors have the quantiles that all rows have: what the metric's own interval makes of them.
        order = np.argsort(self.loss(rows), kind="stable")
        places = order[((np.arange(n) + 0.5) / n * len(rows)).astype(np.intp)]
        part = replace(lean(rows).take(places), weight=None, cluster=None)
        found = estimate(self.metric, part, 1.0 - 2.0 * level)
        if found.unproven or not found.value or not found.low:
            return None
        # The lower limit is a multiple of the value.
        reach = math.log(found.value / found.low) * (1.0 - float(ndtri(_POWER)) / float(ndtri(level)))
        return limit * math.exp(reach)


FLOORS: Mapping[str, Floor] = {
    one.metric: one
    for one in (
        Floor(metric="accuracy", side="min"),
        Floor(metric="recall", side="min", about="positive"),
        Floor(metric="precision", side="min", about="called positive"),
        Floor(metric="false_positive_rate", side="max", about="negative"),
        Floor(metric="false_negative_rate", side="max", about="positive"),
        Floor(metric="mean_absolute_error", side="max"),
        Floor(metric="root_mean_squared_error", side="max"),
    )
}
