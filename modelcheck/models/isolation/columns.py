"""Columns, an index and their names as plain facts and Arrow arrays, by pandas' types."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from modelcheck.errors import ModelError
from modelcheck.models.isolation.blocks import PLAIN, Parts, numbers
from modelcheck.models.isolation.cells import decode_cells, encode_cells

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["decode_column", "decode_index", "encode_column", "encode_index", "label", "unlabel"]

_NULLABLE = {
    **{f"Int{bits}": f"int{bits}" for bits in (8, 16, 32, 64)},
    **{f"UInt{bits}": f"uint{bits}" for bits in (8, 16, 32, 64)},
    **{f"Float{bits}": f"float{bits}" for bits in (32, 64)},
    "boolean": "bool",
}


def encode_index(index: pd.Index, parts: dict[str, pa.Array]) -> dict[str, Any]:
    """Return the facts of an index, and put its arrays among the parts."""
    import pandas as pd

    name = None if index.name is None else label(index.name)
    if isinstance(index, pd.MultiIndex):
        raise ModelError("Rows with an index of several levels can't be sent to a model's worker; reset the index.")
    if isinstance(index, pd.RangeIndex):
        return {"range": [index.start, index.stop, index.step], "name": name}
    return {"values": encode_column(index.to_series(), "i", parts), "name": name}


def decode_index(facts: Mapping[str, Any], parts: Parts) -> pd.Index:
    """Return the index that was encoded."""
    import pandas as pd

    name = None if facts["name"] is None else unlabel(facts["name"])
    if "range" in facts:
        start, stop, step = facts["range"]
        return pd.RangeIndex(start, stop, step, name=name)
    values = decode_column(facts["values"], "i", parts)
    found: pd.Index = pd.Index(values, name=name)
    return found


def label(name: Any) -> list[Any]:
    """Return the name of a column or an index as JSON can hold it."""
    plain = name.item() if isinstance(name, np.generic) else name
    if plain is None or isinstance(plain, (str, bool, int, float)):
        return ["plain", plain]
    if isinstance(plain, tuple):
        return ["tuple", [label(part) for part in plain]]
    raise ModelError(f"The column name {plain!r} ({type(plain).__name__}) can't be sent to a model's worker.")


def unlabel(told: list[Any]) -> Any:
    """Return the name that `label` told."""
    kind, value = told
    return tuple(unlabel(part) for part in value) if kind == "tuple" else value


def encode_column(column: pd.Series, key: str, parts: dict[str, pa.Array]) -> dict[str, Any]:
    """Return the facts of a column, and put its arrays among the parts under the key; ModelError: it can't be sent."""
    import pandas as pd

    dtype = column.dtype
    if isinstance(dtype, pd.CategoricalDtype):
        codes = np.asarray(column.cat.codes)
        parts[key] = numbers(codes)
        inner = encode_column(pd.Series(dtype.categories), f"{key}.of", parts)
        return {"kind": "category", "ordered": bool(dtype.ordered), "codes": codes.dtype.str, "of": inner}
    if isinstance(dtype, np.dtype) and dtype.kind in PLAIN and dtype.itemsize <= 8:
        parts[key] = numbers(column.to_numpy(copy=False))
        return {"kind": "numbers", "dtype": dtype.str}
    if isinstance(dtype, np.dtype) and dtype.kind in "mM":
        parts[key] = pa.array(column.to_numpy(copy=False).view(np.int64))
        return {"kind": "times", "dtype": dtype.str}
    if isinstance(dtype, pd.DatetimeTZDtype):
        naive = column.dt.tz_convert("UTC").dt.tz_localize(None)
        parts[key] = pa.array(naive.to_numpy(copy=False).view(np.int64))
        return {"kind": "zoned", "dtype": naive.dtype.str, "zone": str(dtype.tz)}
    if isinstance(dtype, pd.StringDtype):
        text = pa.array(column.array, type=pa.large_string(), from_pandas=True)
        parts[key] = text.combine_chunks() if isinstance(text, pa.ChunkedArray) else text
        return {"kind": "text", "storage": dtype.storage, "na": "nan" if dtype.na_value is not pd.NA else "NA"}
    if isinstance(dtype, np.dtype) and dtype.kind == "O":
        return {"kind": "cells", **encode_cells(column.to_numpy(copy=False), key, parts)}
    name = str(dtype)
    if name in _NULLABLE:
        missing = column.isna().to_numpy()
        parts[key] = numbers(column.to_numpy(dtype=_NULLABLE[name], na_value=0))
        parts[f"{key}.na"] = numbers(missing)
        return {"kind": "nullable", "dtype": name}
    raise ModelError(
        f"The column {column.name!r} is of type {name}, which can't be sent to a model's worker. Allowed: numbers, "
        'text, categories, dates and plain objects. Convert it, or write isolation = "none" beside the model.'
    )


def decode_column(facts: Mapping[str, Any], key: str, parts: Parts) -> Any:
    """Return the values of the column that was encoded under the key."""
    import pandas as pd

    kind = facts["kind"]
    if kind == "cells":
        return decode_cells(facts, key, parts)
    if kind == "text":
        na = float("nan") if facts["na"] == "nan" else pd.NA
        kind_of_text: Any = pd.StringDtype(facts["storage"], na_value=na)
        return kind_of_text.__from_arrow__(parts[key])
    if kind == "numbers":
        return parts.numbers(key, np.dtype(facts["dtype"]))
    if kind == "times":
        return parts.numbers(key, np.dtype(np.int64)).view(np.dtype(facts["dtype"]))
    if kind == "zoned":
        naive = pd.Series(parts.numbers(key, np.dtype(np.int64)).view(np.dtype(facts["dtype"])), copy=False)
        return naive.dt.tz_localize("UTC").dt.tz_convert(facts["zone"]).array
    if kind == "nullable":
        name = facts["dtype"]
        column = pd.array(parts.numbers(key, np.dtype(_NULLABLE[name])), dtype=name)
        column[parts.numbers(f"{key}.na", np.dtype(np.bool_))] = pd.NA
        return column
    categories = pd.Index(decode_column(facts["of"], f"{key}.of", parts))
    codes = parts.numbers(key, np.dtype(facts["codes"]))
    return pd.Categorical.from_codes(codes, dtype=pd.CategoricalDtype(categories, ordered=facts["ordered"]))
