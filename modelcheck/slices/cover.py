"""A few slices that tell different stories, out of many that tell the same one."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from modelcheck.slices.axes import Feature
from modelcheck.slices.channels import Channels
from modelcheck.slices.objectives import Objective
from modelcheck.slices.pool import Conjunction

__all__ = ["PATIENCE", "Rows", "cover", "simplest"]

_OWN = 0.5  # share of its excess that a slice must have outside those told before
_BLOCK, _STEP = 512, 64
PATIENCE = 20_000
_KEPT = 1 << 26  # bytes of packed conditions that are kept


class Rows:
    """Rows of slices as packed bits, and their sums.

    Parameters
    ----------
    features : sequence of Feature
        With codes of the same rows.
    channels : Channels
        What is summed over a slice.

    Examples
    --------
    >>> codes = np.array([0, 0, 1, 1], dtype=np.uint8)
    >>> channels = Channels.of_values(np.array([1.0, 0.0, 1.0, 1.0]))
    >>> rows = Rows([Feature(name="a", codes=codes, size=2)], channels)
    >>> rows.table(rows.of(((0, 1, 1),))).tolist()
    [2.0, 2.0]
    """

    def __init__(self, features: Sequence[Feature], channels: Channels) -> None:
        self._features = features
        self._channels = channels
        self._n = channels.rows
        self._packed: dict[tuple[int, int, int], NDArray[np.uint8]] = {}
        kind = channels.kind
        self._kinds = [] if kind is None else [np.packbits(kind == one) for one in range(channels.kinds)]

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
        return self.tables(packed[None, :])[:, 0]

    def tables(self, packed: NDArray[np.uint8]) -> NDArray[np.float64]:
        """Return the same of several slices, shapes (n_slices, n_bytes) and (1 + n_sums, n_slices)."""
        if self._channels.by_kind is not None:
            counts = np.array([sizes_of(packed & kind) for kind in self._kinds], dtype=np.float64)
            return np.concatenate([counts.sum(axis=0)[None, :], self._channels.by_kind.T @ counts])
        values = np.zeros((0, self._n)) if self._channels.values is None else self._channels.values
        found = np.empty((1 + len(values), len(packed)))
        found[0] = sizes_of(packed)
        for place, one in enumerate(packed):
            found[1:, place] = values @ self.mask(one).astype(np.float64)
        return found

    def _one(self, run: tuple[int, int, int]) -> NDArray[np.uint8]:
        if run not in self._packed:
            if len(self._packed) * max(self._n // 8, 1) >= _KEPT:
                self._packed.pop(next(iter(self._packed)))
            place, first, last = run
            self._packed[run] = np.packbits(self._features[place].mask(first, last))
        return self._packed[run]


def sizes_of(packed: NDArray[np.uint8]) -> NDArray[np.int64]:
    """Return the number of rows in packed bits, shape (n_slices, n_bytes), of each slice."""
    return np.asarray(np.bitwise_count(packed).sum(axis=-1, dtype=np.int64))


def cover(
    candidates: Iterable[Conjunction],
    rows: Rows,
    objective: Objective,
    *,
    most: int,
    overlap: float,
    apart: bool,
    change: Callable[[Conjunction], Conjunction],
    patience: int = PATIENCE,
) -> tuple[list[Conjunction], bool]:
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
    patience : int
        After so many slices in a row that tell nothing new the choice is ended.

    Returns
    -------
    chosen : list of Conjunction
    ended : bool
        Whether `patience` ended the choice.
    """
    if overlap >= 1.0:
        return [change(one) for one in islice(candidates, most)], False
    story = _Story(rows, objective, overlap=overlap, apart=apart)
    idle = 0
    waiting = iter(candidates)
    while len(story.chosen) < most:
        block = list(islice(waiting, _BLOCK))
        if not block:
            break
        fresh = _Fresh(np.stack([rows.of(one.runs) for one in block]))
        start = 0
        while start < len(block) and len(story.chosen) < most:
            place = story.first_new(fresh, start)
            if place is None:
                idle += len(block) - start
                if idle >= patience:
                    return story.chosen, True
                break
            idle = 0
            one = block[place]
            other = change(one)
            # What it becomes may be too much like another; then it stays what it was.
            fits = other is one or story.first_new(_Fresh(rows.of(other.runs)[None, :])) is not None
            story.tell(other if fits else one)
            start = place + 1
    return story.chosen, False


class _Fresh:
    """Packed slices, without those that are too much like one that was told: each told one is compared once."""

    def __init__(self, bits: NDArray[np.uint8]) -> None:
        self.bits = bits
        self.places = np.arange(len(bits))
        self.told = 0
        self._sizes = sizes_of(bits)

    def leave_out_like(self, told: NDArray[np.uint8], overlap: float) -> None:
        """Leave out what overlaps too much with a slice that was told."""
        both = sizes_of(self.bits[self.places] & told)
        either = self._sizes[self.places] + sizes_of(told[None, :]) - both
        self.places = self.places[both <= overlap * np.maximum(either, 1)]


class _Story:
    """The slices that are told, and which others would tell something new."""

    def __init__(self, rows: Rows, objective: Objective, *, overlap: float, apart: bool) -> None:
        self._rows = rows
        self._objective = objective
        self._overlap = overlap
        self._apart = apart
        self._bits: list[NDArray[np.uint8]] = []
        self._told = rows.none()
        self.chosen: list[Conjunction] = []

    def tell(self, one: Conjunction) -> None:
        bits = self._rows.of(one.runs)
        self.chosen.append(one)
        self._bits.append(bits)
        self._told = self._told | bits

    def first_new(self, fresh: _Fresh, start: int = 0) -> int | None:
        """Return the first of some slices, from `start` on, that is different from all that are told."""
        if not self.chosen:
            return start
        for told in self._bits[fresh.told :]:
            fresh.leave_out_like(told, self._overlap)
        fresh.told = len(self._bits)
        places = fresh.places[fresh.places >= start]
        # The costly question in small steps: mostly one of the first is new.
        for begin in range(0, len(places), _STEP if self._apart else max(len(places), 1)):
            some = places[begin : begin + _STEP] if self._apart else places
            new = some[self._own_excess(fresh.bits[some])] if self._apart else some
            if len(new):
                return int(new[0])
        return None

    def _own_excess(self, bits: NDArray[np.uint8]) -> NDArray[np.bool_]:
        """Return which slices have enough of their excess on rows that are not told."""
        whole, left = self._rows.tables(bits), self._rows.tables(bits & ~self._told)
        enough = self._objective.excess(left) >= _OWN * self._objective.excess(whole)
        return np.asarray((left[0] > 0.0) & enough)


def simplest(
    one: Conjunction,
    rows: Rows,
    objective: Objective,
    *,
    tolerance: float,
    least: int,
    most: int,
    handicaps: Sequence[float] = (),
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
    handicaps : sequence of float
        As for `Pools.best`. With them a condition is dropped too where the score less the handicap then is no lower:
        what it adds is no more than chance adds somewhere among so many conditions.

    Returns
    -------
    Conjunction
        With as few conditions as that allows, at least one.
    """
    while len(one.runs) > 1:
        table = np.array([float(one.n), *one.sums])
        wanted = (1.0 - tolerance) * float(objective.excess(table)) / table[0]
        wider = []
        for place in range(len(one.runs)):
            runs = one.runs[:place] + one.runs[place + 1 :]
            found = rows.table(rows.of(runs))
            if not least <= found[0] <= most:
                continue
            score = float(objective.score(found[:, None])[0])
            surer = bool(handicaps) and score - handicaps[len(runs) - 1] >= one.score - handicaps[len(one.runs) - 1]
            if surer or float(objective.excess(found)) / found[0] >= wanted:
                wider.append(replace(one, runs=runs, n=int(found[0]), sums=tuple(found[1:].tolist()), score=score))
        if not wider:
            break
        one = max(wider, key=lambda other: other.score)
    return one
