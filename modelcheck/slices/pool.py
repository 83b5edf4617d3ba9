"""The best slices seen so far, however many there are to see."""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from modelcheck.slices.axes import Axis, Feature
from modelcheck.slices.cells import Slices
from modelcheck.slices.objectives import Objective

__all__ = ["Conjunction", "Pool", "Pools"]

_ZERO = 1e-12  # a slice that is exactly average may come out above 0 by rounding
_SLACK = 1e-9  # a bound is computed otherwise than the score it bounds: the last digits may differ


@dataclass(frozen=True, slots=True, kw_only=True)
class Conjunction:
    """A slice: rows whose codes lie in a run on each of a few features.

    Attributes
    ----------
    runs : tuple of (int, int, int)
        Place of the feature, first and last code, for each condition, by place.
    n : int
        Rows.
    sums : tuple of float
        What was summed over them.
    score : float
        By the objective of the search.
    """

    runs: tuple[tuple[int, int, int], ...]
    n: int
    sums: tuple[float, ...] = ()
    score: float = 0.0

    def mask(self, features: Sequence[Feature]) -> NDArray[np.bool_]:
        """Return which rows are in the slice."""
        inside: NDArray[np.bool_] | None = None
        for place, first, last in self.runs:
            one = features[place].mask(first, last)
            inside = one if inside is None else inside & one
        if inside is None:
            raise ValueError("a slice without conditions is no slice.")
        return inside


@dataclass(frozen=True, slots=True, eq=False)
class _Batch:
    axes: tuple[Axis, ...]
    choices: NDArray[np.intp]
    table: NDArray[np.float64]
    score: NDArray[np.float64]

    def take(self, kept: NDArray[np.generic]) -> _Batch:
        return _Batch(self.axes, self.choices[:, kept], self.table[:, kept], self.score[kept])


class Pool:
    """Collects the slices with the highest scores.

    Parameters
    ----------
    objective : Objective
        Scores them. Of equal scores those with fewer conditions stay, then those that were seen first.
    size : int
        How many are kept.
    least, most : int
        Rows that a slice must have, and may have.
    prune : bool
        Whether slices whose parts can't get into the pool may be left out; then `eligible` is no count of all.
    above : float
        Only higher scores are kept, at least 0.

    Attributes
    ----------
    eligible : int
        Slices of allowed size that were seen.
    """

    def __init__(
        self, objective: Objective, *, size: int, least: int, most: int, prune: bool, above: float = 0.0
    ) -> None:
        self._objective = objective
        self._size = size
        self._least = least
        self._most = most
        self._prune = prune
        self._batches: list[_Batch] = []
        self._held = 0
        self._cutoff = max(above, _ZERO)
        self.eligible = 0
        self.dropped = False

    def take(self, slices: Slices) -> None:
        """Keep those that are among the best."""
        allowed = slices.table[0] <= self._most
        self.eligible += int(np.count_nonzero(allowed))
        score = self._objective.score(slices.table)
        good = np.flatnonzero(allowed & (score > self._cutoff))
        if not len(good):
            return
        self._batches.append(_Batch(slices.axes, slices.choices(good), slices.table[:, good], score[good]))
        self._held += len(good)
        if self._held > 2 * self._size:
            self._thin_out()

    def worth(self, table: NDArray[np.float64]) -> NDArray[np.bool_] | None:
        """Return which slices may have parts that get into the pool."""
        bound = self._objective.bound(table, self._least) if self._prune else None
        if bound is None:
            return None
        keep: NDArray[np.bool_] = bound >= self._cutoff - _SLACK * max(1.0, abs(self._cutoff))
        return keep

    def best(self) -> Iterator[Conjunction]:
        """Yield the kept slices, the highest score first."""
        if self._held > self._size:
            self._thin_out()
        if not self._batches:
            return
        score = np.concatenate([batch.score for batch in self._batches])
        origin = np.repeat(np.arange(len(self._batches)), [len(batch.score) for batch in self._batches])
        within = np.concatenate([np.arange(len(batch.score)) for batch in self._batches])
        order = np.argsort(-score, kind="stable")
        for batch, at in zip(origin[order], within[order], strict=True):
            yield self._conjunction(self._batches[batch], at)

    def _conjunction(self, batch: _Batch, at: int) -> Conjunction:
        runs = (
            (axis.place, int(axis.first[choice]), int(axis.last[choice]))
            for axis, choice in zip(batch.axes, batch.choices[:, at].tolist(), strict=True)
        )
        n, *sums = batch.table[:, at].tolist()
        return Conjunction(runs=tuple(sorted(runs)), n=int(n), sums=tuple(sums), score=float(batch.score[at]))

    def _thin_out(self) -> None:
        score = np.concatenate([batch.score for batch in self._batches])
        order = np.argsort(-score, kind="stable")[: self._size]
        self._cutoff = float(score[order[-1]])
        self.dropped = True
        kept = np.zeros(len(score), dtype=np.bool_)
        kept[order] = True
        batches = []
        start = 0
        for batch in self._batches:
            part = np.flatnonzero(kept[start : start + len(batch.score)])
            start += len(batch.score)
            if len(part):
                batches.append(batch.take(part))
        self._batches = batches
        self._held = len(order)


class Pools:
    """One pool for each number of conditions, so that the many slices of three don't crowd out the few of one.

    Parameters
    ----------
    objective, size, least, most, above
        As for `Pool`, each.
    depth : int
        Largest number of conditions.
    """

    def __init__(
        self, objective: Objective, *, size: int, least: int, most: int, depth: int, above: float = 0.0
    ) -> None:
        self._pools = [
            Pool(objective, size=size, least=least, most=most, prune=False, above=above) for _ in range(depth)
        ]

    @property
    def eligible(self) -> tuple[int, ...]:
        """Slices of allowed size, by number of conditions."""
        return tuple(pool.eligible for pool in self._pools)

    @property
    def dropped(self) -> bool:
        """Whether some slices above 0 did not fit."""
        return any(pool.dropped for pool in self._pools)

    def take(self, slices: Slices) -> None:
        """Keep those that are among the best with as many conditions."""
        self._pools[len(slices.axes) - 1].take(slices)

    def worth(self, table: NDArray[np.float64]) -> NDArray[np.bool_] | None:
        """Return None: all slices are counted."""
        return None

    def best(self, handicaps: Sequence[float] = ()) -> Iterator[Conjunction]:
        """Yield the kept slices, the highest score first; of equal ones those with fewer conditions.

        Parameters
        ----------
        handicaps : sequence of float
            What is taken off the scores before they are compared, by number of conditions, from 1; empty: nothing.
        """

        def behind(one: Conjunction) -> float:
            return (handicaps[len(one.runs) - 1] if handicaps else 0.0) - one.score

        return heapq.merge(*(pool.best() for pool in self._pools), key=behind)
