"""Slices found by search, judged one by one: the part that every kind of weakness shares."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from modelcheck.checks.performance.comparison.paired import AtConfidence
from modelcheck.conditions import Condition
from modelcheck.record.evidence import Estimate
from modelcheck.scoring.rows import FeatureCodes, ScoredRows
from modelcheck.slices import Feature
from modelcheck.slices.objectives import Objective
from modelcheck.slices.pool import Conjunction
from modelcheck.slices.result import condition_of
from modelcheck.slices.search import search
from modelcheck.slices.selected import unselected
from modelcheck.slices.tails import adjusted, share_of_level
from modelcheck.slices.work import affordable_depth
from modelcheck.stats.power import half_width, standard_error

__all__ = ["FoundSlice", "Looked", "features_of", "judge_found", "look_and_judge", "support"]

DEPTH = 3
TOP = 10
_BINS = 10
_FINE_BINS = 20
_OVERLAP = 0.5
_TOLERANCE = 0.1
_FEWEST = 50
_SHARE = 0.02
_MOST_STEPS = 6e9  # some 15 s: a default run is no place for an hour's search
_LEAST_LEVEL = 1e-13
_HALVINGS = 40


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class FoundSlice:
    """A slice that a search chose, and what was measured on it.

    Attributes
    ----------
    words : str
        Its conditions for people.
    condition : Condition or None
        The same for a configuration and for pandas.
    rows : ndarray of int
        Positions of its rows.
    features : tuple of int
        Places of the features that its conditions name.
    estimate : Estimate
        The quantity in the slice; where it is larger the slice is worse. Its interval is Holm's: it lies above the
        limit exactly where the slice is proved to break it.
    corrected : float or None
        The value put right for the slice having been chosen because it is large, within the interval; None where
        nothing is proved.
    p_adjusted : float or None
        Of "the quantity is at most the limit", over everything that was eligible; None where it can't be judged.
    limit : float
        How large the quantity is allowed to be.
    """

    words: str
    condition: Condition | None
    rows: NDArray[np.intp]
    features: tuple[int, ...]
    estimate: Estimate
    corrected: float | None
    p_adjusted: float | None
    limit: float

    @property
    def broken(self) -> bool:
        """Whether the slice is proved to break the limit."""
        found = self.estimate
        return not found.unproven and found.low is not None and found.low > self.limit


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
    def scope(self) -> str:
        """What was looked at, in a sentence or two."""
        what = "1 condition" if self.depth == 1 else f"up to {self.depth} conditions"
        short_of = ""
        if self.depth < DEPTH:
            short_of = f" More than {self.depth} would take too long in a default run: `modelcheck.slices.find` can."
        notes = " ".join(self.notes)
        return (
            f"All slices of {what} and at least {self.least:,} rows, adjusted together by Holm.{short_of} {notes}"
        ).strip()

    @property
    def why_none(self) -> str:
        """Why nothing was looked at."""
        rows, notes = len(self.everywhere), " ".join(self.notes)
        return f"No slice could be looked at: no condition has {self.least:,} of {rows:,} rows. {notes}".strip()


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
) -> Looked:
    """Search the slices of scored rows and judge those that come nearest to a limit.

    Parameters
    ----------
    rows : ScoredRows
        With features.
    values : ndarray of float64, shape (n_sums, n_rows)
        What the objective wants summed.
    goal : Objective
        Scores slices; only those with a score above 0 are chosen.
    find, limit, part
        As for `judge_found`.
    confidence : float
        Of the gate: its error is ``(1 - confidence) / 2``.
    most : int or None
        Rows that a slice may have; None: all.

    Returns
    -------
    Looked
        Conjunctions of up to 3 conditions; of fewer where so many rows and features would take too long (`depth`).
    """
    features = [] if rows.features is None else features_of(rows.features)
    n = len(rows)
    least = support(n)
    depth = _affordable(features, n, least)
    found = search(
        features,
        values,
        goal,
        least=least,
        most=n if most is None else most,
        depth=depth,
        top=TOP,
        bins=_BINS,
        fine_bins=_FINE_BINS,
        ranges=True,
        max_overlap=_OVERLAP,
        tolerance=_TOLERANCE,
    )
    alpha = (1.0 - confidence) / 2.0
    judged = judge_found(found.found, features, found.eligible, find, limit=limit, alpha=alpha, part=part)
    looked = found.eligible if sum(found.eligible) else ()
    deepest = max((size for size, number in enumerate(looked, start=1) if number), default=1)
    return Looked(
        slices=tuple(sorted(judged, key=_nearest)),
        eligible=looked,
        least=least,
        depth=depth,
        level=alpha * part * share_of_level(looked, deepest) if looked else alpha,
        everywhere=np.arange(n),
        notes=found.notes,
    )


def _nearest(one: FoundSlice) -> tuple[bool, float]:
    low = one.estimate.low
    return not one.broken, np.inf if low is None or one.estimate.unproven else one.limit - low


def _affordable(features: Sequence[Feature], rows: int, least: int) -> int:
    """Return the largest number of conditions, up to 3, that a default run can afford to look at."""
    from modelcheck.slices.axes import axis_of

    axes = [axis_of(one, place, least=least, bins=_BINS, ranges=True) for place, one in enumerate(features)]
    return affordable_depth([axis for axis in axes if len(axis)], rows, DEPTH, most=_MOST_STEPS)


def judge_found(
    found: Sequence[Conjunction],
    features: Sequence[Feature],
    eligible: Sequence[int],
    find: Callable[[NDArray[np.intp]], AtConfidence],
    *,
    limit: float,
    alpha: float,
    part: float = 1.0,
) -> list[FoundSlice]:
    """Judge the slices of a search by Holm's procedure over everything that was eligible.

    Parameters
    ----------
    found : sequence of Conjunction
        From a search.
    features : sequence of Feature
        Of the search.
    eligible : sequence of int
        Slices that were looked at, by number of conditions, from 1.
    find : callable
        From positions of rows to a function of a confidence that returns the estimate there.
    limit : float
        How large the quantity is allowed to be.
    alpha : float
        One-sided error probability of the gate.
    part : float
        Part of it that is this family's, in (0, 1]: a gate that looks for several things divides it among them.

    Returns
    -------
    list of FoundSlice
        In the order given.

    References
    ----------
    Holm, S. (1979). A simple sequentially rejective multiple test procedure. Scandinavian Journal of Statistics 6,
    65-70. Strassburger, K. and Bretz, F. (2008). Statistics in Medicine 27, 4914-4927 (intervals that agree with it).
    """
    places = [np.flatnonzero(one.mask(features)) for one in found]
    finders = [find(rows) for rows in places]
    levels = [_level_above(one, limit) for one in finders]
    shares = part * np.array([share_of_level(eligible, len(one.runs)) for one in found])
    known = [1.0 if p is None else p for p in levels]
    own = adjusted(known, shares)
    each = _stepped_down(np.array(known), shares, alpha)
    judged = []
    for one, rows, finder, p, p_adjusted, level in zip(found, places, finders, levels, own, each, strict=True):
        estimate = finder(1.0 - 2.0 * float(level))
        judged.append(
            FoundSlice(
                words=" & ".join(features[place].words(first, last) for place, first, last in one.runs),
                condition=condition_of(one.runs, tuple(features)),
                rows=rows,
                features=tuple(place for place, _, _ in one.runs),
                estimate=estimate,
                corrected=_corrected(estimate, limit),
                p_adjusted=None if p is None else float(p_adjusted),
                limit=limit,
            )
        )
    return judged


def _stepped_down(p: NDArray[np.float64], shares: NDArray[np.float64], alpha: float) -> NDArray[np.float64]:
    """Return the level at which Holm's procedure tests each; those it doesn't come to have that of its last step."""
    levels = np.empty_like(p)
    left, stopped = 1.0, False
    # With `part` below 1 the rest of the error stays with the other families.
    for place in np.argsort(p / shares, kind="stable"):
        levels[place] = min(max(alpha * shares[place] / left, _LEAST_LEVEL), 0.4999)
        stopped = stopped or p[place] > levels[place]
        if not stopped:
            left = max(left - shares[place], shares.min())
    return levels


def _level_above(find: AtConfidence, limit: float) -> float | None:
    """Return the one-sided p-value of "at most `limit`" by inverting the lower limit; None where it is unproven."""

    def above(level: float) -> bool | None:
        found = find(1.0 - 2.0 * level)
        return None if found.unproven or found.low is None else found.low > limit

    known = above(0.4999)
    if not known:
        return None if known is None else 1.0
    low, high = math.log(_LEAST_LEVEL), math.log(0.4999)
    for _ in range(_HALVINGS):
        middle = (low + high) / 2.0
        if above(math.exp(middle)):
            high = middle
        else:
            low = middle
    return math.exp(high)


def _corrected(estimate: Estimate, limit: float) -> float | None:
    if estimate.unproven or estimate.value is None or estimate.low is None or estimate.low <= limit:
        return None
    width = half_width(estimate, "low")
    if not width:
        return estimate.value
    # The slice was told because it lies so far above the limit: what it has beyond that is put right.
    beyond = unselected(estimate.value - limit, standard_error(width, estimate.confidence), width)
    return min(max(limit + beyond, estimate.low), estimate.value)
