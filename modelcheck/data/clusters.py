"""The cluster column: rows that share a value are not independent."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from modelcheck.data.arrow import missing_mask, plain_column
from modelcheck.data.names import shown
from modelcheck.errors import DataError

__all__ = ["ClusterReader", "Clusters"]

_EXACT = 2.0**53  # whole numbers up to here are exact as float64


@dataclass(frozen=True, slots=True, kw_only=True)
class Clusters:
    """The clusters of a table.

    Attributes
    ----------
    codes : ndarray of int32, shape (n_rows,)
        Cluster of each row. A table that continues no other has the codes 0 .. `count` - 1, by first appearance.
    count : int
        Clusters that have rows in this table.
    values : pyarrow.Array
        What the column holds for codes 0, 1, ... of a table that continues no other; else the values that have rows,
        in no order that means anything.
    """

    codes: NDArray[np.int32]
    count: int
    values: pa.Array


class ClusterReader:
    """Collects the cluster column over batches.

    Parameters
    ----------
    name : str
        The column.
    known : pyarrow.Array or None
        `Clusters.values` of the table that this one continues: its clusters keep their codes, new ones follow. Where
        the two columns are of different types (numbers in one file, text in the other), values are equal that a text
        file would show alike: 7, 7.0 and "7" are one cluster, "007" is another.

    Examples
    --------
    >>> import pyarrow as pa
    >>> reader = ClusterReader("person")
    >>> reader.update(pa.RecordBatch.from_pydict({"person": ["b", "a", "b"]}))
    >>> found = reader.finish()
    >>> found.codes.tolist(), found.count
    ([0, 1, 0], 2)
    >>> reader = ClusterReader("person", known=found.values)
    >>> reader.update(pa.RecordBatch.from_pydict({"person": ["c", "a", "c"]}))
    >>> reader.finish().codes.tolist()
    [2, 1, 2]
    """

    def __init__(self, name: str, known: pa.Array | None = None) -> None:
        self._name = name
        self._known = known
        self._chunks: list[pa.Array] = []
        self._rows = 0

    def update(self, batch: pa.RecordBatch) -> None:
        """Add the next rows.

        Raises
        ------
        DataError
            A row without a cluster.
        """
        column = batch.column(self._name)
        if pa.types.is_dictionary(column.type):
            column = column.dictionary_decode()
        missing = missing_mask(column).to_numpy(zero_copy_only=False)
        if missing.any():
            first = self._rows + int(missing.argmax()) + 1
            raise DataError(
                f"The cluster column {shown(self._name)} is missing in row {first:,} (counted from 1) and in "
                f"{int(missing.sum()):,} rows around it. Every row belongs to a cluster: give single rows their own."
            )
        self._rows += len(column)
        self._chunks.append(column)

    def finish(self) -> Clusters:
        """Return the code of each row, and what it takes to continue them in another table."""
        if not self._chunks:
            return Clusters(codes=np.zeros(0, dtype=np.int32), count=0, values=pa.array([], pa.string()))
        coded = pa.chunked_array(self._chunks).combine_chunks().dictionary_encode()
        values = coded.dictionary
        codes = np.asarray(coded.indices.to_numpy(zero_copy_only=False), dtype=np.int32)
        if self._known is not None:
            codes = _continued(values, self._known)[codes]
        return Clusters(codes=codes, count=len(values), values=values)


def _continued(values: pa.Array, known: pa.Array) -> NDArray[np.int32]:
    """Return the code of each of some distinct values: that of a known one, or the next that is free."""
    if values.type != known.type:
        values, known = _texts(values), _texts(known)
    found = pc.index_in(values, value_set=known)
    new = pc.is_null(found).to_numpy(zero_copy_only=False)
    codes: NDArray[np.int32] = pc.fill_null(found, 0).to_numpy(zero_copy_only=False).astype(np.int32)
    codes[new] = np.arange(len(known), len(known) + np.count_nonzero(new), dtype=np.int32)
    return codes


def _texts(values: pa.Array) -> pa.Array:
    """Return values as a text file would show them, whole numbers without decimals."""
    values = plain_column(values)
    if pa.types.is_floating(values.type):
        numbers = values.to_numpy(zero_copy_only=False).astype(np.float64)
        whole = (np.floor(numbers) == numbers) & (np.abs(numbers) <= _EXACT)
        short = pa.array(np.where(whole, numbers, 0.0).astype(np.int64)).cast(pa.string())
        return pc.if_else(pa.array(whole), short, values.cast(pa.string()))
    if pa.types.is_binary(values.type):
        return pa.array([value.decode("utf-8", "backslashreplace") for value in values.to_pylist()], pa.string())
    if pa.types.is_date(values.type) or pa.types.is_timestamp(values.type):
        moments = values.cast(pa.timestamp("us", tz=getattr(values.type, "tz", None)), safe=False)
        return pc.replace_substring_regex(moments.cast(pa.string()), r"( 00:00:00)?\.0+(Z?)$", r"\2")
    return values.cast(pa.string())
