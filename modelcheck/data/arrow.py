"""One shape for Arrow data: few types, fixed batch sizes, whatever the file or library was."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from modelcheck.data.names import shown, shown_list
from modelcheck.errors import DataError

__all__ = [
    "missing_mask",
    "normal_batch",
    "normal_schema",
    "plain_column",
    "rebatch",
    "refuse_bad_names",
    "table_of",
    "type_notes",
]


def _normal_type(kind: pa.DataType) -> pa.DataType:
    if pa.types.is_large_string(kind) or pa.types.is_string_view(kind):
        return pa.string()
    if pa.types.is_large_binary(kind) or pa.types.is_binary_view(kind):
        return pa.binary()
    if pa.types.is_decimal(kind):
        return pa.float64()
    # A column without any value has no type; pandas reads such a column as float64 too.
    if pa.types.is_null(kind):
        return pa.float64()
    if isinstance(kind, pa.BaseExtensionType):
        return _normal_type(kind.storage_type)
    # Python's time, which pandas shows, has no nanoseconds.
    if kind == pa.time64("ns"):
        return pa.time64("us")
    if pa.types.is_run_end_encoded(kind):
        return _normal_type(kind.value_type)
    if pa.types.is_dictionary(kind):
        return pa.dictionary(pa.int32(), _normal_type(kind.value_type), ordered=kind.ordered)
    return kind


def normal_schema(schema: pa.Schema) -> pa.Schema:
    """Return the schema after normalisation: one string type, no decimals, views or run ends, no metadata."""
    return pa.schema([pa.field(field.name, _normal_type(field.type)) for field in schema])


def normal_batch(batch: pa.RecordBatch, schema: pa.Schema) -> pa.RecordBatch:
    """Return the batch with the columns and types of a normalised schema.

    Parameters
    ----------
    batch : RecordBatch
        Holds at least the schema's columns, in any order.
    schema : Schema
        From `normal_schema`, or a selection of its fields.

    Returns
    -------
    RecordBatch
        Shares memory with `batch` wherever the type is normal already.
    """
    arrays = []
    for field in schema:
        column = batch.column(field.name)
        arrays.append(column if column.type == field.type else _cast(column, field))
    if not arrays:
        return pa.RecordBatch.from_struct_array(pa.array([{}] * batch.num_rows, pa.struct([])))
    return pa.RecordBatch.from_arrays(arrays, schema=schema)


def _cast(column: pa.Array, field: pa.Field) -> pa.Array:
    if isinstance(column.type, pa.BaseExtensionType):
        column = column.storage
    if pa.types.is_run_end_encoded(column.type):
        column = pc.run_end_decode(column)
    if pa.types.is_dictionary(column.type) and pa.types.is_dictionary(field.type):
        values = column.dictionary.cast(field.type.value_type)
        indices = column.indices.cast(pa.int32())
        return pa.DictionaryArray.from_arrays(indices, values, ordered=field.type.ordered)
    return column.cast(field.type, safe=column.type != pa.time64("ns"))


def type_notes(schema: pa.Schema) -> tuple[str, ...]:
    """Return a note for each column whose values a model sees in another form than the table has them."""
    return tuple(
        f"column {shown(field.name)} of type {field.type} is read as {_normal_type(field.type)}"
        for field in schema
        if isinstance(field.type, pa.BaseExtensionType) or pa.types.is_decimal(field.type)
    )


def rebatch(batches: Iterable[pa.RecordBatch], rows: int) -> Iterator[pa.RecordBatch]:
    """Yield the same rows in batches of exactly `rows` (the last may be shorter).

    Fixed sizes make everything downstream independent of how a file was written.
    """
    waiting: list[pa.RecordBatch] = []
    held = 0
    for batch in batches:
        start = 0
        while batch.num_rows - start >= rows - held:
            part = batch.slice(start, rows - held)
            start += part.num_rows
            yield pa.concat_batches([*waiting, part]) if waiting else part
            waiting, held = [], 0
        if start < batch.num_rows:
            waiting.append(batch.slice(start))
            held += batch.num_rows - start
    if held:
        yield pa.concat_batches(waiting) if len(waiting) > 1 else waiting[0]


def plain_column(column: pa.Array) -> pa.Array:
    """Return a column of any batch with categories decoded and its type normalised."""
    if pa.types.is_dictionary(column.type):
        column = column.dictionary_decode()
    kind = _normal_type(column.type)
    return column if kind == column.type else _cast(column, pa.field("", kind))


def missing_mask(column: pa.Array) -> pa.Array:
    """Return a boolean array without nulls: true where a value is null or NaN."""
    return pc.is_null(column, nan_is_null=pa.types.is_floating(column.type))


def refuse_bad_names(names: Iterable[str], what: str) -> None:
    """Raise when a table has no columns or two of one name.

    Raises
    ------
    DataError
        Naming the repeated columns and how often each occurs.
    """
    counts: dict[str, int] = {}
    for name in names:
        counts[name] = counts.get(name, 0) + 1
    if not counts:
        raise DataError(f"{what} has no columns. A table needs a target and at least one other column.")
    repeated = [name for name, count in counts.items() if count > 1]
    if repeated:
        raise DataError(
            f"{what} has duplicate column names: {shown_list(repeated)} "
            f"(the first occurs {counts[repeated[0]]} times). "
            "Each column needs a name of its own; rename or drop the others."
        )


def table_of(obj: Any, what: str) -> pa.Table:
    """Return any table-like object as an Arrow table.

    Parameters
    ----------
    obj : DataFrame, Table, RecordBatch, or any object with ``__arrow_c_stream__``
        pandas, polars, pyarrow and others.
    what : str
        What messages call it.

    Returns
    -------
    Table
        Not normalised yet.

    Raises
    ------
    DataError
        Not a table, duplicate or unusable column names, or a column of mixed types.
    """
    if isinstance(obj, pa.Table):
        table = obj
    elif isinstance(obj, pa.RecordBatch):
        table = pa.Table.from_batches([obj])
    elif _is_pandas(obj):
        table = _from_pandas(obj, what)
    elif hasattr(obj, "__arrow_c_stream__"):
        try:
            table = pa.table(obj)
        except (pa.ArrowException, TypeError, ValueError) as exc:
            raise DataError(f"{what} can't be read as an Arrow table: {exc}") from exc
    else:
        raise DataError(
            f"{what} is a {type(obj).__module__}.{type(obj).__qualname__}, not a table. "
            "Allowed: a pandas or polars DataFrame, a pyarrow Table, or any object with __arrow_c_stream__."
        )
    refuse_bad_names(table.column_names, what)
    return table


def _is_pandas(obj: Any) -> bool:
    return type(obj).__module__.partition(".")[0] == "pandas" and hasattr(obj, "columns") and hasattr(obj, "iloc")


def _from_pandas(frame: Any, what: str) -> pa.Table:
    if getattr(frame.columns, "nlevels", 1) > 1:
        raise DataError(f"{what} has column names of several levels; flatten them to plain text first.")
    names = [str(name) for name in frame.columns]
    refuse_bad_names(names, what)
    arrays = []
    for place, name in enumerate(names):
        # pandas writes in place where nobody else seems to hold the values; Arrow would share them unseen.
        series = frame.iloc[:, place].copy(deep=True)
        try:
            array = pa.array(series, from_pandas=True)
        except (pa.ArrowException, TypeError, ValueError, OverflowError) as exc:
            raise DataError(
                f"{what}: column {shown(name)} mixes types or holds objects that no table format can hold "
                f"({shown(str(exc), limit=200)}). Convert it, for example with "
                f"frame[name] = frame[name].astype(str), or drop it."
            ) from exc
        arrays.append(array.combine_chunks() if isinstance(array, pa.ChunkedArray) else array)
    return pa.Table.from_arrays(arrays, names=names)
