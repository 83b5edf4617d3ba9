"""The weight column: how many rows of the population a row stands for."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from modelcheck.data.names import shown
from modelcheck.errors import DataError

__all__ = ["WeightReader"]


class WeightReader:
    """Collects the weight column over batches.

    Parameters
    ----------
    name : str
        The column.

    Examples
    --------
    >>> import pyarrow as pa
    >>> reader = WeightReader("w")
    >>> reader.update(pa.RecordBatch.from_pydict({"w": [1, 2]}))
    >>> reader.finish().tolist()
    [1.0, 2.0]
    """

    def __init__(self, name: str) -> None:
        self._name = name
        self._chunks: list[NDArray[np.float64]] = []
        self._rows = 0

    def update(self, batch: pa.RecordBatch) -> None:
        """Add the next rows.

        Raises
        ------
        DataError
            A weight that isn't a positive, finite number.
        """
        column = batch.column(self._name)
        if not (pa.types.is_integer(column.type) or pa.types.is_floating(column.type)):
            raise DataError(f"The weight column {shown(self._name)} holds {column.type}; weights are numbers.")
        values = np.array(column.to_numpy(zero_copy_only=False), dtype=np.float64)
        wrong = ~(np.isfinite(values) & (values > 0.0))
        if wrong.any():
            place = int(wrong.argmax())
            raise DataError(
                f"The weight column {shown(self._name)} has {int(wrong.sum()):,} values that aren't positive, finite "
                f"numbers; the first is {values[place]!r} in row {self._rows + place + 1:,} (counted from 1). "
                "Drop rows of no weight and repair the others."
            )
        self._rows += len(values)
        self._chunks.append(values)

    def finish(self) -> NDArray[np.float64]:
        """Return the weights, shape (n_rows,)."""
        return np.concatenate(self._chunks) if self._chunks else np.zeros(0)
