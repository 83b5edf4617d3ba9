"""What makes one slice worse than another, and how much worse a part of it could be."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

__all__ = ["Effect", "Excess", "Objective", "Significance", "SliceLine", "Totals"]

_Values = NDArray[np.float64]


class Objective(Protocol):
    """Scores slices by their number of rows and their sums."""

    def score(self, table: _Values) -> _Values:
        """Return the score of each slice, higher is worse.

        Parameters
        ----------
        table : ndarray of float64, shape (1 + n_sums, n_slices)
            Rows and sums of each slice, at least one row each.
        """
        ...

    def bound(self, table: _Values, least: int) -> _Values | None:
        """Return what no part of each slice with at least `least` rows can exceed; None: no such bound is known."""
        ...

    def excess(self, table: _Values) -> _Values:
        """Return how much each slice has more than it should, summed over its rows; shape (n_slices,)."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Totals:
    """The losses of all rows, summed up.

    Attributes
    ----------
    rows : int
        Number of rows.
    mean : float
        Mean loss.
    spread : float
        Standard deviation of the losses, over ``rows - 1``.
    largest : float
        Largest loss of a single row.
    """

    rows: int
    mean: float
    spread: float
    largest: float

    @classmethod
    def of(cls, loss: _Values) -> Totals:
        """Sum up losses, shape (n_rows,)."""
        rows = len(loss)
        mean = float(loss.mean())
        spread = float(loss.std(ddof=1)) if rows > 1 else 0.0
        return cls(rows=rows, mean=mean, spread=spread, largest=float(loss.max()))

    def excess(self, table: _Values) -> _Values:
        """Return the loss of each slice beyond that of as many average rows."""
        beyond: _Values = table[1] - table[0] * self.mean
        return beyond

    def fewest(self, table: _Values, least: int) -> _Values:
        """Return the number of rows at which a part of each slice is worst: all its loss, on as few rows as can be.

        A part has at least `least` rows, and no row has more than the largest loss. Below this number a part can't hold
        all the loss; every objective here then only grows with each row of the largest loss that is added.
        """
        packed = table[1] / self.largest if self.largest > 0.0 else np.zeros_like(table[1])
        return np.asarray(np.minimum(np.maximum(packed, least), np.maximum(table[0], 1.0)))


@dataclass(frozen=True, slots=True, kw_only=True)
class SliceLine:
    """SliceLine's score: relative loss against relative size.

    ``alpha * (mean of the slice / mean - 1) - (1 - alpha) * (rows / rows of the slice - 1)``; above 0 a slice is worth
    a look.

    Attributes
    ----------
    totals : Totals
        Of all rows.
    alpha : float
        Weight of the loss, in (0, 1].

    References
    ----------
    Sagadeeva, S. and Boehm, M. (2021). SliceLine: fast, linear-algebra-based slice finding for ML model debugging.
    SIGMOD 2021, 2290-2299, definition 1. The bound is the one that follows from the definition, with the number of rows
    where the published implementations put the number of columns.
    """

    totals: Totals
    alpha: float

    def score(self, table: _Values) -> _Values:
        """Return the score of each slice."""
        return self._at(table[0], table[1])

    def bound(self, table: _Values, least: int) -> _Values | None:
        """Return what no part of each slice can exceed: with all the loss the score is monotone in the size."""
        fewest = self.totals.fewest(table, least)
        return np.asarray(np.maximum(self._at(fewest, table[1]), self._at(np.maximum(table[0], 1.0), table[1])))

    def excess(self, table: _Values) -> _Values:
        """Return the loss beyond that of as many average rows."""
        return self.totals.excess(table)

    def _at(self, n: _Values, loss: _Values) -> _Values:
        relative = loss / n / self.totals.mean - 1.0
        return self.alpha * relative - (1.0 - self.alpha) * (self.totals.rows / n - 1.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Excess:
    """Loss of the slice beyond what as many average rows would lose: ``sum - n * mean``; large slices count more."""

    totals: Totals

    def score(self, table: _Values) -> _Values:
        """Return the score of each slice."""
        excess: _Values = table[1] - table[0] * self.totals.mean
        return excess

    def bound(self, table: _Values, least: int) -> _Values | None:
        """Return what no part of each slice can exceed."""
        most: _Values = table[1] - self.totals.fewest(table, least) * self.totals.mean
        return most

    def excess(self, table: _Values) -> _Values:
        """Return the loss beyond that of as many average rows."""
        return self.totals.excess(table)


@dataclass(frozen=True, slots=True, kw_only=True)
class Effect:
    """Mean loss of the slice less that of all other rows; small slices win, so a minimum support matters."""

    totals: Totals

    def score(self, table: _Values) -> _Values:
        """Return the score of each slice."""
        n, loss = table[0], table[1]
        rest = self.totals.rows - n
        other = (self.totals.mean * self.totals.rows - loss) / np.maximum(rest, 1.0)
        return np.where(rest > 0.0, loss / n - other, 0.0)

    def bound(self, table: _Values, least: int) -> _Values | None:
        """Return what no part of each slice can exceed."""
        fewest = self.totals.fewest(table, least)
        total = self.totals.mean * self.totals.rows
        other = np.maximum(total - table[1], 0.0) / max(self.totals.rows - least, 1)
        return np.asarray(np.minimum(table[1] / fewest, self.totals.largest) - other)

    def excess(self, table: _Values) -> _Values:
        """Return the loss beyond that of as many average rows."""
        return self.totals.excess(table)


@dataclass(frozen=True, slots=True, kw_only=True)
class Significance:
    """Standard deviations by which the slice's loss exceeds that of as many rows drawn at random.

    For losses of 0 and 1 it is the standardised hypergeometric count, for others the standardised permutation sum.

    References
    ----------
    Strasser, H. and Weber, C. (1999). On the asymptotic theory of permutation statistics. Mathematical Methods of
    Statistics 8, 220-250.
    """

    totals: Totals

    def score(self, table: _Values) -> _Values:
        """Return the score of each slice."""
        n = table[0]
        spread = self.totals.spread * np.sqrt(n * (1.0 - n / self.totals.rows))
        excess = table[1] - n * self.totals.mean
        return np.asarray(np.divide(excess, spread, out=np.zeros_like(excess), where=spread > 0.0))

    def bound(self, table: _Values, least: int) -> _Values | None:
        """Return what no part of each slice can exceed."""
        rows = self.totals.rows
        fewest = self.totals.fewest(table, least)
        most = table[1] - fewest * self.totals.mean
        # n (1 - n / rows) is concave: it is smallest at one of the two ends.
        narrow = np.minimum(fewest * (1.0 - fewest / rows), table[0] * (1.0 - table[0] / rows))
        narrow = np.where(table[0] >= rows, np.minimum(fewest * (1.0 - fewest / rows), 1.0 - 1.0 / rows), narrow)
        spread = self.totals.spread * np.sqrt(np.maximum(narrow, 0.0))
        return np.asarray(np.divide(np.maximum(most, 0.0), spread, out=np.full_like(most, np.inf), where=spread > 0.0))

    def excess(self, table: _Values) -> _Values:
        """Return the loss beyond that of as many average rows."""
        return self.totals.excess(table)
