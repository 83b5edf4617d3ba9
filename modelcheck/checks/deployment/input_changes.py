"""Ways in which a request can break the model's schema, column by column."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["CHANGES", "EXTRA", "WHOLE", "InputChange", "changes_of"]

EXTRA = "modelcheck_extra"
WHOLE = "(all columns)"
_NEVER_SEEN = "modelcheck: never seen"
_A_TEXT = "twelve"
CHANGES = (
    "column missing", "column extra", "columns reordered", "null", "null in one row", "unseen category",
    "text for a number", "number for a text", "float for a whole number",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class InputChange:
    """Rows that break the schema in one way.

    Attributes
    ----------
    column : str
        Which column; `WHOLE` for all of them.
    change : str
        One of `CHANGES`.
    rows : DataFrame
        What is handed over.
    words : tuple of str
        What a refusal may say to be understood, beside the column's name: the value, or the fault.
    """

    column: str
    change: str
    rows: pd.DataFrame
    words: tuple[str, ...]


_NULLS = ("nan", "null", "none", "missing", "not finite", "infinity", "<na>")
_TYPES = ("type", "str", "text", "string", "float", "number", "numeric", "object", "convert")
_COLUMNS = ("column", "feature", "order", "shape")


def changes_of(rows: pd.DataFrame, kinds: dict[str, str], columns: tuple[str, ...]) -> Iterator[InputChange]:
    """Yield the changes that have a meaning for these columns.

    Parameters
    ----------
    rows : DataFrame
        A few rows as the model is given them.
    kinds : mapping of str to str
        Kind of a column, e.g. ``number`` or ``category``.
    columns : tuple of str
        Those that are changed one by one.
    """
    yield InputChange(column=WHOLE, change="columns reordered", rows=rows[list(rows.columns)[::-1]], words=_COLUMNS)
    yield InputChange(column=EXTRA, change="column extra", rows=rows.assign(**{EXTRA: 1.0}), words=_COLUMNS)
    for name in columns:
        yield InputChange(column=name, change="column missing", rows=rows.drop(columns=name), words=_COLUMNS)
        for change, words, make in _cells(rows[name], kinds.get(name, "")):
            yield InputChange(column=name, change=change, rows=_with(rows, name, make()), words=words)


def _cells(values: pd.Series, kind: str) -> Iterator[tuple[str, tuple[str, ...], Callable[[], Any]]]:
    from pandas.api.types import is_bool_dtype, is_integer_dtype, is_numeric_dtype

    n, plain = len(values), values.dtype
    yield "null", _NULLS, lambda: _nulls(values)
    # Who drops rows with a gap has an error to tell where no row is left, and a wrong number of answers where some are.
    yield "null in one row", _NULLS, lambda: _first_null(values)
    if is_bool_dtype(plain):
        return
    if is_numeric_dtype(plain):
        yield "text for a number", (_A_TEXT, *_TYPES), lambda: np.array([_A_TEXT] * n, dtype=object)
        if is_integer_dtype(plain):
            yield "float for a whole number", _TYPES, lambda: values.to_numpy(dtype=float, na_value=np.nan) + 0.5
    elif kind not in ("date", "time", "datetime") and not _is_date(values):
        yield "unseen category", (_NEVER_SEEN, "categor", "unknown"), lambda: _categories(values)
        yield "number for a text", ("12.5", *_TYPES), lambda: np.full(n, 12.5)


def _is_date(values: pd.Series) -> bool:
    from pandas.api.types import is_datetime64_any_dtype

    return bool(is_datetime64_any_dtype(values.dtype))


def _nulls(values: pd.Series) -> Any:
    """Return missing values as a table of the same columns would hold them: whole numbers become floats."""
    import pandas as pd
    from pandas.api.types import is_bool_dtype, is_numeric_dtype

    if isinstance(values.dtype, np.dtype) and (is_numeric_dtype(values.dtype) or is_bool_dtype(values.dtype)):
        return np.full(len(values), np.nan) if not is_bool_dtype(values.dtype) else np.array([None] * len(values))
    return pd.Series([None] * len(values), dtype=values.dtype, index=values.index)


def _first_null(values: pd.Series) -> Any:
    """Return the values with the first one missing."""
    import pandas as pd

    nulls = pd.Series(_nulls(values), index=values.index)
    return pd.concat([nulls.iloc[:1], values.iloc[1:].astype(nulls.dtype)])


def _categories(values: pd.Series) -> Any:
    import pandas as pd

    if isinstance(values.dtype, pd.CategoricalDtype):
        return pd.Categorical([_NEVER_SEEN] * len(values), categories=[*values.cat.categories, _NEVER_SEEN])
    return pd.Series([_NEVER_SEEN] * len(values), dtype=values.dtype, index=values.index)


def _with(rows: pd.DataFrame, name: str, cells: Any) -> pd.DataFrame:
    changed = rows.copy(deep=False)
    changed[name] = cells
    return changed
