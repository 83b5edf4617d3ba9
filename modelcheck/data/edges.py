"""Where bins begin: quantiles that are values of the table, and names for the bins between them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from modelcheck.data.groups import number_text

__all__ = ["choose_edges", "rounded_numbers"]

MOST_BINS = 20
_T = TypeVar("_T")


def choose_edges(
    distinct: Sequence[_T],
    counts: NDArray[Any],
    write: Callable[[_T], str],
    write_all: Callable[[list[_T]], list[str]] | None = None,
) -> tuple[tuple[_T, ...], list[str]]:
    """Return the inner edges of at most 20 bins that weigh about the same, and the bins' names.

    Parameters
    ----------
    distinct : sequence
        Different values, increasing.
    counts : ndarray of int
        How many rows have each.
    write : callable
        From a value to its name.
    write_all : callable or None
        From the edges of bins that hold several values to their names; None means one by one.

    Returns
    -------
    edges : tuple
        Increasing values out of `distinct`; each begins a bin. One bin per value when at most 20 differ.
    names : list of str
        One more than edges, all different.

    Examples
    --------
    >>> choose_edges([1.0, 2.5], np.array([7, 1]), number_text)
    ((2.5,), ['1', '2.5'])
    """
    if not len(distinct):
        return (), ["present"]
    if len(distinct) <= MOST_BINS:
        return tuple(distinct[1:]), _unlike([write(value) for value in distinct], distinct)
    edges = [distinct[place] for place in _starts(counts).tolist()]
    names = _unlike(write_all(edges) if write_all else [write(edge) for edge in edges], edges)
    middle = [f"{low} to {high}" for low, high in pairwise(names)]
    return tuple(edges), [f"< {names[0]}", *middle, f">= {names[-1]}"]


def rounded_numbers(edges: list[float]) -> list[str]:
    """Return edges with four digits, which read well, or more where edges lie closer together."""
    return [_rounded(edge, edges) for edge in edges]


def _rounded(edge: float, edges: list[float]) -> str:
    gap = min((abs(edge - other) for other in edges if other != edge), default=abs(edge))
    digits = 4
    while digits < 17 and abs(float(f"{edge:.{digits}g}") - edge) > gap / 20:
        digits += 1
    return number_text(float(f"{edge:.{digits}g}"))


def _starts(counts: NDArray[Any]) -> NDArray[np.intp]:
    """Return which distinct values begin a bin, so that bins weigh the same.

    A value that many rows share counts for one bin at most: where 92 % of the rows are zero, the other bins still
    divide the rest. Without such values these are the plain quantiles.
    """
    weights = counts.astype(np.float64)
    for _ in range(100):
        capped = np.minimum(weights, weights.sum() / MOST_BINS)
        if np.array_equal(capped, weights):
            break
        weights = capped
    before = np.cumsum(weights) - weights
    wanted = np.arange(1, MOST_BINS) * (weights.sum() / MOST_BINS)
    starts = np.searchsorted(before, wanted * (1.0 - 1e-9), side="left")
    return np.unique(starts[starts < len(counts)])


def _unlike(texts: list[str], values: Sequence[Any]) -> list[str]:
    return texts if len(set(texts)) == len(texts) else [repr(value) for value in values]
