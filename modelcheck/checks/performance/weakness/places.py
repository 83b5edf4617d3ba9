"""Slices of scored rows, searched and judged: the part that every kind of weakness shares."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from modelcheck.checks.performance.comparison.paired import AtConfidence
from modelcheck.checks.performance.weakness.judged import FoundSlice, Side, judge_found
from modelcheck.record.evidence import Estimate
from modelcheck.scoring.rows import FeatureCodes, ScoredRows
from modelcheck.slices import Feature
from modelcheck.slices.axes import Axis, axis_of
from modelcheck.slices.objectives import Objective
from modelcheck.slices.pool import Conjunction
from modelcheck.slices.search import search
from modelcheck.slices.tails import share_of_level
from modelcheck.slices.work import affordable_depth, steps

__all__ = ["Looked", "Seen", "features_of", "look", "look_and_judge", "support"]

DEPTH = 3
TOP = 10
_BINS = 10
_FINE_BINS = 20
_OVERLAP = 0.5
_TOLERANCE = 0.1
_PATIENCE = 1_000
_POOL = 3_000
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


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Seen:
    """A search before anything is measured on what it chose.

    Attributes
    ----------
    found : tuple of Conjunction
        What it chose.
    features : list of Feature
        What the slices' conditions are made of.
    eligible, least, depth, notes
        As for `Looked`.
    """

    found: tuple[Conjunction, ...]
    features: list[Feature]
    eligible: tuple[int, ...]
    least: int
    depth: int
    notes: tuple[str, ...]

    def level(self, alpha: float) -> float:
        """Return the one-sided level of a slice of so many conditions as there are, of all those at `alpha`."""
        deepest = max((size for size, number in enumerate(self.eligible, start=1) if number), default=0)
        return alpha * share_of_level(self.eligible, deepest) if deepest else alpha


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Looked:
    """A search and what was measured on the slices it chose.

    Attributes
    ----------
    slices : tuple of FoundSlice
        Those that are proved to break the limit first, then by how near the proof came.
    eligible : tuple of int
        Slices that were looked at, by number of conditions, from 1; empty without any.
    least : int
        Rows that a slice had to have.
    depth : int
        Largest number of conditions.
    level : float
        One-sided level of a slice of so many conditions.
    everywhere : ndarray of int
        Positions of all rows.
    notes : tuple of str
        What was left out.
    """

    slices: tuple[FoundSlice, ...]
    eligible: tuple[int, ...]
    least: int
    depth: int
    level: float
    everywhere: NDArray[np.intp]
    notes: tuple[str, ...]

    @property
    def broken(self) -> tuple[FoundSlice, ...]:
        """The slices that are proved to break the limit."""
        return tuple(one for one in self.slices if one.broken)

    @property
    def groups(self) -> dict[str, Estimate]:
        """What was measured on the slices, by their words, where it proves anything."""
        return {one.words: one.estimate for one in self.slices if not one.estimate.unproven}

    @property
    def sizes(self) -> tuple[int, ...]:
        """For how many rows it is said what would have been found: the fewest, and a tenth of all if that is more."""
        return tuple(dict.fromkeys((self.least, max(self.least, math.ceil(len(self.everywhere) / 10)))))

    @property
    def scope(self) -> str:
        """What was looked at, in a sentence or two."""
        what = "1 condition" if self.depth == 1 else f"up to {self.depth} conditions"
        short_of = ""
        if self.depth < DEPTH:
            short_of = f" More than {self.depth} would take too long in a default run: `modelcheck.slices.find` can."
        text = f"All slices of {what} and at least {self.least:,} rows, adjusted together by Holm.{short_of}"
        return " ".join([text, *self.notes])

    @property
    def why_none(self) -> str:
        """Why nothing was looked at."""
        rows, notes = len(self.everywhere), " ".join(self.notes)
        return f"No slice could be looked at: no condition has {self.least:,} of {rows:,} rows. {notes}".strip()


def look(
    rows: ScoredRows,
    values: NDArray[np.float64],
    goal: Objective,
    *,
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
    most : int or None
        Rows that a slice may have; None: all.
    above : float
        Only slices with a higher score are chosen.

    Returns
    -------
    Seen
        Conjunctions of up to 3 conditions; of fewer where so many rows and features would take too long (`depth`).
    """
    features = [] if rows.features is None else features_of(rows.features)
    n = len(rows)
    least = support(n)
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
    most: int | None = None,
    above: float = _NEAR,
    side: Side = "max",
) -> Looked:
    """Search the slices of scored rows and judge those that come nearest to a limit.

    Parameters
    ----------
    rows, values, goal, most, above
        As for `look`.
    find, limit, part, side
        As for `judge_found`.
    confidence : float
        Of the gate: its error is ``(1 - confidence) / 2``.

    Returns
    -------
    Looked
    """
    seen = look(rows, values, goal, most=most, above=above)
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
