"""New values for a few columns of a row, and rows with them."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from modelcheck.perturb.perturbation import differs
from modelcheck.record.plain import plain

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Change", "apply_change", "apply_each", "changed_cells", "filled", "plain_cell", "plain_cells"]

_INFINITE = {math.inf: "inf", -math.inf: "-inf"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """New values for some columns of a row.

    Attributes
    ----------
    values : mapping of str to object
        Column to its new value: None (missing), bool, int, float or str; dates as ISO text.
    """

    values: Mapping[str, Any] = field(default_factory=dict)

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns that get a new value."""
        return tuple(self.values)

    def only(self, *columns: str) -> Change:
        """Return the same change of fewer columns."""
        return Change(values={name: value for name, value in self.values.items() if name in columns})


def apply_change(rows: pd.DataFrame, change: Change) -> pd.DataFrame:
    """Give all rows the same new values.

    Parameters
    ----------
    rows : DataFrame
        Is left as it is.
    change : Change
        Of columns that the rows have.

    Returns
    -------
    DataFrame
        Of the type that a whole column with such a value would have: whole numbers and missing values are float64. A
        category that the column doesn't know leaves the cells as they were.

    Raises
    ------
    ValueError, TypeError, OverflowError
        A value that a column of this type can't hold, such as text among numbers.

    Examples
    --------
    >>> import pandas as pd
    >>> apply_change(pd.DataFrame({"age": [30, 70]}), Change(values={"age": None}))["age"].tolist()
    [nan, nan]
    """
    at = np.arange(len(rows), dtype=np.intp)
    take = np.zeros(len(rows), dtype=np.intp)
    return rows.assign(**{name: filled(rows[name], at, [value], take) for name, value in change.values.items()})


def apply_each(rows: pd.DataFrame, changes: Sequence[Change]) -> pd.DataFrame:
    """Give each row new values of its own.

    Parameters
    ----------
    rows : DataFrame
        As many rows as there are changes; left as they are.
    changes : sequence of Change
        One for each row, in their order; what a change doesn't name stays.

    Returns
    -------
    DataFrame
        Columns of the types that whole columns with such values have.
    """
    made = {}
    for name in dict.fromkeys(name for change in changes for name in change.values):
        at = [place for place, change in enumerate(changes) if name in change.values]
        values = [changes[place].values[name] for place in at]
        made[name] = filled(rows[name], np.array(at, dtype=np.intp), values, np.arange(len(at), dtype=np.intp))
    return rows.assign(**made)


def filled(column: pd.Series, at: NDArray[np.intp], values: list[Any], take: NDArray[np.intp]) -> pd.Series:
    """Return a column with new values in some cells.

    Parameters
    ----------
    column : Series
        Is left as it is.
    at : ndarray of int, shape (n_cells,)
        Positions of the cells.
    values : list
        Plain values, see `Change`.
    take : ndarray of int, shape (n_cells,)
        Which of `values` each cell gets.

    Returns
    -------
    Series
        Its type is wider where the values ask for it. Categories that the column doesn't know change nothing.
    """
    import pandas as pd

    if isinstance(column.dtype, pd.CategoricalDtype):
        known = {None, *plain_cells(column.dtype.categories)}
        fits = np.array([value in known for value in values], dtype=bool)[take]
        at, take = at[fits], take[fits]
        values = [value if value in known else None for value in values]
    dtype = _wide_enough(column.dtype, values)
    new = _array(values, dtype).take(take)
    if isinstance(dtype, np.dtype) and dtype.kind in "iuf":
        # A search fills thousands of small columns: assigning through pandas takes five times as long.
        numbers = column.to_numpy(dtype=dtype, copy=True)
        numbers[at] = new
        return pd.Series(numbers, index=column.index, name=column.name, copy=False)
    out = column.astype(dtype) if dtype != column.dtype else column.copy()
    out.iloc[at] = new
    return out


def _wide_enough(dtype: Any, values: list[Any]) -> Any:
    """Return the type of a column that holds such values besides its own."""
    if not isinstance(dtype, np.dtype):
        return dtype
    if dtype.kind == "b":
        return dtype if all(isinstance(value, bool) for value in values) else np.dtype(object)
    if dtype.kind in "iu":
        room = np.iinfo(dtype)
        fits = all(
            value is not None and float(value).is_integer() and room.min <= value <= room.max for value in values
        )
        return dtype if fits else np.dtype(np.float64)
    return dtype


def _array(values: list[Any], dtype: Any) -> Any:
    import pandas as pd

    kind = dtype.kind if isinstance(dtype, np.dtype) else ""
    if kind == "f":
        return np.array([math.nan if value is None else float(value) for value in values], dtype=dtype)
    if kind in ("i", "u", "b"):
        return np.array(values, dtype=dtype)
    if kind == "O":
        array = np.empty(len(values), dtype=object)
        array[:] = values
        return array
    if isinstance(dtype, pd.CategoricalDtype):
        codes = {plain_cell(category): code for code, category in enumerate(dtype.categories)}
        return pd.Categorical.from_codes([codes.get(value, -1) for value in values], dtype=dtype)
    return pd.array(values, dtype=dtype)


def changed_cells(rows: pd.DataFrame, changed: pd.DataFrame, columns: Sequence[str]) -> NDArray[np.bool_]:
    """Return which cells of some columns really differ, shape (n_rows, n_columns); two missing values don't."""
    out = np.zeros((len(rows), len(columns)), dtype=bool)
    for place, name in enumerate(columns):
        was, now = rows[name], changed[name]
        if _plain_numbers(was) and _plain_numbers(now):
            old, new = was.to_numpy(), now.to_numpy()
            out[:, place] = (old != new) & ~((old != old) & (new != new))
        else:
            out[:, place] = differs(was, now)
    return out


def _plain_numbers(column: pd.Series) -> bool:
    return isinstance(column.dtype, np.dtype) and column.dtype.kind in "iuf"


def plain_cell(value: Any) -> Any:
    """Return a cell as JSON can say it: missing is None, dates are ISO text, infinities ``inf`` and ``-inf``.

    Examples
    --------
    >>> plain_cell(np.int64(3)), plain_cell(float("nan")), plain_cell(-np.inf)
    (3, None, '-inf')
    """
    if isinstance(value, float) and value in _INFINITE:
        return _INFINITE[value]
    if type(value).__name__ in ("NaTType", "NAType"):
        return None
    if isinstance(value, np.generic):
        return plain_cell(value.item()) if value.dtype.kind not in "mM" else plain(value)
    said = plain(value)
    # Nested cells are said as text: no change of ours ever makes one.
    return said if said is None or isinstance(said, (bool, int, float, str)) else str(value)


def plain_cells(column: Any) -> list[Any]:
    """Return the cells of a series or index as `plain_cell` does."""
    return [plain_cell(value) for value in column.tolist()]
