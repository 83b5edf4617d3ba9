"""Numbers written down less exactly: coarser units, fewer decimals, fractions cut off."""

from __future__ import annotations

import math

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from modelcheck.perturb.columns import moves, one_each
from modelcheck.perturb.noise import exact, movable
from modelcheck.perturb.perturbation import WITHIN, Perturbation
from modelcheck.perturb.profile import ColumnProfile

__all__ = ["ROUNDING", "nice_unit", "to_multiples"]


def nice_unit(size: float) -> tuple[int, int]:
    """Return the unit that people would round to: the 1, 2 or 5 times a power of ten nearest to a size.

    Parameters
    ----------
    size : float
        Above 0; nearest in proportion.

    Returns
    -------
    tuple of int
        Digit (1, 2 or 5) and power of ten.

    Examples
    --------
    >>> nice_unit(0.23), nice_unit(80.0)
    ((2, -1), (1, 2))
    """
    power = math.floor(math.log10(size))
    choices = [(1, power), (2, power), (5, power), (1, power + 1)]
    return min(choices, key=lambda unit: abs(math.log10(size) - math.log10(unit[0]) - unit[1]))


def to_multiples(values: NDArray[np.float64], digit: int, power: int) -> NDArray[np.float64]:
    """Return the nearest multiples of a unit, each the float64 that its decimal digits mean.

    Parameters
    ----------
    values : ndarray of float64
        Any numbers; halves go to the even multiple.
    digit, power : int
        The unit is ``digit * 10**power``.

    Returns
    -------
    ndarray of float64
        Same shape.

    Examples
    --------
    >>> to_multiples(np.array([0.31]), 1, -1).tolist()
    [0.3]
    """
    if power < 0:
        scale = 10.0**-power
        return np.asarray(np.rint(values * scale / digit) * digit / scale + 0.0)  # no -0.0
    unit = digit * 10.0**power
    return np.asarray(np.rint(values / unit) * unit + 0.0)


def _stay_within(before: NDArray[np.float64], after: NDArray[np.float64], column: ColumnProfile) -> NDArray[np.float64]:
    """Leave a cell as it is where it would leave the range, or lies outside already."""
    fits = (after >= column.low) & (after <= column.high) & (before >= column.low) & (before <= column.high)
    return np.where(fits, after, before)


def _coarse(before: NDArray[np.float64], column: ColumnProfile, severity: float, rng: Generator) -> NDArray[np.float64]:
    digit, power = nice_unit(severity * column.spread)
    if column.kind == "integer" and power < 0:
        return before
    return _stay_within(before, to_multiples(before, digit, power), column)


def _fewer_digits(
    before: NDArray[np.float64], column: ColumnProfile, severity: float, rng: Generator
) -> NDArray[np.float64]:
    power = math.floor(math.log10(column.step) + 0.5) + round(severity)
    return _stay_within(before, to_multiples(before, 1, power), column)


def _truncated(
    before: NDArray[np.float64], column: ColumnProfile, severity: float, rng: Generator
) -> NDArray[np.float64]:
    return _stay_within(before, np.trunc(before) + 0.0, column)  # no -0.0


def _sized(column: ColumnProfile) -> bool:
    # Beyond these ends there are no powers of ten to round with.
    return movable(column) and 1e-290 < column.spread < 1e290


def _stepped(column: ColumnProfile) -> bool:
    return exact(column) and 1e-290 < column.step < 1e290


ROUNDING: tuple[Perturbation, ...] = (
    Perturbation(
        name="coarse_values",
        title="Rounded to a coarse unit",
        family="rounding",
        population="People answer in round numbers: to the next ten, to the next thousand.",
        unit="robust standard deviations, as the nearest 1, 2 or 5 times a power of ten",
        severities=(0.1, 0.5, 1.0),
        support=WITHIN,
        places=one_each(_sized),
        make=moves(_coarse),
    ),
    Perturbation(
        name="fewer_digits",
        title="Rounded to fewer digits",
        family="rounding",
        population="Another system stores or shows fewer digits.",
        unit="digits lost at the end",
        severities=(1.0, 2.0, 3.0),
        support=WITHIN,
        places=one_each(_stepped),
        make=moves(_fewer_digits),
    ),
    Perturbation(
        name="truncated",
        title="Fractions cut off",
        family="rounding",
        population="A program reads the numbers as whole ones.",
        support=WITHIN,
        places=one_each(lambda column: column.numeric and column.kind == "number" and column.step < 1.0),
        make=moves(_truncated),
    ),
)
