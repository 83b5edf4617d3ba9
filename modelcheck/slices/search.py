"""One search from features to a few slices: count, keep the best, choose those that differ."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from modelcheck.slices.axes import Axis, Feature, axis_of
from modelcheck.slices.channels import Channels
from modelcheck.slices.cover import PATIENCE, Rows, cover, simplest
from modelcheck.slices.objectives import Objective
from modelcheck.slices.pool import Conjunction, Pool, Pools
from modelcheck.slices.tails import share_of_level
from modelcheck.slices.walk import COARSE_FROM, Progress, walk_both
from modelcheck.slices.work import refuse_too_much

__all__ = ["POOL", "Searched", "search"]

POOL = 50_000
_NAMED = 5
_LEVEL = 0.01  # between those of gates and of `find`; only differences matter, and they hardly depend on it


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Searched:
    """What a search chose.

    Attributes
    ----------
    found : tuple of Conjunction
        The best first, each different from those before.
    eligible : tuple of int
        Slices that were looked at, by number of conditions, from 1; empty where some were left out unseen.
    axes, coarse : tuple of Axis
        The columns as they were counted: for one and two conditions, and for more.
    depth : int
        Largest number of conditions.
    notes : tuple of str
        Features without conditions, slices that were left out of the choice.
    """

    found: tuple[Conjunction, ...]
    eligible: tuple[int, ...]
    axes: tuple[Axis, ...]
    coarse: tuple[Axis, ...]
    depth: int
    notes: tuple[str, ...]


def search(
    features: Sequence[Feature],
    values: NDArray[np.float64],
    goal: Objective,
    *,
    least: int,
    most: int,
    depth: int,
    top: int,
    bins: int,
    fine_bins: int,
    ranges: bool,
    max_overlap: float,
    tolerance: float,
    above: float = 0.0,
    patience: int = PATIENCE,
    pool: int = POOL,
    standard: bool = False,
    exhaustive: bool = True,
    progress: Progress | None = None,
) -> Searched:
    """Find the slices with the highest scores.

    Parameters
    ----------
    features : sequence of Feature
        What conditions are made of.
    values : ndarray of float64, shape (n_sums, n_rows)
        What the objective wants summed.
    goal : Objective
        Scores slices.
    least, most, depth, top, bins, fine_bins, ranges, max_overlap, tolerance
        As for `modelcheck.slices.find`.
    above : float
        Only slices with higher scores are chosen, at least 0.
    patience : int
        As for `modelcheck.slices.cover.cover`.
    pool : int
        How many slices of each number of conditions are compared with each other.
    standard : bool
        Whether scores are standard deviations and every slice is counted. What chance alone brings among all slices of
        so many conditions is then taken off before slices are compared, so that one condition, of which there are few,
        isn't refined into three that chance has picked.
    exhaustive : bool
        Whether every eligible slice is counted; False leaves out what can't be among the best.
    progress : callable or None
        Called with what is done and what there is to do.

    Returns
    -------
    Searched

    Raises
    ------
    ValueError
        A search that would not end.
    """
    rows = values.shape[1]
    axes = [axis_of(one, place, least=least, bins=fine_bins, ranges=ranges) for place, one in enumerate(features)]
    coarse = axes
    if ranges and bins < fine_bins:
        coarse = [axis_of(one, place, least=least, bins=bins, ranges=ranges) for place, one in enumerate(features)]
    usable = [axis for axis in axes if len(axis)]
    notes = [_without_conditions(features, axes)]
    if not usable:
        return Searched(found=(), eligible=(), axes=(), coarse=(), depth=depth, notes=tuple(filter(None, notes)))
    refuse_too_much(usable, rows, min(depth, COARSE_FROM - 1))
    rough = [axis for axis in coarse if len(axis)]
    refuse_too_much(rough, rows, depth)
    distinct = max_overlap < 1.0
    collector: Pool | Pools
    if exhaustive:
        collector = Pools(goal, size=max(pool, top), least=least, most=most, depth=depth, above=above)
    else:
        collector = Pool(
            goal, size=max(pool, top) if distinct else top, least=least, most=most, above=above, prune=True
        )
    channels = Channels.of_values(*values)
    walk_both(usable, rough, channels, collector, rows=rows, least=least, depth=depth, progress=progress)
    table = Rows(features, channels)

    handicaps = _by_chance(collector.eligible) if standard and distinct and isinstance(collector, Pools) else ()

    def change(one: Conjunction) -> Conjunction:
        if not distinct:
            return one
        return simplest(one, table, goal, tolerance=tolerance, least=least, most=most, handicaps=handicaps)

    chosen, ended = cover(
        collector.best(handicaps) if isinstance(collector, Pools) else collector.best(),
        table,
        goal,
        most=top,
        overlap=max_overlap,
        apart=distinct,
        change=change,
        patience=patience,
    )
    if ended:
        notes.append(f"The choice was ended after {patience:,} slices in a row that told nothing new.")
    elif collector.dropped and distinct and len(chosen) < top:
        notes.append(f"Only the {pool:,} strongest of each number of conditions were looked at closely.")
    return Searched(
        found=tuple(chosen),
        eligible=collector.eligible if isinstance(collector, Pools) else (),
        axes=tuple(usable),
        coarse=tuple(rough),
        depth=depth,
        notes=tuple(filter(None, notes)),
    )


def _by_chance(eligible: Sequence[int]) -> tuple[float, ...]:
    """Return the score that a slice needs to be proved, by number of conditions."""
    from scipy.special import ndtri

    sizes = enumerate(eligible, start=1)
    return tuple(-float(ndtri(_LEVEL * share_of_level(eligible, size))) if count else 0.0 for size, count in sizes)


def _without_conditions(features: Sequence[Feature], axes: Sequence[Axis]) -> str:
    names = [features[axis.place].name for axis in axes if not len(axis)]
    if not names:
        return ""
    shown = ", ".join(names[:_NAMED]) + (f" and {len(names) - _NAMED:,} more" if len(names) > _NAMED else "")
    return f"Features without a condition of enough rows (constant, or every level too rare): {shown}."
