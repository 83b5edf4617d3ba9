"""What may befall the people of an intersection, row by row, and how far it lies from what befalls all others."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from modelcheck.checks.columns import decisions_of, design_of, scores_of
from modelcheck.checks.words import number, short
from modelcheck.record.evidence import Estimate
from modelcheck.scoring.rows import ScoredRows
from modelcheck.slices.beyond import Among, Beyond
from modelcheck.slices.objectives import Objective
from modelcheck.stats.between.groups import GroupValues
from modelcheck.stats.between.means import means_of
from modelcheck.stats.between.rates import rates_from_counts, rates_of
from modelcheck.stats.holm import AtConfidence

__all__ = ["Fate", "fates_of"]

_ABOUT = "rows that it is about"


@dataclass(frozen=True, kw_only=True, eq=False)
class Fate:
    """One outcome of each row.

    Attributes
    ----------
    name : str
        ``selection_rate``, ``false_positive_rate``, ``false_negative_rate``, ``error_rate`` or ``mean_error``.
    rows : ScoredRows
        All rows.
    value : ndarray of float64, shape (n_rows,)
        0 or 1; for values the error over the standard deviation of the target.
    among : ndarray of bool, shape (n_rows,), or None
        The rows that it is about; None: all.
    whom, what : str
        The same in words: ``people whose truth is 1``, ``get the decision 0``.
    """

    name: str
    rows: ScoredRows
    value: NDArray[np.float64]
    among: NDArray[np.bool_] | None
    whom: str
    what: str

    @property
    def metric(self) -> str:
        """Name of the quantity: the distance from all other rows, whichever way."""
        return f"{self.name}_difference"

    def sums(self) -> NDArray[np.float64]:
        """Return what `goal` wants summed: the distance of each row from the mean, and its square, by weight."""
        counted = np.ones(len(self.value), dtype=bool) if self.among is None else self.among
        design = design_of(self.rows).take(counted)
        step = np.where(counted, self.value - design.mean(self.value[counted]), 0.0)
        if self.rows.weight is not None:
            step *= self.rows.weight / self.rows.weight.mean()
        return np.stack([counted.astype(np.float64), step, step * step])

    @staticmethod
    def goal(limit: float) -> Objective:
        """Return the objective: standard errors beyond the limit, either way."""
        return Among(objective=Beyond(limit=limit, sides=2))

    def inside(self, positions: NDArray[np.intp]) -> GroupValues:
        """Return the outcome of some rows (group 0) and of all others (group 1)."""
        design = design_of(self.rows)
        if design.simple and self.name != "mean_error":
            return self._counted(positions)
        codes = np.ones(len(self.value), dtype=np.intp)
        codes[positions] = 0
        if self.name == "mean_error":
            return means_of(self.value, codes, 2, design)
        return rates_of(self.value > 0.5, self.among, codes, 2, design, of=_ABOUT)

    def _counted(self, positions: NDArray[np.intp]) -> GroupValues:
        """Count the rows inside alone: those outside are the rest of a total."""
        among = None if self.among is None else self.among[positions]
        value = self.value[positions]
        hits = int(np.count_nonzero(value) if among is None else np.count_nonzero(value * among))
        rows = len(positions) if among is None else int(np.count_nonzero(among))
        every, those = self._totals
        return rates_from_counts([hits, every - hits], [rows, those - rows], of=_ABOUT)

    @cached_property
    def _totals(self) -> tuple[int, int]:
        if self.among is None:
            return int(np.count_nonzero(self.value)), len(self.value)
        return int(np.count_nonzero(self.value * self.among)), int(np.count_nonzero(self.among))

    def find(self, positions: NDArray[np.intp]) -> AtConfidence:
        """Return how far some rows lie from all others, as a function of the interval's level."""
        values = self.inside(positions)
        doubt, needed = values.doubt_about(0, 1)
        known = bool(np.all(np.isfinite(values.value)))
        one, two = np.array([0]), np.array([1])

        def at(confidence: float) -> Estimate:
            low, high = (float(end[0]) for end in values.differences(one, two, confidence))
            bounded = np.isfinite(low) and np.isfinite(high)
            return Estimate(
                metric=self.metric,
                value=float(abs(values.value[0] - values.value[1])) if known else None,
                low=max(low, -high, 0.0) if bounded else None,
                high=max(high, -low) if bounded else None,
                confidence=confidence,
                n=int(values.n[0]),
                clusters=None if values.clusters is None else int(values.clusters[0]),
                method=values.difference_method,
                unproven=doubt,
                n_needed=needed,
            )

        return at

    def means(self, positions: NDArray[np.intp]) -> tuple[float, float]:
        """Return the outcome of some rows and of all others."""
        values = self.inside(positions)
        return float(values.value[0]), float(values.value[1])

    def sentence(self, positions: NDArray[np.intp], words: str) -> str:
        """Say what befalls the people of an intersection, and all others."""
        here, there = self.means(positions)
        if self.name == "mean_error":
            way = "too high" if here > there else "too low"
            return (
                f"where {words} values are predicted {number(abs(here - there))} standard deviations of the target "
                f"{way}, against all others"
            )
        digits = 0 if abs(here - there) >= 0.05 else 1
        return (
            f"of 100 {self.whom}, {100.0 * here:.{digits}f} {self.what} where {words}, and {100.0 * there:.{digits}f} "
            "of all others"
        )


def fates_of(rows: ScoredRows) -> list[Fate]:
    """Return the outcomes that are looked at, for the task of the rows.

    Binary: who is chosen, who is chosen wrongly, who is left out wrongly. Several classes: who gets a wrong decision.
    Values: whose value is predicted too high or too low, in standard deviations of the target.
    """
    make: Callable[..., Fate] = lambda **more: Fate(rows=rows, **more)  # noqa: E731
    if rows.task == "regression":
        spread = float(np.sqrt(design_of(rows).mean((rows.target - design_of(rows).mean(rows.target)) ** 2)))
        if not spread > 0.0:
            return []
        error = (scores_of(rows) - rows.target) / spread
        return [make(name="mean_error", value=error, among=None, whom="people", what="")]
    decided, truth = decisions_of(rows), rows.target
    if rows.task == "multiclass":
        wrong = (decided != truth).astype(np.float64)
        return [make(name="error_rate", value=wrong, among=None, whom="people", what="get a wrong decision")]
    no, yes = (short(label) for label in rows.classes)
    chosen = (decided == 1).astype(np.float64)
    return [
        make(name="selection_rate", value=chosen, among=None, whom="people", what=f"get the decision {yes}"),
        make(
            name="false_positive_rate",
            value=chosen,
            among=truth == 0,
            whom=f"people whose truth is {no}",
            what=f"get the decision {yes}",
        ),
        make(
            name="false_negative_rate",
            value=1.0 - chosen,
            among=truth == 1,
            whom=f"people whose truth is {yes}",
            what=f"get the decision {no}",
        ),
    ]
