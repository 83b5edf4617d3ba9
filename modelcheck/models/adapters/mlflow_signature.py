"""The signature of an MLflow model as the schema of its rows."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from modelcheck.errors import ModelError

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Signature", "read_signature"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Signature:
    """The columns that a model was logged with.

    Attributes
    ----------
    names : tuple of str
        In order; empty where the signature has no names.
    types : tuple of str
        MLflow's type of each, e.g. ``double``; as many as columns.
    """

    names: tuple[str, ...] = ()
    types: tuple[str, ...] = ()

    def enforce(self, frame: pd.DataFrame) -> pd.DataFrame:
        """Return the rows in the types of the signature, as MLflow hands them to a model.

        Parameters
        ----------
        frame : DataFrame
            The columns of the signature, in order.

        Returns
        -------
        DataFrame
            Whole numbers became floats where the signature says double or float, floats without a fraction whole
            numbers where it says long or integer (a table read from CSV doesn't tell them apart), texts times.

        Raises
        ------
        TypeError
            A column holds something else; the message names the first ones.
        """
        if len(self.types) != frame.shape[1]:
            raise TypeError(f"its signature has {len(self.types)} columns; {frame.shape[1]} were given")
        result, wrong = frame, []
        for at, kind in enumerate(self.types):
            convert = _CONVERSIONS.get(kind)
            if convert is None:
                continue
            column = frame.iloc[:, at]
            try:
                made = convert(column)
            except (TypeError, ValueError) as error:
                wrong.append(f"{str(frame.columns[at])!r} must be {kind}: {error}")
                continue
            if made is not column:
                result = result.copy(deep=False) if result is frame else result
                result.isetitem(at, made)
        if wrong:
            more = f"; and {len(wrong) - 5} more" if len(wrong) > 5 else ""
            raise TypeError(f"the rows break its signature. {'; '.join(wrong[:5])}{more}")
        return result


def read_signature(described: Mapping[str, Any], source: str) -> Signature | None:
    """Return the schema of the inputs that an MLmodel file holds.

    Parameters
    ----------
    described : mapping
        The file's content.
    source : str
        The model's folder, for messages.

    Returns
    -------
    Signature or None
        None where there is none, or one of tensors, which have no columns.

    Raises
    ------
    ModelError
        It can't be read.
    """
    written = described.get("signature")
    text = written.get("inputs") if isinstance(written, Mapping) else None
    if text is None:
        return None
    try:
        inputs = json.loads(text)
        columns = [(item.get("name"), item["type"]) for item in inputs]
    except (TypeError, ValueError, KeyError, AttributeError, RecursionError) as error:
        raise ModelError(f"The model {source}: the signature in MLmodel can't be read ({error}).") from error
    if not columns or any(kind == "tensor" for _, kind in columns):
        return None
    names = tuple(name for name, _ in columns if isinstance(name, str))
    if names and len(set(names)) != len(columns):
        raise ModelError(f"The model {source}: the signature in MLmodel names some of its columns only, or one twice.")
    return Signature(names=names, types=tuple(str(kind) for _, kind in columns))


def _is(column: pd.Series, kinds: str) -> bool:
    from pandas.api import types

    tests = {"f": types.is_float_dtype, "i": types.is_integer_dtype, "b": types.is_bool_dtype}
    return any(tests[kind](column.dtype) for kind in kinds)


def _floating(dtype: Any) -> Callable[[pd.Series], pd.Series]:
    def convert(column: pd.Series) -> pd.Series:
        if not _is(column, "fi"):
            raise TypeError(f"it holds {column.dtype}")
        return column if column.dtype == dtype else column.astype(dtype)

    return convert


def _whole(dtype: Any) -> Callable[[pd.Series], pd.Series]:
    limits = np.iinfo(dtype)

    def convert(column: pd.Series) -> pd.Series:
        if column.dtype == dtype:
            return column
        if not _is(column, "fi"):
            raise TypeError(f"it holds {column.dtype}")
        if column.isna().any():
            raise TypeError("entries are missing, which whole numbers can't be; log the model with double instead")
        if len(column) and (column.min() < limits.min or column.max() > limits.max):
            raise TypeError(f"it holds numbers outside {limits.min:,} to {limits.max:,}")
        if _is(column, "f") and (column % 1 != 0).any():
            raise TypeError("it holds fractions")
        return column.astype(dtype)

    return convert


def _text(column: pd.Series) -> pd.Series:
    import pandas as pd

    inside = column.cat.categories if isinstance(column.dtype, pd.CategoricalDtype) else column
    kind = pd.api.types.infer_dtype(inside, skipna=True)
    if kind not in ("string", "empty"):
        raise TypeError(f"it holds {kind}")
    return column


def _logical(column: pd.Series) -> pd.Series:
    if not _is(column, "b"):
        raise TypeError(f"it holds {column.dtype}")
    return column


def _time(column: pd.Series) -> pd.Series:
    import pandas as pd

    if pd.api.types.is_datetime64_any_dtype(column.dtype):
        return column
    if pd.api.types.infer_dtype(column, skipna=True) not in ("string", "empty"):
        raise TypeError(f"it holds {column.dtype}")
    return pd.to_datetime(column, format="ISO8601")


_CONVERSIONS: Mapping[str, Callable[[Any], Any]] = {
    "double": _floating(np.dtype("float64")),
    "float": _floating(np.dtype("float32")),
    "long": _whole(np.dtype("int64")),
    "integer": _whole(np.dtype("int32")),
    "string": _text,
    "boolean": _logical,
    "datetime": _time,
}
