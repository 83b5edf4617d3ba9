"""Slices of weighted or clustered rows: effect, interval, adjusted p-value."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from modelcheck.slices.judging import Judged, Losses, judged
from modelcheck.slices.tails import adjusted, share_of_level
from modelcheck.stats.dependence import correlation_within, expected_error
from modelcheck.stats.design import FEWEST_CLUSTERS, Design

__all__ = ["by_design"]


def by_design(masks: Sequence[NDArray[np.bool_]], conditions: Sequence[int], losses: Losses) -> list[Judged]:
    """Judge slices of weighted or clustered rows by linearised standard errors and Holm.

    Parameters
    ----------
    masks, conditions
        As for `by_exact_tails`.
    losses : Losses
        With their design.

    Returns
    -------
    list of Judged
        p-values and limits by Student's t with one degree less than the slice (or the rest, where it is smaller) has
        units: clusters, or the effective number of weighted rows. The standard error is at least that of a slice whose
        losses spread, and whose rows of one cluster agree, as in the whole table. A slice with under 10 clusters can't
        be judged.

    References
    ----------
    Binder, D. A. (1983). International Statistical Review 51, 279-292 (differences of domain means).
    """
    from scipy.special import stdtr, stdtrit

    design, loss = losses.design, losses.loss
    weight = np.ones(len(loss)) if design.weight is None else design.weight
    middle = design.mean(loss)
    spread = np.full(len(loss), math.sqrt(design.mean((loss - middle) ** 2)))
    correlation = correlation_within(loss - middle, spread, design)
    raw = []
    for mask in masks:
        sums = weight[mask].sum(), weight[~mask].sum()
        inside = float(np.dot(weight[mask], loss[mask]) / sums[0])
        outside = float(np.dot(weight[~mask], loss[~mask]) / sums[1])
        influence = np.where(mask, (loss - inside) / sums[0], (outside - loss) / sums[1]) * (sums[0] + sums[1])
        # A few clusters that are all alike show no spread of their own, which proves nothing.
        usual = expected_error(spread * np.where(mask, 1.0 / sums[0], -1.0 / sums[1]), correlation, design)
        error = max(design.standard_error(influence), usual)
        units = min(_units(design, mask), _units(design, ~mask))
        enough = (
            design.cluster is None
            or min(design.take(mask).units(int(mask.sum())), design.take(~mask).units(int((~mask).sum())))
            >= FEWEST_CLUSTERS
        )
        degrees = max(units - 1.0, 1.0)
        p = float(stdtr(degrees, -(inside - outside) / error)) if enough and error > 0.0 else 1.0
        raw.append((inside, outside, error, degrees, p, enough and error > 0.0))
    shares = [share_of_level(losses.eligible, count) for count in conditions]
    own = adjusted([one[4] for one in raw], shares)
    found = []
    for mask, (inside, outside, error, degrees, p, known), p_adjusted, count in zip(
        masks, raw, own, conditions, strict=True
    ):
        reach = -float(stdtrit(degrees, losses.level(count))) * error
        effect = inside - outside
        found.append(
            judged(
                int(np.count_nonzero(mask)),
                inside,
                outside,
                error,
                reach if known else effect,
                low=effect - reach if known else None,
                high=effect + reach if known else None,
                p=p if known else None,
                p_adjusted=float(p_adjusted) if known else None,
            )
        )
    return found


def _units(design: Design, mask: NDArray[np.bool_]) -> float:
    part = design.take(mask)
    return part.effective_units(int(np.count_nonzero(mask)))
