"""128 bits for what a row holds, however its table was stored.

Text is hashed by SipHash (Aumasson and Bernstein 2012) under two keys, as pandas has it; numbers and columns are mixed
by the finaliser of SplitMix64 (Steele, Lea and Flood 2014), a bijection of 64 bits, in two lanes with constants of
their own. The values are part of every stored baseline: another definition needs another schema there.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from modelcheck.data.arrow import plain_column

__all__ = ["hash_rows", "hash_texts", "stir"]

_Lanes = tuple[NDArray[np.uint64], NDArray[np.uint64]]

_TEXT_KEYS = ("modelcheck rows1", "modelcheck rows2")
# The bits of NaN, which no number keeps: null, NaN and empty text are one, as in a text file.
_MISSING = np.uint64(0x7FF8_0000_0000_0000)
_START = (np.uint64(0x243F_6A88_85A3_08D3), np.uint64(0x1319_8A2E_0370_7344))
_AGAIN = (np.uint64(0xA409_3822_299F_31D0), np.uint64(0x082E_FA98_EC4E_6C89))
_LARGE = np.uint64(0x4528_21E6_38D0_1377)
_TIME = np.uint64(0xBE54_66CF_34E9_0C6C)
_EXACT = 2**53
_MICROSECONDS = {"s": 1_000_000, "ms": 1_000, "us": 1}
_DAY = 86_400_000_000


def hash_rows(batch: pa.RecordBatch, names: Sequence[str]) -> NDArray[np.uint64]:
    """Return a hash of each row's values.

    Parameters
    ----------
    batch : RecordBatch
        Any types.
    names : sequence of str
        The columns that count, in an order that doesn't depend on the table's.

    Returns
    -------
    ndarray of uint64, shape (n_rows, 2)
        Equal for rows that hold the same in all of these columns.

    Examples
    --------
    >>> import pyarrow as pa
    >>> rows = pa.RecordBatch.from_pydict({"a": [1, 2, 1], "b": ["x", "x", "x"]})
    >>> found = hash_rows(rows, ["a", "b"])
    >>> bool((found[0] == found[2]).all()), bool((found[0] == found[1]).any())
    (True, False)
    """
    lanes = [np.full(batch.num_rows, start) for start in _START]
    for name in names:
        digest = hashlib.blake2b(name.encode("utf-8", "surrogatepass"), digest_size=16).digest()
        for lane, values, salt in zip(lanes, _lanes(batch.column(name)), np.frombuffer(digest, "<u8"), strict=True):
            _mix(lane, values, salt)
    return np.column_stack(lanes)


def hash_texts(texts: pa.Array) -> NDArray[np.uint64]:
    """Return a hash of each text, shape (n_rows, 2)."""
    return np.column_stack(_text_lanes(texts))


def stir(hashes: NDArray[np.uint64], numbers: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Return hashes changed by a number each, shape (n_rows, 2)."""
    lanes = [np.ascontiguousarray(hashes[:, place]) for place in (0, 1)]
    for lane, salt in zip(lanes, _AGAIN, strict=True):
        _mix(lane, numbers, salt)
    return np.column_stack(lanes)


def _mix(lane: NDArray[np.uint64], values: NDArray[np.uint64], salt: np.uint64) -> None:
    """Take one value more into a lane, in place."""
    lane += salt
    lane ^= values
    shifted = np.empty_like(lane)
    for shift, factor in ((30, 0xBF58_476D_1CE4_E5B9), (27, 0x94D0_49BB_1331_11EB)):
        np.right_shift(lane, np.uint64(shift), out=shifted)
        lane ^= shifted
        lane *= np.uint64(factor)
    np.right_shift(lane, np.uint64(31), out=shifted)
    lane ^= shifted


def _lanes(column: pa.Array) -> _Lanes:
    if pa.types.is_dictionary(column.type):
        return _taken(_lanes(column.dictionary), column.indices)
    column = plain_column(column)
    kind = column.type
    if pa.types.is_string(kind) or pa.types.is_binary(kind):
        coded = pc.dictionary_encode(column)
        return _taken(_text_lanes(coded.dictionary), coded.indices)
    if pa.types.is_floating(kind):
        bits = _float_bits(column)
    elif pa.types.is_integer(kind) or pa.types.is_boolean(kind):
        bits = _whole_bits(column)
    elif pa.types.is_temporal(kind) and not pa.types.is_interval(kind):
        bits = _time_bits(column)
    else:
        # Nested values are rare; a slow, plain form is enough.
        texts = [None if value is None else repr(value) for value in column.to_pylist()]
        return _text_lanes(pa.array(texts, pa.string()))
    return bits, bits


def _taken(lanes: _Lanes, indices: pa.Array) -> _Lanes:
    """Look up what was hashed once per distinct value."""
    places = pc.fill_null(indices.cast(pa.int64()), len(lanes[0])).to_numpy(zero_copy_only=False)
    first, second = (np.append(lane, _MISSING)[places] for lane in lanes)
    return first, second


def _text_lanes(texts: pa.Array) -> _Lanes:
    values = texts.to_numpy(zero_copy_only=False)
    first, second = (
        np.asarray(pd.util.hash_array(values, hash_key=key, categorize=False), dtype=np.uint64) for key in _TEXT_KEYS
    )
    empty = pc.fill_null(pc.equal(pc.binary_length(texts), 0), True).to_numpy(zero_copy_only=False)
    if empty.any():
        first[empty] = second[empty] = _MISSING
    return first, second


def _float_bits(column: pa.Array) -> NDArray[np.uint64]:
    # Adding zero turns -0.0 into 0.0: text files lose the sign too.
    values = np.array(_filled(column), dtype=np.float64) + 0.0
    bits = values.view(np.uint64)
    bits[np.isnan(values)] = _MISSING
    return _with_missing(bits, column)


def _whole_bits(column: pa.Array) -> NDArray[np.uint64]:
    values = _filled(column)
    bits = values.astype(np.float64).view(np.uint64)
    if values.dtype.itemsize == 8 and len(values) and (values.max() > _EXACT or values.min() < -_EXACT):
        large = (values > _EXACT) | (values < -_EXACT)
        bits[large] = values[large].astype(np.uint64) ^ _LARGE
    return _with_missing(bits, column)


def _time_bits(column: pa.Array) -> NDArray[np.uint64]:
    kind = column.type
    values = _filled(column.view(pa.int32() if kind.bit_width == 32 else pa.int64())).astype(np.int64)
    unit = {pa.date32(): "day", pa.date64(): "ms"}.get(kind) or kind.unit
    if unit == "ns":
        whole, rest = np.divmod(values, 1_000)
        # Microseconds that nanoseconds can name need 54 bits; the rest goes above them.
        values = whole ^ (rest << 54)
    else:
        values = values * (_DAY if unit == "day" else _MICROSECONDS[unit])
    return _with_missing(values.view(np.uint64) ^ _TIME, column)


def _filled(column: pa.Array) -> NDArray[Any]:
    if column.null_count:
        column = pc.fill_null(column, pa.scalar(0).cast(column.type))
    values: NDArray[Any] = column.to_numpy(zero_copy_only=False)
    return values


def _with_missing(bits: NDArray[np.uint64], column: pa.Array) -> NDArray[np.uint64]:
    if column.null_count:
        bits[pc.is_null(column).to_numpy(zero_copy_only=False)] = _MISSING
    return bits
