"""The fingerprint of a table's content: the same for the same values, however they were stored or batched."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from modelcheck.data.arrow import missing_mask
from modelcheck.errors import DataError

__all__ = ["Digest", "digest_of"]

# Part of the definition: another number gives other digests.
_BLOCK_ROWS = 65_536


class Digest:
    """sha256 over canonical Arrow batches, fed batch by batch.

    Column names, types, order, missingness and values count; batch sizes, chunks, offsets, the bytes under a null, the
    codes of a dictionary and the payload of a NaN don't. Null and NaN differ, as do 0.0 and -0.0.

    Examples
    --------
    >>> import pyarrow as pa
    >>> table = pa.table({"a": [1, 2, 3]})
    >>> digest_of(table.to_batches()) == digest_of(table.to_batches(max_chunksize=1))
    True
    """

    def __init__(self) -> None:
        self._hash = hashlib.sha256(b"modelcheck/table/1\n")
        self._schema: list[list[str]] | None = None
        self._waiting: list[pa.RecordBatch] = []
        self._held = 0
        self.rows = 0

    def update(self, batch: pa.RecordBatch) -> None:
        """Add the next rows.

        Raises
        ------
        DataError
            When the columns or types differ from the first batch's.
        """
        schema = [[field.name, _type_name(field.type)] for field in batch.schema]
        if self._schema is None:
            self._schema = schema
            self._hash.update(json.dumps(schema, ensure_ascii=True).encode())
        elif schema != self._schema:
            raise DataError(f"A batch has other columns than the first one: {schema} instead of {self._schema}.")
        self.rows += batch.num_rows
        start = 0
        while start < batch.num_rows:
            part = batch.slice(start, _BLOCK_ROWS - self._held)
            start += part.num_rows
            self._held += part.num_rows
            self._waiting.append(part)
            if self._held == _BLOCK_ROWS:
                _add(self._hash, self._waiting)
                self._waiting, self._held = [], 0

    def hexdigest(self) -> str:
        """Return the digest of the rows so far as 64 hexadecimal digits; more rows may follow."""
        copy = self._hash.copy()
        if self._held:
            _add(copy, self._waiting)
        copy.update(f"rows {self.rows}".encode())
        return copy.hexdigest()


def digest_of(batches: Iterable[pa.RecordBatch]) -> str:
    """Return the digest of a whole table.

    Parameters
    ----------
    batches : iterable of RecordBatch
        In row order.

    Returns
    -------
    str
        64 hexadecimal digits.
    """
    digest = Digest()
    for batch in batches:
        digest.update(batch)
    return digest.hexdigest()


def _type_name(kind: pa.DataType) -> str:
    if pa.types.is_dictionary(kind):
        return f"category of {_type_name(kind.value_type)}"
    if pa.types.is_large_string(kind) or pa.types.is_string_view(kind):
        return "string"
    return str(kind)


def _add(state: Any, parts: list[pa.RecordBatch]) -> None:
    batch = pa.concat_batches(parts) if len(parts) > 1 else parts[0]
    for column in batch.columns:
        for piece in _pieces(column):
            state.update(piece)


def _pieces(column: pa.Array) -> Iterator[Any]:
    if pa.types.is_dictionary(column.type):
        column = column.dictionary_decode()
    if column.null_count:
        valid = pc.is_valid(column).to_numpy(zero_copy_only=False)
        yield b"nulls"
        yield np.packbits(valid)
    else:
        yield b"whole"
    kind = column.type
    if pa.types.is_string(kind) or pa.types.is_binary(kind):
        yield from _text_pieces(column, "<i4")
    elif pa.types.is_large_string(kind) or pa.types.is_large_binary(kind):
        yield from _text_pieces(column, "<i8")
    elif pa.types.is_boolean(kind):
        yield np.packbits(pc.fill_null(column, False).to_numpy(zero_copy_only=False))
    elif pa.types.is_floating(kind):
        yield _floats(column)
    elif kind.num_fields == 0 and _width(kind):
        yield _fixed(column, _width(kind))
    else:
        # Nested values are rare; a slow, plain form is enough.
        yield json.dumps([repr(value) for value in column.to_pylist()]).encode()


def _width(kind: pa.DataType) -> int:
    try:
        bits = int(kind.bit_width)
    except ValueError:
        return 0
    return bits // 8 if bits % 8 == 0 else 0


def _text_pieces(column: pa.Array, form: str) -> Iterator[Any]:
    # Lengths as four bytes for either offset width, so that string and large_string agree.
    lengths = pc.fill_null(pc.binary_length(column), 0).to_numpy(zero_copy_only=False)
    yield lengths.astype("<i8")
    values = column.drop_null() if column.null_count else column
    data = values.buffers()[2]
    if len(values) and data is not None:
        offsets = np.frombuffer(values.buffers()[1], dtype=form, count=len(values) + 1, offset=_skip(values, form))
        yield memoryview(data)[int(offsets[0]) : int(offsets[-1])]


def _skip(values: pa.Array, form: str) -> int:
    return int(values.offset) * np.dtype(form).itemsize


def _floats(column: pa.Array) -> Any:
    if column.null_count:
        column = pc.fill_null(column, pa.scalar(0.0, column.type))
    values = column.to_numpy(zero_copy_only=False)
    if pc.any(missing_mask(column)).as_py():
        values = np.where(np.isnan(values), values.dtype.type(np.nan), values)
    return np.ascontiguousarray(values.astype(values.dtype.newbyteorder("<"), copy=False)).view(np.uint8)


def _fixed(column: pa.Array, width: int) -> Any:
    data = column.buffers()[1]
    values = np.frombuffer(data, dtype=np.uint8, count=len(column) * width, offset=column.offset * width)
    if column.null_count:
        valid = pc.is_valid(column).to_numpy(zero_copy_only=False)
        values = np.where(valid[:, None], values.reshape(len(column), width), np.uint8(0)).astype(np.uint8)
        values = np.ascontiguousarray(values)
    return values
