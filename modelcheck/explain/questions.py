"""Rows that differ from those there are, and what a model says of them, in few calls."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from modelcheck.errors import ModelError

if TYPE_CHECKING:
    import pandas as pd

from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["CALL_ROWS", "Ask", "answers", "asked", "cells_like", "mixed", "with_cells"]


CALL_ROWS = 16_384  # a call has a fixed cost of 5 to 20 ms, and a frame of many more rows costs memory


Ask: TypeAlias = Callable[["pd.DataFrame"], NDArray[Any]]


def answers(ask: Ask, count: int, question: Callable[[NDArray[np.intp]], pd.DataFrame]) -> NDArray[np.float64]:
    """Return the scores of many questions, asked in calls of at most `CALL_ROWS` rows.

    Parameters
    ----------
    ask : callable
        As for `curves`.
    count : int
        How many questions there are.
    question : callable
        From consecutive numbers of questions to their rows.

    Returns
    -------
    ndarray of float64, shape (count,) or (count, n_classes)
        Infinite scores are no answers: NaN.

    Raises
    ------
    ModelError
        The model didn't answer every row once.

    Examples
    --------
    >>> import pandas as pd
    >>> answers(lambda frame: 2 * frame["x"].to_numpy(), 3, lambda at: pd.DataFrame({"x": at})).tolist()
    [0.0, 2.0, 4.0]
    """
    found = np.empty(0)
    for at, scores in asked(ask, count, question):
        if not at[0]:
            found = np.empty((count, *scores.shape[1:]))
        found[at[0] : at[-1] + 1] = scores
    return found


def asked(
    ask: Ask, count: int, question: Callable[[NDArray[np.intp]], pd.DataFrame]
) -> Iterator[tuple[NDArray[np.intp], NDArray[np.float64]]]:
    """Yield the numbers of the questions of each call with their scores; see `answers`."""
    for start in range(0, count, CALL_ROWS):
        at = np.arange(start, min(start + CALL_ROWS, count))
        scores = np.array(ask(question(at)), dtype=np.float64)
        if scores.ndim not in (1, 2) or len(scores) != len(at):
            raise ModelError(
                f"The model answered {len(at):,} changed rows with scores of shape {scores.shape}; "
                "one score, or one of each class, is needed for each row."
            )
        scores[~np.isfinite(scores)] = np.nan
        yield at, scores


def with_cells(rows: pd.DataFrame, at: NDArray[np.intp], column: str, cells: pd.Series) -> pd.DataFrame:
    """Return the rows at these positions with other cells in one column; a frame of its own, numbered anew."""
    frame = rows.take(at).set_axis(range(len(at)))
    frame[column] = cells.array
    return frame


def cells_like(cells: Sequence[Any] | pd.Series, values: pd.Series) -> pd.Series:
    """Return cells as a column of the type of another, where that can hold them.

    Parameters
    ----------
    cells : sequence
        Plain values, or a column.
    values : Series
        Gives the type.

    Returns
    -------
    Series
        A ``category`` has new categories at its end. Whole numbers become a wider type where one doesn't fit, floats
        where one isn't whole. What doesn't fit at all becomes ``object``.

    Examples
    --------
    >>> import pandas as pd
    >>> ages = pd.Series([39, 50], dtype="int8")
    >>> [str(cells_like(points, ages).dtype) for points in ([18, 99], [18, 999], [18.5])]
    ['int8', 'int64', 'float64']
    """
    import pandas as pd

    plain = cells if isinstance(cells, pd.Series) else pd.Series(list(cells), dtype=None if len(cells) else object)
    if plain.dtype == values.dtype:
        return plain.reset_index(drop=True)
    plain = pd.Series(plain.tolist(), dtype=object)
    if isinstance(values.dtype, pd.CategoricalDtype):
        categories = values.cat.categories.tolist()
        new = [one for one in dict.fromkeys(plain.dropna().tolist()) if one not in set(categories)]
        kept = values.dtype if not new else pd.CategoricalDtype([*categories, *new], values.cat.ordered)
        return plain.astype(kept)
    kind, numpy_type = values.dtype.kind, isinstance(values.dtype, np.dtype)
    if kind in "iuf":
        return _numbers_like(plain, values)
    present = plain.dropna()
    allowed: tuple[type, ...] = (object,)
    if kind == "b":
        allowed = (bool, np.bool_)
    elif kind == "M":
        allowed = (dt.date, np.datetime64)
    elif not numpy_type:
        allowed = (str,)
    gap = kind == "b" and numpy_type and len(present) < len(plain)
    return plain.astype(values.dtype) if not gap and all(isinstance(one, allowed) for one in present) else plain


def _numbers_like(plain: pd.Series, values: pd.Series) -> pd.Series:
    numpy_type = isinstance(values.dtype, np.dtype)
    present = plain.dropna().tolist()
    if not all(isinstance(one, (int, float, np.number)) for one in present):
        return plain
    if values.dtype.kind == "f":
        return plain.astype(values.dtype)
    gap = numpy_type and len(present) < len(plain)
    if not gap and all(math.isfinite(one) and one == math.floor(one) for one in present):
        exact = plain.map(int, na_action="ignore")
        own = np.iinfo(values.dtype if numpy_type else values.dtype.numpy_dtype)  # type: ignore[union-attr]
        if all(own.min <= one <= own.max for one in present):
            return exact.astype(values.dtype)
        if all(-(2**63) <= one < 2**63 for one in present):
            return exact.astype("int64" if numpy_type else "Int64")
    return plain.astype("float64" if numpy_type else "Float64")


def mixed(
    table: pd.DataFrame, base: NDArray[np.intp], other: NDArray[np.intp], moved: Mapping[str, NDArray[np.bool_]]
) -> pd.DataFrame:
    """Return rows with some entries of other rows; a frame of its own, numbered anew.

    Parameters
    ----------
    table : DataFrame
        All rows.
    base, other : ndarray of int, shape (n_questions,)
        Positions of each question's own row and of the row that lends it entries.
    moved : mapping of str to ndarray of bool, shape (n_questions,)
        By column, in which questions the entry is the other row's.

    Returns
    -------
    DataFrame
        Of the table's columns and types.

    Examples
    --------
    >>> import pandas as pd
    >>> rows = pd.DataFrame({"a": [1, 2], "b": ["x", "y"]})
    >>> mixed(rows, np.array([0, 0]), np.array([1, 1]), {"b": np.array([False, True])}).values.tolist()
    [[1, 'x'], [1, 'y']]
    """
    frame = table.take(base).set_axis(range(len(base)))
    for name, here in moved.items():
        if here.any():
            frame[name] = table[name].array.take(np.where(here, other, base))
    return frame
