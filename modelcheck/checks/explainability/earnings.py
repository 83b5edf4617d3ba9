"""What columns move and earn: single estimates, and the parts that each has in the whole."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from modelcheck.explain.permuted import Shuffled, importance
from modelcheck.record.evidence import Estimate
from modelcheck.stats.design import Design
from modelcheck.stats.linearised import Linearised, undefined
from modelcheck.stats.shares import share_interval

__all__ = ["FEWEST", "METRIC", "Earned", "doubted"]

METRIC = "loss_increase"
FEWEST = 30
"""Rows that an interval of parts needs."""
_LOST = 0.01  # of the rows may lose their answers before what the others say proves nothing


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Whole:
    """What some columns have together, over the rows with an answer for every column."""

    means: NDArray[np.float64]
    total: float
    influence: NDArray[np.float64]
    design: Design

    @classmethod
    def of(cls, one: Shuffled, rows: NDArray[np.intp], *, gaining: bool = False) -> _Whole:
        """Add up all columns, or those that are above 0."""
        design = one.design.take(rows)
        means = np.array([design.mean(values[rows]) if len(rows) else 0.0 for values in one.increase])
        kept = means > 0.0 if gaining else np.ones(len(means), dtype=bool)
        return cls(
            means=means,
            total=float(means[kept].sum()),
            influence=one.influence[kept].sum(axis=0)[rows],
            design=design,
        )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Earned:
    """Growth of the loss by column, as a share of what knowing nothing loses.

    Attributes
    ----------
    shuffled : Shuffled
        By row; in units of the loss of the best constant answer.
    scaled : Shuffled
        The same after all answers were put on the straight line that is nearest to the truth. A column of a candidate
        whose answers are too extreme (classes weighted, evidence counted twice) can seem to earn nothing, because
        any entry that calms the answers makes up for the truth that is lost.
    moved : Shuffled
        How far these answers move, squared and in the same unit. Of a candidate that makes the best of its columns
        `scaled` grows by as much as the answers move.
    loss : str
        Which loss, in words.
    rows : int
        Rows that it rests on.
    predicted : int
        Rows that the candidate was asked about.
    known : ndarray of int
        Rows with an answer for every column; parts and shares rest on them.
    doubt : str
        Why parts and shares prove nothing: too many rows have no answer where a column holds another row's entry, and
        those that have one may be others than the rest. Empty where there is no such doubt.
    """

    shuffled: Shuffled
    scaled: Shuffled
    moved: Shuffled
    loss: str
    rows: int
    predicted: int
    known: NDArray[np.intp] = field(init=False)
    doubt: str = field(init=False)
    _moving: _Whole = field(init=False, repr=False)
    _earning: _Whole = field(init=False, repr=False)

    def __post_init__(self) -> None:
        """Add up once what every column's part is a part of."""
        known = np.flatnonzero(np.isfinite(self.shuffled.influence).all(axis=0))
        object.__setattr__(self, "known", known)
        object.__setattr__(self, "doubt", _doubt(self.rows - len(known), self.rows))
        object.__setattr__(self, "_moving", _Whole.of(self.moved, known))
        object.__setattr__(self, "_earning", _Whole.of(self.shuffled, known, gaining=True))

    @property
    def columns(self) -> tuple[str, ...]:
        """Raw columns."""
        return self.shuffled.names

    @property
    def design(self) -> Design:
        """Sampling design of the rows with an answer for every column."""
        return self._moving.design

    def estimates(self, confidence: float) -> dict[str, Estimate]:
        """Return what each column earns, with a paired interval; unproven where too many rows lost their answers."""
        return _doubted(self.shuffled, confidence)

    def estimates_scaled(self, confidence: float) -> dict[str, Estimate]:
        """Return what each column earns by answers on the straight line that is nearest to the truth."""
        return _doubted(self.scaled, confidence)

    def movement(self, column: int) -> Linearised | None:
        """Return the part that a column has in all that columns move; None where they move nothing together.

        The rows are those with an answer for every column.
        """
        whole = self._moving
        if whole.total <= 0.0:
            return None
        value = float(whole.means[column]) / whole.total
        own = self.moved.influence[column, self.known]
        return Linearised(value=value, influence=(own - value * whole.influence) / whole.total)

    def movement_together(self, columns: Sequence[int], joint: Shuffled) -> Linearised | None:
        """Return the part of columns that move together, in a whole in which they count as one column.

        Parameters
        ----------
        columns : sequence of int
            Which.
        joint : Shuffled
            How far answers move when all of them hold the entries of one other row: the first of its names.
        """
        rows, apart = self.known, self._moving
        if not len(rows) or not np.isfinite(joint.influence[0, rows]).all():
            return None
        mean = apart.design.mean(joint.increase[0, rows])
        total = mean + apart.total - float(apart.means[list(columns)].sum())
        if total <= 0.0:
            return None
        own = joint.influence[0, rows]
        others = apart.influence - self.moved.influence[list(columns)].sum(axis=0)[rows]
        value = mean / total
        return Linearised(value=value, influence=(own - value * (own + others)) / total)

    def movement_size(self, column: int) -> float:
        """Return how far answers move by a column, squared, mean over rows."""
        known = np.flatnonzero(np.isfinite(self.moved.increase[column]))
        return self.moved.design.take(known).mean(self.moved.increase[column, known]) if len(known) else 0.0

    def movement_share(self, column: int, confidence: float, metric: str) -> Estimate:
        """Return `movement` with an interval; unproven with fewer than 30 rows."""
        return self.share_estimate(self.movement(column), confidence, metric)

    def share_estimate(self, found: Linearised | None, confidence: float, metric: str) -> Estimate:
        """Return a share of movement with its interval."""
        if found is None:
            return undefined(metric, confidence, "no column moves any answer", n=len(self.known))
        return doubted(share_interval(found, self.design, metric=metric, confidence=confidence), self.doubt)

    def part(self, column: int) -> Linearised | None:
        """Return what a column earns as a part of all that columns earn; None where they earn nothing together."""
        whole = self._earning
        if whole.total <= 0.0:
            return None
        value = float(whole.means[column]) / whole.total
        own = self.shuffled.influence[column, self.known]
        return Linearised(value=value, influence=(own - value * whole.influence) / whole.total)

    def lost(self, later: Earned, column: int) -> tuple[Linearised, Linearised] | None:
        """Return what a column earns here and later, as parts of all that columns earn here.

        None where they earn nothing together. Influence values are those of the difference of the two.
        """
        whole, now = self._earning, later._earning
        if not len(self.known) or not len(later.known) or whole.total <= 0.0:
            return None
        before, after = float(whole.means[column]), float(now.means[column])
        gone = (before - after) / whole.total
        own = self.shuffled.influence[column, self.known]
        return (
            Linearised(value=before / whole.total, influence=(own - gone * whole.influence) / whole.total),
            Linearised(
                value=after / whole.total, influence=later.shuffled.influence[column, later.known] / whole.total
            ),
        )


def doubted(found: Estimate, doubt: str) -> Estimate:
    """Return an estimate that proves nothing where there is a doubt, unless it proves nothing already."""
    return replace(found, unproven=doubt, n_needed=None) if doubt and not found.unproven else found


def _doubt(lost: int, rows: int) -> str:
    if lost <= _LOST * rows:
        return ""
    return (
        f"{lost:,} of {rows:,} rows have no answer where a column holds another row's entry, and those that have one "
        "may be others than the rest"
    )


def _doubted(one: Shuffled, confidence: float) -> dict[str, Estimate]:
    rows = one.increase.shape[1]
    lost = dict(zip(one.names, np.count_nonzero(~np.isfinite(one.increase), axis=1).tolist(), strict=True))
    found = importance(one, metric=METRIC, confidence=confidence)
    return {name: doubted(found[name], _doubt(lost[name], rows)) for name in found}
