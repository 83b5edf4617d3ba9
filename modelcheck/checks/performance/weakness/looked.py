"""What a search for slices looked at, chose and measured."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from modelcheck.checks.performance.weakness.judged import FoundSlice
from modelcheck.record.evidence import Estimate
from modelcheck.slices import Feature
from modelcheck.slices.pool import Conjunction
from modelcheck.slices.tails import share_of_level

__all__ = ["DEPTH", "Looked", "Seen"]

DEPTH = 3


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Seen:
    """A search before anything is measured on what it chose.

    Attributes
    ----------
    found : tuple of Conjunction
        What it chose.
    features : list of Feature
        What the slices' conditions are made of.
    eligible, least, depth, notes
        As for `Looked`.
    """

    found: tuple[Conjunction, ...]
    features: list[Feature]
    eligible: tuple[int, ...]
    least: int
    depth: int
    notes: tuple[str, ...]

    def level(self, alpha: float) -> float:
        """Return the one-sided level of a slice of so many conditions as there are, of all those at `alpha`."""
        deepest = max((size for size, number in enumerate(self.eligible, start=1) if number), default=0)
        return alpha * share_of_level(self.eligible, deepest) if deepest else alpha


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Looked:
    """A search and what was measured on the slices it chose.

    Attributes
    ----------
    slices : tuple of FoundSlice
        Those that are proved to break the limit first, then by how near the proof came.
    eligible : tuple of int
        Slices that were looked at, by number of conditions, from 1; empty without any.
    least : int
        Rows that a slice had to have.
    depth : int
        Largest number of conditions.
    level : float
        One-sided level of a slice of so many conditions.
    everywhere : ndarray of int
        Positions of all rows.
    notes : tuple of str
        What was left out.
    """

    slices: tuple[FoundSlice, ...]
    eligible: tuple[int, ...]
    least: int
    depth: int
    level: float
    everywhere: NDArray[np.intp]
    notes: tuple[str, ...]

    @property
    def broken(self) -> tuple[FoundSlice, ...]:
        """The slices that are proved to break the limit."""
        return tuple(one for one in self.slices if one.broken)

    @property
    def groups(self) -> dict[str, Estimate]:
        """What was measured on the slices, by their words, where it proves anything."""
        return {one.words: one.estimate for one in self.slices if not one.estimate.unproven}

    @property
    def sizes(self) -> tuple[int, ...]:
        """For how many rows it is said what would have been found: the fewest, and a tenth of all if that is more."""
        return tuple(dict.fromkeys((self.least, max(self.least, math.ceil(len(self.everywhere) / 10)))))

    @property
    def scope(self) -> str:
        """What was looked at, in a sentence or two."""
        what = "1 condition" if self.depth == 1 else f"up to {self.depth} conditions"
        short_of = ""
        if self.depth < DEPTH:
            short_of = " A default run affords no more here; `modelcheck.slices.find` can look further."
        text = f"All slices of {what} and at least {self.least:,} rows, adjusted together by Holm.{short_of}"
        return " ".join([text, *self.notes])

    @property
    def why_none(self) -> str:
        """Why nothing was looked at."""
        rows, notes = len(self.everywhere), " ".join(self.notes)
        return f"No slice could be looked at: no condition has {self.least:,} of {rows:,} rows. {notes}".strip()
