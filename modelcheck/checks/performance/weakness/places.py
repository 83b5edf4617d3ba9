"""Slices of scored rows, searched and judged: the part that every kind of weakness shares."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from modelcheck.checks.performance.weakness.judged import FoundSlice, Side, judge_found
from modelcheck.checks.performance.weakness.looked import DEPTH, Looked, Seen
from modelcheck.scoring.rows import FeatureCodes, ScoredRows
from modelcheck.slices import Feature
from modelcheck.slices.axes import Axis, axis_of
from modelcheck.slices.objectives import Objective
from modelcheck.slices.search import search
from modelcheck.slices.work import affordable_depth, steps
from modelcheck.stats.holm import AtConfidence

__all__ = ["features_of", "look", "look_and_judge", "support"]

TOP = 10
_BINS = 10
_FINE_BINS = 20
_OVERLAP = 0.5
_TOLERANCE = 0.25
# How many slices are looked at closely: each costs as many bits as there are rows.
_FEW_CLOSELY, _MOST_CLOSELY, _BITS_CLOSELY = 200, 2_000, 2 * 10**8
_NEAR = 3.0  # standard errors beyond the limit; no slice nearer to it could be proved among so many
_FEWEST = 50
_SHARE = 0.02
# What a default run may spend on one search grows with the rows: few rows can't tell so many slices apart anyway.
_STEPS, _STEPS_PER_ROW, _MOST_STEPS = 2e7, 3e4, 6e9


def features_of(codes: FeatureCodes) -> list[Feature]:
    """Return the features of scored rows for a search: bins in order may be taken together."""
    return [
        Feature(
            name=levels.name,
            codes=codes.values[place],
            size=len(levels.labels),
            order=levels.order,
            levels=levels,
        )
        for place, levels in enumerate(codes.levels)
    ]


def support(n: int) -> int:
    """Return how many of `n` rows a slice must have: the larger of 50 and 2 %.

    Examples
    --------
    >>> support(1_000), support(20_000)
    (50, 400)
    """
    return max(_FEWEST, math.ceil(_SHARE * n))


def look(
    rows: ScoredRows,
    values: NDArray[np.float64],
    goal: Objective,
    *,
    least: int | None = None,
    most: int | None = None,
    above: float = _NEAR,
) -> Seen:
    """Search the slices of scored rows.

    Parameters
    ----------
    rows : ScoredRows
        With features; without any nothing is found.
    values : ndarray of float64, shape (n_sums, n_rows)
        What the objective wants summed.
    goal : Objective
        Scores slices.
    least, most : int or None
        Rows that a slice must have, and may have; None: `support`, and all.
    above : float
        Only slices with a higher score are chosen.

    Returns
    -------
    Seen
        Conjunctions of up to 3 conditions; of fewer where so many rows and features would take too long (`depth`).
    """
    features = [] if rows.features is None else features_of(rows.features)
    n = len(rows)
    least = support(n) if least is None else least
    depth, fine_bins = _affordable(features, n, least)
    found = search(
        features,
        values,
        goal,
        least=least,
        most=n if most is None else most,
        depth=depth,
        top=TOP,
        bins=_BINS,
        fine_bins=fine_bins,
        ranges=True,
        max_overlap=_OVERLAP,
        tolerance=_TOLERANCE,
        above=above,
        pool=max(_FEW_CLOSELY, min(_MOST_CLOSELY, _BITS_CLOSELY // max(n, 1))),
        standard=True,
    )
    return Seen(
        found=found.found,
        features=features,
        eligible=found.eligible if sum(found.eligible) else (),
        least=least,
        depth=depth,
        notes=found.notes,
    )


def look_and_judge(
    rows: ScoredRows,
    values: NDArray[np.float64],
    goal: Objective,
    find: Callable[[NDArray[np.intp]], AtConfidence],
    *,
    limit: float,
    confidence: float,
    part: float = 1.0,
    least: int | None = None,
    most: int | None = None,
    above: float = _NEAR,
    side: Side = "max",
) -> Looked:
    """Search the slices of scored rows and judge those that come nearest to a limit.

    Parameters
    ----------
    rows, values, goal, least, most, above
        As for `look`.
    find, limit, part, side
        As for `judge_found`.
    confidence : float
        Of the gate: its error is ``(1 - confidence) / 2``.

    Returns
    -------
    Looked
    """
    seen = look(rows, values, goal, least=least, most=most, above=above)
    alpha = (1.0 - confidence) / 2.0
    judged = judge_found(seen.found, seen.features, seen.eligible, find, limit=limit, alpha=alpha, part=part, side=side)
    return Looked(
        slices=tuple(sorted(judged, key=_nearest)),
        eligible=seen.eligible,
        least=seen.least,
        depth=seen.depth,
        level=seen.level(alpha * part) if seen.eligible else alpha,
        everywhere=np.arange(len(rows)),
        notes=seen.notes,
    )


def _nearest(one: FoundSlice) -> tuple[bool, float]:
    return not one.broken, np.inf if one.beyond is None else -one.beyond


def _affordable(features: Sequence[Feature], rows: int, least: int) -> tuple[int, int]:
    """Return how many conditions, up to 3, and how many bins for one or two of them a default run can afford."""
    most = min(_STEPS + _STEPS_PER_ROW * rows, _MOST_STEPS)

    def usable(bins: int) -> list[Axis]:
        axes = (axis_of(one, place, least=least, bins=bins, ranges=True) for place, one in enumerate(features))
        return [axis for axis in axes if len(axis)]

    depth = affordable_depth(usable(_BINS), rows, DEPTH, most=most)
    fine = usable(_FINE_BINS)
    return depth, _FINE_BINS if steps(fine, rows, min(depth, 2)) <= most else _BINS
