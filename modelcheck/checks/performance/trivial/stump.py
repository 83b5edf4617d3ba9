"""The best single split on one feature: what a model has to beat to be worth its keep."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from modelcheck.checks.words import short
from modelcheck.scoring.rows import FeatureCodes, ScoredRows

__all__ = ["Stump", "fit_stump"]

_BLOCK = 1 << 18  # rows counted at once, so that temporary columns stay small at any number of rows
_NAMED = 3  # categories spelled out in a sentence


@dataclass(frozen=True, slots=True, kw_only=True)
class Stump:
    """One feature, two leaves.

    Attributes
    ----------
    feature : str
        Name of the feature.
    position : int
        Its place in the feature codes.
    right : ndarray of bool, shape (n_codes,)
        Which codes fall into the right leaf.
    leaves : ndarray of float64, shape (2,) or (2, n_classes)
        Left and right: positive rate (binary), class shares (multiclass) or mean target (regression).
    split : str
        The split in words.
    gain : float
        What the fit maximised, on the rows it was fitted on.
    """

    feature: str
    position: int
    right: NDArray[np.bool_]
    leaves: NDArray[np.float64]
    split: str
    gain: float

    def side(self, features: FeatureCodes) -> NDArray[np.bool_]:
        """Return which rows fall into the right leaf.

        Parameters
        ----------
        features : FeatureCodes
            Codes of n_rows rows, coded as the rows the stump was fitted on.

        Returns
        -------
        ndarray of bool, shape (n_rows,)
        """
        table = np.zeros(256, dtype=bool)
        table[: len(self.right)] = self.right
        sides: NDArray[np.bool_] = table[features.values[self.position]]
        return sides


def fit_stump(reference: ScoredRows) -> Stump | None:
    """Find the split of one feature that serves best on the reference.

    Classes: the split whose two leaves rank best, that is the largest mean over classes of
    ``|P(left | class) - P(left | other classes)|``; half of it is what the split adds to an area under the ROC curve of
    0.5. Values: the largest drop in squared error. Ordered features are split along their order, with missing cells
    on either side; categories along their target rate (class by class when there are more than two), which
    holds the best of all subsets for two classes and for squared error.

    Parameters
    ----------
    reference : ScoredRows
        Rows to fit on, with feature codes; never the rows that the stump is compared on.

    Returns
    -------
    Stump or None
        None when no feature splits the rows into two leaves that differ.

    References
    ----------
    Breiman, L., Friedman, J. H., Olshen, R. A. and Stone, C. J. (1984). Classification and Regression Trees,
    section 4.2.2 and theorem 4.5. Youden, W. J. (1950). Cancer 3, 32-35.
    """
    features = reference.features
    if features is None or len(reference) == 0:
        return None
    regression = reference.task == "regression"
    centre, scale = _standard(reference) if regression else (0.0, 1.0)
    best: tuple[float, int, NDArray[np.bool_], NDArray[np.float64]] | None = None
    for position, labels in enumerate(features.labels):
        sums = _sums(reference, features, position, centre, scale)
        for order in _orders(sums, features.ordered[position], regression=regression):
            gain, cut = _best_cut(sums[order], regression=regression)
            if gain > 0.0 and (best is None or gain > best[0] * (1.0 + 1e-12)):
                right = np.zeros(len(labels), dtype=bool)
                right[order[cut + 1 :]] = True
                best = (gain, position, right, sums)
    if best is None:
        return None
    gain, position, right, sums = best
    return Stump(
        feature=features.names[position],
        position=position,
        right=right,
        leaves=centre + scale * _leaves(sums, right, reference.task),
        split=_words(features.labels[position], right, sums.sum(axis=1) > 0.0, ordered=features.ordered[position]),
        gain=gain,
    )


def _standard(rows: ScoredRows) -> tuple[float, float]:
    """Mean and standard deviation of the target: sums of standardised values don't drown in rounding."""
    centre = float(np.average(rows.target, weights=rows.weight))
    scale = float(np.sqrt(np.average((rows.target - centre) ** 2, weights=rows.weight)))
    return centre, scale or 1.0


def _sums(rows: ScoredRows, features: FeatureCodes, position: int, centre: float, scale: float) -> NDArray[np.float64]:
    """Weight by code and class, or (weight, weight times standardised target) by code for values."""
    codes = features.values[position]
    n_codes = len(features.labels[position])
    columns = 2 if rows.task == "regression" else len(rows.classes)
    sums = np.zeros((n_codes, columns))
    for start in range(0, len(rows), _BLOCK):
        block = slice(start, start + _BLOCK)
        weight = None if rows.weight is None else rows.weight[block]
        if rows.task == "regression":
            value = (rows.target[block] - centre) / scale
            value = value if weight is None else value * weight
            sums[:, 0] += np.bincount(codes[block], weights=weight, minlength=n_codes)
            sums[:, 1] += np.bincount(codes[block], weights=value, minlength=n_codes)
        else:
            cell = codes[block].astype(np.intp) * columns + rows.target[block]
            sums += np.bincount(cell, weights=weight, minlength=n_codes * columns).reshape(n_codes, columns)
    return sums


def _orders(sums: NDArray[np.float64], ordered: bool, *, regression: bool) -> Iterator[NDArray[np.intp]]:
    codes = np.arange(len(sums), dtype=np.intp)
    if ordered:
        yield codes
        yield np.roll(codes, -1)  # missing cells last
        return
    if regression:
        yield np.argsort(_ratio(sums[:, 1], sums[:, 0]), kind="stable")
        return
    weight = sums.sum(axis=1)
    classes = range(1, 2) if sums.shape[1] == 2 else range(sums.shape[1])
    for column in classes:
        yield np.argsort(_ratio(sums[:, column], weight), kind="stable")


def _ratio(top: NDArray[np.float64], bottom: NDArray[np.float64]) -> NDArray[np.float64]:
    """Rate by code; a code without rows gets the overall rate and so stands in the middle."""
    overall = top.sum() / max(bottom.sum(), np.finfo(float).tiny)
    rates: NDArray[np.float64] = np.divide(top, bottom, out=np.full(len(top), overall), where=bottom > 0.0)
    return rates


def _best_cut(sums: NDArray[np.float64], *, regression: bool) -> tuple[float, int]:
    """Best gain over cuts after each code but the last, and where it is."""
    if len(sums) < 2:
        return 0.0, 0
    left = np.cumsum(sums, axis=0)[:-1]
    total = sums.sum(axis=0)
    if regression:
        right = total - left
        gain = _square_over(left[:, 1], left[:, 0]) + _square_over(right[:, 1], right[:, 0])
        gain = (gain - total[1] ** 2 / total[0]) / total[0]
        gain[(left[:, 0] <= 0.0) | (right[:, 0] <= 0.0)] = 0.0
    else:
        rest = total.sum() - total
        usable = (total > 0.0) & (rest > 0.0)
        if not usable.any():
            return 0.0, 0
        inside = left[:, usable] / total[usable]
        outside = (left.sum(axis=1, keepdims=True) - left[:, usable]) / rest[usable]
        gain = np.abs(inside - outside).mean(axis=1)
    cut = int(np.argmax(gain))
    # Rounding in the sums must not turn "no gain" into a split.
    return (float(gain[cut]) if gain[cut] > 1e-12 else 0.0), cut


def _square_over(top: NDArray[np.float64], bottom: NDArray[np.float64]) -> NDArray[np.float64]:
    part: NDArray[np.float64] = np.divide(top * top, bottom, out=np.zeros(len(top)), where=bottom > 0.0)
    return part


def _leaves(sums: NDArray[np.float64], right: NDArray[np.bool_], task: str) -> NDArray[np.float64]:
    pair = np.stack([sums[~right].sum(axis=0), sums[right].sum(axis=0)])
    if task == "regression":
        means: NDArray[np.float64] = pair[:, 1] / pair[:, 0]
        return means
    shares: NDArray[np.float64] = pair / pair.sum(axis=1, keepdims=True)
    return shares[:, 1] if task == "binary" else shares


def _words(labels: tuple[str, ...], right: NDArray[np.bool_], seen: NDArray[np.bool_], *, ordered: bool) -> str:
    if ordered:
        missing = f", missing with the {'higher' if right[0] else 'lower'} values" if seen[0] else ""
        bins = right[1:]
        if bins.all() or not bins.any():
            return "missing or not"
        edge = int(np.argmax(bins)) + 1
        return f"{_between(labels[edge - 1], labels[edge])}{missing}"
    right_names = [labels[code] for code in np.flatnonzero(right & seen)]
    left_names = [labels[code] for code in np.flatnonzero(~right & seen)]
    few = min(right_names, left_names, key=len)
    more = f" and {len(few) - _NAMED} more" if len(few) > _NAMED else ""
    return f"{', '.join(short(name) for name in few[:_NAMED])}{more} against the rest"


def _between(left: str, right: str) -> str:
    for edge in (right.split(" ")[0], left.split(" ")[-1]):
        if edge and edge in left.split(" ") and edge in right.split(" "):
            return f"split at {short(edge)}"
    return f"split between {short(left)} and {short(right)}"
