"""Ways of changing a whole block of rows at once, so that one call of the model tries as many changes as rows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from modelcheck.perturb.falsify.change import Change, apply_change, filled
from modelcheck.perturb.falsify.schema import Schema

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Alike", "Case", "Lent", "Plan", "Singles"]


@dataclass(frozen=True, slots=True)
class Alike:
    """Every row gets the same values.

    Attributes
    ----------
    values : tuple of pair
        Columns and their values.
    """

    values: tuple[tuple[str, Any], ...]

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns that get values."""
        return tuple(name for name, _ in self.values)

    def apply(self, rows: pd.DataFrame, schema: Schema) -> pd.DataFrame:
        """Return the changed rows."""
        return apply_change(rows, Change(values=dict(self.values)))


@dataclass(frozen=True, slots=True)
class Lent:
    """Every row gets the cells of another row of the reference, which stand together there.

    Attributes
    ----------
    columns : tuple of str
        Whose cells.
    first : int
        The row that lends to the first one; the next lends to the next.
    """

    columns: tuple[str, ...]
    first: int

    def apply(self, rows: pd.DataFrame, schema: Schema) -> pd.DataFrame:
        """Return the changed rows."""
        at = np.arange(len(rows), dtype=np.intp)
        lenders = (self.first + at) % schema.n_donors
        made = {}
        for name in self.columns:
            cells = schema.donors[name]
            made[name] = filled(rows[name], at, [cells[lender] for lender in lenders.tolist()], at)
        return rows.assign(**made)


@dataclass(frozen=True, slots=True)
class Singles:
    """Every row gets one value in one column: the columns in turn, and of each its values in turn.

    A missing value, where there may be one, takes every third turn.

    Attributes
    ----------
    columns : tuple of str
        The columns taken in turn.
    first : int
        Which pair of column and value the first row gets; the next gets the next.
    """

    columns: tuple[str, ...]
    first: int

    def apply(self, rows: pd.DataFrame, schema: Schema) -> pd.DataFrame:
        """Return the changed rows."""
        pair = self.first + np.arange(len(rows), dtype=np.intp)
        turn, which = np.divmod(pair, len(self.columns))
        made = {}
        for place, name in enumerate(self.columns):
            at = np.flatnonzero(which == place)
            if len(at):
                made[name] = filled(rows[name], at, schema.pools[name], _taken(schema, name, turn[at]))
        return rows.assign(**made)


def _taken(schema: Schema, name: str, turn: NDArray[np.intp]) -> NDArray[np.intp]:
    """Return which values are taken in some turns: each in its turn, but a missing one every third time."""
    values = len(schema.pools[name])
    if not schema.missing(name):
        return turn % values
    taken: NDArray[np.intp] = np.where(turn % 3 == 2, values - 1, (turn - turn // 3) % max(values - 1, 1))
    return taken


Plan: TypeAlias = Alike | Lent | Singles


@dataclass(frozen=True, slots=True)
class Case:
    """One example of the search: a block of rows and what is done to them.

    Attributes
    ----------
    block : int
        Which block.
    shared : Alike
        What is changed in the rows before the change that is judged; often nothing.
    plan : Alike, Lent or Singles
        The change that is judged.
    """

    block: int
    shared: Alike
    plan: Plan

    def before(self, rows: pd.DataFrame) -> pd.DataFrame:
        """Return rows of the block as they are before the change that is judged."""
        return apply_change(rows, Change(values=dict(self.shared.values))) if self.shared.values else rows
