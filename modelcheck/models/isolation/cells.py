"""Columns of plain Python objects as Arrow arrays: one small integer for each cell's type, and the values by type."""

from __future__ import annotations

import datetime
import decimal
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from modelcheck.errors import ModelError

__all__ = ["decode_cells", "encode_cells"]

_INT64 = 2**63
_TEXTS: dict[str, tuple[Callable[[Any], str], Callable[[str], Any]]] = {
    # Whole numbers beyond 64 bits, decimals and dates are rare: they travel as text.
    "int": (str, int),
    "Decimal": (str, decimal.Decimal),
    "date": (datetime.date.isoformat, datetime.date.fromisoformat),
    "datetime": (datetime.datetime.isoformat, datetime.datetime.fromisoformat),
    "time": (datetime.time.isoformat, datetime.time.fromisoformat),
}
_EXACT = {datetime.date: "date", datetime.datetime: "datetime", datetime.time: "time", decimal.Decimal: "Decimal"}


def encode_cells(values: NDArray[Any], key: str, parts: dict[str, pa.Array]) -> dict[str, Any]:
    """Add an array of objects to `parts`.

    Parameters
    ----------
    values : ndarray of object, shape (n,)
        Text, numbers, truth values, bytes, dates, decimals, numpy scalars, missing values.
    key : str
        Name of its first part.
    parts : dict of str to pyarrow.Array
        Extended.

    Returns
    -------
    dict
        For `decode_cells`.

    Raises
    ------
    ModelError
        A cell holds something else.
    """
    types = set(map(type, values))
    if types <= {str}:
        parts[key] = pa.array(values, type=pa.large_string())
        return {"of": "str"}
    kinds: list[str] = []
    codes = np.empty(len(values), dtype=np.int16)
    by_kind: dict[str, list[Any]] = {}
    known: dict[str, int] = {}
    for place, value in enumerate(values):
        kind, sent = _sent(value)
        if kind not in known:
            known[kind] = len(kinds)
            kinds.append(kind)
            by_kind[kind] = []
        codes[place] = known[kind]
        by_kind[kind].append(sent)
    parts[key] = pa.array(codes)
    for kind, found in by_kind.items():
        parts[f"{key}.{kind}"] = _array(kind, found)
    return {"of": "mixed", "kinds": kinds}


def decode_cells(facts: Mapping[str, Any], key: str, parts: Mapping[str, pa.Array]) -> NDArray[Any]:
    """Return the array of objects that was encoded."""
    if facts["of"] == "str":
        found: NDArray[Any] = parts[key].to_numpy(zero_copy_only=False)
        return found.copy()
    codes = parts[key].to_numpy(zero_copy_only=False)
    values = np.empty(len(codes), dtype=object)
    for code, kind in enumerate(facts["kinds"]):
        places = np.flatnonzero(codes == code)
        cells = _cells(kind, parts[f"{key}.{kind}"])
        if len(cells) != len(places):
            raise ValueError("cells are missing")
        for place, cell in zip(places, cells, strict=True):
            values[place] = cell
    return values


def _sent(value: Any) -> tuple[str, Any]:
    import pandas as pd

    if value is None:
        return "none", 0
    if value is pd.NA:
        return "NA", 0
    if value is pd.NaT:
        return "NaT", 0
    kind = type(value)
    if kind in (str, bool, float, bytes):
        return kind.__name__, value
    if kind is int:
        return ("int64", value) if -_INT64 <= value < _INT64 else ("text:int", str(value))
    if kind in _EXACT:
        name = _EXACT[kind]
        return f"text:{name}", _TEXTS[name][0](value)
    if kind is pd.Timestamp:
        naive = value if value.tz is None else value.tz_convert("UTC").tz_localize(None)
        return f"timestamp:{value.unit}:{value.tz or ''}", naive.asm8.astype(np.int64).item()
    if kind is pd.Timedelta:
        return f"timedelta:{value.unit}:", value.asm8.astype(np.int64).item()
    if isinstance(value, np.generic) and value.dtype.kind in "biuf" and value.dtype.itemsize <= 8:
        return f"numpy:{value.dtype.str}", value
    if isinstance(value, np.str_):
        return "numpy:str", str(value)
    raise ModelError(
        f"A cell holds {value!r:.80} ({kind.__name__}), which can't be sent to a model's worker. Allowed: text, "
        'numbers, truth values, bytes, dates and missing values. Convert it, or write isolation = "none" beside the '
        "model."
    )


def _array(kind: str, found: list[Any]) -> pa.Array:
    if kind in ("none", "NA", "NaT"):
        return pa.array(np.zeros(len(found), dtype=np.int8))
    if kind.startswith(("numpy:<", "numpy:|")):
        return pa.array(np.array(found, dtype=kind.partition(":")[2]))
    if kind.startswith(("timestamp:", "timedelta:")):
        return pa.array(found, type=pa.int64())
    plain = {
        "str": pa.large_string(),
        "numpy:str": pa.large_string(),
        "bool": pa.bool_(),
        "float": pa.float64(),
        "bytes": pa.large_binary(),
        "int64": pa.int64(),
    }
    return pa.array(found, type=plain.get(kind, pa.large_string()))


def _cells(kind: str, array: pa.Array) -> Any:
    import pandas as pd

    missing = {"none": None, "NA": pd.NA, "NaT": pd.NaT}
    if kind in missing:
        return [missing[kind]] * len(array)
    if kind.startswith("text:"):
        read = _TEXTS[kind.partition(":")[2]][1]
        return [read(text) for text in array.to_pylist()]
    if kind.startswith(("timestamp:", "timedelta:")):
        which, unit, zone = kind.split(":", 2)
        sort = "timedelta64" if which == "timedelta" else "datetime64"
        times = array.to_numpy(zero_copy_only=False).astype(np.int64).view(f"{sort}[{unit}]")
        if which == "timedelta":
            return [pd.Timedelta(time) for time in times]
        found = [pd.Timestamp(time) for time in times]
        return [one.tz_localize("UTC").tz_convert(zone) if zone else one for one in found]
    if kind == "numpy:str":
        return [np.str_(text) for text in array.to_pylist()]
    if kind.startswith("numpy:"):
        return list(array.to_numpy(zero_copy_only=False).astype(np.dtype(kind.partition(":")[2])))
    if kind not in ("str", "bool", "float", "bytes", "int64"):
        raise ValueError(f"the kind {kind!r} isn't sent")
    return array.to_pylist()
