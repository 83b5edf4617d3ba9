"""Columns that have an order: what a score can rise or fall with."""

from __future__ import annotations

from typing import TYPE_CHECKING

from modelcheck.explain.dependence import Grid, grid_of

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["NOT_GIVEN", "as_number", "order_of"]

NOT_GIVEN = "it isn't given to the candidate"


def order_of(values: pd.Series, *, most: int) -> Grid | str:
    """Return values of a column from the lowest to the highest.

    Parameters
    ----------
    values : Series
        The column, in rows that say what is plausible.
    most : int
        Greatest number of values, at least 2.

    Returns
    -------
    Grid or str
        Numbers and dates as by `modelcheck.explain.dependence.grid_of`; False before True. A clause that says why there
        is no order.

    Examples
    --------
    >>> import pandas as pd
    >>> order_of(pd.Series([True, False, True]), most=20).points
    (False, True)
    >>> order_of(pd.Series(["b", "a"]), most=20)
    'it holds no numbers, dates or truth values, so it has no order'
    """
    from pandas.api.types import infer_dtype

    grid = grid_of(values, most=most)
    if grid.kind == "category":
        # Of objects, too: truth values with gaps are no column of booleans.
        if infer_dtype(values, skipna=True) != "boolean":
            if not grid.points:
                return "it holds no value"
            return "it holds no numbers, dates or truth values, so it has no order"
        points = tuple(sorted(bool(one) for one in grid.points))
        grid = Grid(points=points, outside=grid.outside, missing=grid.missing)
    if len(grid.points) < 2:
        return "it has one value in all rows" if grid.points else "it holds no value"
    return grid


def as_number(value: object) -> float:
    """Return where a number, date or truth value stands on an axis; dates in seconds since 1970."""
    return value.timestamp() if hasattr(value, "timestamp") else float(value)  # type: ignore[arg-type]
