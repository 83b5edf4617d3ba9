"""What a search may put into each column: values of the reference's support, the simplest first."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.random import Generator

from modelcheck.perturb.falsify.change import plain_cell, plain_cells
from modelcheck.perturb.profile import MOST_POINTS, ColumnProfile, TableProfile

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["MOST_DONORS", "Schema", "Unsatisfiable", "schema_of", "simplicity"]

MOST_DONORS = 1_024
_CODED = 20  # numbers with so few different values may be codes: nothing lies between them


@dataclass(frozen=True, slots=True, kw_only=True)
class Unsatisfiable:
    """Why nothing can be searched.

    Attributes
    ----------
    reason : str
        One sentence for the reader.
    """

    reason: str


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Schema:
    """The values that a search draws from.

    Attributes
    ----------
    pools : mapping of str to list
        Column that may be changed to its values, the simplest first; a missing value, where the reference has some,
        comes last. At least two different values each, or one and a missing one.
    donors : mapping of str to list
        The same columns in some rows of the reference, all lists of one length: cells that stand together.
    """

    pools: Mapping[str, list[Any]]
    donors: Mapping[str, list[Any]]

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns that may be changed."""
        return tuple(self.pools)

    @property
    def n_donors(self) -> int:
        """How many rows lend cells."""
        return len(next(iter(self.donors.values()), ()))

    def only(self, columns: Sequence[str]) -> Schema:
        """Return the schema of fewer columns; those it lacks are left out."""
        return Schema(
            pools={name: pool for name, pool in self.pools.items() if name in columns},
            donors={name: cells for name, cells in self.donors.items() if name in columns},
        )

    def missing(self, column: str) -> bool:
        """Whether a column may be missing."""
        return self.pools[column][-1] is None


def schema_of(
    profile: TableProfile, rows: pd.DataFrame, columns: Sequence[str] | None, rng: Generator
) -> Schema | Unsatisfiable:
    """Say what may be put where.

    Parameters
    ----------
    profile : TableProfile
        Of the reference.
    rows : DataFrame
        The rows that will be changed; a category that their columns don't know is left out.
    columns : sequence of str or None
        The columns that may be changed; None: all.
    rng : numpy.random.Generator
        Chooses the rows that lend cells, where the reference has more than 1,024.

    Returns
    -------
    Schema or Unsatisfiable
        The reason where no row or no column with two values is left.
    """
    if not len(rows):
        return Unsatisfiable(reason="There are no rows to change.")
    named = tuple(profile.columns) if columns is None else tuple(dict.fromkeys(columns))
    held = [name for name in named if name in profile.columns and name in rows.columns]
    if not held:
        which = "The table has no columns" if columns is None else f"None of the columns named ({len(named)}) is there"
        return Unsatisfiable(reason=f"{which}, so nothing can be changed.")
    pools = {name: _pool(profile.columns[name], profile.rows[name], rows[name]) for name in held}
    pools = {name: pool for name, pool in pools.items() if len(pool) > 1}
    if not pools:
        which = "column holds" if len(held) == 1 else f"of the {len(held)} columns holds"
        return Unsatisfiable(
            reason=f"No {which} more than one value in the {profile.source}, so no change stays within its support."
        )
    at = np.arange(len(profile.rows))
    if len(at) > MOST_DONORS:
        at = np.sort(rng.choice(len(at), MOST_DONORS, replace=False))
    lenders = profile.rows.iloc[at]
    return Schema(pools=pools, donors={name: plain_cells(lenders[name]) for name in pools})


def _pool(column: ColumnProfile, reference: pd.Series, own: pd.Series) -> list[Any]:
    values = _values(column, reference)
    known = _known(own)
    values = [value for value in values if value is not None and (known is None or value in known)]
    return [*values, None] if column.missing_share > 0.0 and (values or own.notna().any()) else values


def _values(column: ColumnProfile, reference: pd.Series) -> list[Any]:
    from pandas.api.types import is_datetime64_any_dtype, is_numeric_dtype

    if column.levels:
        return [plain_cell(level) for level in column.levels]
    if len(column.points) and is_datetime64_any_dtype(reference):
        return _dates(column, reference)
    if len(column.points):
        numbers = _with_round_ones(column) if column.numeric else column.points.tolist()
        middle = float(column.points[len(column.points) // 2])
        numbers.sort(key=lambda number: simplicity(number, middle))
        return [int(number) if float(number).is_integer() and abs(number) < 2**53 else number for number in numbers]
    cells = reference.dropna()
    if is_numeric_dtype(cells) or all(isinstance(cell, str) for cell in cells.iloc[:MOST_POINTS].tolist()):
        counts = cells.value_counts().iloc[:MOST_POINTS]
        return plain_cells(counts.index)
    # Nested cells and other objects can't be written down, so a counterexample with them couldn't be kept.
    return []


def simplicity(number: float, middle: float) -> tuple[int, float, float]:
    """Return a key by which simple numbers come first: few digits, then near to `middle`.

    Examples
    --------
    >>> sorted([39.0, 40.0, 0.0, 37.5], key=lambda number: simplicity(number, 38.0))
    [0.0, 40.0, 39.0, 37.5]
    """
    if number == 0.0 or not math.isfinite(number):
        return (0 if number == 0.0 else 99), abs(number - middle), number
    mantissa = f"{abs(number):.15e}".partition("e")[0].replace(".", "").rstrip("0")
    return len(mantissa), abs(number - middle), number


def _with_round_ones(column: ColumnProfile) -> list[float]:
    """Return the points and the round numbers among them: 0 and 1, 2, 5 times a power of ten."""
    points = set(column.points.tolist())
    if len(points) <= _CODED or column.step <= 0.0:
        return list(points)
    largest = max(abs(column.low), abs(column.high))
    smallest = math.floor(math.log10(column.step)) if column.kind == "number" else 0
    powers = range(max(smallest, math.floor(math.log10(largest)) - 6), math.floor(math.log10(largest)) + 1)
    rounds = {0.0} | {sign * one * 10.0**power for power in powers for one in (1, 2, 5) for sign in (-1, 1)}
    return list(points | {number for number in rounds if column.low <= number <= column.high})


def _dates(column: ColumnProfile, reference: pd.Series) -> list[Any]:
    import pandas as pd

    zone = getattr(reference.dt, "tz", None)
    moments = pd.to_datetime(column.points * 1e6, unit="us")
    if zone is not None:
        moments = moments.tz_localize(zone, ambiguous=np.zeros(len(moments), dtype=bool), nonexistent="shift_forward")
    middle = column.points[len(column.points) // 2]
    # The first of a year, the first of a month, midnight, anything; then near to the median.
    order = sorted(
        zip(moments, column.points.tolist(), strict=True),
        key=lambda pair: (_date_digits(pair[0]), abs(pair[1] - middle), pair[1]),
    )
    return [moment.isoformat() for moment, _ in order]


def _date_digits(moment: Any) -> int:
    if moment != moment.normalize():
        return 3
    return 2 if moment.day != 1 else int(moment.month != 1)


def _known(own: pd.Series) -> set[Any] | None:
    import pandas as pd

    return set(plain_cells(own.dtype.categories)) if isinstance(own.dtype, pd.CategoricalDtype) else None
