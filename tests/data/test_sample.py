"""The sample by keyed hash of row positions."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from modelcheck.data.sample import draw_sample, row_hash
from modelcheck.data.source import MemorySource
from modelcheck.errors import DataError

ROWS = 5_000


class _Batched(MemorySource):
    """A source whose batches have another size than usual."""

    rows = 100

    def batches(self, columns: object = None, batch_rows: int = 0) -> object:
        return super().batches(columns, self.rows)


def _source(rows: int) -> _Batched:
    source = _Batched(
        pa.table({"x": np.arange(ROWS), "c": pa.array([f"k{i % 7}" for i in range(ROWS)]).dictionary_encode()})
    )
    source.rows = rows
    return source


def test_a_small_table_is_kept_whole() -> None:
    sample = draw_sample(_source(100))
    assert sample.whole
    assert sample.text == "all 5,000 rows"
    assert sample.positions.tolist() == list(range(ROWS))


@pytest.mark.parametrize("rows", [7, 100, 10_000])
def test_the_smallest_hashes_are_kept_in_order_whatever_the_batches(rows: int) -> None:
    sample = draw_sample(_source(rows), limit=300)
    expected = np.sort(np.argsort(row_hash(np.arange(ROWS)))[:300])
    assert sample.positions.tolist() == expected.tolist()
    assert sample.table["x"].to_pylist() == expected.tolist()
    assert sample.table["c"].to_pylist() == [f"k{i % 7}" for i in expected]
    assert sample.rows == ROWS
    assert sample.text == "300 of 5,000 rows"


def test_wide_rows_halve_the_sample_and_say_so() -> None:
    table = pa.table({"t": ["x" * 1_000] * 20_000})
    sample = draw_sample(MemorySource(table), limit_bytes=4_000_000)
    assert 1_000 <= len(sample.positions) <= 4_000
    assert "of 20,000 rows" in sample.text


def test_hashes_are_distinct_spread_and_keyed() -> None:
    hashes = row_hash(np.arange(100_000))
    assert len(np.unique(hashes)) == 100_000
    shares = np.bincount((hashes >> np.uint64(60)).astype(int), minlength=16) / 100_000
    assert np.abs(shares - 1 / 16).max() < 0.004
    assert not np.array_equal(hashes, row_hash(np.arange(100_000), key=1))


def test_nulls_are_counted_in_all_rows() -> None:
    table = pa.table({"x": pa.array([None, 1.0, float("nan")] * 1_000)})
    assert draw_sample(MemorySource(table), limit=100).nulls == {"x": 1_000}


def test_zero_rows_are_refused() -> None:
    with pytest.raises(DataError, match="zero rows"):
        draw_sample(MemorySource(pa.table({"x": pa.array([], pa.int64())})))
