"""Where rows of one kind gather: the feature levels, groups and slices that hold more of them than the rest."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from modelcheck.checks.performance.groups import joint_confidence
from modelcheck.scoring.rows import ScoredRows
from modelcheck.stats.combined import combine
from modelcheck.stats.holm import holm_adjusted
from modelcheck.stats.rates import clopper_pearson

__all__ = ["Concentration", "Place", "concentration"]

_FEWEST = 20
_LEAST_SHARE = 0.01
_BLOCK = 1 << 18  # rows counted at once, so that temporary columns stay small at any number of rows


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """One condition and how many of the marked rows meet it.

    Attributes
    ----------
    label : str
        The condition in words, e.g. ``sex = female``.
    kind : str
        ``feature``, ``group`` or ``slice``.
    name : str
        The feature, attribute or slice.
    code : int
        Level or group; 1 for a slice.
    rows, marked : int
        Rows that meet it, and those of them that are marked.
    share, rest : float
        Share of marked rows among those that meet it, and among all others; by weight where rows have weights.
    p, p_adjusted : float or None
        One-sided p-value of so many marked rows by chance, and adjusted over all eligible conditions; None for
        weighted or clustered rows.
    """

    label: str
    kind: str
    name: str
    code: int
    rows: int
    marked: int
    share: float
    rest: float
    p: float | None = None
    p_adjusted: float | None = None

    @property
    def excess(self) -> float:
        """How much larger the share is than in the rest."""
        return self.share - self.rest

    def mask(self, rows: ScoredRows) -> NDArray[np.bool_]:
        """Return which rows meet the condition."""
        if self.kind == "slice":
            return rows.slices[self.name]
        if self.kind == "group" or rows.features is None:
            codes: NDArray[np.int32] | NDArray[np.uint8] = rows.groups[self.name].codes
        else:
            codes = rows.features.values[rows.features.names.index(self.name)]
        found: NDArray[np.bool_] = codes == self.code
        return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Concentration:
    """The conditions that were looked at.

    Attributes
    ----------
    places : tuple of Place
        Every eligible condition, the largest excess first.
    least : int
        Rows that a condition, and the rest, had to have.
    tested : bool
        Whether there are p-values.
    total, marked : int
        All rows, and the marked ones.
    """

    places: tuple[Place, ...]
    least: int
    tested: bool
    total: int
    marked: int

    def interval(self, place: Place, confidence: float) -> tuple[float, float] | None:
        """Return limits of one place's excess that hold together with those of all other eligible places.

        Parameters
        ----------
        place : Place
            One of `places`.
        confidence : float
            Level of all intervals together.

        Returns
        -------
        tuple of float or None
            From the exact limits of both shares; None for weighted or clustered rows.

        References
        ----------
        Newcombe, R. G. (1998). Statistics in Medicine 17, 873-890 (differences from the limits of two shares).
        """
        if not self.tested:
            return None
        each = joint_confidence(confidence, len(self.places))
        inside = clopper_pearson(place.marked, place.rows, each)
        outside = clopper_pearson(self.marked - place.marked, self.total - place.rows, each)
        _, low, high = combine([(place.share, *inside), (-place.rest, -outside[1], -outside[0])])
        return 2.0 * low, 2.0 * high


def concentration(marked: NDArray[np.bool_], rows: ScoredRows) -> Concentration:
    """Compare the share of marked rows under every single condition with that of all other rows.

    Parameters
    ----------
    marked : ndarray of bool, shape (n_rows,)
        The rows in question.
    rows : ScoredRows
        The same rows with feature codes, groups and slices. A feature's level that reads like a protected group
        is the group.

    Returns
    -------
    Concentration
        Eligible by size alone: at least ``max(20, 1 %)`` rows meet the condition and as many don't. p-values are exact
        hypergeometric tails, which take rows as independent, and adjusted after Holm.

    References
    ----------
    Fisher, R. A. (1935). The logic of inductive inference. Journal of the Royal Statistical Society 98, 39-82 (the
    exact test). Holm, S. (1979). Scandinavian Journal of Statistics 6, 65-70. Tested against
    ``scipy.stats.fisher_exact(alternative="greater")``.
    """
    total = len(rows)
    least = max(_FEWEST, math.ceil(_LEAST_SHARE * total))
    tested = rows.weight is None and rows.cluster is None
    sums = np.array([total, np.count_nonzero(marked)], dtype=np.float64)
    if rows.weight is not None:
        sums = np.array([rows.weight.sum(), rows.weight[marked].sum()])
    found: dict[str, Place] = {}
    for kind, name, labels, codes in _columns(rows):
        size, hits, weight, heavy = _counts(codes, marked, rows.weight, len(labels))
        for code, label in enumerate(labels):
            if label and least <= size[code] <= total - least:
                found[label] = Place(
                    label=label,
                    kind=kind,
                    name=name,
                    code=code,
                    rows=int(size[code]),
                    marked=int(hits[code]),
                    share=float(heavy[code] / weight[code]),
                    rest=float((sums[1] - heavy[code]) / (sums[0] - weight[code])),
                )
    places = list(found.values())
    if tested and places:
        places = _with_tails(places, total, int(sums[1]))
    places.sort(key=lambda place: -place.excess)
    return Concentration(
        places=tuple(places), least=least, tested=tested, total=total, marked=int(np.count_nonzero(marked))
    )


def _columns(rows: ScoredRows) -> list[tuple[str, str, list[str], NDArray[np.generic]]]:
    """Return kind, name, labels and codes of everything that conditions are made of; of equal labels the last wins."""
    columns: list[tuple[str, str, list[str], NDArray[np.generic]]] = []
    if rows.features is not None:
        for place, levels in enumerate(rows.features.levels):
            words = [levels.words(code, code) for code in range(len(levels.labels))]
            columns.append(("feature", levels.name, words, rows.features.values[place]))
    for name, groups in rows.groups.items():
        columns.append(("group", name, [f"{name} = {label}" for label in groups.labels], groups.codes))
    for name, mask in rows.slices.items():
        columns.append(("slice", name, ["", f"slice {name}"], mask.view(np.uint8)))
    return columns


def _counts(
    codes: NDArray[np.generic], marked: NDArray[np.bool_], weight: NDArray[np.float64] | None, size: int
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Return rows and marked rows by code, then the same by weight."""
    sums = np.zeros((4, size))
    for start in range(0, len(codes), _BLOCK):
        block = slice(start, start + _BLOCK)
        part, hit = codes[block], marked[block]
        sums[0] += np.bincount(part, minlength=size)
        sums[1] += np.bincount(part[hit], minlength=size)
        if weight is not None:
            sums[2] += np.bincount(part, weights=weight[block], minlength=size)
            sums[3] += np.bincount(part[hit], weights=weight[block][hit], minlength=size)
    if weight is None:
        sums[2:] = sums[:2]
    return sums[0], sums[1], sums[2], sums[3]


def _with_tails(places: list[Place], total: int, marked: int) -> list[Place]:
    from scipy.stats import hypergeom

    hits = np.array([place.marked for place in places])
    sizes = np.array([place.rows for place in places])
    tails = np.minimum(hypergeom.sf(hits - 1, total, marked, sizes), 1.0)
    adjusted = holm_adjusted(tails)
    return [
        replace(place, p=float(p), p_adjusted=float(own)) for place, p, own in zip(places, tails, adjusted, strict=True)
    ]
