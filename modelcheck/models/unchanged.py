"""Whether a model left the rows it was given as they were."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["what_changed"]


def what_changed(given: pd.DataFrame, before: pd.DataFrame) -> str:
    """Return how a frame differs from what it was made of; empty when it doesn't.

    Parameters
    ----------
    given : DataFrame
        A shallow copy of (columns of) `before` that somebody else had in hand.
    before : DataFrame
        What nobody else could write to.

    Returns
    -------
    str
        ``added, removed or renamed columns or rows``, or ``wrote into 'a', 'b'``.

    Notes
    -----
    Cheap enough for every batch: with pandas' copy-on-write a column that nobody wrote into still lies in the same
    memory, so only other columns are compared cell by cell.

    Examples
    --------
    >>> import pandas as pd
    >>> before = pd.DataFrame({"a": [1, 2], "b": [3, 4]})
    >>> given = before.copy(deep=False)
    >>> given["b"] = 0
    >>> what_changed(given, before)
    "wrote into 'b'"
    """
    if list(given.columns) != list(before.columns) or len(given) != len(before):
        return "added, removed or renamed columns or rows"
    written = [str(name) for name in before.columns if not _same(given[name], before[name])]
    return f"wrote into {', '.join(map(repr, written[:10]))}" if written else ""


def _same(given: pd.Series, before: pd.Series) -> bool:
    if isinstance(given.dtype, np.dtype) and isinstance(before.dtype, np.dtype):
        here, there = given.to_numpy(copy=False), before.to_numpy(copy=False)
        if here.dtype == there.dtype and here.ctypes.data == there.ctypes.data:
            return True
    return bool(given.equals(before))
