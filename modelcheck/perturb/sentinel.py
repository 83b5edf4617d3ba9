"""Missing values that were entered as a number."""

from __future__ import annotations

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from modelcheck.perturb.columns import Move, moves, one_each
from modelcheck.perturb.perturbation import BEYOND, WITHIN, Perturbation
from modelcheck.perturb.profile import ColumnProfile

__all__ = ["SENTINELS"]

_ENTRIES = (
    (0.0, "zero", "0", "Who doesn't know a number enters 0."),
    (-1.0, "minus_one", "-1", "A program writes -1 where it has no number."),
    (999.0, "nines", "999", "An old code book says 999 for unknown."),
)


def _enter(number: float) -> Move:
    def move(
        before: NDArray[np.float64], column: ColumnProfile, severity: float, rng: Generator
    ) -> NDArray[np.float64]:
        return np.full(len(before), number)

    return move


def _sentinel(number: float, name: str, shown: str, population: str, *, within: bool) -> Perturbation:
    """Return a number entered everywhere, missing cells too, in the columns whose range has it or hasn't."""
    return Perturbation(
        name=f"{name}_for_missing" if within else f"{name}_for_missing_beyond",
        title=f"Missing entered as {shown}" + ("" if within else ", outside the range"),
        family="sentinel",
        population=population,
        support=WITHIN if within else BEYOND,
        places=one_each(lambda column: column.numeric and (column.low <= number <= column.high) == within),
        make=moves(_enter(number)),
    )


SENTINELS: tuple[Perturbation, ...] = tuple(
    _sentinel(*entry, within=within) for entry in _ENTRIES for within in (True, False)
)
