"""The rows that inference and bin edges rest on: all of them, or those whose keyed hash is smallest."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from modelcheck.data.source import Readable
from modelcheck.errors import DataError

__all__ = ["SAMPLE_ROWS", "Sample", "draw_sample", "row_hash"]

SAMPLE_ROWS = 200_000
_SAMPLE_BYTES = 256 * 1024 * 1024
_KEY = 0x9E3779B97F4A7C15


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """Rows of a table, in the table's order.

    Attributes
    ----------
    table : pyarrow.Table
        The rows, all columns.
    positions : ndarray of int64
        Their positions in the whole table.
    rows : int
        Rows of the whole table.
    nulls : mapping of str to int
        Nulls in the whole table, by column (NaN isn't null).
    """

    table: pa.Table
    positions: NDArray[np.int64]
    rows: int
    nulls: dict[str, int]

    @property
    def whole(self) -> bool:
        """Whether it is the whole table."""
        return len(self.positions) == self.rows

    @property
    def text(self) -> str:
        """How many rows of how many, for people."""
        return f"all {self.rows:,} rows" if self.whole else f"{len(self.positions):,} of {self.rows:,} rows"


def row_hash(positions: NDArray[np.int64], key: int = _KEY) -> NDArray[np.uint64]:
    """Return a well-mixed 64-bit hash of row positions.

    Parameters
    ----------
    positions : ndarray of int64
        Row positions in their table, from 0.
    key : int
        Another key gives another order.

    Returns
    -------
    ndarray of uint64
        Distinct for distinct positions.

    References
    ----------
    Steele, Lea, Flood (2014), Fast splittable pseudorandom number generators, OOPSLA: the finaliser of SplitMix64.
    """
    mixed = positions.astype(np.uint64) * np.uint64(_KEY) + np.uint64(key & 0xFFFFFFFFFFFFFFFF)
    mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return np.asarray(mixed ^ (mixed >> np.uint64(31)), dtype=np.uint64)


def draw_sample(source: Readable, *, limit: int = SAMPLE_ROWS, limit_bytes: int = _SAMPLE_BYTES) -> Sample:
    """Read a table once and keep the rows whose keyed hash of the position is smallest.

    Parameters
    ----------
    source : Readable
        The table.
    limit : int
        Most rows that are kept; a table that isn't longer is kept whole.
    limit_bytes : int
        Size from which `limit` is halved, again and again (wide tables, long texts); never below 1,000 rows.

    Returns
    -------
    Sample
        The same for the same rows, whatever the file's partitions.

    Raises
    ------
    DataError
        A table without rows.
    """
    pool: list[pa.RecordBatch] = []
    places: list[NDArray[np.int64]] = []
    nulls = dict.fromkeys(source.columns, 0)
    rows = held = size = 0
    bound: np.uint64 | None = None
    for batch in source.batches():
        for name, column in zip(source.columns, batch.columns, strict=True):
            nulls[name] += column.null_count
        positions = np.arange(rows, rows + batch.num_rows, dtype=np.int64)
        rows += batch.num_rows
        if bound is not None:
            chosen = np.flatnonzero(row_hash(positions) <= bound)
            batch, positions = batch.take(pa.array(chosen)), positions[chosen]
        pool.append(batch)
        places.append(positions)
        held += batch.num_rows
        size += batch.nbytes
        while size > limit_bytes and limit > 1_000:
            limit = max(1_000, limit // 2)
            if held > limit:
                pool, places, bound = _smallest(pool, places, limit)
                held, size = limit, sum(part.nbytes for part in pool)
        # Sorting out at twice the limit keeps the cost per row constant.
        if held > 2 * limit:
            pool, places, bound = _smallest(pool, places, limit)
            held, size = limit, sum(part.nbytes for part in pool)
    if not rows:
        raise DataError("The table has zero rows. A dataset needs at least one row with a label.")
    if held > limit:
        pool, places, bound = _smallest(pool, places, limit)
    table = pa.Table.from_batches(pool)
    return Sample(table=table, positions=np.concatenate(places), rows=rows, nulls=nulls)


def _smallest(
    pool: list[pa.RecordBatch], places: list[NDArray[np.int64]], limit: int
) -> tuple[list[pa.RecordBatch], list[NDArray[np.int64]], np.uint64]:
    positions = np.concatenate(places)
    hashes = row_hash(positions)
    bound = np.partition(hashes, limit - 1)[limit - 1]
    chosen = np.flatnonzero(hashes <= bound)
    table = pa.Table.from_batches(pool).take(pa.array(chosen))
    batches = table.combine_chunks().to_batches()
    return batches, [positions[chosen]], bound
