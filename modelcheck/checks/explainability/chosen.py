"""Which rows are explained one by one: those that somebody will ask about."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from modelcheck.checks.context import Context
from modelcheck.checks.explainability.drawn import Drawn
from modelcheck.checks.explainability.explained import Explained
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


def choose_rows(context: Context, ready: Drawn, found: Explained) -> list[Chosen]:
    """Return up to two rows of each kind: worst errors, negative flips, closest to the boundary, typical.

    Where columns are forbidden, those whose answers they move most come first.

    Parameters
    ----------
    context : Context
        Of the run.
    ready : Drawn
        The sample.
    found : Explained
        Attributions of the run.
    """
    if context.wanted:
        return [Chosen(place=place, why="asked for") for place in range(len(context.wanted))]
    chosen: list[Chosen] = []
    seen: set[tuple[Any, ...]] = set()
    for why, order in (*_by_forbidden(context, found), *_kinds(context, ready)):
        left = _EACH
        for place in order.tolist():
            # Rows of one person, or twins, would tell the same story twice.
            who = _who(ready, place)
            if left and who not in seen:
                seen.add(who)
                chosen.append(Chosen(place=int(place), why=why))
                left -= 1
            if not left:
                break
    return chosen


def _by_forbidden(context: Context, found: Explained) -> list[tuple[str, NDArray[np.intp]]]:
    places = [place for place, name in enumerate(found.columns) if name in context.forbidden]
    moved = found.attributions.size[:, places].sum(axis=1)
    if not moved.any():
        return []
    order = np.argsort(-moved, kind="stable")
    return [("moved most by a forbidden column", found.rows[order[moved[order] > 0.0]])]


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
    if rows.score is None:
        return kinds or [("drawn at random", np.arange(len(rows)))]
    sure = np.asarray(rows.score)
    if rows.task == "multiclass":
        likeliest = np.sort(sure, axis=1)
        sure = likeliest[:, -1] - likeliest[:, -2]
    boundary = 0.0 if rows.task == "multiclass" else 0.5 if context.threshold is None else context.threshold
    if rows.task != "regression" and rows.probabilistic:
        near = np.argsort(np.abs(sure - boundary), kind="stable")
        kinds.append(("close to the boundary of the decision", near))
    kinds.append(("a typical answer", np.argsort(np.abs(sure - float(np.median(sure))), kind="stable")))
    return kinds


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
