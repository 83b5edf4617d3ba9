"""Rows in bins of equal mass along their score: what every measure of calibration is made of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from modelcheck.stats.design import Design

__all__ = ["FEWEST_IN_BIN", "MOST_BINS", "Bins", "equal_mass_bins"]

MOST_BINS = 15
FEWEST_IN_BIN = 20
_BLOCK = 1 << 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Bins:
    """Which rows lie in which bin.

    Attributes
    ----------
    code : ndarray of uint8, shape (n_rows,)
        Bin of each row, by rising score.
    rows : ndarray of int64, shape (n_bins,)
        Rows in each bin; at least one.
    low, high : ndarray of float64, shape (n_bins,)
        Lowest and highest score in each bin.
    """

    code: NDArray[np.uint8]
    rows: NDArray[np.int64]
    low: NDArray[np.float64]
    high: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.rows)

    def sums(self, values: NDArray[Any], design: Design) -> NDArray[np.float64]:
        """Return the (weighted) sum of `values`, shape (n_rows,), in each bin."""
        part = values if design.weight is None else values * design.weight
        return np.bincount(self.code, weights=part, minlength=len(self)).astype(np.float64, copy=False)

    def _mass(self, design: Design) -> NDArray[np.float64]:
        if design.weight is None:
            return self.rows.astype(np.float64)
        return np.bincount(self.code, weights=design.weight, minlength=len(self)).astype(np.float64, copy=False)

    def shares(self, design: Design) -> NDArray[np.float64]:
        """Return each bin's share of the rows (of their weight)."""
        mass = self._mass(design)
        mass /= mass.sum()
        return mass

    def means(self, values: NDArray[Any], design: Design) -> NDArray[np.float64]:
        """Return the (weighted) mean of `values`, shape (n_rows,), in each bin."""
        means: NDArray[np.float64] = self.sums(values, design) / self._mass(design)
        return means

    def variance_of_means(
        self, centred: NDArray[np.float64], design: Design
    ) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
        """Return the linearised variance of each bin's mean, and the independent units it rests on.

        Parameters
        ----------
        centred : ndarray of float64, shape (n_rows,)
            Values less the mean of their bin.
        design : Design
            Design of the rows.

        Returns
        -------
        variance : ndarray of float64, shape (n_bins,)
            Infinite in bins of a single unit.
        units : ndarray of int64, shape (n_bins,)
            Rows, or clusters that have rows in the bin.
        """
        part = centred if design.weight is None else centred * design.weight
        mass, units, square = self._mass(design), self.rows.copy(), np.empty(len(self))
        if design.cluster is None:
            square[:] = np.bincount(self.code, weights=part * part, minlength=len(self))
        else:
            for k in range(len(self)):
                inside = self.code == k
                of, within = design.cluster[inside], part[inside]
                sums = np.bincount(of, weights=within)
                units[k], square[k] = np.count_nonzero(np.bincount(of)), float(np.dot(sums, sums))
        with np.errstate(divide="ignore", invalid="ignore"):
            variance = np.where(units > 1, square * units / (units - 1) / (mass * mass), np.inf)
        return variance, units


def equal_mass_bins(score: NDArray[Any], *, units: int | None = None, most: int = MOST_BINS) -> Bins:
    """Cut rows into bins of (nearly) equally many rows by their score.

    Parameters
    ----------
    score : ndarray of float, shape (n_rows,)
        Finite scores; at least one row.
    units : int or None
        Independent units among the rows (clusters); None: rows.
    most : int
        Greatest number of bins, at most 255.

    Returns
    -------
    Bins
        As many as leave 20 units to a bin on average, at most `most` and at least one. Equal scores share a bin, so
        ties make bins fewer and unequal; a bin of fewer than 20 rows joins its neighbour. With rows enough and no ties
        the bins of ``sklearn.calibration.calibration_curve(strategy="quantile")``. 17 bytes a row on the way, and one
        that stays.

    References
    ----------
    Nguyen, K. and O'Connor, B. (2015). Posterior calibration and exploratory analysis for natural language processing
    models. EMNLP, 1587-1598.

    Examples
    --------
    >>> found = equal_mass_bins(np.arange(60.0))
    >>> found.rows.tolist(), found.low.tolist()
    ([20, 20, 20], [0.0, 20.0, 40.0])
    """
    n = len(score)
    wanted = max(min(most, (n if units is None else units) // FEWEST_IN_BIN), 1)
    ranks = np.arange(1, wanted) * (n - 1) // wanted
    ordered: NDArray[Any] = score.copy()
    if wanted > 1:
        ordered.partition(ranks)
    edges = np.unique(ordered[ranks])
    edges = edges[edges < score.max()]
    code = np.empty(n, dtype=np.uint8)
    for start in range(0, n, _BLOCK):
        code[start : start + _BLOCK] = np.searchsorted(edges, score[start : start + _BLOCK], side="left")
    place, rows = _joined(np.bincount(code, minlength=len(edges) + 1))
    if len(rows) <= len(edges):
        code = place[code]
    last = np.cumsum(rows) - 1
    ordered.partition(np.unique(np.concatenate([last, last - rows + 1])))
    low, high = (ordered[ends].astype(np.float64) for ends in (last - rows + 1, last))
    return Bins(code=code, rows=rows, low=low, high=high)


def _joined(counts: NDArray[np.int64]) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """Join bins that are too small to their neighbours: new number of each, and the new counts."""
    place = np.zeros(len(counts), dtype=np.uint8)
    sizes = [0]
    for k, size in enumerate(counts.tolist()):
        if sizes[-1] >= FEWEST_IN_BIN:
            sizes.append(0)
        sizes[-1] += size
        place[k] = len(sizes) - 1
    if len(sizes) > 1 and sizes[-1] < FEWEST_IN_BIN:
        last = sizes.pop()
        sizes[-1] += last
        place[place == len(sizes)] = len(sizes) - 1
    return place, np.array(sizes, dtype=np.int64)
