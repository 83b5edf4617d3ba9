"""What each column earns: how much the candidate loses when the column holds another row's entry."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from modelcheck.checks.columns import design_of, lean
from modelcheck.checks.context import Context
from modelcheck.checks.explainability.drawn import NO_BUDGET, Drawn, Scores, drawn, rows_for
from modelcheck.explain.permuted import Loss, Shuffled, cyclic_donors, importance, shuffled_losses
from modelcheck.record.evidence import Estimate
from modelcheck.scoring.asking import Asking
from modelcheck.scoring.rows import ScoredRows
from modelcheck.stats.linearised import Linearised
from modelcheck.stats.losses import brier_losses

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["METRIC", "Earned", "earned", "earned_on_reference", "loss_of"]

METRIC = "loss_increase"
_FEWEST = 20


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Earned:
    """Growth of the loss by column, as a share of what knowing nothing loses.

    Attributes
    ----------
    shuffled : Shuffled
        By row; in units of the loss of the best constant answer.
    loss : str
        Which loss, in words.
    rows : int
        Rows that it rests on.
    predicted : int
        Rows that the candidate was asked about.
    """

    shuffled: Shuffled
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

    def share(self, column: int) -> Linearised | None:
        """Return the part that a column has in all that columns earn; None where they earn nothing together.

        The rows are those with an answer for every column.
        """
        whole = self.known
        if not len(whole):
            return None
        design = self.shuffled.design.take(whole)
        means = np.array([design.mean(one[whole]) for one in self.shuffled.increase])
        total = float(np.maximum(means, 0.0).sum())
        if total <= 0.0:
            return None
        value = max(float(means[column]), 0.0) / total
        kept = means > 0.0
        moved = self.shuffled.influence[:, whole]
        influence = (moved[column] * bool(kept[column]) - value * moved[kept].sum(axis=0)) / total
        return Linearised(value=value, influence=influence)

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
    asking, find = context.asking, context.find_reference
    reference = None if find is None or ready.source != "reference" else find()
    if reference is None:
        return "no reference is declared, so nobody knows what the columns earned there: [reference] path."
    assert asking is not None  # noqa: S101 - `drawn` answered otherwise
    scored = lean(reference).take(ready.support_positions.astype(np.intp))
    allowed = rows_for(context, "shuffled reference")
    return context.share(
        "explainability-earned-reference",
        lambda: _earn(context, asking, ready, ready.support, scored, allowed, "reference"),
    )


def loss_of(scored: ScoredRows) -> tuple[Loss, float, str]:
    """Return the loss of scores, what the best constant answer loses in the mean, and the loss in words.

    Parameters
    ----------
    scored : ScoredRows
        The rows that are asked about.
    """
    target = scored.target
    if scored.task == "regression":
        constant = float(np.average(target, weights=scored.weight))
        unit = float(np.average((target - constant) ** 2, weights=scored.weight))
        return lambda score, at: (score - target[at]) ** 2, unit, "squared error"
    counts = np.bincount(target.astype(np.intp), weights=scored.weight, minlength=len(scored.classes))
    shares = counts / counts.sum()
    several = len(scored.classes) > 2
    if scored.score is not None and scored.probabilistic:
        unit = float((shares * (1.0 - shares)).sum()) / (1.0 if several else 2.0)
        return lambda score, at: brier_losses(target[at], score), unit, "Brier score"

    def errors(score: NDArray[np.float64], at: NDArray[np.intp]) -> NDArray[np.float64]:
        chosen = score.argmax(axis=1) if score.ndim == 2 else score >= 0.5
        return np.asarray(chosen.astype(np.intp) != target[at], dtype=np.float64)

    return errors, float(1.0 - shares.max()), "share of wrong decisions"


def _earn(
    context: Context, asking: Asking, ready: Drawn, rows: pd.DataFrame, scored: ScoredRows, allowed: int, name: str
) -> Earned | str:
    n = min(len(rows), allowed // (len(ready.columns) + 1))
    if n < min(_FEWEST, len(rows)) or n < 2:
        return f"{NO_BUDGET} {_FEWEST} rows with each of {len(ready.columns):,} columns shuffled are needed."
    some = scored.take(np.arange(n))
    loss, unit, words = loss_of(some)
    if unit <= 0.0:
        return f"every drawn row of the {name} has the same truth, so no column can earn anything."
    scores = Scores(asking, some)
    donors = cyclic_donors(n, 1, context.generator(f"explainability shuffles {name}"))
    found = shuffled_losses(
        scores,
        lambda score, at: loss(score, at) / unit,
        rows.iloc[:n],
        {column: (column,) for column in ready.columns},
        donors,
        design=design_of(some),
    )
    return Earned(shuffled=found, loss=words, rows=n, predicted=scores.asked)
