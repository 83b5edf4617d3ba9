"""Rows as JSON has them: column by column, once for all requests."""

from __future__ import annotations

import base64
import datetime
import decimal
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from modelcheck.errors import ModelError

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Rows", "dumped", "rows_of"]

_ENCODER = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Rows:
    """A frame as plain values.

    Attributes
    ----------
    names : tuple of str
        Columns in order.
    kinds : tuple of str
        ``bool``, ``int``, ``float``, ``text`` or ``other`` for each of them.
    columns : tuple of list
        Their values: numbers, texts, true and false, None where one is missing.
    size : int
        How many rows.
    """

    names: tuple[str, ...]
    kinds: tuple[str, ...]
    columns: tuple[list[Any], ...]
    size: int

    def cut(self, begin: int, end: int) -> list[list[Any]]:
        """Return some rows' values, column by column."""
        return [column[begin:end] for column in self.columns]


def rows_of(frame: pd.DataFrame) -> Rows:
    """Take a frame's values over.

    Parameters
    ----------
    frame : DataFrame
        With columns that have different names.

    Returns
    -------
    Rows
        Missing entries of every kind as None; dates in ISO 8601 form; bytes in base64.

    Raises
    ------
    ModelError
        Infinite numbers, or objects that JSON has no form for.

    Examples
    --------
    >>> import pandas as pd
    >>> rows_of(pd.DataFrame({"a": [1, 2], "b": [0.5, None]})).columns
    ([1, 2], [0.5, None])
    """
    names = tuple(str(name) for name in frame.columns)
    if len(set(names)) < len(names):
        raise ModelError("The rows have several columns of one name, which a request can't tell apart. Rename them.")
    found = [_column(name, frame.iloc[:, place]) for place, name in enumerate(names)]
    return Rows(
        names=names,
        kinds=tuple(kind for kind, _ in found),
        columns=tuple(values for _, values in found),
        size=len(frame),
    )


def dumped(value: Any) -> str:
    """Return JSON in its shortest form."""
    return _ENCODER.encode(value)


def _column(name: str, series: pd.Series) -> tuple[str, list[Any]]:
    import pandas as pd

    dtype = series.dtype
    if isinstance(dtype, pd.CategoricalDtype):
        kind, levels = _column(name, series.cat.categories.to_series())
        return kind, [None if code < 0 else levels[code] for code in series.cat.codes.tolist()]
    if isinstance(dtype, np.dtype) and dtype.kind in "iub":
        return ("bool" if dtype.kind == "b" else "int"), series.tolist()
    missing = series.isna().to_numpy()
    if pd.api.types.is_bool_dtype(dtype) or pd.api.types.is_integer_dtype(dtype):
        plain = series.to_numpy(dtype=object).tolist()
        kind = "bool" if pd.api.types.is_bool_dtype(dtype) else "int"
        return kind, _holed([None if gone else value for value, gone in zip(plain, missing, strict=True)], missing)
    if pd.api.types.is_float_dtype(dtype):
        numbers = series.to_numpy(dtype=np.float64, na_value=np.nan)
        infinite = np.isinf(numbers)
        if infinite.any():
            raise ModelError(
                f"The column {name!r} holds {int(infinite.sum()):,} infinite numbers, which JSON can't carry to a "
                "service. Replace them, with `prepare` for instance."
            )
        return "float", _holed(numbers.tolist(), missing)
    if pd.api.types.is_datetime64_any_dtype(dtype):
        # One form for the whole column: readers take the first entry's for all.
        finest = (
            "nanoseconds"
            if series.dt.nanosecond.any()
            else "microseconds"
            if series.dt.microsecond.any()
            else "seconds"
        )
        stamps = zip(series.tolist(), missing, strict=True)
        return "text", [None if gone else value.isoformat(timespec=finest) for value, gone in stamps]
    values = [None if gone else _plain(name, value) for value, gone in zip(series.tolist(), missing, strict=True)]
    present = {type(value) for value in values if value is not None}
    kinds: dict[frozenset[type], str] = {frozenset({str}): "text", frozenset({bool}): "bool", frozenset({int}): "int"}
    found = kinds.get(frozenset(present)) or ("float" if present and present <= {int, float} else "other")
    return found if present else "text", values


def _holed(values: list[Any], missing: np.ndarray[Any, np.dtype[np.bool_]]) -> list[Any]:
    for place in np.flatnonzero(missing).tolist():
        values[place] = None
    return values


def _plain(name: str, value: Any) -> Any:
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float) and not np.isfinite(value):
        raise ModelError(f"The column {name!r} holds {value!r}, which JSON can't carry to a service.")
    if isinstance(value, (str, bool, int, float)):
        return value
    for kind, form in _FORMS:
        if isinstance(value, kind):
            return form(value)
    if isinstance(value, (list, tuple, np.ndarray)):
        return [_plain(name, item) for item in (value.tolist() if isinstance(value, np.ndarray) else value)]
    raise ModelError(
        f"The column {name!r} holds {type(value).__name__} objects, which JSON has no form for. Make numbers or texts "
        "of them with `prepare`."
    )


_FORMS: Sequence[tuple[type | tuple[type, ...], Callable[[Any], Any]]] = (
    ((datetime.datetime, datetime.date, datetime.time), lambda value: value.isoformat()),
    (datetime.timedelta, lambda value: value.total_seconds()),
    (decimal.Decimal, float),
    (bytes, lambda value: base64.b64encode(value).decode("ascii")),
)
