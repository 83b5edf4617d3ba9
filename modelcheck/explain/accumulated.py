"""Accumulated local effects: what a column does to the score, from small moves within rows that really are so."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from modelcheck.explain.questions import Ask, answers, cells_like, with_cells

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Accumulated", "accumulate"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Accumulated:
    """The accumulated local effects of one column.

    Attributes
    ----------
    column : str
        The column that was moved.
    edges : ndarray, shape (n_bins + 1,)
        Ends of the bins, increasing, values of the column: whole numbers stay whole. One edge, and no bins, where all
        values are the same; none where there is no value.
    effect : ndarray of float64, shape (n_bins + 1,) or (n_bins + 1, n_classes)
        The effect at each edge, in the score's unit; drawn as a line from edge to edge its mean over the answered rows
        is 0. All NaN where a bin has no answered row, as nothing leads across it.
    local : ndarray of float64, shape (n_bins,) or (n_bins, n_classes)
        Mean change of the score of a bin's rows from its lower to its upper edge.
    error : ndarray of float64, as `local`
        Its standard error; NaN for a single row.
    counts : ndarray of int, shape (n_bins,)
        Answered rows of each bin.
    missing, unanswered : int
        Rows without a finite value, and rows with one but without an answer at both edges; both are left out.
    """

    column: str
    edges: NDArray[Any]
    effect: NDArray[np.float64]
    local: NDArray[np.float64]
    error: NDArray[np.float64]
    counts: NDArray[np.intp]
    missing: int
    unanswered: int

    def at(self, values: NDArray[Any]) -> NDArray[np.float64]:
        """Return the effect at other values, shape (n_values,) or (n_values, n_classes); NaN outside the edges."""
        points = np.asarray(values, dtype=np.float64)
        lines = self.effect if self.effect.ndim == 2 else self.effect[:, None]
        return _along(self.edges, lines, points).reshape(len(points), *self.effect.shape[1:])


def accumulate(ask: Ask, rows: pd.DataFrame, column: str, *, bins: int = 20) -> Accumulated:
    """Return the first-order accumulated local effects of a column of numbers.

    Parameters
    ----------
    ask : callable
        From rows to scores, shape (n_rows,) or (n_rows, n_classes); NaN where the model has no answer.
    rows : DataFrame
        As the model is given them; not modified.
    column : str
        A column of numbers.
    bins : int
        Greatest number of bins, at least 1; each holds about as many rows, fewer bins where values repeat.

    Returns
    -------
    Accumulated
        For two questions a row that has a value.

    Raises
    ------
    ValueError
        The column holds something else than numbers.

    Notes
    -----
    Partial dependence puts every value into every row, also where no such row can be; here a row is only moved to the
    two ends of its own bin. The edges are those of the paper's own program (quantiles that are values). The paper
    subtracts the mean of the steps' upper ends; here it is the mean of the line that is drawn.

    References
    ----------
    Apley, D. W. and Zhu, J. (2020). Visualizing the effects of predictor variables in black box supervised learning
    models. Journal of the Royal Statistical Society B 82, 1059-1086 (equations 11 to 16).

    Examples
    --------
    >>> import pandas as pd
    >>> rows = pd.DataFrame({"a": [0.0, 1.0, 2.0], "b": [5.0, 6.0, 7.0]})
    >>> found = accumulate(lambda frame: (2 * frame["a"] + frame["b"]).to_numpy(), rows, "a", bins=2)
    >>> found.edges.tolist(), found.effect.tolist(), found.counts.tolist()
    ([0.0, 1.0, 2.0], [-2.0, 0.0, 2.0], [2, 1])
    """
    exact, numbers = _numbers(rows[column])
    finite = np.flatnonzero(np.isfinite(numbers))
    edges = _edges(exact[finite], bins)
    count = max(len(edges) - 1, 0)
    # Bins are open below, save the first.
    place = np.maximum(np.searchsorted(edges, exact[finite], side="left") - 1, 0)
    asking = 2 * len(finite) if count else 0
    cells = cells_like(edges.tolist(), rows[column])

    def question(at: NDArray[np.intp]) -> pd.DataFrame:
        return with_cells(rows, finite[at // 2], column, cells.take(place[at // 2] + at % 2))

    scores = answers(ask, asking, question)
    classes = scores.shape[1:]
    ends = scores.reshape(asking // 2, 2, *(classes or (1,)))
    moved = ends[:, 1] - ends[:, 0]
    kept = np.logical_and.reduce(np.isfinite(moved), axis=1)
    moved, at_edge = moved[kept], place[: len(kept)][kept]
    counts = np.bincount(at_edge, minlength=count)
    local, error = _by_bin(moved, at_edge, counts)
    effect = np.concatenate([np.zeros((min(len(edges), 1), moved.shape[1])), np.cumsum(local, axis=0)])
    if asking:
        effect -= _along(edges, effect, numbers[finite][kept]).mean(axis=0) if counts.all() else np.nan
    return Accumulated(
        column=column,
        edges=edges,
        effect=effect.reshape(len(edges), *classes),
        local=local.reshape(count, *classes),
        error=error.reshape(count, *classes),
        counts=counts,
        missing=len(rows) - len(finite),
        unanswered=asking // 2 - len(moved),
    )


def _numbers(values: pd.Series) -> tuple[NDArray[Any], NDArray[np.float64]]:
    """Return the column's numbers as they are and as float64, NaN where missing."""
    from pandas.api.types import is_bool_dtype, is_complex_dtype, is_numeric_dtype

    if not is_numeric_dtype(values) or is_bool_dtype(values) or is_complex_dtype(values):
        raise ValueError(
            f"accumulate: column {values.name!r} is of type {values.dtype}; accumulated effects need numbers. "
            "Use curves for categories and dates."
        )
    numbers = values.to_numpy(dtype=np.float64, na_value=np.nan)
    whole = values.dtype.kind in "iu" and not values.hasnans
    return (values.to_numpy() if isinstance(values.dtype, np.dtype) and whole else numbers), numbers


def _edges(values: NDArray[Any], bins: int) -> NDArray[Any]:
    if not len(values):
        return values
    ordered = np.sort(values)
    ends = -(-np.arange(1, bins + 1) * len(ordered) // bins) - 1
    return np.unique(ordered[np.concatenate([[0], ends])])


def _along(edges: NDArray[Any], effect: NDArray[np.float64], points: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the effect, shape (n_edges, n_classes), between its edges."""
    found = np.full((len(points), effect.shape[1]), np.nan)
    for place, line in enumerate(effect.T if len(edges) else ()):
        found[:, place] = np.interp(points, edges.astype(np.float64), line, left=np.nan, right=np.nan)
    return found


def _by_bin(
    moved: NDArray[np.float64], place: NDArray[np.intp], counts: NDArray[np.intp]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return mean and standard error of each bin, shape (n_bins, n_classes)."""
    size = counts[:, None].astype(np.float64)
    unknown = np.full((len(counts), moved.shape[1]), np.nan)
    mean = np.divide(_sums(moved, place, len(counts)), size, out=unknown.copy(), where=size > 0)
    square = _sums((moved - mean[place]) ** 2, place, len(counts))
    return mean, np.sqrt(np.divide(square, size * (size - 1.0), out=unknown, where=size > 1))


def _sums(values: NDArray[np.float64], place: NDArray[np.intp], count: int) -> NDArray[np.float64]:
    return np.stack([np.bincount(place, weights=line, minlength=count) for line in values.T], axis=1)
