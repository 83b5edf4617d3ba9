"""Arrays that fill up batch by batch without holding every row twice."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

__all__ = ["GrowingArray"]


class GrowingArray:
    """An array of known width and expected length.

    Parameters
    ----------
    dtype : dtype
        Of the elements.
    expected : int
        Rows that will come; more may.
    shape : tuple of int
        Shape of one row.

    Examples
    --------
    >>> import numpy as np
    >>> column = GrowingArray(np.int16, expected=2)
    >>> column.extend(np.array([1, 2, 3]))
    >>> column.finish().tolist()
    [1, 2, 3]
    """

    def __init__(self, dtype: DTypeLike, expected: int, shape: tuple[int, ...] = ()) -> None:
        self._values = np.empty((max(expected, 1), *shape), dtype=dtype)
        self._used = 0

    def extend(self, values: NDArray[Any]) -> None:
        """Append rows."""
        end = self._used + len(values)
        if end > len(self._values):
            grown = np.empty((max(end, 2 * len(self._values)), *self._values.shape[1:]), dtype=self._values.dtype)
            grown[: self._used] = self._values[: self._used]
            self._values = grown
        self._values[self._used : end] = values
        self._used = end

    def finish(self) -> NDArray[Any]:
        """Return the filled part."""
        return self._values[: self._used]
