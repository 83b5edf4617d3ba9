"""What one column alone tells of the truth, as far as its codes go, there and here."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from modelcheck.record.evidence import Estimate
from modelcheck.scoring.rows import FeatureCodes, ScoredRows
from modelcheck.stats.design import Design
from modelcheck.stats.linearised import Linearised, undefined, unpaired_difference

__all__ = ["Told", "alone_by", "truth_of", "word_lost"]

_LEVELS = 256
_FOLDS = 5
_WORD = "word_lost"


def truth_of(rows: ScoredRows, at: NDArray[np.intp] | None = None) -> NDArray[np.float64]:
    """Return the truth of rows, shape (n_rows, n_classes), 1 for the row's class, or (n_rows, 1) for values."""
    target = rows.target if at is None else rows.target[at]
    if rows.task == "regression":
        return np.asarray(target, dtype=np.float64)[:, None]
    return np.eye(len(rows.classes))[target.astype(np.intp)]


def alone_by(rows: ScoredRows, column: str, rng: np.random.Generator, *, most_rows: int | None = None) -> float | None:
    """Return the skill of one column by itself.

    Parameters
    ----------
    rows : ScoredRows
        With truth and codes.
    column : str
        The column.
    rng : numpy.random.Generator
        Draws folds, and rows where there are too many.
    most_rows : int or None
        None: all rows are used.

    Returns
    -------
    float or None
        How much less than the overall mean the mean truth of a row's level, in other folds, loses (squared error): at
        most 1, under 0 where a column tells nothing. None where it has no codes, or all truth is the same.
    """
    features = rows.features
    if features is None or column not in features.names:
        return None
    at = np.sort(rng.permutation(len(rows))[:most_rows])
    codes = features.values[features.names.index(column), at].astype(np.intp)
    truth = truth_of(rows, at)
    fold = rng.permutation(len(at)) % _FOLDS
    weight = np.ones(len(at)) if rows.weight is None else rows.weight[at]
    said = np.empty_like(truth)
    for part in range(_FOLDS):
        here, there = fold == part, fold != part
        if not here.any() or not there.any():
            return None
        mean = np.average(truth[there], axis=0, weights=weight[there])
        size = np.bincount(codes[there], weight[there], minlength=_LEVELS)
        worth = truth[there] * weight[there, None]
        sums = np.stack([np.bincount(codes[there], one, minlength=_LEVELS) for one in worth.T], axis=1)
        said[here] = ((sums + mean) / (size + 1.0)[:, None])[codes[here]]
    total = float(np.average(((truth - np.average(truth, axis=0, weights=weight)) ** 2).sum(axis=1), weights=weight))
    lost = float(np.average(((truth - said) ** 2).sum(axis=1), weights=weight))
    return None if total <= 0.0 else 1.0 - lost / total


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Told:
    """Some rows of a table: their codes and the truth.

    Attributes
    ----------
    codes : FeatureCodes
        Of the rows.
    truth : ndarray of float64, shape (n_rows, n_classes) or (n_rows, 1)
        1 for the class of the row, or its value.
    design : Design
        Of the rows.
    """

    codes: FeatureCodes
    truth: NDArray[np.float64]
    design: Design

    @classmethod
    def of(cls, rows: ScoredRows, at: NDArray[np.intp]) -> Told:
        """Take some of the rows, which have features."""
        if rows.features is None:
            raise ValueError("rows without features tell nothing.")
        design = Design(weight=rows.weight, cluster=rows.cluster).take(at)
        return cls(codes=rows.features.take(at), truth=truth_of(rows, at), design=design)

    def of_column(self, name: str) -> NDArray[np.intp] | None:
        """Return a column's codes; None where it has none."""
        names = self.codes.names
        return self.codes.values[names.index(name)].astype(np.intp) if name in names else None


def word_lost(there: Told, here: Told, column: str, *, half: NDArray[np.intp], confidence: float) -> Estimate:
    """Return how much less a column's levels tell of the truth here than half of what they told there.

    Parameters
    ----------
    there, here : Told
        The reference and the dataset, coded alike.
    column : str
        The column.
    half : ndarray of int, shape (n_there,)
        0 or 1: which half of the reference each row is in.
    confidence : float
        Level of the equal-tailed interval.

    Returns
    -------
    Estimate
        ``word_lost``: half the slope of the truth on the mean truth of the row's level, in the other half of the
        reference, less the same slope on the dataset. Near -0.5 where what the levels told there holds here, whatever
        values are more or less frequent here, and whether or not the candidate knows the reference by heart; 0.5 where
        they tell nothing any more.

    References
    ----------
    Cox, D. R. (1958). Two further applications of a model for binary regression. Biometrika 45, 562-565 (the slope of
    outcomes on what was foretold).
    """
    old, new = there.of_column(column), here.of_column(column)
    if old is None or new is None:
        return undefined(_WORD, confidence, "the column has no codes")
    foretold = np.empty_like(there.truth)
    for part in (0, 1):
        rows = half == part
        if not rows.any() or rows.all():
            return undefined(_WORD, confidence, "one half of the reference has no rows")
        foretold[rows] = _means(old[~rows], there.truth[~rows])[old[rows]]
    before = _slope(foretold, there.truth, there.design)
    after = _slope(_means(old, there.truth)[new], here.truth, here.design)
    if before is None or after is None:
        return undefined(_WORD, confidence, "the column has one level", n=len(new))
    halved = Linearised(value=0.5 * before.value, influence=0.5 * before.influence)
    return unpaired_difference(halved, there.design, after, here.design, metric=_WORD, confidence=confidence)


def _means(codes: NDArray[np.intp], wanted: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the mean of each level, with one row's worth of the overall mean: a level of few rows promises little."""
    size = np.bincount(codes, minlength=_LEVELS)
    sums = np.stack([np.bincount(codes, one, minlength=_LEVELS) for one in wanted.T], axis=1)
    means: NDArray[np.float64] = (sums + wanted.mean(axis=0)) / (size + 1.0)[:, None]
    return means


def _slope(foretold: NDArray[np.float64], truth: NDArray[np.float64], design: Design) -> Linearised | None:
    def centred(values: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.asarray(values - np.array([design.mean(one) for one in values.T]), dtype=np.float64)

    said = centred(foretold)
    square, product = (said**2).sum(axis=1), (said * centred(truth)).sum(axis=1)
    spread = design.mean(square)
    if not spread > 0.0:
        return None
    value = design.mean(product) / spread
    return Linearised(value=value, influence=(product - value * square) / spread)
