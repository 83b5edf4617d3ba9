"""Text tables: types are decided over the whole file, so they can't flip between blocks.

Values are read as ``pandas.read_csv`` reads them, since models are fitted on such frames: the same words mean missing,
dates stay text, whole numbers are int64, a column of True and False is boolean.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from enum import IntEnum
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pacsv

from modelcheck.data.arrow import rebatch, refuse_bad_names
from modelcheck.data.names import shown
from modelcheck.data.reading import reading
from modelcheck.data.source import BATCH_ROWS, select
from modelcheck.errors import DataError

__all__ = ["CsvSource", "CsvType"]

_BLOCK = 8 * 1024 * 1024
# pandas' own list; a test compares them.
_MISSING = [
    "", "#N/A", "#N/A N/A", "#NA", "-1.#IND", "-1.#QNAN", "-NaN", "-nan", "1.#IND", "1.#QNAN", "<NA>", "N/A", "NA",
    "NULL", "NaN", "None", "n/a", "nan", "null",
]  # fmt: skip
_TRUE = ["True", "TRUE", "true"]
_FALSE = ["False", "FALSE", "false"]


class CsvType(IntEnum):
    """What a text column holds; a wider type has a higher number, except that booleans only join themselves."""

    EMPTY = 0
    BOOLEAN = 1
    INTEGER = 2
    NUMBER = 3
    TEXT = 4

    def join(self, other: CsvType) -> CsvType:
        """Return the narrowest type that holds both."""
        low, high = min(self, other), max(self, other)
        return CsvType.TEXT if low == CsvType.BOOLEAN and high != low else high

    @property
    def arrow(self) -> pa.DataType:
        """Arrow type; a column without values is float64, as in pandas."""
        return (pa.float64(), pa.bool_(), pa.int64(), pa.float64(), pa.string())[self]


class CsvSource:
    """A .csv or .tsv file, also compressed (.gz, .bz2, .zst).

    Parameters
    ----------
    path : Path
        The file; UTF-8, first line the header.
    delimiter : str
        One character.
    """

    def __init__(self, path: Path, delimiter: str = ",") -> None:
        self.path = path
        self.delimiter = delimiter
        self.notes: tuple[str, ...] = ()
        self._header = self._read_header()
        self._types: tuple[CsvType, ...] | None = None
        self._rows: int | None = None

    @property
    def columns(self) -> tuple[str, ...]:
        """Column names; an empty one is called ``Unnamed: 0`` by its position, as pandas does."""
        return tuple(name or f"Unnamed: {place}" for place, name in enumerate(self._header))

    @property
    def types(self) -> dict[str, CsvType]:
        """Types over the whole file, from a first pass that is made once."""
        if self._types is None:
            self._types, self._rows = self._infer()
        return dict(zip(self.columns, self._types, strict=True))

    def widen(self, types: dict[str, CsvType]) -> None:
        """Join other types into this file's own: files of one folder share them."""
        own = self.types
        self._types = tuple(own[name].join(types[name]) for name in self.columns)

    @property
    def schema(self) -> pa.Schema:
        """Schema over the whole file."""
        return pa.schema([(name, kind.arrow) for name, kind in self.types.items()])

    def rows_hint(self) -> int | None:
        """Return the rows when known from the first pass, else lines less one; None for compressed files."""
        if self._rows is not None:
            return self._rows
        with self._open() as stream:
            if self._compressed:
                return None if stream.read(1) else 0
            lines, last = 0, b"\n"
            while block := stream.read(_BLOCK):
                lines += block.count(b"\n")
                last = block[-1:]
        return max(0, lines - 1 + (last != b"\n"))

    def bytes_hint(self) -> int:
        """Return half the file's size: numbers take less room in memory than as text."""
        return self.path.stat().st_size // 2

    def batches(self, columns: Sequence[str] | None = None, batch_rows: int = BATCH_ROWS) -> Iterator[pa.RecordBatch]:
        """Yield the rows, parsed block by block."""
        schema = select(self.schema, columns)
        raw = dict(zip(self.columns, self._header, strict=True))
        names = [raw[name] for name in schema.names]
        types = dict(zip(names, schema.types, strict=True))
        # An empty selection means "all" to the reader.
        asked = names or [self._header[0]]
        types = types or {self._header[0]: pa.string()}
        yield from rebatch(self._parse(types, asked, schema), batch_rows)

    def _parse(self, types: dict[str, Any], asked: list[str], schema: pa.Schema) -> Iterator[pa.RecordBatch]:
        with reading(self.path), self._open() as stream:
            for batch in self._reader(stream, types, asked):
                arrays = batch.columns[: len(schema)]
                if not arrays:
                    yield pa.RecordBatch.from_struct_array(pa.array([{}] * batch.num_rows, pa.struct([])))
                elif batch.num_rows:
                    yield pa.RecordBatch.from_arrays(arrays, schema=schema)

    def _reader(self, stream: Any, types: dict[str, Any], asked: list[str] | None) -> Any:
        return pacsv.open_csv(
            stream,
            read_options=pacsv.ReadOptions(block_size=_BLOCK),
            parse_options=pacsv.ParseOptions(delimiter=self.delimiter, newlines_in_values=True),
            convert_options=pacsv.ConvertOptions(
                column_types=types,
                include_columns=asked,
                null_values=_MISSING,
                true_values=_TRUE,
                false_values=_FALSE,
                strings_can_be_null=True,
                quoted_strings_can_be_null=True,
            ),
        )

    @property
    def _compressed(self) -> bool:
        return self.path.suffix.lower() in (".gz", ".bz2", ".zst")

    def _open(self) -> Any:
        names = {".gz": "gzip", ".bz2": "bz2", ".zst": "zstd"}
        return pa.input_stream(str(self.path), compression=names.get(self.path.suffix.lower()))

    def _read_header(self) -> tuple[str, ...]:
        with reading(self.path), self._open() as stream:
            text = io.TextIOWrapper(io.BufferedReader(stream), encoding="utf-8-sig", newline="")
            try:
                header = next((row for row in csv.reader(text, delimiter=self.delimiter) if row), None)
            except csv.Error as exc:
                raise DataError(
                    f"{self.path}: the header can't be read as text separated by {shown(self.delimiter)}: {exc}."
                ) from exc
            finally:
                text.detach()
        if header is None:
            raise DataError(f"{self.path} is empty: no header and zero rows. It needs a header line and rows.")
        for other, called in ((";", "semicolons"), ("\t", "tabs"), ("|", "bars")):
            if len(header) == 1 and other in header[0] and other != self.delimiter:
                raise DataError(
                    f"{self.path} has one column, {shown(header[0])}; it looks separated by {called}. A .csv file is "
                    "separated by commas, a .tsv file by tabs. Save it so, or read it in a function: "
                    'path = "package.module:function".'
                )
        names = [name or f"Unnamed: {place}" for place, name in enumerate(header)]
        refuse_bad_names(names, str(self.path))
        return tuple(header)

    def _infer(self) -> tuple[tuple[CsvType, ...], int]:
        types = [CsvType.EMPTY] * len(self._header)
        rows = 0
        text = dict.fromkeys(self._header, pa.string())
        with reading(self.path), self._open() as stream:
            for batch in self._reader(stream, text, None):
                rows += batch.num_rows
                for place, column in enumerate(batch.columns):
                    if types[place] != CsvType.TEXT:
                        types[place] = types[place].join(_type_of(column, types[place]))
        return tuple(types), rows


def _type_of(column: pa.Array, known: CsvType) -> CsvType:
    values = column.drop_null()
    if not len(values):
        return CsvType.EMPTY
    if pc.all(pc.is_in(values.slice(0, 1), value_set=pa.array(_TRUE + _FALSE))).as_py():
        words = pc.all(pc.is_in(values, value_set=pa.array(_TRUE + _FALSE))).as_py()
        return CsvType.BOOLEAN if words else CsvType.TEXT
    if known <= CsvType.INTEGER and _casts(values, pa.int64()):
        return CsvType.INTEGER
    if _casts(values, pa.float64()):
        # Long codes would lose digits as floats, and distinct ones would become equal.
        long = values.filter(pc.greater_equal(pc.binary_length(values), 16))
        digits = pc.match_substring_regex(pc.utf8_trim_whitespace(long), r"^[+-]?\d{16,}$")
        return (
            CsvType.TEXT if known != CsvType.NUMBER and pc.any(digits).as_py() and not _fits(long) else CsvType.NUMBER
        )
    return CsvType.TEXT


def _fits(values: pa.Array) -> bool:
    return _casts(values, pa.int64())


def _casts(values: pa.Array, kind: pa.DataType) -> bool:
    # The parser of integers also takes 0x1F, which is text to everybody else.
    if pa.types.is_integer(kind) and any(pc.any(pc.match_substring(values, mark)).as_py() for mark in "xX"):
        return False
    for text in (values, None):
        try:
            pc.cast(pc.utf8_trim_whitespace(values) if text is None else text, kind)
        except pa.ArrowInvalid:
            continue
        return True
    return False
