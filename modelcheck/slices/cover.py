"""A few slices that tell different stories, out of many that tell the same one."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from modelcheck.slices.axes import Feature
from modelcheck.slices.objectives import Objective
from modelcheck.slices.pool import Conjunction

__all__ = ["Rows", "cover", "simplest"]

_OWN = 0.5  # share of its excess that a slice must have outside those told before
_KEPT = 256  # packed conditions that are kept


class Rows:
    """Rows of slices as packed bits, and their sums.

    Parameters
    ----------
    features : sequence of Feature
        With codes of the same rows.
    sums : ndarray of float64, shape (n_sums, n_rows)
        What is summed over a slice.

    Examples
    --------
    >>> codes = np.array([0, 0, 1, 1], dtype=np.uint8)
    >>> rows = Rows([Feature(name="a", codes=codes, size=2)], np.array([[1.0, 0.0, 1.0, 1.0]]))
    >>> rows.table(rows.of(((0, 1, 1),))).tolist()
    [2.0, 2.0]
    """

    def __init__(self, features: Sequence[Feature], sums: NDArray[np.float64]) -> None:
        self._features = features
        self._sums = sums
        self._n = sums.shape[1]
        self._packed: dict[tuple[int, int, int], NDArray[np.uint8]] = {}

    def of(self, runs: tuple[tuple[int, int, int], ...]) -> NDArray[np.uint8]:
        """Return the rows of a slice as packed bits."""
        found = self._one(runs[0])
        for run in runs[1:]:
            found = found & self._one(run)
        return found

    def none(self) -> NDArray[np.uint8]:
        """Return no rows."""
        return np.zeros((self._n + 7) // 8, dtype=np.uint8)

    def mask(self, packed: NDArray[np.uint8]) -> NDArray[np.bool_]:
        """Return packed bits as a mask, shape (n_rows,)."""
        return np.unpackbits(packed, count=self._n).view(np.bool_)

    def table(self, packed: NDArray[np.uint8]) -> NDArray[np.float64]:
        """Return the number of rows and their sums, shape (1 + n_sums,)."""
        where = np.flatnonzero(self.mask(packed))
        return np.concatenate([[float(len(where))], self._sums[:, where].sum(axis=1)])

    def _one(self, run: tuple[int, int, int]) -> NDArray[np.uint8]:
        if run not in self._packed:
            if len(self._packed) >= _KEPT:
                self._packed.pop(next(iter(self._packed)))
            place, first, last = run
            self._packed[run] = np.packbits(self._features[place].mask(first, last))
        return self._packed[run]


def size_of(packed: NDArray[np.uint8]) -> int:
    """Return the number of rows in packed bits."""
    return int(np.bitwise_count(packed).sum(dtype=np.int64))


def cover(
    candidates: Iterable[Conjunction],
    rows: Rows,
    objective: Objective,
    *,
    most: int,
    overlap: float,
    apart: bool,
    change: Callable[[Conjunction], Conjunction],
) -> list[Conjunction]:
    """Choose slices one after the other, each different enough from those before.

    Parameters
    ----------
    candidates : iterable of Conjunction
        The best first.
    rows : Rows
        Of the features that the candidates are made of.
    objective : Objective
        Of the search.
    most : int
        How many are chosen at most.
    overlap : float
        Largest Jaccard index (rows in both, over rows in either) with any slice chosen before, in [0, 1].
    apart : bool
        Whether a slice must also have half of its excess on rows that no slice before it has: else it is bad only
        because it holds one that was told already.
    change : callable
        What becomes of a slice that is chosen, such as `simplest`; the result must be different enough too.

    Returns
    -------
    list of Conjunction
    """
    chosen: list[Conjunction] = []
    bits: list[NDArray[np.uint8]] = []
    told = rows.none()

    def different(one: Conjunction) -> bool:
        own = rows.of(one.runs)
        if any(_jaccard(own, one.n, other, before.n) > overlap for other, before in zip(bits, chosen, strict=True)):
            return False
        return not apart or _own_excess(own, told, rows, objective)

    for one in candidates:
        if len(chosen) >= most:
            break
        if overlap >= 1.0:
            chosen.append(change(one))
            continue
        if bits and not different(one):
            continue
        other = change(one)
        if other is not one and bits and not different(other):
            other = one
        bits.append(rows.of(other.runs))
        told = told | bits[-1]
        chosen.append(other)
    return chosen


def _jaccard(own: NDArray[np.uint8], n: int, other: NDArray[np.uint8], m: int) -> float:
    if min(n, m) == 0:
        return 0.0
    both = size_of(own & other)
    return both / (n + m - both)


def _own_excess(own: NDArray[np.uint8], told: NDArray[np.uint8], rows: Rows, objective: Objective) -> bool:
    if not size_of(own & told):
        return True
    whole, left = rows.table(own), rows.table(own & ~told)
    return left[0] > 0.0 and objective.excess(left) >= _OWN * objective.excess(whole)


def simplest(
    one: Conjunction, rows: Rows, objective: Objective, *, tolerance: float, least: int, most: int
) -> Conjunction:
    """Drop conditions that hardly matter.

    Parameters
    ----------
    one : Conjunction
        A slice.
    rows, objective
        As for `cover`.
    tolerance : float
        Share of the excess per row that may be lost by dropping a condition.
    least, most : int
        Allowed numbers of rows.

    Returns
    -------
    Conjunction
        With as few conditions as that allows, at least one.
    """
    while len(one.runs) > 1:
        table = np.array([float(one.n), *one.sums])
        wanted = (1.0 - tolerance) * objective.excess(table) / table[0]
        wider = []
        for place in range(len(one.runs)):
            runs = one.runs[:place] + one.runs[place + 1 :]
            found = rows.table(rows.of(runs))
            if least <= found[0] <= most and objective.excess(found) / found[0] >= wanted:
                score = float(objective.score(found[:, None])[0])
                wider.append(replace(one, runs=runs, n=int(found[0]), sums=tuple(found[1:].tolist()), score=score))
        if not wider:
            break
        one = max(wider, key=lambda other: other.score)
    return one
