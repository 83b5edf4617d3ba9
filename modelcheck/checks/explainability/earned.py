"""What each column moves and earns: how answers and loss change when the column holds another row's entry."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from modelcheck.checks.columns import design_of
from modelcheck.checks.context import Context
from modelcheck.checks.explainability.drawn import NO_BUDGET, Drawn, Scores, drawn, rows_for, support_scored
from modelcheck.explain.permuted import Loss, Shuffled, cyclic_donors, importance, shuffled_losses
from modelcheck.record.evidence import Estimate
from modelcheck.scoring.asking import Asking
from modelcheck.scoring.rows import ScoredRows
from modelcheck.stats.linearised import Linearised, undefined
from modelcheck.stats.shares import share_interval

if TYPE_CHECKING:
    import pandas as pd

from modelcheck.checks.explainability.losing import Kept, distance, loss_of, on_line, slope_of

__all__ = ["FEWEST", "METRIC", "Earned", "earned", "earned_on_reference"]

METRIC = "loss_increase"
FEWEST = 30
"""Rows that an interval of parts needs."""
_FEWEST = 20


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
    """

    shuffled: Shuffled
    scaled: Shuffled
    moved: Shuffled
    loss: str
    rows: int
    predicted: int

    @property
    def columns(self) -> tuple[str, ...]:
        """Raw columns."""
        return self.shuffled.names

    def estimates(self, confidence: float) -> dict[str, Estimate]:
        """Return what each column earns, with a paired interval."""
        return importance(self.shuffled, metric=METRIC, confidence=confidence)

    def estimates_scaled(self, confidence: float) -> dict[str, Estimate]:
        """Return what each column earns by answers on the straight line that is nearest to the truth."""
        return importance(self.scaled, metric=METRIC, confidence=confidence)

    def movement(self, column: int) -> Linearised | None:
        """Return the part that a column has in all that columns move; None where they move nothing together.

        The rows are those with an answer for every column.
        """
        whole = self.known
        if not len(whole):
            return None
        design = self.moved.design.take(whole)
        means = np.array([design.mean(one[whole]) for one in self.moved.increase])
        total = float(means.sum())
        if total <= 0.0:
            return None
        value = float(means[column]) / total
        influence = self.moved.influence[:, whole]
        return Linearised(value=value, influence=(influence[column] - value * influence.sum(axis=0)) / total)

    def movement_size(self, column: int) -> float:
        """Return how far answers move by a column, squared, mean over rows."""
        known = np.flatnonzero(np.isfinite(self.moved.increase[column]))
        return self.moved.design.take(known).mean(self.moved.increase[column, known]) if len(known) else 0.0

    def movement_share(self, column: int, confidence: float, metric: str) -> Estimate:
        """Return `movement` with an interval; unproven with fewer than 30 rows."""
        found = self.movement(column)
        if found is None:
            return undefined(metric, confidence, "no column moves any answer", n=len(self.known))
        return share_interval(found, self.moved.design.take(self.known), metric=metric, confidence=confidence)

    def lost(self, later: Earned, column: int) -> tuple[Linearised, Linearised] | None:
        """Return what a column earns here and later, as parts of all that columns earn here.

        None where they earn nothing together. Influence values are those of the difference of the two.
        """
        here, there = self.known, later.known
        if not len(here) or not len(there):
            return None
        design = self.shuffled.design.take(here)
        means = np.array([design.mean(one[here]) for one in self.shuffled.increase])
        kept = means > 0.0
        total = float(means[kept].sum())
        if total <= 0.0:
            return None
        now = later.shuffled.design.take(there).mean(later.shuffled.increase[column, there])
        gone = (float(means[column]) - now) / total
        moved = self.shuffled.influence[:, here]
        return (
            Linearised(
                value=float(means[column]) / total, influence=(moved[column] - gone * moved[kept].sum(axis=0)) / total
            ),
            Linearised(value=now / total, influence=later.shuffled.influence[column, there] / total),
        )

    @property
    def known(self) -> NDArray[np.intp]:
        """Rows with an answer for every column."""
        return np.flatnonzero(np.isfinite(self.shuffled.influence).all(axis=0))


def earned(context: Context) -> Earned | str:
    """Return what each column earns on the dataset.

    Parameters
    ----------
    context : Context
        With `asking`.

    Returns
    -------
    Earned or str
        A sentence where nobody can be asked, or the budget is too small.
    """
    ready = drawn(context)
    if isinstance(ready, str):
        return ready
    asking = context.asking
    assert asking is not None  # noqa: S101 - `drawn` answered otherwise
    return context.share(
        "explainability-earned",
        lambda: _earn(context, asking, ready, ready.rows, ready.scored, rows_for(context, "shuffled"), "dataset"),
    )


def earned_on_reference(context: Context) -> Earned | str:
    """Return the same on the reference: what each column seemed to earn while the candidate was made."""
    ready = drawn(context)
    if isinstance(ready, str):
        return ready
    asking, scored = context.asking, support_scored(context, ready)
    if scored is None:
        return "no reference is declared, so nobody knows what the columns earned there: [reference] path."
    assert asking is not None  # noqa: S101 - `drawn` answered otherwise
    allowed = rows_for(context, "shuffled reference")
    return context.share(
        "explainability-earned-reference",
        lambda: _earn(context, asking, ready, ready.support, scored, allowed, "reference"),
    )


def _earn(
    context: Context, asking: Asking, ready: Drawn, rows: pd.DataFrame, scored: ScoredRows, allowed: int, name: str
) -> Earned | str:
    import pandas as pd

    n = min(len(rows), allowed // (len(ready.columns) + 1))
    if n < min(_FEWEST, len(rows)) or n < 2:
        return f"{NO_BUDGET} {_FEWEST} rows with each of {len(ready.columns):,} columns shuffled are needed."
    some = scored.take(np.arange(n))
    loss, unit, words = loss_of(some)
    if unit <= 0.0:
        return f"every drawn row of the {name} has the same truth, so no column can earn anything."
    scores = Scores(asking, some)
    donors = cyclic_donors(n, 1, context.generator(f"explainability shuffles {name}"))
    design = design_of(some)
    kept = Kept(scores)
    found = shuffled_losses(
        kept,
        lambda score, at: loss(score, at) / unit,
        rows.iloc[:n],
        {column: (column,) for column in ready.columns},
        donors,
        design=design,
    )
    own = kept.first(n)
    slope = slope_of(some, own)

    def read(of: Loss) -> Shuffled:
        # The same questions in the same order, without the rows that nobody has to be asked about again.
        bare = pd.DataFrame(index=range(n))
        return shuffled_losses(
            kept.again(),
            lambda score, at: of(score, at) / unit,
            bare,
            dict.fromkeys(ready.columns, ()),
            donors,
            design=design,
        )

    return Earned(
        shuffled=found,
        scaled=found if slope is None else read(on_line(some, own, slope)),
        moved=read(distance(some, own, 1.0 if slope is None else slope)),
        loss=words,
        rows=n,
        predicted=scores.asked,
    )
