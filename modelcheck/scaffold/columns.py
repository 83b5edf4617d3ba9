"""The columns of a table as its first rows show them."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from modelcheck.config.locations import is_local_path
from modelcheck.config.toml_text import shorten, toml_value
from modelcheck.errors import DataError

__all__ = ["ROWS", "Column", "Columns", "read_columns"]

ROWS = 20_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One column.

    Attributes
    ----------
    name : str
        Its name, as it is.
    kind : str
        ``boolean``, ``integer``, ``number``, ``text``, ``date`` or ``other`` (lists, bytes, ...).
    values : tuple
        Distinct values, the most frequent first; empty for ``other``.
    rows : int
        Rows with a value.
    low, high : float or None
        Range of a numeric column.
    spread : float or None
        Standard deviation of a numeric column; None where there is none.
    """

    name: str
    kind: str
    values: tuple[Any, ...] = ()
    rows: int
    low: float | None = None
    high: float | None = None
    spread: float | None = None

    @property
    def numeric(self) -> bool:
        """Whether it holds numbers."""
        return self.low is not None

    @property
    def word_list(self) -> tuple[str, ...]:
        """The words of its name in order; ``applicantSex_code [0/1]`` is applicant, sex and code."""
        # A unit or a coding in brackets says nothing about what the column is.
        plain = re.sub(r"(?<=.)[\[(].*", "", self.name[:200], flags=re.DOTALL)
        spaced = re.sub(r"([a-z])([A-Z])", r"\1 \2", plain)
        return tuple(re.findall(r"[a-z]+|\d+", spaced.lower()))

    @property
    def words(self) -> frozenset[str]:
        """The words of its name."""
        return frozenset(self.word_list)

    @property
    def tells_apart(self) -> bool:
        """Whether the name says that it tells rows or units apart."""
        return bool(self.words & {"id", "uuid", "guid", "key", "index"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Columns:
    """All columns, and how much of the table was looked at."""

    columns: Sequence[Column]
    looked_at: int
    total: int | None

    @property
    def seen(self) -> str:
        """What the guesses rest on, in words."""
        if self.total is not None and self.total <= self.looked_at:
            return f"all {self.looked_at:,} rows"
        return f"the first {self.looked_at:,} rows" + (f" of {self.total:,}" if self.total is not None else "")


def read_columns(data: str, folder: Path) -> Columns:
    """Look at the first rows of a table.

    Parameters
    ----------
    data : str
        What a configuration's ``path`` would say.
    folder : Path
        Folder that paths are relative to.

    Raises
    ------
    DataError
        The table can't be read or has no rows.
    """
    from modelcheck.data.opening import open_source

    # Messages then show the place itself, not the way there from the new file's folder.
    source = open_source(os.path.normpath(folder / data) if is_local_path(data) else data, folder)
    batch = next(iter(source.batches(batch_rows=ROWS)), None)
    if batch is None or batch.num_rows == 0:
        raise DataError(f"{shorten(toml_value(data), 200)} has no rows; labelled rows are needed.")
    columns = [_column(name, batch.column(number)) for number, name in enumerate(batch.schema.names)]
    return Columns(columns=columns, looked_at=batch.num_rows, total=source.rows_hint())


def _column(name: str, cells: Any) -> Column:
    import pyarrow as pa
    import pyarrow.compute as pc

    if pa.types.is_dictionary(cells.type):
        cells = cells.dictionary_decode()
    kind = _kind(cells.type)
    present = cells.drop_null()
    if kind == "other":
        return Column(name=name, kind=kind, rows=len(present))
    low = high = spread = None
    if kind == "number":
        present = present.cast(pa.float64())
        present = present.filter(pc.is_finite(present))
    if kind in ("integer", "number") and len(present):
        ends = pc.min_max(present).as_py()
        low, high = float(ends["min"]), float(ends["max"])
        spread = pc.stddev(present).as_py()
    counts = present.value_counts()
    values, times = counts.field("values").to_pylist(), counts.field("counts").to_pylist()
    order = sorted(range(len(values)), key=lambda place: -times[place])
    return Column(
        name=name,
        kind=kind,
        values=tuple(values[place] for place in order),
        rows=len(present),
        low=low,
        high=high,
        spread=spread,
    )


def _kind(arrow: Any) -> str:
    from pyarrow import types

    kinds = (
        (types.is_boolean, "boolean"),
        (types.is_integer, "integer"),
        (types.is_floating, "number"),
        (types.is_decimal, "number"),
        (types.is_date, "date"),
        (types.is_timestamp, "date"),
        (types.is_string, "text"),
        (types.is_large_string, "text"),
        (types.is_string_view, "text"),
    )
    return next((kind for test, kind in kinds if test(arrow)), "other")
