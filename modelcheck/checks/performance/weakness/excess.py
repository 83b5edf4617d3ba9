"""Loss of a slice beyond that of all other rows."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from modelcheck.checks.columns import decisions_of, design_of, scores_of
from modelcheck.checks.performance.weakness.judged import FoundSlice
from modelcheck.checks.performance.weakness.looked import Seen
from modelcheck.checks.words import number
from modelcheck.record.evidence import Estimate
from modelcheck.scoring.rows import ScoredRows
from modelcheck.slices.findable import findable_mean, findable_rate
from modelcheck.slices.judging import Judged, Losses, by_exact_tails
from modelcheck.slices.judging_design import by_design
from modelcheck.slices.objectives import Significance, Totals
from modelcheck.stats.design import FEWEST_CLUSTERS, NO_WIDTH, Design, too_few

__all__ = ["Excess", "excess_loss"]

_EXACT = "exact limits of both shares, combined by MOVER"
_LINEARISED = "linearised, Student's t"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Excess:
    """What is lost on each row, to be compared between a slice and the rest.

    Attributes
    ----------
    rows : ScoredRows
        Scored by the candidate.
    loss : ndarray of float64, shape (n_rows,)
        0 or 1 (a wrong decision), or the squared error over the variance of the target.
    variance : float
        Of the target, for values.
    """

    rows: ScoredRows
    loss: NDArray[np.float64]
    variance: float = 1.0

    @property
    def metric(self) -> str:
        """Name of the quantity: the mean loss of a slice less that of the other rows."""
        return "excess_share_of_variance" if self.rows.task == "regression" else "excess_error_rate"

    @property
    def words(self) -> str:
        """The quantity in words."""
        if self.rows.task == "regression":
            return "an excess squared error, as a share of the target's variance,"
        return "an excess error rate"

    def sums(self) -> NDArray[np.float64]:
        """Return what `goal` wants summed, shape (1, n_rows)."""
        if self.rows.weight is None:
            return self.loss[None, :]
        # Weighted deviations from the mean: their sum is far from 0 where heavy rows lose much.
        return ((self.loss - design_of(self.rows).mean(self.loss)) * self.rows.weight)[None, :]

    @staticmethod
    def goal(sums: NDArray[np.float64]) -> Significance:
        """Return the objective: standard deviations above what as many rows drawn at random lose."""
        return Significance(totals=Totals.of(sums[0]))

    def judge(self, seen: Seen, confidence: float) -> list[FoundSlice]:
        """Judge what a search chose.

        Parameters
        ----------
        seen : Seen
            The search.
        confidence : float
            Level of all intervals together.

        Returns
        -------
        list of FoundSlice
            Independent rows and decisions: p-values by exact hypergeometric tails; else by linearised standard errors.
            `corrected` is None where the slice isn't proved to be harder.
        """
        masks = [one.mask(seen.features) for one in seen.found]
        conditions = [len(one.runs) for one in seen.found]
        losses = Losses(loss=self.loss, design=design_of(self.rows), eligible=seen.eligible, confidence=confidence)
        judged = by_exact_tails(masks, conditions, losses) if self._exact else by_design(masks, conditions, losses)
        return [
            FoundSlice.of(
                one,
                seen.features,
                rows=np.flatnonzero(mask),
                estimate=self._estimate(own, mask, 1.0 - 2.0 * losses.level(count)),
                corrected=own.corrected if own.p_adjusted is not None and own.p_adjusted <= losses.alpha else None,
                p_adjusted=own.p_adjusted,
                limit=0.0,
            )
            for one, mask, own, count in zip(seen.found, masks, judged, conditions, strict=True)
        ]

    def means(self, positions: NDArray[np.intp]) -> tuple[float, float]:
        """Return the mean loss of some rows, and of all others."""
        inside = np.zeros(len(self.loss), dtype=np.bool_)
        inside[positions] = True
        design = design_of(self.rows)
        return design.take(inside).mean(self.loss[inside]), design.take(~inside).mean(self.loss[~inside])

    def sentence(self, inside: float, outside: float) -> str:
        """Say the mean losses of a slice and of the rest."""
        if self.rows.task == "regression":
            here, there = (number(math.sqrt(mean * self.variance)) for mean in (inside, outside))
            return f"the root mean squared error is {here}, in the rest {there}"
        return f"the candidate is wrong on {number(100.0 * inside)} of 100 rows, in the rest on {number(100 * outside)}"

    def findable(self, n: int, *, level: float) -> float | None:
        """Return the smallest excess that a slice of `n` rows would have shown with 80 % power; None: none would.

        Losses are taken to be spread in the slice as they are everywhere.
        """
        from scipy.special import ndtri

        design, rows = design_of(self.rows), len(self.loss)
        mean = design.mean(self.loss)
        if self._exact:
            return findable_rate(n, mean, level)
        spread = math.sqrt(design.mean((self.loss - mean) ** 2) * rows / design.effective_units(rows))
        excess = findable_mean(n, rows, spread, -float(ndtri(level)))
        return excess if excess <= float(self.loss.max()) else None

    @property
    def _exact(self) -> bool:
        return self.rows.task != "regression" and design_of(self.rows).simple

    def _estimate(self, own: Judged, mask: NDArray[np.bool_], confidence: float) -> Estimate:
        design = design_of(self.rows)
        clusters = None if design.cluster is None else _fewer(design, mask)
        few = clusters is not None and clusters < FEWEST_CLUSTERS
        doubt = "" if own.low is not None else too_few(clusters or 0, "cluster") if few else NO_WIDTH
        return Estimate(
            metric=self.metric,
            value=own.effect,
            low=own.low,
            high=own.high,
            confidence=confidence,
            n=own.n,
            clusters=clusters,
            method=_EXACT if self._exact else design.describe(_LINEARISED, own.n if clusters is None else clusters),
            unproven=doubt,
            n_needed=FEWEST_CLUSTERS if doubt and few else None,
        )


def _fewer(design: Design, mask: NDArray[np.bool_]) -> int:
    """Return the number of clusters of the slice or of the rest, whichever are fewer."""
    return min(design.take(part).units(int(np.count_nonzero(part))) for part in (mask, ~mask))


def excess_loss(rows: ScoredRows) -> Excess | None:
    """Return what is lost on each row; None where the target is a value that doesn't vary.

    Parameters
    ----------
    rows : ScoredRows
        At least one, with decisions or predicted values.
    """
    if rows.task != "regression":
        return Excess(rows=rows, loss=(decisions_of(rows) != rows.target).astype(np.float64))
    design = design_of(rows)
    variance = design.mean((rows.target - design.mean(rows.target)) ** 2)
    if not variance > 0.0:
        return None
    return Excess(rows=rows, loss=(rows.target - scores_of(rows)) ** 2 / variance, variance=variance)
