"""Rows and answers as Arrow IPC streams: what goes in comes out, dtypes and memory order too. Nothing is pickled."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from modelcheck.errors import ModelError
from modelcheck.models.isolation.cells import decode_cells, encode_cells

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["decode_array", "decode_frame", "encode_array", "encode_frame", "packed"]

_PLAIN = "biuf"
_MOST_TEXT = 2**31
_BROKEN = (
    ArithmeticError,
    AttributeError,
    LookupError,
    MemoryError,
    OSError,
    TypeError,
    ValueError,
    pa.ArrowException,
)


def encode_frame(frame: pd.DataFrame | NDArray[Any]) -> tuple[dict[str, Any], list[pa.RecordBatch]]:
    """Return rows as plain facts and Arrow batches; numbers and text are not copied.

    Parameters
    ----------
    frame : DataFrame or ndarray
        Any mixture of numbers, text, categories, dates, missing values and plain Python objects.

    Returns
    -------
    facts : dict
        For `decode_frame`; JSON can hold it.
    batches : list of RecordBatch
        The cells; `packed` makes a stream of them.

    Raises
    ------
    ModelError
        A cell holds something that can't be sent.
    """
    if isinstance(frame, np.ndarray):
        facts, batches = encode_array(frame)
        return {"array": facts}, batches
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
        parts["block"] = _numbers(values.ravel(order=order))  # type: ignore[arg-type]
        facts["block"] = {"dtype": only.str, "order": order}
    else:
        facts["columns"] = [_encode_column(frame.iloc[:, place], f"c{place}", parts) for place in range(frame.shape[1])]
    return facts, _batches(parts)


def decode_frame(facts: Mapping[str, Any], stream: Any) -> pd.DataFrame | NDArray[Any]:
    """Return the frame (or array) that was encoded.

    Parameters
    ----------
    facts : dict
        As `encode_frame` gives them.
    stream : bytes-like
        As `packed` makes it. Where it can be written to, columns of numbers lie in it and are the frame's own.
    """
    import pandas as pd

    if "array" in facts:
        return decode_array(facts["array"], stream)
    parts = _Parts(stream)
    rows = int(facts["rows"])
    index = _decode_index(facts["index"], parts)
    labels = pd.Index([_unlabel(one) for one in facts["labels"]], tupleize_cols=False)
    if facts["label_name"] is not None:
        labels = labels.rename(_unlabel(facts["label_name"]))
    if "block" in facts:
        flat = parts.numbers("block", np.dtype(facts["block"]["dtype"]))
        values = flat.reshape((rows, len(labels)), order=facts["block"]["order"])
        return pd.DataFrame(values, index=index, columns=labels, copy=False)
    columns = {
        place: pd.Series(_decode_column(one, f"c{place}", parts), index=index, copy=False)
        for place, one in enumerate(facts["columns"])
    }
    frame = pd.DataFrame(columns, index=index, copy=False)
    frame.columns = labels
    return frame


def encode_array(values: NDArray[Any]) -> tuple[dict[str, Any], list[pa.RecordBatch]]:
    """Return an array of numbers, text or plain objects as facts and Arrow batches."""
    parts: dict[str, pa.Array] = {}
    flat = np.ascontiguousarray(values).ravel()
    facts: dict[str, Any] = {"shape": list(values.shape), "dtype": values.dtype.str}
    if values.dtype.kind in _PLAIN and values.dtype.itemsize <= 8:
        parts["v"] = _numbers(flat)
    elif values.dtype.kind in "OSU":
        facts["cells"] = encode_cells(flat.astype(object), "v", parts)
    elif values.dtype.kind in "mM":
        parts["v"] = pa.array(flat.view(np.int64))
    else:
        raise ModelError(f"An array of type {values.dtype} can't be sent between a model's worker and the run.")
    return facts, _batches(parts)


def decode_array(facts: Mapping[str, Any], stream: Any) -> NDArray[Any]:
    """Return the array that was encoded.

    Raises
    ------
    ModelError
        The facts and the stream don't fit each other: whoever sent them isn't to be trusted.
    """
    try:
        parts = _Parts(stream)
        dtype = np.dtype(str(facts["dtype"]))
        shape = tuple(int(length) for length in facts["shape"])
        if dtype.kind not in "OSUmM" + _PLAIN:
            raise ValueError(f"the type {dtype} isn't sent")
        flat: NDArray[Any]
        if "cells" in facts:
            flat = decode_cells(facts["cells"], "v", parts)
            if dtype.itemsize * len(flat) > _MOST_TEXT:
                raise ValueError("a type is too wide")
            flat = flat if dtype.kind == "O" else flat.astype(dtype)
        elif dtype.kind in "mM":
            flat = parts.numbers("v", np.dtype(np.int64)).view(dtype)
        else:
            flat = parts.numbers("v", dtype)
        return flat.reshape(shape)
    except _BROKEN as error:
        raise ModelError(f"The model's worker sent something that is no array ({type(error).__name__}).") from error


def packed(batches: Sequence[pa.RecordBatch]) -> pa.Buffer:
    """Return batches as one block: each is an Arrow IPC stream of its own, since their lengths differ."""
    sink = pa.BufferOutputStream()
    for batch in batches:
        with pa.ipc.new_stream(sink, batch.schema) as writer:
            writer.write_batch(batch)
    return sink.getvalue()


def _batches(parts: Mapping[str, pa.Array]) -> list[pa.RecordBatch]:
    return [pa.record_batch([values], names=[name]) for name, values in parts.items()]


def _numbers(values: NDArray[Any]) -> pa.Array:
    """Return numbers as Arrow holds them without a copy; truth values as bytes, not as bits."""
    native = values.astype(values.dtype.newbyteorder("="), copy=False)
    return pa.array(native.view(np.uint8) if native.dtype.kind == "b" else native)


class _Parts(dict[str, pa.Array]):
    """The arrays of a block, by name."""

    def __init__(self, stream: Any) -> None:
        super().__init__()
        self._memory = memoryview(stream).cast("B")
        whole = pa.py_buffer(self._memory)
        self._start = whole.address
        source = pa.BufferReader(whole)
        while source.tell() < source.size():
            with pa.ipc.open_stream(source) as reader:
                for batch in reader:
                    # An offset beyond the end would be read by whatever touches the text.
                    batch.validate(full=True)
                    self[batch.schema.names[0]] = batch.column(0)

    def numbers(self, key: str, dtype: np.dtype[Any]) -> NDArray[Any]:
        """Return an array of its own: in the block's memory where that can be written to, else a copy."""
        array = self[key]
        found: NDArray[Any]
        native = np.dtype(np.uint8) if dtype.kind == "b" else dtype.newbyteorder("=")
        if array.type != pa.from_numpy_dtype(native) or array.null_count:
            raise ValueError(f"a part is no array of {dtype}")
        buffer = array.buffers()[1]
        if not len(array) or buffer is None:
            return np.empty(0, dtype=dtype)
        place = buffer.address - self._start + array.offset * native.itemsize
        if self._memory.readonly or not 0 <= place <= len(self._memory) - len(array) * native.itemsize:
            found = array.to_numpy(zero_copy_only=False).copy()
        else:
            found = np.frombuffer(self._memory, dtype=native, count=len(array), offset=place)
        if dtype.kind == "b":
            found = (found != 0) if found.max(initial=0) > 1 else found.view(np.bool_)
        return found if found.dtype == dtype else found.astype(dtype)


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


def _decode_index(facts: Mapping[str, Any], parts: _Parts) -> pd.Index:
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
        codes = np.asarray(column.cat.codes)
        parts[key] = _numbers(codes)
        inner = _encode_column(pd.Series(dtype.categories), f"{key}.of", parts)
        return {"kind": "category", "ordered": bool(dtype.ordered), "codes": codes.dtype.str, "of": inner}
    if isinstance(dtype, np.dtype) and dtype.kind in _PLAIN and dtype.itemsize <= 8:
        parts[key] = _numbers(column.to_numpy(copy=False))
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
        parts[key] = _numbers(column.to_numpy(dtype=_NULLABLE[name], na_value=0))
        parts[f"{key}.na"] = _numbers(missing)
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


def _decode_column(facts: Mapping[str, Any], key: str, parts: _Parts) -> Any:
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
    categories = pd.Index(_decode_column(facts["of"], f"{key}.of", parts))
    codes = parts.numbers(key, np.dtype(facts["codes"]))
    return pd.Categorical.from_codes(codes, dtype=pd.CategoricalDtype(categories, ordered=facts["ordered"]))
