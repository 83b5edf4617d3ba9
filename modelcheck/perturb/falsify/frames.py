"""A counterexample's rows as a frame again: of the types they had, or of those that today's table has."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from modelcheck.perturb.falsify.change import filled

if TYPE_CHECKING:
    import pandas as pd

    from modelcheck.perturb.falsify.counterexample import Counterexample

__all__ = ["frame_as", "own_frame"]


def frame_as(today: pd.DataFrame, rows: Sequence[Mapping[str, Any]]) -> pd.DataFrame:
    """Return rows with the columns and types of another frame, wider where the values ask for it.

    Parameters
    ----------
    today : DataFrame
        Its columns and types count; at least one row, or none.
    rows : sequence of mapping
        Plain values of every column.

    Returns
    -------
    DataFrame
        One row for each mapping.

    Raises
    ------
    ValueError, TypeError, OverflowError
        A value that its column can't hold.
    """
    import pandas as pd

    at = np.arange(len(rows), dtype=np.intp)
    made = {}
    for name in today.columns:
        values = [row[name] for row in rows]
        made[name] = filled(_blank(today[name].dtype, len(rows)), at, values, at)
    return pd.DataFrame(made, index=pd.RangeIndex(len(rows)))


def _blank(dtype: Any, rows: int) -> pd.Series:
    import pandas as pd

    if isinstance(dtype, np.dtype):
        return pd.Series(np.zeros(rows, dtype=dtype))
    return pd.Series([None] * rows, dtype=dtype)


def own_frame(example: Counterexample) -> pd.DataFrame:
    """Return the row before the change, of the types it had.

    Raises
    ------
    ValueError, TypeError, OverflowError
        A type that pandas doesn't know, or a value that its column can't hold.
    """
    import pandas as pd

    types: dict[str, Any] = {}
    for name, text in example.dtypes.items():
        if text == "category":
            types[name] = pd.CategoricalDtype(example.categories.get(name, _only(example, name)))
        else:
            types[name] = pd.api.types.pandas_dtype(text)
    blank = pd.DataFrame({name: _blank(dtype, 0) for name, dtype in types.items()})
    return frame_as(blank, [example.values])


def _only(example: Counterexample, name: str) -> list[Any]:
    values = [example.values[name], *example.changes.get(name, ())]
    return list(dict.fromkeys(value for value in values if value is not None))
