"""Columns taken apart and put together again: numbers, different values, and a new column of the same type."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from modelcheck.perturb.perturbation import Maker, Places
from modelcheck.perturb.profile import ColumnProfile, TableProfile

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["EXACT", "Move", "coded", "moves", "numbers", "one_each", "series", "taken", "with_numbers"]

EXACT = 2.0**53  # beyond it, not every whole number is a float64

Move: TypeAlias = Callable[[NDArray[np.float64], ColumnProfile, float, Generator], NDArray[np.float64]]


def one_each(fits: Callable[[ColumnProfile], bool]) -> Places:
    """Return the places of what is done to one column at a time: every column that fits."""

    def places(profile: TableProfile) -> list[tuple[str, ...]]:
        return [(column.name,) for column in profile.columns.values() if fits(column)]

    return places


def moves(move: Move) -> Maker:
    """Return a maker that moves numbers, column by column.

    A cell stays as it is where the move gives NaN or leaves the floating point numbers, and where the column holds no
    numbers. Columns of whole numbers keep their type where the new numbers are whole.

    Parameters
    ----------
    move : callable
        From a column's numbers (float64, NaN where missing), its profile, severity and generator to new numbers.

    Returns
    -------
    callable
        See `Perturbation.make`.
    """

    def make(
        rows: pd.DataFrame, columns: tuple[str, ...], profile: TableProfile, severity: float, rng: Generator
    ) -> dict[str, pd.Series]:
        made = {}
        for name in columns:
            before = numbers(rows[name])
            if before is None:
                made[name] = rows[name]
                continue
            with np.errstate(over="ignore", invalid="ignore"):
                after = move(before, profile.columns[name], severity, rng)
            made[name] = with_numbers(rows[name], after, (after != before) & np.isfinite(after))
        return made

    return make


def numbers(values: pd.Series) -> NDArray[np.float64] | None:
    """Return a column's numbers, NaN where missing; None where it holds something else (booleans too)."""
    from pandas.api.types import is_bool_dtype, is_complex_dtype, is_numeric_dtype

    if not is_numeric_dtype(values) or is_bool_dtype(values) or is_complex_dtype(values):
        return None
    found: NDArray[np.float64] = values.to_numpy(dtype=np.float64, na_value=np.nan)
    return found


def with_numbers(values: pd.Series, new: NDArray[np.float64], changed: NDArray[np.bool_]) -> pd.Series:
    """Return a column with some numbers replaced.

    Parameters
    ----------
    values : Series
        Numbers; not modified.
    new : ndarray of float64, shape (n_rows,)
        What replaces them.
    changed : ndarray of bool, shape (n_rows,)
        Which are replaced; all others stay exact, also those that no float64 can hold.

    Returns
    -------
    Series
        Of the same type; whole numbers become a wider type where one doesn't fit, float64 where one isn't whole.

    Examples
    --------
    >>> import pandas as pd
    >>> ages = pd.Series([39, 50])
    >>> with_numbers(ages, np.array([0.0, 500.0]), np.array([False, True])).tolist()
    [39, 500]
    >>> with_numbers(ages, np.array([0.0, 50.5]), np.array([False, True])).tolist()
    [39.0, 50.5]
    """
    if not changed.any():
        return values
    cells = new[changed]
    whole = values.dtype.kind in "iu"
    if whole and not bool((np.floor(cells) == cells).all() and (np.abs(cells) < 2.0**63).all()):
        values, whole = values.astype("float64" if isinstance(values.dtype, np.dtype) else "Float64"), False
    fitting = cells.astype(np.int64) if whole else cells
    if not isinstance(values.dtype, np.dtype):
        replaced = values.copy()
        replaced[changed] = fitting
        return replaced
    out = values.to_numpy()
    if whole:
        ends = np.iinfo(out.dtype)
        if ends.min <= fitting.min() and fitting.max() <= ends.max:
            out = out.copy()
        else:  # uint64 may hold what int64 can't
            out = out.astype(np.float64 if out.dtype == np.uint64 else np.int64)
    else:
        out = out.copy()
    with np.errstate(over="ignore"):
        out[changed] = fitting
    return series(out, values)


def coded(values: pd.Series) -> tuple[NDArray[np.intp], list[Any]]:
    """Return a column as codes and the different values that they stand for.

    Parameters
    ----------
    values : Series
        Any column.

    Returns
    -------
    codes : ndarray of int, shape (n_rows,)
        Position in the different values; -1 where missing, or where a cell is a list or another container.
    different : list
        As plain Python values; for a ``category`` its categories.
    """
    import pandas as pd

    if isinstance(values.dtype, pd.CategoricalDtype):
        return values.cat.codes.to_numpy().astype(np.intp), values.cat.categories.tolist()
    if values.dtype != object:
        codes, different = pd.factorize(values)
        return codes, different.tolist()
    cells = values.to_numpy()
    plain = np.fromiter((isinstance(cell, (str, int, float)) for cell in cells), dtype=bool, count=len(cells))
    codes = np.full(len(cells), -1, dtype=np.intp)
    codes[plain], different = pd.factorize(cells[plain])
    return codes, different.tolist()


def taken(values: pd.Series, codes: NDArray[np.intp], different: Sequence[Any]) -> pd.Series:
    """Return a column of the same type as another, from codes.

    Parameters
    ----------
    values : Series
        Gives type and index.
    codes : ndarray of int, shape (n_rows,)
        Position in `different`; where it is -1, the cell stays as it is in `values`.
    different : sequence
        What the codes stand for; may hold a value more than once.

    Returns
    -------
    Series
        A ``category`` has its categories and, after them, those that are new. Whole numbers become a wider type where
        one doesn't fit.

    Examples
    --------
    >>> import pandas as pd
    >>> grades = pd.Series(["low", "high", None], dtype="category")
    >>> taken(grades, np.array([0, 1, -1]), ["high", "top"]).tolist()
    ['high', 'top', nan]
    """
    import pandas as pd

    here = codes >= 0
    if not here.any():
        return values
    if isinstance(values.dtype, pd.CategoricalDtype):
        return _categories_taken(values, codes, different)
    if isinstance(values.dtype, np.dtype):
        choices = _choices(different)
        out = values.to_numpy().astype(_wide(values.dtype, choices), copy=True)
        out[here] = choices[codes[here]]
        return series(out, values)
    new = pd.array(list(different), dtype=values.dtype).take(codes, allow_fill=True)  # type: ignore[call-overload]
    whole = pd.Series(new, index=values.index, name=values.name)
    return whole if here.all() else whole.where(here, values)


def _choices(different: Sequence[Any]) -> NDArray[Any]:
    if not all(isinstance(one, (bool, int, float)) for one in different):
        choices = np.empty(len(different), dtype=object)
        choices[:] = different
        return choices
    choices = np.array(different)
    whole = choices.dtype.kind == "f" and bool((np.floor(choices) == choices).all() and (np.abs(choices) < EXACT).all())
    return choices.astype(np.int64) if whole else choices


def _wide(dtype: np.dtype[Any], choices: NDArray[Any]) -> np.dtype[Any]:
    if dtype.kind == "f" and choices.dtype.kind in "iuf":
        return dtype
    if dtype.kind in "iu" and choices.dtype.kind in "iu":
        return np.result_type(dtype, np.min_scalar_type(choices.min()), np.min_scalar_type(choices.max()))
    if dtype.kind in "iu" and choices.dtype.kind == "f":
        return np.dtype(np.float64)
    return dtype if dtype.kind == choices.dtype.kind == "b" else np.dtype(object)


def _categories_taken(values: pd.Series, codes: NDArray[np.intp], different: Sequence[Any]) -> pd.Series:
    import pandas as pd

    categories, ordered = values.cat.categories.tolist(), values.cat.ordered
    place = {category: at for at, category in enumerate(categories)}
    for one in different:
        place.setdefault(one, len(place))
    new = np.fromiter((place[one] for one in different), dtype=np.intp, count=len(different))
    here = codes >= 0
    out = values.cat.codes.to_numpy().astype(np.intp)
    out[here] = new[codes[here]]
    dtype = pd.CategoricalDtype(values.cat.categories if len(place) == len(categories) else list(place), ordered)
    return pd.Series(pd.Categorical.from_codes(out, dtype=dtype), index=values.index, name=values.name)


def series(cells: NDArray[Any], like: pd.Series) -> pd.Series:
    """Return cells as a column with the name and index of another; keeps the array, doesn't copy it."""
    import pandas as pd

    return pd.Series(cells, index=like.index, name=like.name, dtype=cells.dtype, copy=False)
