"""Who is changed to whom: rows of one group are given the protected entries of real rows of another."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from modelcheck.checks.bias.attribute import Attribute
from modelcheck.data.groups import MISSING
from modelcheck.scoring.rows import ScoredRows

__all__ = ["DRAWS", "MOST_TARGETS", "Changes", "by_rank", "draw_changes", "draw_donors", "known_groups"]

MOST_TARGETS = 6
DRAWS = 5
_POOL = 500  # donors of a group; all of them were real
_MOST_POOLED = 20_000
_FEWEST_POOLED = 10


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Changes:
    """Pairs of a row and a group that it is moved to.

    Attributes
    ----------
    source : ndarray of int, shape (n_changes,)
        Which of the asked rows is changed.
    target : ndarray of int, shape (n_changes,)
        Group whose entries it is given.
    share : ndarray of float64, shape (n_changes,)
        What the change counts among those of its row; they add up to 1.
    """

    source: NDArray[np.intp]
    target: NDArray[np.intp]
    share: NDArray[np.float64]


def known_groups(attribute: Attribute, rows: ScoredRows, columns: tuple[str, ...]) -> NDArray[np.bool_]:
    """Return which groups have a value in every column of the attribute: nobody is changed to "missing".

    Parameters
    ----------
    attribute : Attribute
        Of `rows`.
    rows : ScoredRows
        With `protected` groups of each column; without them the label alone tells.
    columns : tuple of str
        The columns that make the attribute.

    Returns
    -------
    ndarray of bool, shape (n_groups,)
    """
    known = np.array([label != MISSING for label in attribute.labels], dtype=np.bool_)
    for groups in (rows.protected[name] for name in columns if name in rows.protected):
        if MISSING in groups.labels:
            known[attribute.codes[groups.codes == groups.labels.index(MISSING)]] = False
    return known


def draw_changes(
    own: NDArray[np.intp], sizes: NDArray[np.float64], known: NDArray[np.bool_], rng: Generator
) -> Changes:
    """Decide which groups each row is moved to.

    Parameters
    ----------
    own : ndarray of int, shape (n_rows,)
        Each row's own group.
    sizes : ndarray of float64, shape (n_groups,)
        Rows of each group, or sums of weight.
    known : ndarray of bool, shape (n_groups,)
        Which groups may be moved to; at least two.
    rng : numpy.random.Generator
        Only used with more than 7 groups.

    Returns
    -------
    Changes
        Up to 7 groups: each row is moved to each other group, which counts by its size. More: 5 moves, each to a group
        drawn by its size.

    Examples
    --------
    >>> made = draw_changes(
    ...     np.array([0, 2]), np.array([50.0, 30.0, 20.0]), np.array([True, True, True]), np.random.default_rng(0)
    ... )
    >>> made.source.tolist(), made.target.tolist(), made.share.round(3).tolist()
    ([1, 0, 1, 0], [0, 1, 1, 2], [0.625, 0.6, 0.375, 0.4])
    """
    heavy = np.where(known, sizes, 0.0)
    others = heavy.sum() - heavy[own]
    targets = np.flatnonzero(known)
    if len(targets) <= MOST_TARGETS + 1:
        moved = [np.flatnonzero(own != target) for target in targets]
        source = np.concatenate(moved)
        target = np.repeat(targets, [len(part) for part in moved])
        return Changes(source=source, target=target, share=heavy[target] / others[source])
    source = np.repeat(np.arange(len(own)), DRAWS)
    ends = np.cumsum(heavy)
    # A point on the line of all groups with the row's own cut out.
    point = rng.random(len(source)) * others[source]
    mine = own[source]
    point += np.where(point >= ends[mine] - heavy[mine], heavy[mine], 0.0)
    target = np.minimum(np.searchsorted(ends, point, side="right"), targets[-1])
    # Rounding may put a point on an end: the group on its other side is as good.
    stuck = (target == mine) | ~known[target]
    target[stuck] = np.where(mine[stuck] == targets[0], targets[1], targets[0])
    return Changes(source=source, target=target, share=np.full(len(source), 1.0 / DRAWS))


def draw_donors(
    codes: NDArray[np.intp], known: NDArray[np.bool_], weight: NDArray[np.float64] | None, rng: Generator
) -> list[NDArray[np.intp]]:
    """Draw rows of each group whose entries others may be given.

    Parameters
    ----------
    codes : ndarray of int, shape (n_rows,)
        Each row's group.
    known : ndarray of bool, shape (n_groups,)
        Which groups may be moved to.
    weight : ndarray of float64, shape (n_rows,), or None
        Rows are drawn by it.
    rng : numpy.random.Generator
        Draws with replacement.

    Returns
    -------
    list of ndarray of int
        Positions by group, 500 or (with many groups) fewer; none of a group that nobody is moved to.
    """
    pooled = min(_POOL, max(_FEWEST_POOLED, _MOST_POOLED // max(int(np.count_nonzero(known)), 1)))
    order = np.argsort(codes, kind="stable")
    ends = np.cumsum(np.bincount(codes, minlength=len(known)))
    pools = []
    for place, stop in enumerate(ends.tolist()):
        start = int(ends[place - 1]) if place else 0
        if not known[place] or start == stop:
            pools.append(np.zeros(0, dtype=np.intp))
            continue
        members = order[start:stop]
        if weight is None:
            pools.append(members[rng.integers(0, len(members), pooled)])
            continue
        reached = np.cumsum(weight[members])
        drawn = np.searchsorted(reached, rng.random(pooled) * reached[-1], side="right")
        pools.append(members[np.minimum(drawn, len(members) - 1)])
    return pools


def by_rank(
    value: NDArray[Any], own: list[NDArray[Any]], group: NDArray[np.intp], target: NDArray[np.intp], rng: Generator
) -> NDArray[np.intp]:
    """Choose for each row the donor that stands in its group where the row stands in its own.

    Parameters
    ----------
    value : ndarray of float64, shape (n_changes,)
        The changed rows' values; NaN where there is none.
    own : list of ndarray of float64
        Values of each group's donors.
    group, target : ndarray of int, shape (n_changes,)
        Own group of each changed row, and the group it is moved to.
    rng : numpy.random.Generator
        Draws donors for rows without a value.

    Returns
    -------
    ndarray of int, shape (n_changes,)
        Place among the donors of `target`.

    Examples
    --------
    >>> young, old = np.array([20.0, 22.0, 24.0, 26.0]), np.array([80.0, 70.0, 75.0, 85.0])
    >>> by_rank(np.array([20.0, 26.0]), [young, old], np.array([0, 0]), np.array([1, 1]), np.random.default_rng(0))
    array([1, 3])
    """
    rank = rng.random(len(value))
    chosen = np.zeros(len(value), dtype=np.intp)
    for place, values in enumerate(own):
        mine = np.flatnonzero((group == place) & ~np.isnan(value))
        if len(mine) and len(values):
            ordered = np.sort(values)
            below, reached = (np.searchsorted(ordered, value[mine], side=side) for side in ("left", "right"))
            rank[mine] = (below + reached) / (2.0 * len(ordered))
    for place, values in enumerate(own):
        moved = np.flatnonzero(target == place)
        if len(moved):
            order = np.argsort(values, kind="stable")
            chosen[moved] = order[np.minimum((rank[moved] * len(order)).astype(np.intp), len(order) - 1)]
    return chosen
