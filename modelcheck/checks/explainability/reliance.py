"""The share of unwanted columns, and all that keeps it from proving that answers don't rest on them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from modelcheck.checks.context import Context
from modelcheck.checks.explainability.drawn import Drawn, rows_for
from modelcheck.checks.explainability.explained import MOST_LOST, Explained
from modelcheck.checks.explainability.jointly import Jointly, jointly
from modelcheck.checks.explainability.moving import PROBE, probe
from modelcheck.checks.explainability.near_copies import NearCopies
from modelcheck.checks.explainability.together import Together, moved_together
from modelcheck.checks.judging import beyond
from modelcheck.checks.words import short
from modelcheck.record.evidence import Estimate
from modelcheck.stats.rates import rate_from_counts

__all__ = ["Reliance", "reliance"]

_METRIC = "attribution_share"
_FEWEST_PAIRS = 30
_FEWEST_CARRIERS = 10
_ZERO = 1e-12
_MOST_NAMED = 2


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Reliance:
    """How much of what moves the answers belongs to unwanted columns.

    Attributes
    ----------
    estimate : Estimate
        ``attribution_share``; unproven with every reason why the limit can't be called kept.
    weights : ndarray of float64, shape (n_columns,)
        How much of each column counts.
    together : Together or None
        Where it comes from switching all that counts as one.
    jointly : tuple of Jointly
        What is told otherwise than by single columns; empty where the limit is proved to be broken.
    asked : int
        Rows that the model was asked about for it, attributions aside.
    """

    estimate: Estimate
    weights: NDArray[np.float64]
    together: Together | None
    jointly: tuple[Jointly, ...]
    asked: int


def reliance(
    context: Context, ready: Drawn, found: Explained | str, copies: NearCopies, wanted: Sequence[str]
) -> Reliance | str:
    """Return the share of unwanted columns and their near-copies.

    Parameters
    ----------
    context : Context
        With `asking`.
    ready : Drawn
        The run's sample.
    found : Explained or str
        The run's attributions; a sentence where the budget has no rows for them.
    copies : NearCopies
        What columns tell of the unwanted ones.
    wanted : sequence of str
        The unwanted columns.

    Returns
    -------
    Reliance or str
        From the run's attributions. Where these have under 30 rows, or lost over a hundredth of theirs, or left a
        counted column out, all that counts is switched as one instead. `found` where neither is affordable.
    """
    weights = np.array([1.0 if name in wanted else _counted(copies, name) for name in ready.columns])
    group = tuple(name for name, weight in zip(ready.columns, weights, strict=True) if weight > 0.0)
    estimate: Estimate | None = None if isinstance(found, str) else found.share_of(weights, context.confidence)
    doubts, asked = [], 0
    together: Together | None = None

    def switched(columns: tuple[str, ...]) -> Together | None:
        weight = max((weights[ready.columns.index(name)] for name in group), default=1.0)
        return moved_together(context, ready, columns, weight=weight, allowed=_left(context, found) - asked)

    problem = _problem(found, estimate, group)
    if group and problem:
        together = switched(group)
        asked += 0 if together is None else together.asked
        if together is not None and together.lost > MOST_LOST * (together.lost + together.rows):
            together = None
        if together is not None:
            estimate = together.estimate
        elif isinstance(found, str):
            return found
        elif estimate is not None and not estimate.unproven:
            doubts.append(problem)
    if estimate is None:
        # Nothing counts, so nothing has to be explained: how sure that is hangs on the rows that were compared.
        estimate = rate_from_counts(0, copies.rows, metric=_METRIC, confidence=context.confidence)
    if group and estimate.value is not None and estimate.value <= _ZERO:
        moved = probe(context, ready, group)
        asked += moved.asked
        if moved.moved and together is None:
            together = switched(group)
            asked += 0 if together is None else together.asked
            if together is not None and together.estimate.value:
                estimate = together.estimate
        if estimate.value is not None and estimate.value <= _ZERO:
            doubts += _still(group, moved.pairs, moved.moved, moved.unanswered)
    if group and not doubts and not estimate.unproven:
        doubts += _few(found, weights, together)
    known = 1.0 if isinstance(found, str) or together is not None else 1.0 - found.lost_share
    if context.limit is not None and _surely_beyond(estimate, context.limit, known):
        return Reliance(estimate=estimate, weights=weights, together=together, jointly=(), asked=asked)
    doubts += [f"{short(name)} is the same in all {copies.rows:,} rows compared" for name in copies.constant]
    if copies.open and context.limit is not None:
        doubts += _open(context, found, copies, weights, ready, context.limit, together)
    told = tuple(jointly(context, name, frozenset({*group, *wanted})) for name in wanted)
    doubts += [one.doubt for one in told if one.doubt]
    if doubts:
        estimate = replace(
            estimate, unproven="; ".join([estimate.unproven] * bool(estimate.unproven) + doubts), n_needed=None
        )
    return Reliance(estimate=estimate, weights=weights, together=together, jointly=told, asked=asked)


def _counted(copies: NearCopies, name: str) -> float:
    one = copies.best.get(name)
    return one.told.value if one is not None and one.copy else 0.0


def _problem(found: Explained | str, estimate: Estimate | None, group: tuple[str, ...]) -> str:
    """Say why the run's attributions prove nothing of these columns; empty where they may."""
    if isinstance(found, str) or estimate is None:
        return str(found)
    left = [short(name) for name in group if name in found.still]
    if left:
        return f"{', '.join(left)} moved none of a few answers and was left out of explanations"
    return found.doubt or estimate.unproven


def _left(context: Context, found: Explained | str) -> int:
    """Return how many rows may still be asked about: what is left of explaining, and what nobody has declared."""
    whole = rows_for(context, "attribution", explainers=1)
    left = whole // 2 if isinstance(found, str) else max(whole - found.predicted, 0)
    if context.asking_baseline is None:
        left += rows_for(context, "baseline")
    if not (context.signs or context.monotonic):
        left += rows_for(context, "direction")
    return max(left - 2 * PROBE, 0)


def _still(group: tuple[str, ...], pairs: int, moved: int, unanswered: int) -> list[str]:
    """Say why a share of exactly 0 proves nothing."""
    name = f"{short(group[0])} and {len(group) - 1} more" if len(group) > 1 else short(group[0])
    if moved:
        return [f"{moved:,} of {pairs:,} answers moved when {name} held another value: too seldom for a share"]
    if unanswered > MOST_LOST * (pairs + unanswered):
        return [f"the candidate gives no answer to {unanswered:,} rows in which {name} holds another value"]
    if pairs < _FEWEST_PAIRS:
        return [f"{name} could be given another value in {pairs:,} rows only"]
    return []


def _few(found: Explained | str, weights: NDArray[np.float64], together: Together | None) -> list[str]:
    """Say that so few rows are moved that the interval knows nothing of those that are moved more."""
    if together is not None:
        carriers = together.carriers
    else:
        assert not isinstance(found, str)  # noqa: S101 - then they were switched as one
        carriers = int((found.attributions.size @ weights > 0.0).sum())
    if not 0 < carriers < _FEWEST_CARRIERS:
        return []
    return [f"{carriers:,} of the rows looked at {'is' if carriers == 1 else 'are'} moved by these columns: too few"]


def _surely_beyond(estimate: Estimate, limit: float, known: float) -> bool:
    """Return whether the limit is broken even if rows that could not be explained owe nothing to these columns."""
    return beyond(estimate, limit) and estimate.low is not None and estimate.low * known > limit


def _open(
    context: Context,
    found: Explained | str,
    copies: NearCopies,
    weights: NDArray[np.float64],
    ready: Drawn,
    limit: float,
    together: Together | None,
) -> list[str]:
    """Say which columns might be near-copies, where the limit could be broken if they were."""
    places = [ready.columns.index(name) for name in copies.open]
    if not isinstance(found, str):
        most = weights.copy()
        most[places] = 1.0
        ceiling = found.share_of(most, context.confidence)
        if together is None and not ceiling.unproven and ceiling.high is not None and ceiling.high <= limit:
            return []
        places.sort(key=lambda place: -float(found.attributions.shares[place]))
    said = [copies.best[ready.columns[place]].open for place in places]
    more = f", and {len(said) - _MOST_NAMED:,} more may be near-copies" if len(said) > _MOST_NAMED else ""
    return [", ".join(said[:_MOST_NAMED]) + (more or ": it may be a near-copy")]
