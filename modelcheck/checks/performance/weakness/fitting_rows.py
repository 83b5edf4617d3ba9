"""Which reference rows a challenger learns from, and which of them are held out."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from modelcheck.scoring.rows import ScoredRows

__all__ = ["FEWEST_TO_HOLD_OUT", "drawn", "held_out", "unseen"]

FEWEST_TO_HOLD_OUT = 200
_SHARE = 0.2


def unseen(reference: ScoredRows, rows: ScoredRows) -> NDArray[np.intp]:
    """Return the places of the reference rows whose cluster isn't evaluated.

    Parameters
    ----------
    reference, rows : ScoredRows
        With comparable cluster codes, as one run gives them; without clusters all rows stay.

    Returns
    -------
    ndarray of int
        Increasing.
    """
    if reference.cluster is None or rows.cluster is None or len(rows) == 0 or len(reference) == 0:
        return np.arange(len(reference))
    evaluated = np.zeros(int(max(reference.cluster.max(), rows.cluster.max())) + 1, dtype=bool)
    evaluated[rows.cluster] = True
    return np.flatnonzero(~evaluated[reference.cluster])


def drawn(usable: NDArray[np.intp], cluster: NDArray[np.int32] | None, most: int, rng: Generator) -> NDArray[np.intp]:
    """Draw rows at random.

    Parameters
    ----------
    usable : ndarray of int
        Places to draw from, increasing.
    cluster : ndarray of int32 or None
        Cluster codes of the whole table; then whole clusters are drawn, unless the first is larger than `most`.
    most : int
        Largest number of rows.
    rng : numpy.random.Generator
        Not used where all rows may stay.

    Returns
    -------
    ndarray of int
        Increasing.
    """
    if len(usable) <= most:
        return usable
    if cluster is None:
        return usable[np.sort(rng.choice(len(usable), most, replace=False, shuffle=False))]
    mine = cluster[usable]
    order, sizes = _shuffled(mine, rng)
    whole = max(int(np.searchsorted(np.cumsum(sizes), most, side="right")), 1)
    return usable[_members(mine, order[:whole])][:most]


def held_out(
    target: NDArray[Any], cluster: NDArray[np.int32] | None, rng: Generator, *, classes: bool
) -> tuple[NDArray[np.intp], NDArray[np.intp]] | None:
    """Split rows into those to learn from and a fifth to choose with.

    Parameters
    ----------
    target : ndarray, shape (n_rows,)
        Class codes (each class is split alike, where rows are drawn one by one) or values.
    cluster : ndarray of int32 or None
        Whole clusters are held out.
    rng : numpy.random.Generator
        Draws them.
    classes : bool
        Whether `target` holds class codes.

    Returns
    -------
    (learnt, others) or None
        Places of both. Held-out rows of classes that the others lack are in neither: they can't tell how well these
        serve. None with fewer than 200 rows, and where clusters are so few that no part of about a fifth exists.
    """
    n = len(target)
    if n < FEWEST_TO_HOLD_OUT:
        return None
    if cluster is not None:
        order, sizes = _shuffled(cluster, rng)
        some = max(int(np.searchsorted(np.cumsum(sizes), _SHARE * n, side="right")), 1)
        held = _members(cluster, order[:some])
    else:
        held = np.zeros(n, dtype=bool)
        for members in [np.flatnonzero(target == code) for code in np.unique(target)] if classes else [np.arange(n)]:
            held[rng.permutation(members)[: int(_SHARE * len(members))]] = True
    learnt, others = np.flatnonzero(~held), np.flatnonzero(held)
    if classes:
        known = np.unique(target[learnt])
        others = others[np.isin(target[others], known)]
        if len(known) < 2:
            return None
    return (learnt, others) if 0 < len(others) <= n // 2 and len(learnt) >= n // 2 else None


def _shuffled(cluster: NDArray[np.int32], rng: Generator) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return the clusters that have rows, in random order, and their sizes."""
    sizes = np.bincount(cluster)
    order = rng.permutation(np.flatnonzero(sizes))
    return order, sizes[order]


def _members(cluster: NDArray[np.int32], taken: NDArray[np.intp]) -> NDArray[np.bool_]:
    inside = np.zeros(int(cluster.max()) + 1, dtype=bool)
    inside[taken] = True
    members: NDArray[np.bool_] = inside[cluster]
    return members
