"""The cluster column: rows that share a value are not independent."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from modelcheck.data.arrow import missing_mask
from modelcheck.data.names import shown
from modelcheck.errors import DataError

__all__ = ["ClusterReader"]


class ClusterReader:
    """Collects the cluster column over batches.

    Parameters
    ----------
    name : str
        The column.

    Examples
    --------
    >>> import pyarrow as pa
    >>> reader = ClusterReader("person")
    >>> reader.update(pa.RecordBatch.from_pydict({"person": ["b", "a", "b"]}))
    >>> reader.finish().tolist()
    [0, 1, 0]
    """

    def __init__(self, name: str) -> None:
        self._name = name
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

    def finish(self) -> NDArray[np.int32]:
        """Return codes by first appearance, shape (n_rows,)."""
        if not self._chunks:
            return np.zeros(0, dtype=np.int32)
        coded = pa.chunked_array(self._chunks).combine_chunks().dictionary_encode()
        return np.asarray(coded.indices.to_numpy(zero_copy_only=False), dtype=np.int32)
