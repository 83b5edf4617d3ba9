"""From the slices that a search chose to what can be said of them: effect, interval, adjusted p-value."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from modelcheck.slices.permutation import Maxima
from modelcheck.slices.selected import unselected
from modelcheck.slices.tails import adjusted, exact_tails, share_of_level
from modelcheck.stats.combined import combine
from modelcheck.stats.design import Design
from modelcheck.stats.rates import clopper_pearson

__all__ = ["Judged", "Losses", "by_exact_tails", "by_permutation", "judged"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Losses:
    """The losses that slices are judged by.

    Attributes
    ----------
    loss : ndarray of float64, shape (n_rows,)
        One for each row that counts.
    design : Design
        Of the same rows.
    eligible : tuple of int
        Slices that were looked at, by number of conditions.
    confidence : float
        Level of all intervals together; a slice is proved worse at ``(1 - confidence) / 2``.
    """

    loss: NDArray[np.float64]
    design: Design
    eligible: tuple[int, ...]
    confidence: float

    @property
    def alpha(self) -> float:
        """One-sided error probability of all slices together."""
        return (1.0 - self.confidence) / 2.0

    def level(self, conditions: int) -> float:
        """Return the one-sided level of a slice's own test before anything is stepped down."""
        return self.alpha * share_of_level(self.eligible, conditions)


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """What is known of one slice.

    Attributes
    ----------
    n : int
        Rows that count.
    mean, rest : float
        Mean loss in the slice and in all other rows.
    effect : float
        Their difference, as seen.
    corrected : float
        The same, put right for the slice having been chosen because it is large; within the interval.
    low, high : float or None
        Limits of the difference that hold together with those of all slices looked at.
    p, p_adjusted : float or None
        One-sided, of the slice alone (None for a max-T test) and adjusted over all slices looked at.
    """

    n: int
    mean: float
    rest: float
    effect: float
    corrected: float
    low: float | None
    high: float | None
    p: float | None
    p_adjusted: float | None


def by_exact_tails(masks: Sequence[NDArray[np.bool_]], conditions: Sequence[int], losses: Losses) -> list[Judged]:
    """Judge slices of losses of 0 and 1 by exact hypergeometric tails and Holm.

    Parameters
    ----------
    masks : sequence of ndarray of bool, shape (n_rows,)
        Rows of each slice.
    conditions : sequence of int
        Number of conditions of each.
    losses : Losses
        Of independent rows.

    Returns
    -------
    list of Judged
        Intervals from the exact limits of both shares, each at the slice's own level.

    References
    ----------
    Newcombe, R. G. (1998). Interval estimation for the difference between independent proportions. Statistics in
    Medicine 17, 873-890 (method 10, here with exact limits of the two shares).
    """
    wrong = losses.loss > 0.0
    rows, total = len(wrong), int(np.count_nonzero(wrong))
    sizes = [int(np.count_nonzero(mask)) for mask in masks]
    hits = [int(np.count_nonzero(mask & wrong)) for mask in masks]
    tails = exact_tails(sizes, hits, rows=rows, total=total)
    shares = [share_of_level(losses.eligible, count) for count in conditions]
    own = adjusted(tails, shares)
    found = []
    for n, hit, p, p_adjusted, count in zip(sizes, hits, tails, own, conditions, strict=True):
        inside, outside = hit / n, (total - hit) / (rows - n)
        each = 1.0 - 2.0 * losses.level(count)
        limits = clopper_pearson(hit, n, each), clopper_pearson(total - hit, rows - n, each)
        _, low, high = combine([(inside, *limits[0]), (-outside, -limits[1][1], -limits[1][0])])
        common = total / rows
        own_error = math.sqrt(inside * (1.0 - inside) / n + outside * (1.0 - outside) / (rows - n))
        error = max(own_error, math.sqrt(common * (1.0 - common) * (1.0 / n + 1.0 / (rows - n))))
        found.append(
            judged(
                n,
                inside,
                outside,
                error,
                _least_proved(n, losses.level(count), rows=rows, total=total),
                low=2.0 * low,
                high=2.0 * high,
                p=float(p),
                p_adjusted=float(p_adjusted),
            )
        )
    return found


def _least_proved(n: int, level: float, *, rows: int, total: int) -> float:
    """Return the smallest effect that exact tails would prove at a level, half a hit less for being counts."""
    from scipy.stats import hypergeom

    hits = float(hypergeom.isf(level, rows, total, n)) + 0.5
    return hits / n - (total - hits) / (rows - n)


def by_permutation(masks: Sequence[NDArray[np.bool_]], losses: Losses, maxima: Maxima) -> list[Judged]:
    """Judge slices of real-valued losses by the largest score that shuffled losses reach anywhere.

    Parameters
    ----------
    masks : sequence of ndarray of bool, shape (n_rows,)
        Rows of each slice.
    losses : Losses
        Of independent rows.
    maxima : Maxima
        From the same columns.

    Returns
    -------
    list of Judged
        Intervals: the standard error of the difference (unequal variances) times the critical value of the shuffles.

    References
    ----------
    Westfall, P. H. and Young, S. S. (1993). Resampling-Based Multiple Testing. Wiley.
    """
    loss = losses.loss
    rows, mean, spread = len(loss), float(loss.mean()), float(loss.std(ddof=1))
    critical = maxima.threshold(losses.alpha)
    found = []
    for mask in masks:
        inside, outside = loss[mask], loss[~mask]
        n = len(inside)
        score = (float(inside.sum()) - n * mean) / (spread * math.sqrt(n * (1.0 - n / rows)))
        null = spread * math.sqrt(1.0 / n + 1.0 / (rows - n))
        own = math.sqrt(_variance(inside) / n + _variance(outside) / (rows - n))
        effect = float(inside.mean()) - float(outside.mean())
        known = math.isfinite(critical)
        found.append(
            judged(
                n,
                float(inside.mean()),
                float(outside.mean()),
                null,
                critical * null if known else effect,
                low=effect - critical * own if known else None,
                high=effect + critical * own if known else None,
                p=None,
                p_adjusted=maxima.p_adjusted(score),
            )
        )
    return found


def judged(
    n: int,
    mean: float,
    rest: float,
    error: float,
    threshold: float,
    *,
    low: float | None,
    high: float | None,
    p: float | None,
    p_adjusted: float | None,
) -> Judged:
    """Return what is known of a slice, its effect corrected for having been chosen.

    Parameters
    ----------
    n, mean, rest, low, high, p, p_adjusted
        As for `Judged`.
    error : float
        Standard error of the effect.
    threshold : float
        Effect that it took to be proved.
    """
    effect = mean - rest
    # What isn't proved was still chosen for being large: it is then held against itself, which leaves nothing.
    corrected = unselected(effect, error, min(threshold, effect))
    if low is not None:
        corrected = min(max(corrected, low), max(effect, 0.0))
    return Judged(
        n=n, mean=mean, rest=rest, effect=effect, corrected=corrected, low=low, high=high, p=p, p_adjusted=p_adjusted
    )


def _variance(values: NDArray[np.float64]) -> float:
    return float(values.var(ddof=1)) if len(values) > 1 else math.inf
