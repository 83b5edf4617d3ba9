"""Rows and answers as Arrow IPC streams: what goes in comes out, dtypes and memory order too. Nothing is pickled."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from modelcheck.errors import ModelError
from modelcheck.models.isolation.cells import decode_cells, encode_cells

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["decode_array", "decode_frame", "encode_array", "encode_frame"]

_PLAIN = "biuf"


def encode_frame(frame: pd.DataFrame | NDArray[Any]) -> tuple[dict[str, Any], pa.Buffer]:
    """Return rows as plain facts and an Arrow IPC stream.

    Parameters
    ----------
    frame : DataFrame or ndarray
        Any mixture of numbers, text, categories, dates, missing values and plain Python objects.

    Returns
    -------
    facts : dict
        For `decode_frame`; JSON can hold it.
    stream : pyarrow.Buffer
        The cells.

    Raises
    ------
    ModelError
        A cell holds something that can't be sent.
    """
    if isinstance(frame, np.ndarray):
        facts, stream = encode_array(frame)
        return {"array": facts}, stream
    parts: dict[str, pa.Array] = {}
    facts = {
        "rows": len(frame),
        "labels": [_label(name) for name in frame.columns],
        "label_name": None if frame.columns.name is None else _label(frame.columns.name),
        "index": _encode_index(frame.index, parts),
    }
    kinds = set(frame.dtypes)
    only = next(iter(kinds)) if len(kinds) == 1 else None
    if isinstance(only, np.dtype) and only.kind in _PLAIN and frame.shape[1] > 1:
        # One block of numbers keeps its order in memory: sums over it are the same to the last bit.
        values = frame.to_numpy(copy=False)
        order = "C" if values.flags.c_contiguous else "F"
        parts["block"] = pa.array(values.ravel(order=order))  # type: ignore[arg-type]
        facts["block"] = {"dtype": only.str, "order": order}
    else:
        facts["columns"] = [_encode_column(frame.iloc[:, place], f"c{place}", parts) for place in range(frame.shape[1])]
    return facts, _stream(parts)


def decode_frame(facts: Mapping[str, Any], stream: Any) -> pd.DataFrame | NDArray[Any]:
    """Return the frame (or array) that was encoded; it owns its memory."""
    import pandas as pd

    if "array" in facts:
        return decode_array(facts["array"], stream)
    parts = _parts(stream)
    rows = int(facts["rows"])
    index = _decode_index(facts["index"], parts)
    labels = pd.Index([_unlabel(one) for one in facts["labels"]], tupleize_cols=False)
    if facts["label_name"] is not None:
        labels = labels.rename(_unlabel(facts["label_name"]))
    if "block" in facts:
        dtype = np.dtype(facts["block"]["dtype"])
        flat = parts["block"].to_numpy(zero_copy_only=False).astype(dtype, copy=True)
        values = flat.reshape((rows, len(labels)), order=facts["block"]["order"])
        return pd.DataFrame(values, index=index, columns=labels, copy=False)
    columns = {
        place: pd.Series(_decode_column(one, f"c{place}", parts), index=index)
        for place, one in enumerate(facts["columns"])
    }
    frame = pd.DataFrame(columns, index=index)
    frame.columns = labels
    return frame


def encode_array(values: NDArray[Any]) -> tuple[dict[str, Any], pa.Buffer]:
    """Return an array of numbers, text or plain objects as facts and an Arrow IPC stream."""
    parts: dict[str, pa.Array] = {}
    flat = np.ascontiguousarray(values).ravel()
    facts: dict[str, Any] = {"shape": list(values.shape), "dtype": values.dtype.str}
    if values.dtype.kind in _PLAIN and values.dtype.itemsize <= 8:
        parts["v"] = pa.array(flat)
    elif values.dtype.kind in "OSU":
        facts["cells"] = encode_cells(flat.astype(object), "v", parts)
    elif values.dtype.kind in "mM":
        parts["v"] = pa.array(flat.view(np.int64))
    else:
        raise ModelError(f"An array of type {values.dtype} can't be sent between a model's worker and the run.")
    return facts, _stream(parts)


def decode_array(facts: Mapping[str, Any], stream: Any) -> NDArray[Any]:
    """Return the array that was encoded.

    Raises
    ------
    ModelError
        The facts and the stream don't fit each other: whoever sent them isn't to be trusted.
    """
    try:
        parts = _parts(stream)
        dtype = np.dtype(str(facts["dtype"]))
        shape = tuple(int(length) for length in facts["shape"])
        if dtype.kind not in "OSUmM" + _PLAIN:
            raise ValueError(f"the type {dtype} isn't sent")
        flat: NDArray[Any]
        if "cells" in facts:
            flat = decode_cells(facts["cells"], "v", parts)
            flat = flat if dtype.kind == "O" else flat.astype(dtype)
        else:
            numbers = parts["v"].to_numpy(zero_copy_only=False)
            flat = numbers.view(dtype) if dtype.kind in "mM" else numbers.astype(dtype, copy=True)
        return flat.reshape(shape)
    except (KeyError, TypeError, ValueError, OverflowError, AttributeError, pa.ArrowException) as error:
        raise ModelError(f"The model's worker sent something that is no array ({type(error).__name__}).") from error


def _stream(parts: Mapping[str, pa.Array]) -> pa.Buffer:
    # Columns of unlike lengths don't fit one batch: each is a batch of its own in a stream of its own.
    sink = pa.BufferOutputStream()
    for name, values in parts.items():
        batch = pa.record_batch([values], names=[name])
        with pa.ipc.new_stream(sink, batch.schema) as writer:
            writer.write_batch(batch)
    return sink.getvalue()


def _parts(stream: Any) -> dict[str, pa.Array]:
    source = pa.BufferReader(stream)
    found: dict[str, pa.Array] = {}
    while source.tell() < source.size():
        with pa.ipc.open_stream(source) as reader:
            for batch in reader:
                batch.validate(full=True)
                found[batch.schema.names[0]] = batch.column(0)
    return found


def _label(name: Any) -> list[Any]:
    plain = name.item() if isinstance(name, np.generic) else name
    if plain is None or isinstance(plain, (str, bool, int, float)):
        return ["plain", plain]
    if isinstance(plain, tuple):
        return ["tuple", [_label(part) for part in plain]]
    raise ModelError(f"The column name {plain!r} ({type(plain).__name__}) can't be sent to a model's worker.")


def _unlabel(label: list[Any]) -> Any:
    kind, value = label
    return tuple(_unlabel(part) for part in value) if kind == "tuple" else value


def _encode_index(index: pd.Index, parts: dict[str, pa.Array]) -> dict[str, Any]:
    import pandas as pd

    name = None if index.name is None else _label(index.name)
    if isinstance(index, pd.MultiIndex):
        raise ModelError("Rows with an index of several levels can't be sent to a model's worker; reset the index.")
    if isinstance(index, pd.RangeIndex):
        return {"range": [index.start, index.stop, index.step], "name": name}
    return {"values": _encode_column(index.to_series(), "i", parts), "name": name}


def _decode_index(facts: Mapping[str, Any], parts: Mapping[str, pa.Array]) -> pd.Index:
    import pandas as pd

    name = None if facts["name"] is None else _unlabel(facts["name"])
    if "range" in facts:
        start, stop, step = facts["range"]
        return pd.RangeIndex(start, stop, step, name=name)
    values = _decode_column(facts["values"], "i", parts)
    found: pd.Index = pd.Index(values, name=name)
    return found


def _encode_column(column: pd.Series, key: str, parts: dict[str, pa.Array]) -> dict[str, Any]:
    import pandas as pd

    dtype = column.dtype
    if isinstance(dtype, pd.CategoricalDtype):
        parts[key] = pa.array(np.asarray(column.cat.codes, dtype=np.int64))
        inner = _encode_column(pd.Series(dtype.categories), f"{key}.of", parts)
        return {"kind": "category", "ordered": bool(dtype.ordered), "of": inner}
    if isinstance(dtype, np.dtype) and dtype.kind in _PLAIN and dtype.itemsize <= 8:
        parts[key] = pa.array(column.to_numpy(copy=False))
        return {"kind": "numbers", "dtype": dtype.str}
    if isinstance(dtype, np.dtype) and dtype.kind in "mM":
        parts[key] = pa.array(column.to_numpy(copy=False).view(np.int64))
        return {"kind": "times", "dtype": dtype.str}
    if isinstance(dtype, pd.DatetimeTZDtype):
        naive = column.dt.tz_convert("UTC").dt.tz_localize(None)
        parts[key] = pa.array(naive.to_numpy(copy=False).view(np.int64))
        return {"kind": "zoned", "dtype": naive.dtype.str, "zone": str(dtype.tz)}
    if isinstance(dtype, pd.StringDtype):
        parts[key] = pa.array(column.array, type=pa.large_string(), from_pandas=True)
        return {"kind": "text", "storage": dtype.storage, "na": "nan" if dtype.na_value is not pd.NA else "NA"}
    if isinstance(dtype, np.dtype) and dtype.kind == "O":
        return {"kind": "cells", **encode_cells(column.to_numpy(copy=False), key, parts)}
    name = str(dtype)
    if name in _NULLABLE:
        missing = column.isna().to_numpy()
        parts[key] = pa.array(column.to_numpy(dtype=_NULLABLE[name], na_value=0))
        parts[f"{key}.na"] = pa.array(missing)
        return {"kind": "nullable", "dtype": name}
    raise ModelError(
        f"The column {column.name!r} is of type {name}, which can't be sent to a model's worker. Allowed: numbers, "
        'text, categories, dates and plain objects. Convert it, or write isolation = "none" beside the model.'
    )


_NULLABLE = {
    **{f"Int{bits}": f"int{bits}" for bits in (8, 16, 32, 64)},
    **{f"UInt{bits}": f"uint{bits}" for bits in (8, 16, 32, 64)},
    **{f"Float{bits}": f"float{bits}" for bits in (32, 64)},
    "boolean": "bool",
}


def _decode_column(facts: Mapping[str, Any], key: str, parts: Mapping[str, pa.Array]) -> Any:
    import pandas as pd

    kind = facts["kind"]
    if kind == "cells":
        return decode_cells(facts, key, parts)
    if kind == "text":
        na = float("nan") if facts["na"] == "nan" else pd.NA
        dtype = pd.StringDtype(facts["storage"], na_value=na)
        return pd.array(parts[key].to_numpy(zero_copy_only=False), dtype=dtype)
    values = parts[key].to_numpy(zero_copy_only=False)
    if kind == "numbers":
        return values.astype(np.dtype(facts["dtype"]), copy=True)
    if kind == "times":
        return values.astype(np.int64, copy=True).view(np.dtype(facts["dtype"]))
    if kind == "zoned":
        naive = pd.Series(values.astype(np.int64, copy=True).view(np.dtype(facts["dtype"])))
        return naive.dt.tz_localize("UTC").dt.tz_convert(facts["zone"]).array
    if kind == "nullable":
        column = pd.array(values, dtype=facts["dtype"])
        column[parts[f"{key}.na"].to_numpy(zero_copy_only=False)] = pd.NA
        return column
    categories = pd.Index(_decode_column(facts["of"], f"{key}.of", parts))
    return pd.Categorical.from_codes(values, dtype=pd.CategoricalDtype(categories, ordered=facts["ordered"]))
