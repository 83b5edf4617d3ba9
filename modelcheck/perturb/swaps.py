"""Two columns exchanged, as happens when a file's columns move."""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING

from numpy.random import Generator

from modelcheck.perturb.perturbation import BEYOND, Perturbation
from modelcheck.perturb.profile import ColumnProfile, TableProfile

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["MOST_PAIRS", "SWAPS", "overlap"]

MOST_PAIRS = 20


def overlap(one: ColumnProfile, other: ColumnProfile) -> float:
    """Return how much two columns have in common.

    Parameters
    ----------
    one, other : ColumnProfile
        Both numeric, or both texts.

    Returns
    -------
    float
        Length of the numbers' common range over that of both, or share of levels that both have; in [0, 1].
    """
    if one.numeric:
        # Halves, as the length of a range may exceed the largest float64.
        common = min(one.high, other.high) / 2.0 - max(one.low, other.low) / 2.0
        return max(common / (max(one.high, other.high) / 2.0 - min(one.low, other.low) / 2.0), 0.0)
    return len({*one.levels} & {*other.levels}) / len({*one.levels} | {*other.levels})


def _places(profile: TableProfile) -> list[tuple[str, ...]]:
    """Pairs of one kind and type: numbers whose ranges overlap, and text; the 20 that have most in common."""
    pairs = []
    for one, other in combinations(profile.columns.values(), 2):
        same = one.kind == other.kind and profile.rows[one.name].dtype == profile.rows[other.name].dtype
        if not same or not ((one.numeric and other.numeric) or (one.texts and other.texts)):
            continue
        shared = overlap(one, other)
        if shared > 0.0 or one.texts:
            pairs.append((shared, (one.name, other.name)))
    pairs.sort(key=lambda pair: -pair[0])
    return [names for _, names in pairs[:MOST_PAIRS]]


def _swapped(
    rows: pd.DataFrame, columns: tuple[str, ...], profile: TableProfile, severity: float, rng: Generator
) -> dict[str, pd.Series]:
    one, other = columns
    return {one: rows[other].rename(one), other: rows[one].rename(other)}


SWAPS: tuple[Perturbation, ...] = (
    Perturbation(
        name="swapped_columns",
        title="Two columns exchanged",
        family="swaps",
        population="A file whose columns moved, or a form filled in one line too low.",
        support=BEYOND,
        places=_places,
        make=_swapped,
    ),
)
