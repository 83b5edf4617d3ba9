"""Stand-ins: how well a column tells a group, and how much of the score goes with it."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from modelcheck.checks.bias.proxy.looked_at import FOLDS
from modelcheck.record.evidence import Estimate
from modelcheck.stats.design import Design
from modelcheck.stats.linearised import Linearised, interval

__all__ = ["METRIC", "StandIn", "goes_with", "level_means", "level_ranks", "outputs_of", "use_of"]

METRIC = "proxy_share"
_PRIOR = 2.0  # rows of the overall mean that a level starts with: enough for levels that other folds lack


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class StandIn:
    """One way to tell a group of people.

    Attributes
    ----------
    name : str
        A column; or words for the guess from all columns, or for the attribute itself.
    group : int
        Which group it tells.
    tells : Linearised
        Area under the ROC curve for the group against the rest; without influence where it is 1 by definition.
    share : Linearised
        Share of the score's variance that goes with it, out of fold.
    of_guess : float or None
        Share of the guess's variance that goes with it; None of the guess and of the attribute itself.
    """

    name: str
    group: int
    tells: Linearised
    share: Linearised
    of_guess: float | None = None

    @property
    def use(self) -> float:
        """How far the score rests on telling the group by this: share times ``2 AUC - 1``, not below 0."""
        return max(self.share.value, 0.0) * max(2.0 * self.tells.value - 1.0, 0.0)


def outputs_of(
    score: NDArray[np.float64] | None, decision: NDArray[np.int16] | None, *, ranked: bool
) -> NDArray[np.float64]:
    """Return the outputs whose variance is shared out.

    Parameters
    ----------
    score : ndarray of float64 or None
        Scores, shape (n_rows,) or (n_rows, n_classes).
    decision : ndarray of int16 or None
        Used where there are no scores: one indicator a class.
    ranked : bool
        Whether to take ranks: values may have a long tail, which would be all that counts.

    Returns
    -------
    ndarray of float64, shape (n_rows, n_outputs)

    Examples
    --------
    >>> outputs_of(np.array([3.0, 1.0, 3.0]), None, ranked=True)[:, 0].tolist()
    [2.5, 1.0, 2.5]
    """
    if score is None:
        if decision is None:
            raise ValueError("these rows have neither scores nor decisions.")
        return np.equal(decision[:, None], np.unique(decision)[None, :]).astype(np.float64)
    if score.ndim == 2:
        return score
    if not ranked:
        return score[:, None]
    from scipy.stats import rankdata

    return np.asarray(rankdata(score), dtype=np.float64)[:, None]


def level_means(
    codes: NDArray[np.integer],
    fold: NDArray[np.intp],
    values: NDArray[np.float64],
    weight: NDArray[np.float64] | None = None,
) -> NDArray[np.float64]:
    """Return for each row the mean of its level over the rows of other folds.

    Parameters
    ----------
    codes : ndarray of int, shape (n_rows,)
        Level of each row, not negative.
    fold : ndarray of int, shape (n_rows,)
        Its fold.
    values : ndarray of float64, shape (n_rows, n_values)
        What is averaged.
    weight : ndarray of float64, shape (n_rows,), or None
        Row weights, of mean 1.

    Returns
    -------
    ndarray of float64, shape (n_rows, n_values)
        A level starts with 2 rows' worth of the mean of all rows of the other folds.

    References
    ----------
    Micci-Barreca, D. (2001). A preprocessing scheme for high-cardinality categorical attributes in classification and
    prediction problems. ACM SIGKDD Explorations 3, 27-32 (level means drawn towards the overall mean).
    """
    means: NDArray[np.float64] = _by_level(codes, fold, values, weight)[0][fold, codes]
    return means


def level_ranks(
    codes: NDArray[np.integer],
    fold: NDArray[np.intp],
    values: NDArray[np.float64],
    weight: NDArray[np.float64] | None = None,
) -> NDArray[np.float64]:
    """Return for each row where its level stands among all levels, ordered by their means over the other folds.

    Means of other folds are the lower the higher those of a row's own: between rows of one level that would rank the
    wrong way round. A level that stands at the same place in every fold gets one rank.

    Parameters
    ----------
    codes, fold, values, weight
        As for `level_means`.

    Returns
    -------
    ndarray of float64, shape (n_rows, n_values)
        In (0, 1): the share of rows of lower levels and half of those of levels with equal means.

    Examples
    --------
    >>> codes, fold = np.array([0, 1, 0, 1, 0, 1]), np.array([0, 0, 1, 1, 2, 2])
    >>> level_ranks(codes, fold, np.array([[0.0], [9.0], [1.0], [8.0], [2.0], [7.0]])).ravel().tolist()
    [0.25, 0.75, 0.25, 0.75, 0.25, 0.75]
    """
    means, sizes = _by_level(codes, fold, values, weight)
    ranks = np.empty_like(means)
    for part in range(FOLDS):
        for place in range(means.shape[2]):
            _, group = np.unique(means[part, :, place], return_inverse=True)
            held = np.bincount(group, weights=sizes)
            ranks[part, :, place] = ((np.cumsum(held) - held / 2.0) / held.sum())[group]
    own: NDArray[np.float64] = ranks[fold, codes]
    return own


def _by_level(
    codes: NDArray[np.integer],
    fold: NDArray[np.intp],
    values: NDArray[np.float64],
    weight: NDArray[np.float64] | None,
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the means over other folds, shape (n_folds, n_levels, n_values), and the levels' sizes."""
    levels = int(codes.max(initial=0)) + 1
    cell = fold * levels + codes
    heavy = np.bincount(cell, weights=weight, minlength=FOLDS * levels).reshape(FOLDS, levels).astype(np.float64)
    others = heavy.sum(axis=0) - heavy
    made = np.empty((FOLDS, levels, values.shape[1]))
    for place in range(values.shape[1]):
        part = values[:, place] if weight is None else values[:, place] * weight
        sums = np.bincount(cell, weights=part, minlength=FOLDS * levels).reshape(FOLDS, levels)
        left = sums.sum(axis=0) - sums
        overall = left.sum(axis=1) / np.maximum(others.sum(axis=1), 1e-300)
        made[:, :, place] = (left + _PRIOR * overall[:, None]) / (others + _PRIOR)
    return made, heavy.sum(axis=0)


def goes_with(outputs: NDArray[np.float64], expected: NDArray[np.float64], design: Design) -> Linearised | None:
    """Return the share of the outputs' variance that goes with what is expected of a stand-in's level.

    Parameters
    ----------
    outputs : ndarray of float64, shape (n_rows, n_outputs)
        Scores; with several, their variances are added up.
    expected : ndarray of float64, shape (n_rows, n_outputs)
        Out-of-fold means of the rows' levels.
    design : Design
        Of the rows.

    Returns
    -------
    Linearised or None
        One less the mean squared deviation from what is expected over that from the overall mean; a little below 0
        where nothing goes with it. For indicators of decisions it is Goodman and Kruskal's tau. None where the outputs
        don't vary.

    References
    ----------
    Pearson, K. (1905). On the general theory of skew correlation (the correlation ratio). Goodman, L. A. and Kruskal,
    W. H. (1954). Journal of the American Statistical Association 49, 732-764.
    """
    centre = np.array([design.mean(outputs[:, place]) for place in range(outputs.shape[1])])
    whole = ((outputs - centre) ** 2).sum(axis=1)
    left = ((outputs - expected) ** 2).sum(axis=1)
    below = design.mean(whole)
    if below <= 1e-24 * max(float(np.abs(outputs).max(initial=0.0)) ** 2, 1e-280):
        return None
    ratio = design.mean(left) / below
    return Linearised(value=1.0 - ratio, influence=(ratio * whole - left) / below)


def use_of(one: StandIn, design: Design, *, confidence: float, farthest: float, places: int) -> Estimate:
    """Return how far the score rests on a stand-in, with an interval.

    Parameters
    ----------
    one : StandIn
        What is measured.
    design : Design
        Of the rows.
    confidence : float
        Of all places together.
    farthest : float
        Largest squared distance of a row's output from the mean, over the variance.
    places : int
        How many stand-ins and groups were looked at: each interval is at ``1 - (1 - confidence) / places``.

    Returns
    -------
    Estimate
        ``proxy_share`` in [0, 1]; the delta method for the product, with the fitted parts taken as given. The lower
        limit is at least as far off as one row in ``n / -log(tail)`` that the score treats otherwise would put it: a
        score that follows a stand-in without exception shows no spread.

    References
    ----------
    Binder, D. A. (1983). International Statistical Review 51, 279-292. DeLong, DeLong and Clarke-Pearson (1988),
    Biometrics 44, 837-845 (the area). Dunn, O. J. (1961), Journal of the American Statistical Association 56, 52-64
    (several places together).
    """
    tells = 2.0 * one.tells.value - 1.0
    influence = tells * one.share.influence
    degrees = one.tells.degrees
    if len(one.tells.influence):
        influence = influence + 2.0 * one.share.value * one.tells.influence
    level = 1.0 - (1.0 - confidence) / max(places, 1)
    found = interval(
        Linearised(value=tells * one.share.value, influence=influence, degrees=degrees),
        design,
        metric=METRIC,
        confidence=level,
        method="out of fold, delta method",
    )
    n = len(one.share.influence)
    hidden = 1.0 - ((1.0 - level) / 2.0) ** (1.0 / max(design.effective_units(n), 1.0))
    value = min(max(found.value or 0.0, 0.0), 1.0)
    low = value if found.low is None else found.low
    high = value if found.high is None else found.high
    room = max(tells, 0.0) * hidden * farthest
    doubt, needed = design.doubt(design.units(n))
    return replace(
        found,
        value=value,
        low=min(max(min(low, value - room), 0.0), 1.0),
        high=min(max(high, value + hidden * (1.0 - value)), 1.0),
        unproven=doubt,
        n_needed=needed,
    )
