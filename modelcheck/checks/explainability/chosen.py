"""Which rows are explained one by one: those that somebody will ask about."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from modelcheck.checks.context import Context
from modelcheck.checks.explainability.drawn import Drawn
from modelcheck.stats.losses import brier_losses

__all__ = ["Chosen", "choose_rows"]

_EACH = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """One row and why it was chosen.

    Attributes
    ----------
    place : int
        In the sample.
    why : str
        In plain words.
    """

    place: int
    why: str


def choose_rows(context: Context, ready: Drawn) -> list[Chosen]:
    """Return up to two rows of each kind: worst errors, negative flips, closest to the boundary, typical.

    Parameters
    ----------
    context : Context
        Of the run.
    ready : Drawn
        The sample.
    """
    if context.wanted:
        return [Chosen(place=place, why="asked for") for place in range(len(context.wanted))]
    found: list[Chosen] = []
    seen: set[tuple[Any, ...]] = set()
    for why, order in _kinds(context, ready):
        left = _EACH
        for place in order.tolist():
            # Rows of one person, or twins, would tell the same story twice.
            who = _who(ready, place)
            if left and who not in seen:
                seen.add(who)
                found.append(Chosen(place=int(place), why=why))
                left -= 1
            if not left:
                break
    return found


def _who(ready: Drawn, place: int) -> tuple[Any, ...]:
    if ready.scored.cluster is not None:
        return (int(ready.scored.cluster[place]),)
    return tuple(map(str, ready.rows.iloc[place].tolist()))


def _kinds(context: Context, ready: Drawn) -> list[tuple[str, NDArray[np.intp]]]:
    rows = ready.scored
    kinds: list[tuple[str, NDArray[np.intp]]] = []
    losses = _losses(context, ready)
    if losses is not None:
        wrong = np.argsort(-losses, kind="stable")
        kinds.append(("one of the largest errors", wrong[losses[wrong] > 0.0]))
    flips = _flips(context, ready)
    if len(flips):
        kinds.append(("the model in use now decides it rightly, this one wrongly", flips))
    if rows.task == "binary" and rows.score is not None:
        boundary = 0.5 if context.threshold is None else context.threshold
        if rows.probabilistic:
            kinds.append(("close to the boundary of the decision", np.argsort(np.abs(rows.score - boundary))))
    if rows.score is not None and rows.score.ndim == 1:
        middle = float(np.median(rows.score))
        kinds.append(("a typical answer", np.argsort(np.abs(rows.score - middle), kind="stable")))
    return kinds or [("drawn at random", np.arange(len(rows)))]


def _losses(context: Context, ready: Drawn) -> NDArray[np.float64] | None:
    rows = ready.scored
    if rows.task == "regression":
        return np.asarray(np.abs(np.asarray(rows.score) - rows.target))
    if rows.score is not None and rows.probabilistic:
        return brier_losses(rows.target, rows.score)
    if rows.decision is None:
        return None
    return np.asarray(rows.decision != rows.target, dtype=np.float64)


def _flips(context: Context, ready: Drawn) -> NDArray[np.intp]:
    """Return drawn rows that the baseline gets right and the candidate gets wrong."""
    ours, theirs = context.compared, context.baseline
    if theirs is None or ours.decision is None or theirs.decision is None or context.paired is not None:
        return np.zeros(0, dtype=np.intp)
    worse = (theirs.decision == ours.target) & (ours.decision != ours.target)
    return np.flatnonzero(worse[ready.positions])
