"""Rows and answers as Arrow IPC streams: what goes in comes out, dtypes and memory order too. Nothing is pickled."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from modelcheck.errors import ModelError
from modelcheck.models.isolation.blocks import PLAIN, Parts, batches_of, numbers, packed
from modelcheck.models.isolation.cells import decode_cells, encode_cells
from modelcheck.models.isolation.columns import decode_column, decode_index, encode_column, encode_index, label, unlabel

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["decode_array", "decode_frame", "encode_array", "encode_frame", "packed"]

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
        "labels": [label(name) for name in frame.columns],
        "label_name": None if frame.columns.name is None else label(frame.columns.name),
        "index": encode_index(frame.index, parts),
    }
    kinds = set(frame.dtypes)
    only = next(iter(kinds)) if len(kinds) == 1 else None
    if isinstance(only, np.dtype) and only.kind in PLAIN and frame.shape[1] > 1:
        # One block of numbers keeps its order in memory: sums over it are the same to the last bit.
        values = frame.to_numpy(copy=False)
        order = "C" if values.flags.c_contiguous else "F"
        parts["block"] = numbers(values.ravel(order=order))  # type: ignore[arg-type]
        facts["block"] = {"dtype": only.str, "order": order}
    else:
        facts["columns"] = [encode_column(frame.iloc[:, place], f"c{place}", parts) for place in range(frame.shape[1])]
    return facts, batches_of(parts)


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
    parts = Parts(stream)
    rows = int(facts["rows"])
    index = decode_index(facts["index"], parts)
    labels = pd.Index([unlabel(one) for one in facts["labels"]], tupleize_cols=False)
    if facts["label_name"] is not None:
        labels = labels.rename(unlabel(facts["label_name"]))
    if "block" in facts:
        flat = parts.numbers("block", np.dtype(facts["block"]["dtype"]))
        values = flat.reshape((rows, len(labels)), order=facts["block"]["order"])
        return pd.DataFrame(values, index=index, columns=labels, copy=False)
    columns = {
        place: pd.Series(decode_column(one, f"c{place}", parts), index=index, copy=False)
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
    if values.dtype.kind in PLAIN and values.dtype.itemsize <= 8:
        parts["v"] = numbers(flat)
    elif values.dtype.kind in "OSU":
        facts["cells"] = encode_cells(flat.astype(object), "v", parts)
    elif values.dtype.kind in "mM":
        parts["v"] = pa.array(flat.view(np.int64))
    else:
        raise ModelError(f"An array of type {values.dtype} can't be sent between a model's worker and the run.")
    return facts, batches_of(parts)


def decode_array(facts: Mapping[str, Any], stream: Any) -> NDArray[Any]:
    """Return the array that was encoded.

    Raises
    ------
    ModelError
        The facts and the stream don't fit each other: whoever sent them isn't to be trusted.
    """
    try:
        parts = Parts(stream)
        dtype = np.dtype(str(facts["dtype"]))
        shape = tuple(int(length) for length in facts["shape"])
        if dtype.kind not in "OSUmM" + PLAIN:
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
