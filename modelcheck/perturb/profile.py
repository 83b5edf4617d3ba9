"""What the reference's rows look like, column by column: the support that a plausible input stays in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["MOST_POINTS", "ColumnProfile", "TableProfile", "profile_table"]

MOST_POINTS = 255
_NORMAL_IQR = 1.3489795003921634  # interquartile range of the standard normal distribution


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ColumnProfile:
    """One column of the reference.

    Attributes
    ----------
    name : str
        The column.
    kind : str
        ``number``, ``integer``, ``boolean``, ``category``, ``date``, ``text``, ``identifier`` or ``constant``.
    missing_share : float
        Share of the rows in which it is missing, in [0, 1].
    points : ndarray of float64, shape (n_points,)
        Values that occur, increasing: all of them, or 255 quantiles that are values; dates as seconds since 1970. Empty
        where the column holds no numbers or dates.
    spread : float
        Robust standard deviation: the interquartile range over that of a standard normal distribution, or the standard
        deviation where that is 0; without the `mode`, where there is one. 0 where nothing varies.
    mode : float
        The one value that at least half of the values are, such as 0 for an amount that most don't have; NaN where
        there is none.
    step : float
        1 for whole numbers; else the last decimal place that the values use (0.01 for prices), at least 1e-6 of the
        spread.
    levels : tuple
        Values of a category, boolean or short text, most frequent first; at most 255.
    shares : ndarray of float64, shape (n_levels,)
        How frequent each level is among the values, in (0, 1].
    """

    name: str
    kind: str
    missing_share: float
    points: NDArray[np.float64]
    spread: float
    mode: float = float("nan")
    step: float
    levels: tuple[Any, ...]
    shares: NDArray[np.float64]

    @property
    def numeric(self) -> bool:
        """Whether it holds numbers that differ."""
        return self.kind in ("number", "integer") and len(self.points) > 1

    @property
    def low(self) -> float:
        """Smallest value; NaN without numbers."""
        return float(self.points[0]) if len(self.points) else float("nan")

    @property
    def high(self) -> float:
        """Largest value; NaN without numbers."""
        return float(self.points[-1]) if len(self.points) else float("nan")

    @property
    def texts(self) -> bool:
        """Whether it holds text as categories: names, codes, words."""
        return self.kind == "category" and bool(self.levels) and all(isinstance(one, str) for one in self.levels)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class TableProfile:
    """The reference's columns, and rows of it.

    Attributes
    ----------
    columns : mapping of str to ColumnProfile
        In the order in which the candidate is given them.
    rows : DataFrame
        Rows of the reference, with these columns: donors of cells that stand together.
    source : str
        ``reference``, or ``dataset`` where there is none.
    """

    columns: Mapping[str, ColumnProfile]
    rows: pd.DataFrame
    source: str

    def of(self, *kinds: str) -> tuple[ColumnProfile, ...]:
        """Return the columns of some kinds, in order."""
        return tuple(column for column in self.columns.values() if column.kind in kinds)


def profile_table(rows: pd.DataFrame, kinds: Mapping[str, str], *, source: str = "reference") -> TableProfile:
    """Describe the support of every column.

    Parameters
    ----------
    rows : DataFrame
        Rows of the reference as the candidate is given them.
    kinds : mapping of str to str
        Kind of each column, see `modelcheck.data.kinds.KINDS`.
    source : str
        Where the rows came from.

    Returns
    -------
    TableProfile
        Ranges, levels and shares are those of `rows`.

    Examples
    --------
    >>> import pandas as pd
    >>> table = profile_table(pd.DataFrame({"age": [20, 30, 30, 70]}), {"age": "integer"})
    >>> table.columns["age"].low, table.columns["age"].high, table.columns["age"].step
    (20.0, 70.0, 1.0)
    """
    columns = {str(name): _column(rows[name], str(name), kinds[str(name)]) for name in rows.columns}
    return TableProfile(columns=columns, rows=rows, source=source)


def _column(values: pd.Series, name: str, kind: str) -> ColumnProfile:
    missing = float(values.isna().mean()) if len(values) else 0.0
    present = values.dropna()
    points, spread, step, mode = np.empty(0), 0.0, 0.0, float("nan")
    if kind in ("number", "integer", "date", "constant", "identifier"):
        numbers = _numbers(present, kind)
        if numbers is not None and len(numbers):
            mode = _mode(numbers)
            points, spread = _points(numbers), _spread(numbers[numbers != mode])
            step = _step(points, spread)
    levels: tuple[Any, ...] = ()
    shares = np.empty(0)
    if kind in ("category", "boolean", "constant"):
        counts = present.value_counts()
        counts = counts[counts > 0].iloc[:MOST_POINTS]
        levels = tuple(value.item() if isinstance(value, np.generic) else value for value in counts.index)
        shares = counts.to_numpy(dtype=np.float64) / max(len(present), 1)
    return ColumnProfile(
        name=name,
        kind=kind,
        missing_share=missing,
        points=points,
        spread=spread,
        mode=mode,
        step=step,
        levels=levels,
        shares=shares,
    )


def _numbers(present: pd.Series, kind: str) -> NDArray[np.float64] | None:
    from pandas.api.types import is_bool_dtype, is_datetime64_any_dtype, is_numeric_dtype

    if kind == "date":
        if not is_datetime64_any_dtype(present):
            return None
        plain = present.dt.tz_localize(None) if getattr(present.dt, "tz", None) is not None else present
        seconds: NDArray[np.float64] = plain.to_numpy().astype("datetime64[us]").astype(np.int64) / 1e6
        return seconds
    if not is_numeric_dtype(present) or is_bool_dtype(present):
        return None
    numbers: NDArray[np.float64] = present.to_numpy(dtype=np.float64)
    return numbers[np.isfinite(numbers)]


def _points(numbers: NDArray[np.float64]) -> NDArray[np.float64]:
    points = np.unique(numbers)
    if len(points) <= MOST_POINTS:
        return points
    # Quantiles that are values of the column, the ends among them.
    return np.unique(np.quantile(numbers, np.linspace(0.0, 1.0, MOST_POINTS), method="inverted_cdf"))


def _mode(numbers: NDArray[np.float64]) -> float:
    # A value that half of all are is the middle one.
    middle = float(np.quantile(numbers, 0.5, method="inverted_cdf"))
    share = float(np.mean(numbers == middle))
    return middle if 0.5 <= share < 1.0 else float("nan")


def _spread(numbers: NDArray[np.float64]) -> float:
    lower, upper = np.quantile(numbers, (0.25, 0.75)) if len(numbers) else (0.0, 0.0)
    robust = float(upper - lower) / _NORMAL_IQR
    if robust > 0.0 or not len(numbers):
        return robust
    with np.errstate(over="ignore"):
        return float(np.std(numbers))


def _step(points: NDArray[np.float64], spread: float) -> float:
    for decimals in range(7):
        unit = 10.0**-decimals
        with np.errstate(over="ignore", invalid="ignore"):
            scaled = points / unit
        if bool(np.all(np.abs(scaled - np.round(scaled)) <= 1e-6 * np.maximum(np.abs(scaled), 1.0))):
            return unit
    return 1e-6 * spread
