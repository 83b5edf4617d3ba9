"""What groups are compared by, and how many independent rows each of them brings to the comparison."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from modelcheck.checks.bias.attribute import Attribute
from modelcheck.checks.bias.smallest_gap import rows_for_gap, rows_for_gap_of_means, smallest_gap, smallest_gap_of_means
from modelcheck.checks.columns import design_of, scores_of
from modelcheck.scoring.rows import ScoredRows
from modelcheck.stats.design import FEWEST_CLUSTERS, Design

__all__ = ["Compared", "compared_by"]

_HARDEST = 0.5
_MOST_CELLS = 1 << 24


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Compared:
    """A share of some rows, or a mean in units of its spread, by which groups are compared.

    Attributes
    ----------
    name : str
        In words.
    rate : float or None
        The share on all rows; None for a mean.
    counts : ndarray of float64, shape (n_groups,)
        Rows that each group counts for: Kish's effective number under weights, over the design effect of clusters.
    clusters : ndarray of int, shape (n_groups,), or None
        Clusters with rows in each group.

    References
    ----------
    Kish, L. (1965). Survey Sampling. New York: Wiley, section 8.2 (design effects).
    """

    name: str
    rate: float | None
    counts: NDArray[np.float64]
    clusters: NDArray[np.intp] | None

    def smaller(self, place: int) -> bool:
        """Return whether it is a group's own size that keeps a gap to the rest from showing, not that of the rest."""
        return self.short_of_clusters(place) or bool(self.counts[place] <= self._rest(place))

    def short_of_clusters(self, place: int) -> bool:
        """Return whether a group has too few clusters to prove anything."""
        return self.clusters is not None and bool(self.clusters[place] < FEWEST_CLUSTERS)

    def gap(self, place: int, confidence: float) -> float | None:
        """Return the smallest gap between a group and the rest that would be proved with 80 % power; None: none."""
        if self.clusters is not None:
            own = int(self.clusters[place])
            if min(own, int(self.clusters.sum()) - own) < FEWEST_CLUSTERS:
                return None
        count, rest = float(self.counts[place]), self._rest(place)
        if self.rate is None:
            return smallest_gap_of_means(count, rest, confidence=confidence)
        return smallest_gap(self.rate, count, rest, confidence=confidence)

    def needed(self, place: int, gap: float, confidence: float) -> float | None:
        """Return how many rows a group would have to count for; None where the rest is too small."""
        rest = self._rest(place)
        if self.rate is None:
            return rows_for_gap_of_means(rest, gap, confidence=confidence)
        return rows_for_gap(self.rate, rest, gap, confidence=confidence)

    def _rest(self, place: int) -> float:
        return float(self.counts.sum() - self.counts[place])


def compared_by(rows: ScoredRows, attribute: Attribute) -> list[Compared]:
    """Return what the groups of an attribute are compared by.

    Parameters
    ----------
    rows : ScoredRows
        At least one row.
    attribute : Attribute
        Of these rows.

    Returns
    -------
    list of Compared
        The first is what every row has: selection rate, for several classes accuracy, for values the mean error. For
        two classes the true and false positive rates follow. Without decisions a rate of one half is assumed, where
        gaps are hardest to see.
    """
    design = design_of(rows)
    everybody = np.ones(len(rows), dtype=bool)
    if rows.task == "regression":
        return [_quantity("mean error", scores_of(rows) - rows.target, everybody, attribute, design, share=False)]
    if rows.decision is None:
        half = np.full(len(rows), _HARDEST)
        return [_quantity("selection rate", half, everybody, attribute, design, share=True)]
    if rows.task == "multiclass":
        return [_quantity("accuracy", rows.decision == rows.target, everybody, attribute, design, share=True)]
    decided = rows.decision == 1
    return [
        _quantity(name, decided, within, attribute, design, share=True)
        for name, within in (
            ("selection rate", everybody),
            ("true positive rate", rows.target == 1),
            ("false positive rate", rows.target == 0),
        )
    ]


def _quantity(
    name: str,
    values: NDArray[np.generic],
    within: NDArray[np.bool_],
    attribute: Attribute,
    design: Design,
    *,
    share: bool,
) -> Compared:
    groups, codes, own = len(attribute), attribute.codes[within], design.take(within)
    inside = np.asarray(values[within], dtype=np.float64)
    counts = np.bincount(codes, minlength=groups).astype(np.float64)
    if not len(inside):
        return Compared(name=name, rate=0.0 if share else None, counts=counts, clusters=None)
    mean = own.mean(inside)
    if own.weight is not None:
        total = np.bincount(codes, weights=own.weight, minlength=groups)
        squares = np.bincount(codes, weights=own.weight**2, minlength=groups)
        counts = np.divide(total**2, squares, out=np.zeros(groups), where=squares > 0.0)
    clusters = None
    if own.cluster is not None:
        clusters = _clusters(codes, own.cluster, groups)
        inside -= mean
        alone = Design(weight=own.weight).variance_of_mean(inside)
        effect = own.variance_of_mean(inside) / alone if 0.0 < alone < np.inf else 1.0
        counts /= max(effect, 1.0) if np.isfinite(effect) else 1.0
    return Compared(name=name, rate=mean if share else None, counts=counts, clusters=clusters)


def _clusters(codes: NDArray[np.intp], cluster: NDArray[np.int32], groups: int) -> NDArray[np.intp]:
    """Return how many clusters have rows in each group."""
    width = int(cluster.max()) + 1
    pairs = codes.astype(np.int64) * width + cluster
    if groups * width <= _MOST_CELLS:
        filled = np.bincount(pairs, minlength=groups * width).reshape(groups, width) > 0
        found: NDArray[np.intp] = filled.sum(axis=1)
        return found
    return np.bincount(np.unique(pairs) // width, minlength=groups)
