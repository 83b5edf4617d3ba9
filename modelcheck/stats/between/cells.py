"""What each group has in each cluster, and what follows for its spread, its rest's, and how estimates go together."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from modelcheck.stats.between.groups import Correlation
from modelcheck.stats.between.joint import Floats
from modelcheck.stats.design import Design

__all__ = ["Cells", "Ints", "cells_of", "clustered_facts", "sums_by"]

Ints = NDArray[np.int64]
_DENSE = 8  # more cells than so many times the rows are sorted instead of counted


@dataclass(frozen=True, slots=True, kw_only=True)
class Cells:
    """Sums over the rows that a group has in a cluster; all cells of a group stand together."""

    group: NDArray[Any]
    cluster: NDArray[Any]
    n: Ints
    weight: Floats
    total: Floats
    hits: Ints


def sums_by(codes: NDArray[Any], k: int, weights: NDArray[Any] | None = None) -> NDArray[Any]:
    """Return the number of rows by code, or the sums of weights, shape (k,)."""
    if weights is None:
        return np.bincount(codes, minlength=k)
    return np.bincount(codes, weights=weights, minlength=k).astype(np.float64, copy=False)


def cells_of(values: NDArray[Any], moved: Floats, codes: NDArray[Any], k: int, design: Design) -> Cells:
    """Return the cells of clustered rows.

    Parameters
    ----------
    values : ndarray of float64 or bool, shape (n_rows,)
        What is averaged; bool for outcomes, whose hits are counted.
    moved : ndarray of float64, shape (n_rows,)
        The same less a number near their mean.
    codes : ndarray of int, shape (n_rows,)
        Group of each row, in [0, k).
    k : int
        Number of groups.
    design : Design
        Design of the rows, with clusters.

    Returns
    -------
    Cells
    """
    cluster = np.zeros(0, np.intp) if design.cluster is None else design.cluster
    size = int(cluster.max()) + 1 if len(cluster) else 1
    key = codes * size + cluster
    if k * size <= _DENSE * len(key):
        occupied = np.flatnonzero(np.bincount(key, minlength=k * size))
        place = np.empty(k * size, np.intp)
        place[occupied] = np.arange(len(occupied))
        key = place[key]
    else:
        occupied, key = np.unique(key, return_inverse=True)
    m = len(occupied)
    n = sums_by(key, m)
    return Cells(
        group=occupied // size,
        cluster=occupied % size,
        n=n,
        weight=n.astype(np.float64) if design.weight is None else sums_by(key, m, design.weight),
        total=sums_by(key, m, moved if design.weight is None else moved * design.weight),
        hits=sums_by(key[values], m) if values.dtype == np.bool_ else np.zeros(m, np.int64),
    )


def clustered_facts(cells: Cells, k: int, mean: Floats, *, rest: bool) -> tuple[dict[str, Any], Correlation]:
    """Return what the spread of each group rests on, by name, and the correlation of the estimates.

    Parameters
    ----------
    cells : Cells
        From `cells_of`.
    k : int
        Number of groups.
    mean : ndarray of float64, shape (k,) or (2k,)
        Means of the moved values: of groups, then of the rest of each.
    rest : bool
        Whether the rests are asked for.

    Returns
    -------
    dict
        Units, sums of squares and cubes of the units' influence, Kish's number of units, carriers.
    callable
        With `rest`, of pairs of a group and its own rest only.
    """
    group, cluster = cells.group, cells.cluster
    sums = cells.total - mean[group] * cells.weight
    square, weight = sums_by(group, k, sums**2), sums_by(group, k, cells.weight)
    with np.errstate(invalid="ignore", divide="ignore"):
        counted = weight**2 / sums_by(group, k, cells.weight**2)
    facts: dict[str, Any] = {
        "units": sums_by(group, k),
        "square": square,
        "cube": sums_by(group, k, sums**3),
        "counted": counted,
        "carriers": np.stack([sums_by(group[cells.hits > 0], k), sums_by(group[cells.hits < cells.n], k)]),
    }
    if not rest:
        return facts, _correlation(group, cluster, sums, square)
    others = [*_others(cells, k, mean[k:], sums)]
    for name in facts:
        facts[name] = np.concatenate([facts[name], np.stack([one[name] for one in others], axis=-1)], axis=-1)
    with np.errstate(invalid="ignore", divide="ignore"):
        shared = np.array([one["product"] for one in others]) / np.sqrt(square * facts["square"][k:])
    shared = np.nan_to_num(shared)

    def correlation(first: NDArray[Any], second: NDArray[Any]) -> Floats:
        return np.asarray(shared[np.minimum(first, second)])

    return facts, correlation


def _correlation(group: NDArray[Any], cluster: NDArray[Any], sums: Floats, square: Floats) -> Correlation:
    from scipy.sparse import csr_array

    scale = np.sqrt(square)[group]
    parts = np.divide(sums, scale, out=np.zeros(len(sums)), where=scale > 0.0)
    size = int(cluster.max()) + 1 if len(cluster) else 1
    by_cluster = csr_array((parts, (group, cluster)), shape=(len(square), size))
    product = (by_cluster @ by_cluster.T).tocsr()

    def correlation(first: NDArray[Any], second: NDArray[Any]) -> Floats:
        return np.asarray(product[first, second], dtype=np.float64).ravel()

    return correlation


def _others(cells: Cells, k: int, mean: Floats, sums: Floats) -> Iterator[dict[str, Any]]:
    """Yield the facts of all rows outside each group; work grows by the clusters, not by the rows."""
    size = int(cells.cluster.max()) + 1 if len(cells.cluster) else 1
    whole = [sums_by(cells.cluster, size, part) for part in (cells.total, cells.weight, cells.n, cells.hits)]
    bounds = np.searchsorted(cells.group, np.arange(k + 1))
    for g in range(k):
        own = slice(bounds[g], bounds[g + 1])
        at = cells.cluster[own]
        total, weight, n, hits = (part.copy() for part in whole)
        for part, less in ((total, cells.total), (weight, cells.weight), (n, cells.n), (hits, cells.hits)):
            part[at] -= less[own]
        some = n > 0.0
        total -= mean[g] * weight
        total[~some] = 0.0
        weight[~some] = 0.0
        squares = total * total
        with np.errstate(invalid="ignore", divide="ignore"):
            counted = weight.sum() ** 2 / np.dot(weight, weight)
        yield {
            "units": np.count_nonzero(some),
            "square": squares.sum(),
            "cube": np.dot(squares, total),
            "counted": counted,
            "carriers": np.array([np.count_nonzero(hits > 0.0), np.count_nonzero(hits < n)]),
            "product": np.dot(sums[own], total[at]),
        }
