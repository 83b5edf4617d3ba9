"""The dataset that checks, fixtures and notebooks see."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from modelcheck.config.tables import DatasetTable
from modelcheck.data.arrow import table_of
from modelcheck.data.declared import refuse_undeclared
from modelcheck.data.frames import to_frame
from modelcheck.data.kinds import Guess
from modelcheck.data.names import shown
from modelcheck.data.opening import is_function_path, open_source
from modelcheck.data.sample import Sample, draw_sample
from modelcheck.data.schema import Schema, infer_schema
from modelcheck.data.source import BATCH_ROWS, MemorySource, TableSource
from modelcheck.errors import DataError

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Dataset", "open_dataset", "rows_hint", "wrap_dataset"]


class Dataset:
    """Labelled rows with what the configuration says about them.

    Parameters
    ----------
    source : TableSource
        Where the rows come from.
    table : DatasetTable
        What their columns mean.
    name : str
        ``dataset`` or ``reference``; messages and the record use it.
    scores : sequence of str
        Columns that hold predictions.
    optional : collection of str or None
        Keys of `table` (such as ``key`` or ``cluster``) whose columns may be absent. None: for a reference ``key``,
        ``time``, ``drop`` and ``score``, which nothing reads there; else nothing.
    shown_path : str
        What the record says about where the rows came from.

    Raises
    ------
    DataError
        Declared columns that the table lacks (all are listed), or zero rows.
    """

    def __init__(
        self,
        source: TableSource,
        table: DatasetTable,
        *,
        name: str = "dataset",
        scores: Sequence[str] = (),
        optional: Collection[str] | None = None,
        shown_path: str = "live object",
    ) -> None:
        self.source = source
        self.table = table
        self.name = name
        self.scores = tuple(scores)
        self.shown_path = shown_path
        self._rows: int | None = None
        self._sample: Sample | None = None
        self._schemas: dict[tuple[str, ...] | None, Schema] = {}
        self._guesses: dict[str, Guess] = {}
        if optional is None:
            optional = ("key", "time", "drop", "score") if name == "reference" else ()
        refuse_undeclared(table, source.columns, name, self.scores, optional)
        if source.rows_hint() == 0:
            raise self._no_rows()

    def __repr__(self) -> str:
        return f"Dataset({self.name!r}, {len(self.columns)} columns, target {shown(self.table.target)})"

    @property
    def columns(self) -> tuple[str, ...]:
        """Column names, in the table's order."""
        return self.source.columns

    @property
    def notes(self) -> tuple[str, ...]:
        """What was left out or changed while reading, for the record."""
        return self.source.notes

    def rows_hint(self) -> int | None:
        """Return the number of rows if that is cheap to know; exact after the first pass."""
        return self.source.rows_hint() if self._rows is None else self._rows

    def batches(self, columns: Sequence[str] | None = None, batch_rows: int = BATCH_ROWS) -> Iterator[pa.RecordBatch]:
        """Yield the rows in batches of exactly `batch_rows` (the last may be shorter).

        Raises
        ------
        DataError
            Zero rows, or another number of rows than in an earlier pass.
        """
        rows = 0
        for batch in self.source.batches(columns, batch_rows):
            rows += batch.num_rows
            yield batch
        if not rows:
            raise self._no_rows()
        if self._rows is not None and rows != self._rows:
            raise DataError(
                f"The {self.name} changed while it was used: {self._rows:,} rows in the first pass, {rows:,} in a "
                "later one. Run again when nothing writes to it."
            )
        self._rows = rows

    def frame(self) -> pd.DataFrame:
        """Return all columns of all rows as a pandas frame of its own."""
        return self._collect(None)

    @property
    def X(self) -> pd.DataFrame:  # noqa: N802
        """The features of all rows as a pandas frame of its own."""
        return self._collect(self.schema().features)

    @property
    def y(self) -> pd.Series[Any]:
        """The target of all rows as it lies in the table."""
        return self._collect([self.table.target])[self.table.target]

    def sample(self) -> Sample:
        """Return the rows that inference and bin edges rest on; read once."""
        if self._sample is None:
            self._sample = draw_sample(self)
        return self._sample

    def schema(self, feature_names: Sequence[str] | None = None) -> Schema:
        """Return role and kind of every column; see `modelcheck.data.schema.infer_schema`."""
        named = tuple(name for name in feature_names or () if name not in self.scores)
        key = named or None
        if key not in self._schemas:
            self._schemas[key] = infer_schema(
                self.sample(), self.table, feature_names=key, scores=self.scores, guesses=self._guesses
            )
        return self._schemas[key]

    def kind_of(self, name: str) -> str:
        """Return the kind of one column."""
        return self.schema().column(name).kind

    def _collect(self, columns: Sequence[str] | None) -> pd.DataFrame:
        names = list(self.columns if columns is None else columns)
        batches = list(self.batches(names))
        return to_frame(pa.Table.from_batches(batches), names)

    def _no_rows(self) -> DataError:
        return DataError(f"The {self.name} has zero rows. It needs at least one row with a label.")


def open_dataset(
    table: DatasetTable,
    folder: Path,
    *,
    path: str | None = None,
    name: str = "dataset",
    scores: Sequence[str] = (),
    optional: Collection[str] | None = None,
) -> Dataset:
    """Open the table that a configuration names.

    Parameters
    ----------
    table : DatasetTable
        ``[dataset]``.
    folder : Path
        The configuration's folder; paths are relative to it.
    path : str or None
        Another path with the same meaning of columns, as ``[reference]`` has it.
    name : str
        ``dataset`` or ``reference``.
    scores : sequence of str
        Columns that hold predictions (`score` of candidate and baseline); they are never features.
    optional : collection of str or None
        Keys of `table` whose columns may be absent; see `Dataset`.

    Returns
    -------
    Dataset
        Nothing but headers and metadata is read yet.

    Raises
    ------
    DataError
        The table can't be read, has no rows, or lacks declared columns.
    """
    where = table.path if path is None else path
    # A record must read the same on every machine.
    shown_path = Path(where).name if Path(where).is_absolute() else where
    source = open_source(where, folder)
    return Dataset(source, table, name=name, scores=scores, optional=optional, shown_path=shown_path)


def wrap_dataset(
    obj: Any,
    table: DatasetTable,
    *,
    name: str = "dataset",
    scores: Sequence[str] = (),
    optional: Collection[str] | None = None,
) -> Dataset:
    """Return a dataset over a table that is in memory.

    Parameters
    ----------
    obj : DataFrame, Table or Dataset
        pandas, polars, pyarrow, any object with ``__arrow_c_stream__``, or a dataset: itself when it
        has this `table`, else its rows with this one.
    table : DatasetTable
        What the columns mean; its `path` isn't used.
    name, scores, optional
        As in `open_dataset`.

    Returns
    -------
    Dataset
        Later changes of a pandas frame don't reach it.

    Examples
    --------
    >>> import pandas as pd
    >>> frame = pd.DataFrame({"age": [30, 70], "y": [0, 1]})
    >>> wrap_dataset(frame, DatasetTable(path="", target="y")).X.columns.tolist()
    ['age']
    """
    if isinstance(obj, Dataset):
        if obj.table == table and (not scores or obj.scores == tuple(scores)):
            return obj
        return Dataset(
            obj.source, table, name=name, scores=scores or obj.scores, optional=optional, shown_path=obj.shown_path
        )
    return Dataset(MemorySource(table_of(obj, f"The {name}")), table, name=name, scores=scores, optional=optional)


def rows_hint(path: str, folder: Path) -> int | None:
    """Return about how many rows a path holds, without reading them; None when that isn't cheap to know.

    Functions are not called, and what can't be opened is left for `open_dataset` to report.
    """
    if is_function_path(path):
        return None
    try:
        return open_source(path, folder).rows_hint()
    except DataError:
        return None
