"""The content hash of a table."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from modelcheck.data import digest as module
from modelcheck.data.digest import Digest, digest_of
from modelcheck.data.source import MemorySource
from modelcheck.errors import DataError

COLUMNS = {
    "i": pa.array([1, None, 3, 4, 5], pa.int64()),
    "f": pa.array([0.5, None, float("nan"), -0.0, 1e300]),
    "s": pa.array(["a", None, "", "long " * 50, "\U0001f600"]),
    "b": pa.array([True, None, False, True, True]),
    "d": pa.array([1, 2, None, 4, 5], pa.date32()),
    "t": pa.array([1, 2, None, 4, 5], pa.timestamp("us", "UTC")),
    "c": pa.array(["x", "y", None, "x", "z"]).dictionary_encode(),
    "l": pa.array([[1], None, [], [2, 3], [4]]),
    "y": pa.array([b"x", None, b"", b"yy", b"z"]),
}
TABLE = pa.table(COLUMNS)


def _of(table: pa.Table, rows: int = 65_536) -> str:
    return digest_of(table.to_batches(max_chunksize=rows))


@settings(max_examples=40, deadline=None)
@given(st.lists(st.integers(1, 40), min_size=1, max_size=8), st.integers(1, 30))
def test_batches_chunks_and_offsets_do_not_matter(sizes: list[int], block: int) -> None:
    table = pa.concat_tables([TABLE] * 12)
    batches, start = [], 0
    while start < table.num_rows:
        size = sizes[len(batches) % len(sizes)]
        batches += table.slice(start, size).to_batches()
        start += size
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "_BLOCK_ROWS", block)
        assert digest_of(batches) == digest_of(table.combine_chunks().to_batches())


@pytest.mark.parametrize("name", COLUMNS)
def test_every_value_and_every_null_counts(name: str) -> None:
    column = TABLE[name].combine_chunks()
    seen = {_of(TABLE.select([name]))}
    for place in range(len(column)):
        for other in range(len(column)):
            if column[place].as_py() != column[other].as_py() or (column[place].is_valid != column[other].is_valid):
                order = list(range(len(column)))
                order[place] = other
                seen.add(_of(pa.table({name: column.take(pa.array(order))})))
    changed = {tuple(str(v) for v in column.take(pa.array(o)).to_pylist()) for o in _orders(column)}
    assert len(seen) == len(changed)


def _orders(column: pa.Array) -> list[list[int]]:
    plain = list(range(len(column)))
    return [plain] + [
        [*plain[:place], other, *plain[place + 1 :]] for place in plain for other in plain if place != other
    ]


def test_names_types_and_order_of_columns_and_rows_count() -> None:
    base = pa.table({"a": [1, 2], "b": [3, 4]})
    others = [
        pa.table({"a": [1, 2], "c": [3, 4]}),
        pa.table({"b": [3, 4], "a": [1, 2]}),
        pa.table({"a": [2, 1], "b": [4, 3]}),
        pa.table({"a": [1.0, 2.0], "b": [3, 4]}),
        pa.table({"a": [1], "b": [3]}),
        pa.table({"a": ["1", "2"], "b": [3, 4]}),
    ]
    assert len({_of(table) for table in [base, *others]}) == 7


def test_values_cannot_move_between_neighbours() -> None:
    tables = [pa.table({"a": ["ab", "c"]}), pa.table({"a": ["a", "bc"]}), pa.table({"a": ["abc", ""]})]
    tables.append(pa.table({"a": ["abc", None]}))
    assert len({_of(table) for table in tables}) == 4


def test_what_lies_under_a_null_does_not_count() -> None:
    valid = pa.py_buffer(np.packbits([1, 0, 1], bitorder="little"))
    arrays = [pa.Array.from_buffers(pa.int64(), 3, [valid, pa.py_buffer(np.array([1, junk, 3]))]) for junk in (0, 99)]
    floats = [
        pa.Array.from_buffers(pa.float64(), 3, [valid, pa.py_buffer(np.array([1.0, junk, 3.0]))])
        for junk in (0.0, np.nan)
    ]
    offsets = pa.py_buffer(np.array([0, 1, 3, 4], dtype=np.int32))
    texts = [pa.Array.from_buffers(pa.string(), 3, [valid, offsets, pa.py_buffer(data)]) for data in (b"axxb", b"ayyb")]
    for pair in (arrays, floats, texts):
        assert len({_of(pa.table({"a": array})) for array in pair}) == 1


def test_the_payload_of_a_nan_and_codes_of_a_dictionary_do_not_count() -> None:
    strange = np.array([0x7FF8000000000123], dtype=np.uint64).view(np.float64)
    assert _of(pa.table({"a": strange})) == _of(pa.table({"a": [float("nan")]}))
    one = pa.DictionaryArray.from_arrays(pa.array([0, 1]), pa.array(["x", "y"]))
    two = pa.DictionaryArray.from_arrays(pa.array([2, 0]), pa.array(["y", "unused", "x"]))
    assert _of(pa.table({"a": one})) == _of(pa.table({"a": two}))


def test_null_is_not_nan_and_zero_has_a_sign() -> None:
    tables = [pa.table({"a": pa.array([value], pa.float64())}) for value in (None, float("nan"), 0.0, -0.0)]
    assert len({_of(table) for table in tables}) == 4


def test_libraries_agree_on_the_same_content() -> None:
    import polars as pl

    from modelcheck.data.arrow import table_of

    data = {"a": [1.5, None, 2.0], "s": ["x", None, "z"]}
    made = [table_of(make(data), "It") for make in (pd.DataFrame, pl.DataFrame, pa.table)]
    assert len({digest_of(MemorySource(table).batches()) for table in made}) == 1


def test_it_can_be_read_between_updates() -> None:
    digest = Digest()
    digest.update(TABLE.to_batches()[0])
    first = digest.hexdigest()
    assert first == digest.hexdigest() == _of(TABLE)
    digest.update(TABLE.to_batches()[0])
    assert digest.hexdigest() == _of(pa.concat_tables([TABLE, TABLE]))
    assert digest.rows == 10
    with pytest.raises(DataError, match="other columns"):
        digest.update(pa.RecordBatch.from_pydict({"z": [1]}))


def test_the_definition_is_pinned() -> None:
    # A change here changes every stored baseline: raise the version in the definition too.
    table = pa.table({"a": pa.array([1, None, 3]), "b": [0.5, 1.5, float("nan")], "c": ["x", None, "zz"]})
    assert _of(table) == "80bf0db0893173bb3bdf7519806321feb9f6a10accf0e28d70d4f99f9c4729c8"
