"""Partial dependence and its single curves: a model's scores when one column is set to given values in every row."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import pandas as pd

from modelcheck.explain.questions import Ask, answers, cells_like, with_cells

__all__ = ["MOST_LEVELS", "Curves", "Grid", "curves", "grid_of"]

MOST_LEVELS = 12
_ENDS = (0.01, 0.99)


@dataclass(frozen=True, slots=True, kw_only=True)
class Grid:
    """Values that a column is set to.

    Attributes
    ----------
    points : tuple
        As plain values: numbers and dates increasing, categories from the most frequent (ordered ones in their order).
    kind : str
        ``number``, ``date`` or ``category``.
    outside : int
        Rows that no point stands for: numbers below the first or above the last, other categories.
    missing : int
        Rows without a value.
    """

    points: tuple[Any, ...]
    kind: str = "number"
    outside: int = 0
    missing: int = 0


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Curves:
    """A model's scores along a grid, row by row.

    Attributes
    ----------
    column : str
        The column that was set.
    grid : Grid
        What it was set to.
    individual : ndarray of float64, shape (n_rows, n_points) or (n_rows, n_points, n_classes)
        The score of each row at each point (individual conditional expectation); NaN without an answer.
    answered : ndarray of bool, shape (n_rows,)
        Rows with an answer at every point, save points at which no row has one. Only they enter `mean` and `band`, so
        that all points of a curve are of the same rows.
    """

    column: str
    grid: Grid
    individual: NDArray[np.float64]
    answered: NDArray[np.bool_] = field(repr=False)

    @property
    def unanswered(self) -> int:
        """Rows left out for want of an answer."""
        return len(self.answered) - int(np.count_nonzero(self.answered))

    @property
    def mean(self) -> NDArray[np.float64]:
        """Partial dependence, shape (n_points,) or (n_points, n_classes); NaN at points without an answer."""
        kept = self._kept()
        found: NDArray[np.float64] = kept.mean(axis=0) if len(kept) else np.full(kept.shape[1:], np.nan)
        return found

    def band(self, level: float) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return the limits between which the middle share `level`, in (0, 1), of the rows' curves lies, by point."""
        kept = self._kept()
        if not len(kept):
            return np.full(kept.shape[1:], np.nan), np.full(kept.shape[1:], np.nan)
        low, high = np.quantile(kept, (0.5 - level / 2.0, 0.5 + level / 2.0), axis=0)
        return low, high

    def centred(self, at: int = 0) -> Curves:
        """Return the same curves, each less its own score at point number `at` (c-ICE)."""
        return replace(self, individual=self.individual - self.individual[:, at : at + 1])

    def _kept(self) -> NDArray[np.float64]:
        return self.individual if self.answered.all() else self.individual[self.answered]


def grid_of(values: pd.Series, *, most: int = 20) -> Grid:
    """Return the values to set a column to.

    Parameters
    ----------
    values : Series
        The column, in rows that say what is plausible.
    most : int
        Greatest number of points for numbers and dates, at least 2.

    Returns
    -------
    Grid
        Numbers and dates: all different finite values where they are few enough, else values that occur at evenly
        spaced quantiles from 1 to 99 %. Everything else, booleans too: the 12 most frequent values. Empty where no row
        has a value.

    Examples
    --------
    >>> import pandas as pd
    >>> grid_of(pd.Series([3, 1, 2, 2])).points
    (1, 2, 3)
    >>> grid_of(pd.Series(["b", "a", None, "b"])).points
    ('b', 'a')
    """
    from pandas.api.types import is_bool_dtype, is_complex_dtype, is_datetime64_any_dtype, is_numeric_dtype

    present = values.dropna()
    missing = len(values) - len(present)
    date = is_datetime64_any_dtype(present)
    if not date and (not is_numeric_dtype(present) or is_bool_dtype(present) or is_complex_dtype(present)):
        return _levels(present, missing)
    if not date:
        present = present[np.isfinite(present.to_numpy(dtype=np.float64))]
    ordered = present.sort_values()
    points = ordered.drop_duplicates()
    outside = len(values) - missing - len(present)
    if len(points) > most:
        shares = np.linspace(*_ENDS, most)
        # Values that occur, not between them: whole numbers stay whole.
        points = ordered.iloc[np.ceil(shares * len(ordered)).astype(np.intp) - 1].drop_duplicates()
        outside += int(((present < points.iloc[0]) | (present > points.iloc[-1])).sum())
    return Grid(points=tuple(points.tolist()), kind="date" if date else "number", outside=outside, missing=missing)


def _levels(present: pd.Series, missing: int) -> Grid:
    import pandas as pd

    counts = present.value_counts()
    counts = counts[counts > 0]
    # Ties by name, so that the order of the rows says nothing.
    ranked = sorted(zip(counts.index.tolist(), counts.tolist(), strict=True), key=lambda one: (-one[1], str(one[0])))
    points = [value for value, _ in ranked[:MOST_LEVELS]]
    if isinstance(present.dtype, pd.CategoricalDtype) and present.dtype.ordered:
        points.sort(key=present.cat.categories.tolist().index)
    outside = sum(count for _, count in ranked[MOST_LEVELS:])
    return Grid(points=tuple(points), kind="category", outside=outside, missing=missing)


def curves(ask: Ask, rows: pd.DataFrame, column: str, grid: Grid, *, wanted: int | None = None) -> Curves:
    """Ask for the scores of all rows with one column set to each point of a grid.

    Parameters
    ----------
    ask : callable
        From rows to scores, shape (n_rows,) or (n_rows, n_classes); NaN where the model has no answer.
    rows : DataFrame
        As the model is given them; not modified.
    column : str
        The column to set.
    grid : Grid
        From `grid_of`, or points of your own.
    wanted : int or None
        Which class to keep, of scores with one column per class; None: all.

    Returns
    -------
    Curves
        For ``len(rows) * len(grid.points)`` questions. The column keeps its type where all points fit it: whole numbers
        become floats where a point isn't whole.

    References
    ----------
    Friedman, J. H. (2001). Greedy function approximation: a gradient boosting machine. Annals of Statistics 29,
    1189-1232. Goldstein, A., Kapelner, A., Bleich, J. and Pitkin, E. (2015). Peeking inside the black box: visualizing
    statistical learning with plots of individual conditional expectation. Journal of Computational and Graphical
    Statistics 24, 44-65.

    Examples
    --------
    >>> import pandas as pd
    >>> rows = pd.DataFrame({"a": [1, 2], "b": [10, 20]})
    >>> found = curves(lambda frame: (frame["a"] * frame["b"]).to_numpy(), rows, "a", grid_of(rows["a"]))
    >>> found.individual.tolist(), found.mean.tolist()
    ([[10.0, 20.0], [20.0, 40.0]], [15.0, 30.0])
    """
    points = cells_like(grid.points, rows[column])
    count = len(grid.points)

    def question(at: NDArray[np.intp]) -> pd.DataFrame:
        return with_cells(rows, at // count, column, points.take(at % count))

    scores = answers(ask, len(rows) * count, question)
    individual = scores.reshape(len(rows), count, *scores.shape[1:])
    if wanted is not None and individual.ndim == 3:
        individual = individual[:, :, wanted]
    finite: NDArray[np.bool_] = np.isfinite(individual)
    if finite.ndim == 3:
        finite = np.logical_and.reduce(finite, axis=2)
    reached = np.flatnonzero(finite.any(axis=0))
    answered = np.logical_and.reduce(finite[:, reached], axis=1) & (len(reached) > 0)
    return Curves(column=column, grid=grid, individual=individual, answered=answered)
