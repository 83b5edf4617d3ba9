"""What each column moves and earns: how answers and loss change when the column holds another row's entry."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from modelcheck.checks.columns import design_of, lean
from modelcheck.checks.context import Context
from modelcheck.checks.explainability.drawn import NO_BUDGET, Drawn, Scores, drawn, rows_for
from modelcheck.explain.dependence import Ask
from modelcheck.explain.permuted import Loss, Shuffled, cyclic_donors, importance, shuffled_losses
from modelcheck.record.evidence import Estimate
from modelcheck.scoring.asking import Asking
from modelcheck.scoring.rows import ScoredRows
from modelcheck.stats.design import too_few
from modelcheck.stats.linearised import Linearised, interval, undefined
from modelcheck.stats.losses import brier_losses
from modelcheck.stats.rates import rate_from_counts

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["FEWEST", "METRIC", "Earned", "earned", "earned_on_reference", "loss_of"]

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
        design = self.moved.design.take(self.known)
        units = design.units(len(self.known))
        few = too_few(units, "row") if units < FEWEST else ""
        if found is None:
            return undefined(metric, confidence, "no column moves any answer", n=len(self.known))
        if not 1e-12 < found.value < 1.0 - 1e-12:
            # As for `modelcheck.stats.shares.share`: no row contradicts it.
            return rate_from_counts(0 if found.value < 0.5 else units, units, metric=metric, confidence=confidence)
        return interval(
            found,
            design,
            metric=metric,
            confidence=confidence,
            transform="logit",
            method="ratio of means",
            unproven=few,
            n_needed=FEWEST if few else None,
        )

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
        return np.asarray(_decision(score) != target[at], dtype=np.float64)

    return errors, float(1.0 - shares.max()), "share of wrong decisions"


class _Kept:
    """A model's answers, which several losses read in the order in which they were asked for."""

    def __init__(self, ask: Ask) -> None:
        self._ask = ask
        self._answers: list[NDArray[np.float64]] = []

    def __call__(self, rows: pd.DataFrame) -> NDArray[np.float64]:
        self._answers.append(np.asarray(self._ask(rows), dtype=np.float64))
        return self._answers[-1]

    def again(self) -> Ask:
        told = iter(self._answers)
        return lambda rows: next(told)

    def first(self, n: int) -> NDArray[np.float64]:
        """Return the answers to the first rows, which are asked about before anything is shuffled."""
        found: list[NDArray[np.float64]] = []
        for one in self._answers:
            if sum(map(len, found)) >= n:
                break
            found.append(one)
        return np.concatenate(found)[:n]


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
    kept = _Kept(scores)
    found = shuffled_losses(
        kept,
        lambda score, at: loss(score, at) / unit,
        rows.iloc[:n],
        {column: (column,) for column in ready.columns},
        donors,
        design=design,
    )
    own = kept.first(n)
    slope = _slope(some, own)

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
        scaled=found if slope is None else read(_on_line(some, own, slope)),
        moved=read(_distance(some, own, 1.0 if slope is None else slope)),
        loss=words,
        rows=n,
        predicted=scores.asked,
    )


def _centred(
    scored: ScoredRows, own: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Return the truth in the form of the answers, and the mean of both over the answered rows."""
    truth = np.asarray(scored.target, dtype=np.float64)
    if own.ndim == 2:
        truth = np.eye(own.shape[1])[scored.target.astype(np.intp)]
    known = np.isfinite(own if own.ndim == 1 else own.sum(axis=1))
    weight = None if scored.weight is None else scored.weight[known]
    level, goal = (np.asarray(np.average(one[known], axis=0, weights=weight)) for one in (own, truth))
    return truth, level, goal


def _slope(scored: ScoredRows, own: NDArray[np.float64]) -> float | None:
    """Return the slope of the straight line in the answers that is nearest to the truth.

    None where the answers are no probabilities or values, or don't rise with the truth.
    """
    if not _graded(scored) or not np.isfinite(own).any():
        return None
    truth, level, goal = _centred(scored, own)
    weight = np.ones(len(own)) if scored.weight is None else scored.weight
    along, across = (
        float(np.nansum(weight * np.atleast_2d(((own - level) * other).T).sum(axis=0)))
        for other in (own - level, truth - goal)
    )
    return across / along if along > 0.0 and across > 0.0 else None


def _on_line(scored: ScoredRows, own: NDArray[np.float64], slope: float) -> Loss:
    """Return the squared error of the answers on that line."""
    truth, level, goal = _centred(scored, own)
    return lambda score, at: _squared(goal + slope * (score - level) - truth[at])


def _distance(scored: ScoredRows, own: NDArray[np.float64], slope: float) -> Loss:
    """Return the squared distance of an answer from the row's own one; of decisions, whether they differ."""
    if _graded(scored):
        return lambda score, at: _squared(slope * (score - own[at]))
    return lambda score, at: (_decision(score) != _decision(own[at])).astype(np.float64)


def _graded(scored: ScoredRows) -> bool:
    return scored.score is not None and (scored.probabilistic or scored.task == "regression")


def _squared(off: NDArray[np.float64]) -> NDArray[np.float64]:
    square = np.square(off)
    return square if square.ndim == 1 else np.asarray(square.sum(axis=1))


def _decision(score: NDArray[np.float64]) -> NDArray[np.intp]:
    chosen = score.argmax(axis=1) if score.ndim == 2 else score >= 0.5
    return np.asarray(chosen.astype(np.intp))
