"""Loss that a challenger fitted on the reference avoids, slice by slice."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial

import numpy as np
from numpy.typing import NDArray

from modelcheck.checks.columns import decisions_of, design_of, scores_of
from modelcheck.checks.performance.weakness.challenger import Challenger
from modelcheck.checks.words import number
from modelcheck.record.evidence import Estimate
from modelcheck.scoring.rows import ScoredRows
from modelcheck.slices.beyond import Beyond
from modelcheck.stats.holm import AtConfidence
from modelcheck.stats.linearised import undefined
from modelcheck.stats.paired.changes import Changes, interval_of
from modelcheck.stats.paired.losses import compare_losses
from modelcheck.stats.paired.rates import discordance, share_difference
from modelcheck.stats.power import smallest_drop

__all__ = ["Avoidable", "avoidable_loss", "values_of", "weighted_sums"]

_METRIC = {"regression": "avoidable_share_of_variance"}
_ERRORS = "avoidable_errors"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Avoidable:
    """Both sides' losses, row by row.

    Attributes
    ----------
    candidate, challenger : ndarray of float64, shape (n_rows,)
        0 or 1 (a wrong decision), or the squared error over the variance of the target.
    rows : ScoredRows
        Scored by the candidate.
    variance : float
        Of the target, for values.
    everywhere : float
        Loss that the challenger avoids on all rows together, at least 0. A model that is simple on purpose loses it
        all over; a weak slice is one where more is lost than that.
    spread : tuple of float or None
        For values, on all rows: mean square of what the candidate loses more, and of what it loses less.
    largest : float
        The largest of these differences on a row.
    """

    candidate: NDArray[np.float64]
    challenger: NDArray[np.float64]
    rows: ScoredRows
    everywhere: float
    variance: float = 1.0
    spread: tuple[float, float] | None = None
    largest: float = 0.0

    @property
    def metric(self) -> str:
        """Name of the quantity: the candidate's mean loss less the challenger's."""
        return _METRIC.get(self.rows.task, _ERRORS)

    @property
    def step(self) -> NDArray[np.float64]:
        """Avoidable loss of each row."""
        return self.candidate - self.challenger

    @property
    def words(self) -> str:
        """The quantity in words."""
        if self.rows.task == "regression":
            return "an avoidable squared error, as a share of the target's variance,"
        return "an avoidable error rate"

    @property
    def most(self) -> float:
        """The largest value that makes sense."""
        return 1.0 if self.rows.task != "regression" else max(float(self.candidate.max()), 1.0)

    def sentence(self, ours: float, theirs: float) -> str:
        """Say both sides' mean losses."""
        if self.rows.task == "regression":
            return (
                f"the candidate's root mean squared error is {number(self.unit(ours))}, the challenger's "
                f"{number(self.unit(theirs))}"
            )
        return (
            f"the candidate is wrong on {number(100.0 * ours)} of 100 rows, the challenger on {number(100.0 * theirs)}"
        )

    def unit(self, loss: float) -> float:
        """Return a mean squared error, as a share of the target's variance, as a root in the target's own unit."""
        return float(np.sqrt(max(loss, 0.0) * self.variance))

    def sums(self) -> NDArray[np.float64]:
        """Return what `goal` wants summed: the avoidable loss of each row and its square, by weight."""
        return weighted_sums(self.step, self.rows)

    def goal(self, limit: float) -> Beyond:
        """Return the objective: standard errors beyond the limit and what is avoidable everywhere."""
        return Beyond(limit=limit + self.everywhere)

    def find(self, positions: NDArray[np.intp]) -> AtConfidence:
        """Return the avoidable loss of some rows, beyond that everywhere, as a function of its interval's level."""
        ours, theirs = self.candidate[positions], self.challenger[positions]
        design = design_of(self.rows).take(positions)
        if self.rows.task != "regression":
            found = discordance(theirs < 0.5, ours < 0.5, design)
            return lambda confidence: self._beyond(share_difference(found, metric=self.metric, confidence=confidence))
        changes = compare_losses(theirs, ours, design=design)
        if changes is None:
            return partial(undefined, self.metric, reason="nothing can be compared", n=len(positions))
        changes = self._at_least_as_spread(changes)
        return lambda confidence: self._beyond(interval_of(changes, metric=self.metric, confidence=confidence))

    def _at_least_as_spread(self, changes: Changes) -> Changes:
        """Return the changes of some rows with no less spread than as many rows have on the whole.

        Where one row in thirty is off by a lot, few rows often hold none of them and look all too sure.
        """
        if self.spread is None:
            return changes
        (up, up_square), (down, down_square) = changes.up, changes.down
        return replace(
            changes,
            up=(up, max(up_square, self.spread[0] * changes.total)),
            down=(down, max(down_square, self.spread[1] * changes.total)),
            largest=max(changes.largest, self.largest),
        )

    def _beyond(self, found: Estimate) -> Estimate:
        """Return an estimate less what is avoidable everywhere, which so many rows tell that it counts as known."""
        value, low, high = (
            None if end is None else end - self.everywhere for end in (found.value, found.low, found.high)
        )
        return replace(found, value=value, low=low, high=high)

    def means(self, positions: NDArray[np.intp]) -> tuple[float, float]:
        """Return the mean loss of candidate and challenger on some rows."""
        design = design_of(self.rows).take(positions)
        return design.mean(self.candidate[positions]), design.mean(self.challenger[positions])

    def findable(self, n: int, *, limit: float, level: float) -> float:
        """Return the smallest avoidable loss that a slice of `n` rows would have shown with 80 % power.

        As many rows on which only one side loses are taken to be in the slice as there are everywhere.
        """
        step, design = self.step, design_of(self.rows)
        share = design.effective_units(len(step)) / len(step)
        largest = 1.0 if self.rows.task != "regression" else max(float(np.abs(step).max()), 1e-12)
        error = float(np.sqrt(design.mean(step * step) / (n * share)))
        return smallest_drop(error, largest / (n * share), margin=limit, confidence=1.0 - 2.0 * level)


def weighted_sums(step: NDArray[np.float64], rows: ScoredRows) -> NDArray[np.float64]:
    """Return a step of each row and its square, by weight, as `Beyond` wants them; shape (2, n_rows)."""
    if rows.weight is None:
        return np.stack([step, step * step])
    weight = rows.weight / rows.weight.mean()
    return np.stack([step * weight, (step * weight) ** 2])


def avoidable_loss(rows: ScoredRows, challenger: Challenger) -> Avoidable | str:
    """Compare the candidate's losses with a challenger's.

    Parameters
    ----------
    rows : ScoredRows
        Scored by the candidate.
    challenger : Challenger
        With answers to the same rows.

    Returns
    -------
    Avoidable or str
        Classes: wrong decisions, where the challenger decides for each class as often as the candidate does. Values:
        squared errors over the variance of the target. A sentence where there is nothing to compare.
    """
    design = design_of(rows)
    variance = 1.0
    if rows.task == "regression":
        variance = design.mean((rows.target - design.mean(rows.target)) ** 2)
        if not variance > 0.0:
            return "The target does not vary on these rows."
        ours, theirs = ((rows.target - side) ** 2 / variance for side in (scores_of(rows), challenger.score))
    elif challenger.decision is None:
        return "The candidate makes no decisions that could be wrong."
    else:
        ours, theirs = ((side != rows.target).astype(np.float64) for side in (decisions_of(rows), challenger.decision))
    everywhere = max(design.mean(ours - theirs), 0.0)
    return values_of(rows, ours, theirs, everywhere=everywhere, variance=variance)


def values_of(
    rows: ScoredRows,
    ours: NDArray[np.float64],
    theirs: NDArray[np.float64],
    *,
    everywhere: float = 0.0,
    variance: float = 1.0,
) -> Avoidable:
    """Return losses of two models with what is known of their differences on all rows.

    Parameters
    ----------
    rows : ScoredRows
        Scored by the first model.
    ours, theirs : ndarray of float64, shape (n_rows,)
        Losses of both.
    everywhere, variance
        As for `Avoidable`.
    """
    spread, largest = None, 0.0
    if rows.task == "regression" and len(rows):
        changes = compare_losses(theirs, ours.copy(), design=design_of(rows))
        if changes is not None:
            spread = changes.up[1] / changes.total, changes.down[1] / changes.total
            largest = changes.largest
    return Avoidable(
        candidate=ours,
        challenger=theirs,
        rows=rows,
        everywhere=everywhere,
        variance=variance,
        spread=spread,
        largest=largest,
    )
