"""The ends of a column's range: numbers pulled in from them, and numbers beyond them."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from modelcheck.perturb.columns import Move, moves, numbers, one_each
from modelcheck.perturb.noise import exact, movable
from modelcheck.perturb.perturbation import BEYOND, WITHIN, Perturbation
from modelcheck.perturb.profile import ColumnProfile, TableProfile

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["RANGES"]

_ENDS = (0.01, 0.99)


def _clip(
    rows: pd.DataFrame, columns: tuple[str, ...], profile: TableProfile, severity: float, rng: Generator
) -> dict[str, pd.Series]:
    def move(before: NDArray[np.float64], column: ColumnProfile, *_: object) -> NDArray[np.float64]:
        seen = numbers(profile.rows[column.name])
        if seen is None:
            return before
        low, high = np.quantile(seen[np.isfinite(seen)], _ENDS, method="inverted_cdf")
        inside = (before >= column.low) & (before <= column.high)
        return np.where(inside, np.clip(before, low, high), before)

    return dict(moves(move)(rows, columns, profile, severity, rng))


def _beyond(side: int) -> Move:
    def move(
        before: NDArray[np.float64], column: ColumnProfile, severity: float, rng: Generator
    ) -> NDArray[np.float64]:
        end = (column.high if side > 0 else column.low) + side * severity * column.spread
        if column.kind == "integer":
            end = float(math.ceil(end) if side > 0 else math.floor(end))
        # A cell that is further out already stays.
        further = before >= end if side > 0 else before <= end
        return np.where(further | np.isnan(before), before, end)

    return move


def _fits(column: ColumnProfile) -> bool:
    if not movable(column):
        return False
    return math.isfinite(column.high + 10.0 * column.spread) and math.isfinite(column.low - 10.0 * column.spread)


RANGES: tuple[Perturbation, ...] = (
    Perturbation(
        name="clipped",
        title="Clipped to the middle 98 %",
        family="range",
        population="A system caps what it finds extreme: below the reference's 1 % point and above its 99 % point.",
        support=WITHIN,
        places=one_each(exact),
        make=_clip,
    ),
    Perturbation(
        name="above_range",
        title="Above the range",
        family="range",
        population="Cases larger than any that the model has seen.",
        unit="robust standard deviations above the highest",
        severities=(1.0, 3.0, 10.0),
        support=BEYOND,
        places=one_each(_fits),
        make=moves(_beyond(1)),
    ),
    Perturbation(
        name="below_range",
        title="Below the range",
        family="range",
        population="Cases smaller than any that the model has seen.",
        unit="robust standard deviations below the lowest",
        severities=(1.0, 3.0, 10.0),
        support=BEYOND,
        places=one_each(_fits),
        make=moves(_beyond(-1)),
    ),
)
