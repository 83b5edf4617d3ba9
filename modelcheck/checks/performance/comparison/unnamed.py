"""Slices that nobody declared, searched for where the candidate is worse than the baseline."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from modelcheck.checks.columns import decisions_of, design_of, scores_of
from modelcheck.checks.performance.weakness.avoidable import Avoidable, values_of
from modelcheck.checks.performance.weakness.looked import Looked
from modelcheck.checks.performance.weakness.places import look_and_judge
from modelcheck.checks.performance.weakness.told import examples_of, findable_of, reproduce, slices_table
from modelcheck.checks.words import number
from modelcheck.record.evidence import Estimate, Finding, Severity, Table
from modelcheck.scoring.rows import ScoredRows

__all__ = ["Unnamed", "mirrored", "search_unnamed"]

_SAME = 0.5  # Jaccard index from which a slice tells nothing new beside a group that was declared


class Unnamed:
    """What a search against the baseline found.

    Parameters
    ----------
    looked : Looked
        The search; estimates are losses beyond the baseline's, above 0 where the candidate is worse.
    losses : Avoidable
        Both models' losses.
    margin : float
        How much worse the candidate may be.
    """

    def __init__(self, looked: Looked, losses: Avoidable, margin: float) -> None:
        self.looked = looked
        self._losses = losses
        self._margin = margin

    @property
    def groups(self) -> dict[str, Estimate]:
        """Differences by slice, above 0 where the candidate is better."""
        found = (one for one in self.looked.slices if not one.estimate.unproven)
        return {one.words: mirrored(one.estimate, self.metric) for one in found}

    @property
    def metric(self) -> str:
        """Name of the difference."""
        return "share_of_variance_difference" if self._losses.rows.task == "regression" else "accuracy_difference"

    def apart_from(self, declared: Sequence[NDArray[np.intp]]) -> Unnamed:
        """Return the same without slices that a declared place, given by its rows, tells already."""
        kept = tuple(
            one for one in self.looked.slices if not any(_jaccard(one.rows, rows) > _SAME for rows in declared)
        )
        return Unnamed(replace(self.looked, slices=kept), self._losses, self._margin)

    def findings(self) -> tuple[Finding, ...]:
        """Return the slices that are proved worse."""
        rows = self._losses.rows
        classes = rows.task != "regression"
        what = "accuracy lower by" if classes else "mean squared error, as a share of the target's variance, higher by"
        return tuple(
            Finding(
                title=(
                    f"Worse than the baseline where {one.words}: {what} {number(one.estimate.value)} "
                    f"(margin {number(self._margin)})"
                ),
                slice=one.words,
                n=one.estimate.n,
                effect=None if one.corrected is None else -one.corrected,
                low=None if one.estimate.high is None else -one.estimate.high,
                high=None if one.estimate.low is None else -one.estimate.low,
                p_adjusted=one.p_adjusted,
                severity=Severity.BLOCKING,
                examples=examples_of(rows, one, self._losses.step),
                reproduce=reproduce(one, "accuracy" if classes else "r2", "margin", self._margin),
            )
            for one in self.looked.broken
        )

    def tables(self, confidence: float) -> tuple[Table, ...]:
        """Return what was found as a table."""
        return tuple(
            replace(table, name="slices found by search")
            for table in slices_table(
                self.looked,
                self._losses.means,
                ("candidate's loss", "baseline's loss"),
                quantity="a loss beyond the baseline's",
                confidence=confidence,
            )
        )

    def searched(self) -> str:
        """Say what was looked at and what would have been found."""
        if not self.looked.eligible:
            return self.looked.why_none
        drops = {
            size: self._losses.findable(size, limit=self._margin, level=self.looked.level) for size in self.looked.sizes
        }
        told = {size: f"{number(drop)} or more" if drop <= self._losses.most else None for size, drop in drops.items()}
        return f"{self.looked.scope} {findable_of('a drop', told)}"

    def everywhere(self, confidence: float) -> Estimate:
        """Return the difference on all rows."""
        return mirrored(self._losses.find(self.looked.everywhere)(confidence), self.metric)


def search_unnamed(
    rows: ScoredRows, baseline: ScoredRows, *, margin: float, confidence: float, part: float
) -> Unnamed | None:
    """Search for slices on which the candidate is worse than the baseline.

    Parameters
    ----------
    rows, baseline : ScoredRows
        The same rows, scored by both.
    margin : float
        How much worse the candidate may be: in accuracy, or in squared error over the target's variance.
    confidence : float
        Of the gate.
    part : float
        Part of the gate's error probability that the search has.

    Returns
    -------
    Unnamed or None
        None where the rows have no features, or a target that doesn't vary.
    """
    if rows.features is None or not rows.features.levels or len(rows) == 0:
        return None
    design = design_of(rows)
    if rows.task == "regression":
        variance = design.mean((rows.target - design.mean(rows.target)) ** 2)
        if not variance > 0.0:
            return None
        ours, theirs = ((rows.target - scores_of(side)) ** 2 / variance for side in (rows, baseline))
    else:
        variance = 1.0
        ours, theirs = ((decisions_of(side) != rows.target).astype(np.float64) for side in (rows, baseline))
    losses = values_of(rows, ours, theirs, variance=variance)
    looked = look_and_judge(
        rows, losses.sums(), losses.goal(margin), losses.find, limit=margin, confidence=confidence, part=part
    )
    return Unnamed(looked, losses, margin)


def mirrored(found: Estimate, metric: str) -> Estimate:
    """Return an estimate with its sign changed.

    Examples
    --------
    >>> lost = Estimate(metric="lost", value=0.2, low=0.1, high=0.4, confidence=0.95, n=9, method="-")
    >>> gained = mirrored(lost, "gained")
    >>> gained.value, gained.low, gained.high
    (-0.2, -0.4, -0.1)
    """
    value, low, high = (None if end is None else -end for end in (found.value, found.high, found.low))
    return replace(found, metric=metric, value=value, low=low, high=high)


def _jaccard(one: NDArray[np.intp], other: NDArray[np.intp]) -> float:
    both = len(np.intersect1d(one, other, assume_unique=True))
    return both / max(len(one) + len(other) - both, 1)
