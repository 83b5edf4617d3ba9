"""Arrow arrays by name as one block of bytes, and back without a copy."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

__all__ = ["PLAIN", "Parts", "batches_of", "numbers", "packed"]

# The kinds of numpy's types that Arrow holds as they are.
PLAIN = "biuf"


def batches_of(parts: Mapping[str, pa.Array]) -> list[pa.RecordBatch]:
    """Return each array as a batch, under its own name, for `packed`."""
    return [pa.record_batch([values], names=[name]) for name, values in parts.items()]


def packed(batches: Sequence[pa.RecordBatch]) -> pa.Buffer:
    """Return batches as one block: each is an Arrow IPC stream of its own, since their lengths differ."""
    sink = pa.BufferOutputStream()
    for batch in batches:
        with pa.ipc.new_stream(sink, batch.schema) as writer:
            writer.write_batch(batch)
    return sink.getvalue()


def numbers(values: NDArray[Any]) -> pa.Array:
    """Return numbers as Arrow holds them without a copy; truth values as bytes, not as bits."""
    native = values.astype(values.dtype.newbyteorder("="), copy=False)
    return pa.array(native.view(np.uint8) if native.dtype.kind == "b" else native)


class Parts(dict[str, pa.Array]):
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
