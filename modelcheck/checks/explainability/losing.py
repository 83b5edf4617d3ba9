"""What answers lose, on the model's own scale and on the nearest straight line, and how far they move."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from modelcheck.explain.permuted import Loss
from modelcheck.explain.questions import Ask
from modelcheck.scoring.rows import ScoredRows
from modelcheck.stats.losses import brier_losses

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Answered", "Kept", "distance", "loss_of", "on_line", "slope_of"]


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


class Kept:
    """A model's answers, which several losses read in the order in which they were asked for."""

    def __init__(self, ask: Ask) -> None:
        self._ask = ask
        self._answers: list[NDArray[np.float64]] = []

    def __call__(self, rows: pd.DataFrame) -> NDArray[np.float64]:
        """Ask, and keep what is answered."""
        self._answers.append(np.asarray(self._ask(rows), dtype=np.float64))
        return self._answers[-1]

    def again(self) -> Ask:
        """Return who gives the same answers once more, in their order."""
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


class Answered:
    """A model that is asked about rows whose answers are known first: those aren't asked about again.

    Parameters
    ----------
    ask : callable
        The model.
    known : ndarray
        Answers to the first rows.
    """

    def __init__(self, ask: Ask, known: NDArray[np.float64]) -> None:
        self._ask = ask
        self._left = known

    def __call__(self, rows: pd.DataFrame) -> NDArray[np.float64]:
        """Return what is known, then ask; a call holds rows of one kind."""
        if not len(self._left):
            return np.asarray(self._ask(rows), dtype=np.float64)
        told, self._left = self._left[: len(rows)], self._left[len(rows) :]
        return told


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


def slope_of(scored: ScoredRows, own: NDArray[np.float64]) -> float | None:
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


def on_line(scored: ScoredRows, own: NDArray[np.float64], slope: float) -> Loss:
    """Return the squared error of the answers on that line."""
    truth, level, goal = _centred(scored, own)
    return lambda score, at: _squared(goal + slope * (score - level) - truth[at])


def distance(scored: ScoredRows, own: NDArray[np.float64], slope: float) -> Loss:
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
