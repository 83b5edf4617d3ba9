"""Outputs as a Parquet file that can be read without trusting it: plain, uncompressed, every claim checked first."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from modelcheck.errors import BaselineError
from modelcheck.history.files import open_plain_file, shown
from modelcheck.history.outputs import Outputs, check_columns

__all__ = ["Layout", "OutputsFile", "probe_outputs", "read_outputs", "write_outputs"]

_ROWS_AT_ONCE = 262_144
_HASH_BYTES = 1024 * 1024
_BOUND_TO = "modelcheck.bound_to"
# What pyarrow raises at bytes that are no Parquet file; MemoryError: a length in it that no machine has.
_REFUSED = (pa.ArrowException, OSError, ValueError, OverflowError, MemoryError)


@dataclass(frozen=True, slots=True, kw_only=True)
class OutputsFile:
    """What ``baseline.json`` says about the file of outputs.

    Attributes
    ----------
    name : str
        ``outputs-`` and the first 16 digits of `sha256`, ``.parquet``.
    sha256 : str
        Of the file's bytes.
    bytes, rows : int
        How many it has.
    """

    name: str
    sha256: str
    bytes: int
    rows: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """Which columns the file has; they follow from what else the baseline says.

    Attributes
    ----------
    n_classes : int
        0 for a regression.
    score_width : int
        Columns of scores: 0 where the model gives labels only, 1, or for a multiclass task `n_classes`.
    content : bool
        Whether content hashes lie beside the keys.
    bound_to : str
        Digest of what gives the numbers their meaning (`modelcheck.history.facts.facts_digest`); the file bears it.
    """

    n_classes: int
    score_width: int
    content: bool
    bound_to: str

    @property
    def schema(self) -> pa.Schema:
        """Names and types, nothing nullable; without the digest."""
        code = pa.int16()
        kinds = {"key_0": pa.uint64(), "key_1": pa.uint64()}
        if self.content:
            kinds |= {"content_0": pa.uint64(), "content_1": pa.uint64()}
        kinds["target"] = code if self.n_classes else pa.float64()
        kinds |= dict.fromkeys(self.scores, pa.float64())
        if self.n_classes:
            kinds["decision"] = code
        return pa.schema([pa.field(name, kind, nullable=False) for name, kind in kinds.items()])

    @property
    def scores(self) -> list[str]:
        """Names of the columns of scores."""
        return ["score"] if self.score_width == 1 else [f"score_{place}" for place in range(self.score_width)]


def write_outputs(path: Path, outputs: Outputs, layout: Layout) -> OutputsFile:
    """Write a new file and make sure that it has reached the disk.

    Parameters
    ----------
    path : Path
        Must not exist yet.
    outputs : Outputs
        Checked as when it is read: what couldn't be read again isn't written.
    layout : Layout
        Fits `outputs`.

    Returns
    -------
    OutputsFile
        With the name that the file deserves.

    Raises
    ------
    BaselineError
        Values that aren't finite, codes out of range.
    OSError
        The file can't be written.
    """
    import pyarrow.parquet as pq

    schema = layout.schema
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o666)
    with os.fdopen(descriptor, "w+b") as file:
        # Keys don't compress; without compression a file never unfolds to more than its size.
        with pq.ParquetWriter(
            file, schema, compression="NONE", use_dictionary=False, write_statistics=False, store_schema=False
        ) as writer:
            for start in range(0, len(outputs), _ROWS_AT_ONCE):
                columns = _columns_of(outputs, slice(start, start + _ROWS_AT_ONCE), layout)
                check_columns(columns, layout.n_classes)
                arrays = [pa.array(columns[field.name], field.type) for field in schema]
                writer.write_table(pa.Table.from_arrays(arrays, schema=schema))
            writer.add_key_value_metadata({_BOUND_TO: layout.bound_to})
        file.flush()
        os.fsync(file.fileno())
        size = file.seek(0, os.SEEK_END)
        sha256 = _sha256(file)
    return OutputsFile(name=f"outputs-{sha256[:16]}.parquet", sha256=sha256, bytes=size, rows=len(outputs))


def probe_outputs(folder: Path, facts: OutputsFile, layout: Layout) -> None:
    """Raise `BaselineError` unless the file is the one that was written; reads all bytes, but no values."""
    with _opened(folder, facts) as file:
        _parquet(file, facts, layout)


def read_outputs(folder: Path, facts: OutputsFile, layout: Layout) -> Outputs:
    """Read what `write_outputs` wrote.

    Parameters
    ----------
    folder : Path
        Where the file lies.
    facts : OutputsFile
        What ``baseline.json`` says about it.
    layout : Layout
        The columns it must have.

    Returns
    -------
    Outputs
        Every value finite, every code in range.

    Raises
    ------
    BaselineError
        The file is missing, a link, of another size, hash, type or number of rows, or holds impossible values.
    """
    with _opened(folder, facts) as file:
        found = _parquet(file, facts, layout)
        outputs, filled = _empty(facts.rows, layout), 0
        for columns in _batches(found):
            check_columns(columns, layout.n_classes)
            end = filled + len(columns["target"])
            if end > facts.rows:
                raise BaselineError(f"it holds more than {facts.rows:,} rows")
            for name, place in _columns_of(outputs, slice(filled, end), layout).items():
                place[:] = columns[name]
            filled = end
    if filled != facts.rows:
        raise BaselineError(f"it holds {filled:,} rows instead of {facts.rows:,}")
    return outputs


def _columns_of(outputs: Outputs, rows: slice, layout: Layout) -> dict[str, NDArray[Any]]:
    """Return views of some rows under the names that they have in the file."""
    pairs = {"key": outputs.keys, "content": outputs.content}
    columns: dict[str, NDArray[Any]] = {
        f"{name}_{place}": pair[rows, place] for name, pair in pairs.items() if pair is not None for place in (0, 1)
    }
    columns["target"] = outputs.target[rows]
    if outputs.score is not None:
        score = outputs.score[rows].reshape(-1, layout.score_width)
        columns |= {name: score[:, place] for place, name in enumerate(layout.scores)}
    if outputs.decision is not None:
        columns["decision"] = outputs.decision[rows]
    return columns


def _empty(rows: int, layout: Layout) -> Outputs:
    width = layout.score_width
    return Outputs(
        keys=np.empty((rows, 2), np.uint64),
        content=np.empty((rows, 2), np.uint64) if layout.content else None,
        target=np.empty(rows, np.int16 if layout.n_classes else np.float64),
        score=np.empty((rows, width) if width > 1 else rows, np.float64) if width else None,
        decision=np.empty(rows, np.int16) if layout.n_classes else None,
    )


def _opened(folder: Path, facts: OutputsFile) -> BinaryIO:
    try:
        file = open_plain_file(folder / facts.name)
    except FileNotFoundError as error:
        raise BaselineError("it is missing") from error
    size = os.fstat(file.fileno()).st_size
    problem = f"it has {size:,} bytes instead of {facts.bytes:,}" if size != facts.bytes else ""
    if not problem and _sha256(file) != facts.sha256:
        problem = "its bytes aren't those that were written: the sha256 differs"
    if problem:
        file.close()
        raise BaselineError(problem)
    return file


def _parquet(file: BinaryIO, facts: OutputsFile, layout: Layout) -> Any:
    """Return the open Parquet file once columns, types, rows and coding are as they were written."""
    import pyarrow.parquet as pq

    try:
        found = pq.ParquetFile(file)
        # No more of the metadata than this: on forged bytes pyarrow's other accessors abort the whole process.
        schema, rows = found.schema_arrow, found.metadata.num_rows
    except _REFUSED as error:
        raise _unreadable(error) from error
    if not layout.schema.equals(schema):
        raise BaselineError(f"it has the columns {_names(schema)}; expected are {_names(layout.schema)}")
    if (schema.metadata or {}).get(_BOUND_TO.encode()) != layout.bound_to.encode():
        raise BaselineError(
            "it was written for other facts: in baseline.json one of name, task, classes, threshold, key_kind, columns "
            "or dataset.sha256 has changed since"
        )
    if rows != facts.rows:
        raise BaselineError(f"it claims {rows:,} rows instead of {facts.rows:,}")
    # What is plain takes its room in the file: no claim of rows makes more than that be allocated.
    width = sum(field.type.bit_width // 8 for field in layout.schema)
    if facts.rows * width > facts.bytes:
        raise BaselineError(f"{facts.rows:,} rows need at least {facts.rows * width:,} bytes; it has {facts.bytes:,}")
    return found


def _batches(found: Any) -> Iterator[dict[str, NDArray[Any]]]:
    batches = found.iter_batches(batch_size=_ROWS_AT_ONCE)
    while True:
        try:
            batch = next(batches, None)
        except _REFUSED as error:
            raise _unreadable(error) from error
        if batch is None:
            return
        if any(column.null_count for column in batch.columns):
            raise BaselineError("it holds missing values")
        yield {name: batch.column(name).to_numpy(zero_copy_only=False) for name in batch.schema.names}


def _names(schema: pa.Schema) -> str:
    return shown(", ".join(f"{field.name} {field.type}{'' if field.nullable else '!'}" for field in schema))


def _unreadable(error: BaseException) -> BaselineError:
    return BaselineError(f"it can't be read as Parquet ({shown(str(error))})")


def _sha256(file: BinaryIO) -> str:
    file.seek(0)
    digest = hashlib.sha256()
    while block := file.read(_HASH_BYTES):
        digest.update(block)
    file.seek(0)
    return digest.hexdigest()
