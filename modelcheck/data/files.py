"""Parquet and Arrow files, and several files read as one table."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import pyarrow as pa

from modelcheck.data.arrow import normal_batch, normal_schema, rebatch, refuse_bad_names, type_notes
from modelcheck.data.csv_file import CsvSource, CsvType
from modelcheck.data.names import closest, shown, shown_list
from modelcheck.data.reading import reading
from modelcheck.data.source import BATCH_ROWS, TableSource, select
from modelcheck.errors import DataError

__all__ = ["ArrowSource", "ManySource", "ParquetSource"]

# Column chunks are read through a buffer of this size, so that memory doesn't grow with the row group.
_BUFFER = 1024 * 1024


class ParquetSource:
    """A Parquet file.

    Parameters
    ----------
    path : Path
        The file.
    """

    def __init__(self, path: Path) -> None:
        import pyarrow.parquet as pq

        self.path = path
        with reading(path), pq.ParquetFile(path) as file:
            refuse_bad_names(file.schema_arrow.names, str(path))
            self.schema = normal_schema(file.schema_arrow)
            self.notes = type_notes(file.schema_arrow)
            self._rows = int(file.metadata.num_rows)
            groups = range(file.metadata.num_row_groups)
            self._bytes = sum(int(file.metadata.row_group(number).total_byte_size) for number in groups)

    @property
    def columns(self) -> tuple[str, ...]:
        """Column names."""
        return tuple(self.schema.names)

    def rows_hint(self) -> int | None:
        """Return the rows that the file's metadata states."""
        return self._rows

    def bytes_hint(self) -> int:
        """Return the size before compression."""
        return self._bytes

    def batches(self, columns: Sequence[str] | None = None, batch_rows: int = BATCH_ROWS) -> Iterator[pa.RecordBatch]:
        """Yield the rows, decoded page by page."""
        schema = select(self.schema, columns)
        yield from rebatch(self._decode(schema, batch_rows), batch_rows)

    def _decode(self, schema: pa.Schema, batch_rows: int) -> Iterator[pa.RecordBatch]:
        import pyarrow.parquet as pq

        with reading(self.path), pq.ParquetFile(self.path, buffer_size=_BUFFER, pre_buffer=False) as file:
            for batch in file.iter_batches(batch_size=batch_rows, columns=list(schema.names)):
                yield normal_batch(batch, schema)


class ArrowSource:
    """An Arrow IPC file (Feather version 2) or stream.

    Parameters
    ----------
    path : Path
        The file; which of the two forms it has is read from its first bytes.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._rows: int | None = None
        with reading(path):
            with path.open("rb") as file:
                start = file.read(6)
            if start[:4] == b"FEA1":
                raise DataError(
                    f"{path} is a Feather file of version 1, which is not supported. "
                    "Write it again with pandas.DataFrame.to_feather (version 2), or as Parquet."
                )
            self._is_file = start == b"ARROW1"
            with pa.OSFile(str(path)) as stream:
                reader = pa.ipc.open_file(stream) if self._is_file else pa.ipc.open_stream(stream)
                refuse_bad_names(reader.schema.names, str(path))
                self.schema = normal_schema(reader.schema)
                self.notes = type_notes(reader.schema)

    @property
    def columns(self) -> tuple[str, ...]:
        """Column names."""
        return tuple(self.schema.names)

    def rows_hint(self) -> int | None:
        """Return the rows of a file after a first pass; None before."""
        return self._rows

    def bytes_hint(self) -> int:
        """Return the file's size."""
        return self.path.stat().st_size

    def batches(self, columns: Sequence[str] | None = None, batch_rows: int = BATCH_ROWS) -> Iterator[pa.RecordBatch]:
        """Yield the rows, each batch validated before use."""
        schema = select(self.schema, columns)
        yield from rebatch(self._decode(schema), batch_rows)

    def _decode(self, schema: pa.Schema) -> Iterator[pa.RecordBatch]:
        rows = 0
        with reading(self.path), pa.OSFile(str(self.path)) as stream:
            if self._is_file:
                file = pa.ipc.open_file(stream)
                parts: Iterator[pa.RecordBatch] = (file.get_batch(i) for i in range(file.num_record_batches))
            else:
                parts = iter(pa.ipc.open_stream(stream))
            for batch in parts:
                # Offsets of a hostile file may point outside its buffers.
                batch.validate(full=True)
                rows += batch.num_rows
                if batch.num_rows:
                    yield normal_batch(batch, schema)
        self._rows = rows


class ManySource:
    """Several files read one after the other as one table.

    Parameters
    ----------
    sources : sequence of TableSource
        At least one.
    names : sequence of str
        What messages call each of them.
    notes : sequence of str
        What was left out.

    Raises
    ------
    DataError
        When a file lacks a column, has one more, or has another type; names the file and the column.
    """

    def __init__(self, sources: Sequence[TableSource], names: Sequence[str], notes: Sequence[str] = ()) -> None:
        self._sources = tuple(sources)
        inner = dict.fromkeys(note for source in self._sources for note in source.notes)
        self.notes = (*notes, *inner)
        first = self._sources[0].columns
        for source, name in zip(self._sources[1:], names[1:], strict=True):
            _same_columns(first, source.columns, names[0], name)
        texts = [source for source in self._sources if isinstance(source, CsvSource)]
        if texts:
            joined = dict.fromkeys(first, CsvType.EMPTY)
            for text in texts:
                joined = {column: joined[column].join(kind) for column, kind in text.types.items()}
            for text in texts:
                text.widen(joined)
        self.schema = self._sources[0].schema
        for source, name in zip(self._sources[1:], names[1:], strict=True):
            for field in self.schema:
                other = source.schema.field(field.name).type
                if other != field.type:
                    raise DataError(
                        f"{name}: column {shown(field.name)} has type {other}, but {field.type} in {names[0]}. "
                        "All files of one dataset need the same columns and types; write them again with one type."
                    )

    @property
    def columns(self) -> tuple[str, ...]:
        """Column names, in the first file's order."""
        return tuple(self.schema.names)

    def rows_hint(self) -> int | None:
        """Return the sum over the files, or None when one doesn't know."""
        counts = [source.rows_hint() for source in self._sources]
        return None if None in counts else sum(count for count in counts if count is not None)

    def bytes_hint(self) -> int:
        """Return the sum over the files."""
        return sum(source.bytes_hint() for source in self._sources)

    def batches(self, columns: Sequence[str] | None = None, batch_rows: int = BATCH_ROWS) -> Iterator[pa.RecordBatch]:
        """Yield the rows of all files; a batch may span two files."""
        names = list(self.schema.names if columns is None else columns)
        parts = (batch for source in self._sources for batch in source.batches(names, batch_rows))
        yield from rebatch(parts, batch_rows)


def _same_columns(first: Sequence[str], other: Sequence[str], first_name: str, other_name: str) -> None:
    lacking = [name for name in first if name not in set(other)]
    extra = [name for name in other if name not in set(first)]
    if not lacking and not extra:
        return
    parts = []
    if lacking:
        parts.append(f"lacks {shown_list(lacking)}" + closest(lacking[0], other))
    if extra:
        parts.append(f"has {shown_list(extra)}, which {first_name} has not")
    raise DataError(
        f"{other_name} differs from {first_name}: it {'; it '.join(parts)}. "
        "All files of one dataset need the same columns."
    )
