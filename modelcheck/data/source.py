"""Where rows come from: a protocol of four members, and the two sources that live in memory."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Protocol, runtime_checkable

import pyarrow as pa

from modelcheck.data.arrow import normal_batch, normal_schema, rebatch, refuse_bad_names, type_notes

__all__ = ["BATCH_ROWS", "KEPT_BYTES", "KeptSource", "MemorySource", "Readable", "TableSource", "select"]

BATCH_ROWS = 65_536
KEPT_BYTES = 256 * 1024 * 1024


class Readable(Protocol):
    """What can be read again and again, in the same order: every source, and a dataset."""

    @property
    def columns(self) -> tuple[str, ...]: ...  # noqa: D102

    def batches(self, columns: Sequence[str] | None = None, batch_rows: int = BATCH_ROWS) -> Iterator[pa.RecordBatch]:
        """Yield batches of exactly `batch_rows` rows (the last may be shorter), always in the same order."""
        ...


@runtime_checkable
class TableSource(Readable, Protocol):
    """A table that can be read again and again, in the same order.

    Attributes
    ----------
    columns : tuple of str
        Unique names, in the table's order.
    schema : pyarrow.Schema
        Normalised types (see `modelcheck.data.arrow`), the same for every batch.
    notes : tuple of str
        What was left out or changed while reading, for the record.
    """

    @property
    def schema(self) -> pa.Schema: ...  # noqa: D102

    @property
    def notes(self) -> tuple[str, ...]: ...  # noqa: D102

    def rows_hint(self) -> int | None:
        """Return the number of rows if that is cheap to know, else None; a text file's may be too high."""
        ...

    def bytes_hint(self) -> int:
        """Return about how many bytes the rows take in memory at least."""
        ...


def select(schema: pa.Schema, columns: Sequence[str] | None) -> pa.Schema:
    """Return the schema of some columns, in the order asked for; None means all."""
    return schema if columns is None else pa.schema([schema.field(name) for name in columns])


class MemorySource:
    """A table that is in memory already.

    Parameters
    ----------
    table : pyarrow.Table
        Unique column names.
    notes : sequence of str
        Passed on to the record.
    """

    def __init__(self, table: pa.Table, notes: Sequence[str] = ()) -> None:
        refuse_bad_names(table.column_names, "The table")
        self._table = table
        self._schema = normal_schema(table.schema)
        self.notes = (*notes, *type_notes(table.schema))

    @property
    def columns(self) -> tuple[str, ...]:
        """Column names."""
        return tuple(self._schema.names)

    @property
    def schema(self) -> pa.Schema:
        """Normalised schema."""
        return self._schema

    def rows_hint(self) -> int | None:
        """Return the exact number of rows."""
        return int(self._table.num_rows)

    def bytes_hint(self) -> int:
        """Return the table's size."""
        return int(self._table.nbytes)

    def batches(self, columns: Sequence[str] | None = None, batch_rows: int = BATCH_ROWS) -> Iterator[pa.RecordBatch]:
        """Yield the rows; batches share memory with the table where they can."""
        schema = select(self._schema, columns)
        table = self._table.select(schema.names)
        parts = (normal_batch(batch, schema) for batch in table.to_batches(max_chunksize=batch_rows))
        yield from rebatch(parts, batch_rows)


class KeptSource:
    """Another source that stays in memory after its first whole pass, if it is small.

    Parameters
    ----------
    source : TableSource
        What is read.
    limit : int
        Largest size in bytes, as Arrow, that is kept.
    """

    def __init__(self, source: TableSource, limit: int = KEPT_BYTES) -> None:
        self._source = source
        # What can't be small isn't collected at all: half a pass of it would be the peak of memory.
        self._limit = limit if source.bytes_hint() <= limit else 0
        self._kept: MemorySource | None = None

    @property
    def columns(self) -> tuple[str, ...]:
        """Column names."""
        return self._source.columns

    @property
    def schema(self) -> pa.Schema:
        """Normalised schema."""
        return self._source.schema

    @property
    def notes(self) -> tuple[str, ...]:
        """Notes of the source underneath."""
        return self._source.notes

    def rows_hint(self) -> int | None:
        """Return the number of rows; exact once the table is kept."""
        return (self._kept or self._source).rows_hint()

    def bytes_hint(self) -> int:
        """Return the size of what is underneath."""
        return self._source.bytes_hint()

    def batches(self, columns: Sequence[str] | None = None, batch_rows: int = BATCH_ROWS) -> Iterator[pa.RecordBatch]:
        """Yield the rows, from memory when they are kept."""
        if self._kept is not None or columns is not None or self._limit <= 0:
            yield from (self._kept or self._source).batches(columns, batch_rows)
            return
        held: list[pa.RecordBatch] | None = []
        size = 0
        for batch in self._source.batches(None, batch_rows):
            if held is not None:
                size += batch.nbytes
                held.append(batch)
                if size > self._limit:
                    held = None
                    # Not small: don't try again in the next pass.
                    self._limit = 0
            yield batch
        if held is not None:
            self._kept = MemorySource(pa.Table.from_batches(held, schema=self.schema))
