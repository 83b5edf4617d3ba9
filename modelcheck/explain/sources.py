"""Which raw column each input of the final estimator is made from, found out by changing one column at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from modelcheck.models.stages import Stages

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["NOBODY", "matrix_of", "sources_of", "traced"]

NOBODY = -1
_MOST_ROWS = 400
_MOST_CELLS = 20_000_000  # of transformed rows in memory at a time
_FEWEST_ROWS = 40


def sources_of(stages: Stages, support: pd.DataFrame, columns: tuple[str, ...]) -> NDArray[np.intp] | str:
    """Return for each input of the final estimator the raw column that it is made from.

    Parameters
    ----------
    stages : Stages
        The model taken apart.
    support : DataFrame
        Rows that show which values each column takes.
    columns : tuple of str
        Raw columns.

    Returns
    -------
    ndarray of int, shape (n_inputs,), or str
        Place in `columns`, `NOBODY` where no column was seen to move it. A sentence where an input is made from
        several columns, so that nothing can be mapped back.

    Notes
    -----
    Each column in turn is filled with the values it takes (all of them where they are fewer than the rows, missing
    values among them), and the inputs that then differ are its own. What the pipeline itself says about inputs made
    from one column is believed first.
    """
    step = max(len(support) // _MOST_ROWS, 1)
    rows = support.iloc[::step].iloc[:_MOST_ROWS].reset_index(drop=True)
    before = matrix_of(stages.transform(rows))
    width = before.shape[1]
    if stages.untouched and width == len(columns):
        return np.arange(width)
    place = {name: at for at, name in enumerate(columns)}
    owner = np.full(width, NOBODY, dtype=np.intp)
    for at, name in stages.blocks.items():
        if at < width and name in place:
            owner[at] = place[name]
    if (owner != NOBODY).all():
        return owner
    several = max(_MOST_CELLS // max(width * len(columns), 1), _FEWEST_ROWS)
    rows, before = rows.iloc[:several], before[:several]
    known = set(stages.blocks.values())
    fill = partial(_filled, rows, step, support)
    for at, moved in enumerate(_moved_by_each(stages, before, fill, columns)):
        name = columns[at]
        if name in known and not (moved & (owner != at)).any():
            continue
        clash = moved & (owner != NOBODY) & (owner != at)
        if clash.any():
            other = columns[int(owner[np.flatnonzero(clash)[0]])]
            return f"the pipeline makes one input from several columns, such as {other!r} and {name!r}"
        owner[moved] = at
    return owner


def traced(stages: Stages, support: pd.DataFrame, columns: tuple[str, ...]) -> NDArray[np.intp] | str:
    """Return the same, and a sentence too where the pipeline raises on the way."""
    try:
        return sources_of(stages, support, columns)
    except Exception as error:  # a pipeline of the user's may raise anything; its answers are explained instead
        return f"its pipeline can't be followed ({type(error).__name__})"


def matrix_of(value: Any) -> Any:
    """Return transformed rows as an array, or as they are when they are sparse."""
    if hasattr(value, "tocsr"):
        return value.tocsr()
    return value.to_numpy() if hasattr(value, "to_numpy") else np.asarray(value)


def _moved_by_each(
    stages: Stages,
    before: Any,
    fill: Callable[[str], tuple[pd.DataFrame, NDArray[np.intp]]],
    columns: tuple[str, ...],
) -> Iterator[NDArray[np.bool_]]:
    """Yield which inputs each column moves; many columns are asked about at once, as a call has a cost of its own."""
    import pandas as pd

    n, width = before.shape
    together = max(_MOST_CELLS // max(n * width, 1), 1)
    for start in range(0, len(columns), together):
        filled = [fill(name) for name in columns[start : start + together]]
        after = matrix_of(stages.transform(pd.concat([frame for frame, _ in filled], ignore_index=True)))
        first = 0
        for frame, which in filled:
            yield _moved(before[which], after[first : first + len(frame)])
            first += len(frame)


def _filled(rows: pd.DataFrame, step: int, support: pd.DataFrame, name: str) -> tuple[pd.DataFrame, NDArray[np.intp]]:
    """Return rows with one column filled by the values that it takes, and which rows these are.

    Each value in turn, and never a row's own. Of numbers as many as there are rows; of anything else every one, as each
    may have an input to itself.
    """
    import pandas as pd
    from pandas.api.types import is_numeric_dtype

    codes, _ = pd.factorize(support[name], use_na_sentinel=False)
    where = np.unique(codes, return_index=True)[1]
    n, m = len(rows), len(where)
    if m <= n:
        which, chosen = np.arange(n), np.arange(n) % m
    elif is_numeric_dtype(support[name]):
        which, chosen = np.arange(n), np.linspace(0, m - 1, n).astype(np.intp)
    else:
        which, chosen = np.arange(m) % n, np.arange(m)
    own = codes[: n * step : step][which]
    # A row's own value is tried in the row after it, which holds another one, or none that differs is to be had.
    chosen = np.where(chosen == own, (chosen + 1) % m, chosen)
    changed = rows.take(which).reset_index(drop=True)
    changed[name] = support[name].array.take(where[chosen])
    return changed, which.astype(np.intp)


def _moved(before: Any, after: Any) -> NDArray[np.bool_]:
    if hasattr(before, "tocsr"):
        return np.asarray(abs(before - after).max(axis=0).toarray()).ravel() > 0
    differ = before != after
    if before.dtype.kind == "f" and after.dtype.kind == "f":
        differ &= ~(np.isnan(before) & np.isnan(after))
    elif before.dtype.kind == "O":
        differ = np.asarray(differ & ~((before != before) & (after != after)), dtype=bool)
    return np.asarray(differ.any(axis=0))
