"""Numbers that are a little off: noise, single steps, and zeros that should be none or the other way round."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from modelcheck.perturb.columns import EXACT, moves, numbers, one_each
from modelcheck.perturb.perturbation import WITHIN, Perturbation
from modelcheck.perturb.profile import ColumnProfile, TableProfile

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["NOISE", "exact", "kept_within", "movable"]

_SHARES = (0.02, 0.05, 0.1, 0.2, 0.5)
_NEAR_ZERO = 0.25


def exact(column: ColumnProfile) -> bool:
    """Return whether a column holds numbers that differ, and every whole number of its range is a float64."""
    return column.numeric and (column.kind == "number" or max(abs(column.low), abs(column.high)) <= EXACT)


def movable(column: ColumnProfile) -> bool:
    """Return whether a column's numbers can be moved by shares of its spread."""
    return exact(column) and math.isfinite(column.spread) and column.spread > 0.0


def kept_within(before: NDArray[np.float64], after: NDArray[np.float64], column: ColumnProfile) -> NDArray[np.float64]:
    """Return numbers clipped to the reference's range; those that lay outside before stay as they are.

    Parameters
    ----------
    before, after : ndarray of float64, shape (n_rows,)
        Numbers before and after a move.
    column : ColumnProfile
        Gives the range.

    Returns
    -------
    ndarray of float64, shape (n_rows,)
        NaN where `before` or `after` is.
    """
    inside = (before >= column.low) & (before <= column.high)
    return np.where(inside, np.clip(after, column.low, column.high), before)


def _places(profile: TableProfile) -> list[tuple[str, ...]]:
    """Every column of numbers alone, and all of them together where there are several."""
    names = [column.name for column in profile.columns.values() if movable(column)]
    return [(name,) for name in names] + ([tuple(names)] if len(names) > 1 else [])


def _noise(draw: Callable[[Generator, int], NDArray[np.float64]]) -> Callable[..., NDArray[np.float64]]:
    def move(
        before: NDArray[np.float64], column: ColumnProfile, severity: float, rng: Generator
    ) -> NDArray[np.float64]:
        error = draw(rng, len(before))
        error *= severity * column.spread
        if column.kind == "integer":
            np.rint(error, out=error)
        # Who has none of something has none when it is measured again.
        error[before == column.mode] = 0.0
        return kept_within(before, before + error, column)

    return move


def _gaussian(rng: Generator, size: int) -> NDArray[np.float64]:
    return rng.standard_normal(size)


def _uniform(rng: Generator, size: int) -> NDArray[np.float64]:
    # As wide as makes its standard deviation 1, so that both kinds of noise have one scale.
    return rng.uniform(-math.sqrt(3.0), math.sqrt(3.0), size)


def _steps(before: NDArray[np.float64], column: ColumnProfile, severity: float, rng: Generator) -> NDArray[np.float64]:
    step = severity * column.step
    up = rng.random(len(before)) < 0.5
    # At an end of the range the step goes the other way.
    up = np.where(before + step > column.high, False, np.where(before - step < column.low, True, up))
    after = before + np.where(up, step, -step)
    fits = (after >= column.low) & (after <= column.high) & (before >= column.low) & (before <= column.high)
    return np.where(fits, after, before)


def _to_zero(
    before: NDArray[np.float64], column: ColumnProfile, severity: float, rng: Generator
) -> NDArray[np.float64]:
    near = (np.abs(before) <= severity * column.spread) & (before >= column.low) & (before <= column.high)
    return np.where(near, 0.0, before)


def _has_zero(column: ColumnProfile) -> bool:
    return exact(column) and column.low <= 0.0 <= column.high


def _zero_places(profile: TableProfile) -> list[tuple[str, ...]]:
    """Columns in which 0 occurs, and another number."""
    return [
        (column.name,)
        for column in profile.columns.values()
        if _has_zero(column) and bool((_numbers(profile, column.name) == 0.0).any())
    ]


def _numbers(profile: TableProfile, name: str) -> NDArray[np.float64]:
    found = numbers(profile.rows[name])
    return np.empty(0) if found is None else found[np.isfinite(found)]


def _from_zero(
    rows: pd.DataFrame, columns: tuple[str, ...], profile: TableProfile, severity: float, rng: Generator
) -> dict[str, pd.Series]:
    seen = {name: _numbers(profile, name) for name in columns}

    def move(before: NDArray[np.float64], column: ColumnProfile, *_: object) -> NDArray[np.float64]:
        others = seen[column.name][seen[column.name] != 0.0]
        if not len(others):
            return before
        above = others[others > 0.0]
        return np.where(before == 0.0, above.min() if len(above) else others.max(), before)

    return dict(moves(move)(rows, columns, profile, severity, rng))


NOISE: tuple[Perturbation, ...] = (
    Perturbation(
        name="gaussian_noise",
        title="Gaussian noise",
        family="noise",
        population="The same things measured again, with the small errors of any instrument.",
        unit="robust standard deviations",
        severities=_SHARES,
        support=WITHIN,
        places=_places,
        make=moves(_noise(_gaussian)),
    ),
    Perturbation(
        name="uniform_noise",
        title="Uniform noise",
        family="noise",
        population="Numbers that were estimated, none of them far off.",
        unit="robust standard deviations",
        severities=_SHARES,
        support=WITHIN,
        places=_places,
        make=moves(_noise(_uniform)),
    ),
    Perturbation(
        name="integer_steps",
        title="A count off by one or two",
        family="noise",
        population="Somebody miscounts, or a birthday lies between two entries.",
        unit="steps",
        severities=(1.0, 2.0),
        support=WITHIN,
        places=one_each(lambda column: column.kind == "integer" and exact(column)),
        make=moves(_steps),
    ),
    Perturbation(
        name="to_zero",
        title="Small amounts entered as nothing",
        family="noise",
        population="A small amount is entered as nothing.",
        unit="robust standard deviations around 0",
        severities=(_NEAR_ZERO,),
        support=WITHIN,
        places=one_each(lambda column: _has_zero(column) and movable(column)),
        make=moves(_to_zero),
    ),
    Perturbation(
        name="from_zero",
        title="Nothing entered as the smallest amount",
        family="noise",
        population="A form demands an amount, and who has none enters the smallest there is.",
        support=WITHIN,
        places=_zero_places,
        make=_from_zero,
    ),
)
