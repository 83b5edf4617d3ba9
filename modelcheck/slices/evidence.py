"""Which way of judging fits a search, and its answer for each slice."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from modelcheck.slices.asked import Asked
from modelcheck.slices.findable import findable_mean, findable_rate
from modelcheck.slices.judging import Judged, Losses, by_exact_tails, by_permutation
from modelcheck.slices.judging_design import by_design
from modelcheck.slices.permutation import largest_by_chance
from modelcheck.slices.pool import Conjunction
from modelcheck.slices.result import WeakSlice, condition_of
from modelcheck.slices.search import Searched
from modelcheck.slices.walk import Progress
from modelcheck.stats.design import FEWEST_CLUSTERS

__all__ = ["judge"]

_UNJUDGED = "not judged"
_EXACT = "exact hypergeometric tails, Holm over all of them"
_MAX_T = "largest score of {count:,} shuffles (max-T)"
_DESIGN = "linearised standard errors, Holm over all of them"
_HELD = "found on {found:,} rows, judged on {judged:,} others, Holm over the {count:,} found"


def judge(
    found: Searched,
    searched: Asked,
    held: Asked | None,
    *,
    confidence: float,
    inference: bool,
    permutations: int,
    rng: Generator,
    progress: Progress | None,
) -> tuple[tuple[WeakSlice, ...], str, float | None]:
    """Judge the slices that a search chose.

    Parameters
    ----------
    found : Searched
        What the search chose.
    searched, held : Asked
        The rows they were found on, and those held out to judge them (None: the same rows).
    confidence, inference, permutations, rng, progress
        As for `modelcheck.slices.find`.

    Returns
    -------
    slices : tuple of WeakSlice
    method : str
    findable : float or None
    """
    rows = searched if held is None else held
    loss, design = rows.judged_rows()
    masks, kept = _masks(found.found, rows)
    if not inference:
        bare = [_bare(mask, loss) for mask in masks]
        return _slices(kept, bare, rows, confidence, _UNJUDGED), _UNJUDGED, None
    # Held-out rows saw nothing but these slices: each of them has the same share.
    looked = found.eligible if held is None else (max(len(masks), 1),)
    conditions = [len(one.runs) if held is None else 1 for one in kept]
    losses = Losses(loss=loss, design=design, eligible=looked, confidence=confidence)
    threshold = None
    exact = design.simple and bool(np.isin(loss, (0.0, 1.0)).all())
    if exact:
        judged, method = by_exact_tails(masks, conditions, losses), _EXACT
    elif design.simple and held is None and searched.among is None:
        maxima = largest_by_chance(
            found.axes,
            found.coarse,
            loss,
            least=searched.least,
            most=searched.most,
            depth=found.depth,
            permutations=permutations,
            rng=rng,
            progress=progress,
        )
        judged, method = by_permutation(masks, losses, maxima), _MAX_T.format(count=permutations)
        threshold = maxima.threshold(losses.alpha)
    else:
        judged, method = by_design(masks, conditions, losses), _DESIGN
    if held is not None:
        method = _HELD.format(found=len(searched), judged=len(held), count=len(masks))
    return _slices(kept, judged, rows, confidence, method), method, _findable(rows, loss, losses, exact, threshold)


def _masks(found: Sequence[Conjunction], rows: Asked) -> tuple[list[NDArray[np.bool_]], list[Conjunction]]:
    """Return the rows of each slice among those that count; slices that are empty there (or all) can't be judged."""
    masks, kept = [], []
    for one in found:
        mask = one.mask(rows.features)
        counted = mask if rows.among is None else mask[rows.among]
        if counted.any() and not counted.all():
            masks.append(counted)
            kept.append(one)
    return masks, kept


def _bare(mask: NDArray[np.bool_], loss: NDArray[np.float64]) -> Judged:
    inside, outside = float(loss[mask].mean()), float(loss[~mask].mean())
    effect = inside - outside
    return Judged(
        n=int(np.count_nonzero(mask)),
        mean=inside,
        rest=outside,
        effect=effect,
        corrected=math.nan,
        low=None,
        high=None,
        p=None,
        p_adjusted=None,
    )


def _slices(
    found: Sequence[Conjunction], judged: Sequence[Judged], rows: Asked, confidence: float, method: str
) -> tuple[WeakSlice, ...]:
    alpha = (1.0 - confidence) / 2.0
    return tuple(
        WeakSlice(
            words=" & ".join(rows.features[place].words(first, last) for place, first, last in one.runs),
            condition=condition_of(one.runs, rows.features),
            runs=one.runs,
            rows=int(np.count_nonzero(one.mask(rows.features))),
            n=own.n,
            loss=own.mean,
            rest=own.rest,
            effect=own.effect,
            corrected=own.corrected,
            low=own.low,
            high=own.high,
            p=own.p,
            p_adjusted=own.p_adjusted,
            score=one.score,
            proved=own.p_adjusted is not None and own.p_adjusted <= alpha and own.effect > 0.0,
        )
        for one, own in zip(found, judged, strict=True)
    )


def _findable(
    rows: Asked, loss: NDArray[np.float64], losses: Losses, exact: bool, threshold: float | None
) -> float | None:
    conditions = len(losses.eligible)
    while conditions > 1 and losses.eligible[conditions - 1] == 0:
        conditions -= 1
    if losses.eligible[conditions - 1] == 0:
        return None
    n = max(1, round(rows.least * len(loss) / len(rows)))
    if exact:
        return findable_rate(n, float(loss.mean()), losses.level(conditions))
    threshold = -_normal(losses.level(conditions)) if threshold is None else threshold
    design = losses.design
    if not math.isfinite(threshold) or (design.cluster is not None and design.units(len(loss)) < 2 * FEWEST_CLUSTERS):
        return None
    inflation = math.sqrt(len(loss) / design.effective_units(len(loss)))
    excess = findable_mean(n, len(loss), float(loss.std(ddof=1)) * inflation, threshold)
    return excess if excess <= float(loss.max() - loss.mean()) else None


def _normal(level: float) -> float:
    from scipy.special import ndtri

    return float(ndtri(level))
