"""Numbers in the wrong unit: a factor that somebody forgot or applied twice, and signs."""

from __future__ import annotations

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from modelcheck.perturb.columns import Move, moves, one_each
from modelcheck.perturb.perturbation import BEYOND, Perturbation
from modelcheck.perturb.profile import ColumnProfile

__all__ = ["UNITS"]

POUNDS = 2.20462  # in a kilogram
CENTIMETRES = 2.54  # in an inch


def _times(factor: float) -> Move:
    def move(
        before: NDArray[np.float64], column: ColumnProfile, severity: float, rng: Generator
    ) -> NDArray[np.float64]:
        return before * factor

    return move


def _over(divisor: float) -> Move:
    def move(
        before: NDArray[np.float64], column: ColumnProfile, severity: float, rng: Generator
    ) -> NDArray[np.float64]:
        # Dividing, as multiplying by the inverse gives other last digits. Whole numbers are entered as whole numbers.
        after = before / divisor
        return np.rint(after) if column.kind == "integer" else after

    return move


def _flipped(
    before: NDArray[np.float64], column: ColumnProfile, severity: float, rng: Generator
) -> NDArray[np.float64]:
    return -before


def _lost(before: NDArray[np.float64], column: ColumnProfile, severity: float, rng: Generator) -> NDArray[np.float64]:
    return np.abs(before)


def _unit(name: str, title: str, population: str, move: Move, *, signed: bool = False) -> Perturbation:
    return Perturbation(
        name=name,
        title=title,
        family="units",
        population=population,
        support=BEYOND,
        places=one_each(lambda column: column.numeric and (column.low < 0.0 or not signed)),
        make=moves(move),
    )


UNITS: tuple[Perturbation, ...] = (
    _unit("times_10", "Ten times too large", "Somebody's finger slips: one zero too many.", _times(10.0)),
    _unit("times_100", "Cents for units", "A clerk types the amount in cents.", _times(100.0)),
    _unit("times_1000", "A thousand times too large", "Grams instead of kilograms, or full amounts for thousands.",
          _times(1000.0)),
    _unit("divided_by_10", "Ten times too small", "Somebody's finger slips: one zero too few.", _over(10.0)),
    _unit("divided_by_100", "Units for cents", "A system that counts in cents is given whole units.", _over(100.0)),
    _unit("divided_by_1000", "A thousand times too small", "Amounts reported in thousands.", _over(1000.0)),
    _unit("pounds_for_kilograms", "Pounds for kilograms", "Scales at a new site are set to pounds.", _times(POUNDS)),
    _unit("kilograms_for_pounds", "Kilograms for pounds", "Scales at a new site are set to kilograms.", _over(POUNDS)),
    _unit("centimetres_for_inches", "Centimetres for inches", "A supplier measures in centimetres.",
          _times(CENTIMETRES)),
    _unit("inches_for_centimetres", "Inches for centimetres", "A supplier measures in inches.", _over(CENTIMETRES)),
    _unit("sign_flipped", "Sign flipped", "A refund is booked as a payment, east as west.", _flipped),
    _unit("sign_lost", "Sign lost", "An export drops the minus sign.", _lost, signed=True),
)  # fmt: skip
