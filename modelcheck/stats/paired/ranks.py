"""What two rankings of the same rows leave open: too few rows of a class, and the most that a moved row can add."""

from __future__ import annotations

import math
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from modelcheck.stats.average_precision import FEWEST_POSITIVES
from modelcheck.stats.design import Design, too_few
from modelcheck.stats.paired.largest import largest_change
from modelcheck.stats.ranking import FEWEST_PER_CLASS

__all__ = [
    "RankingName",
    "compared_classes",
    "doubt_of_ranks",
    "largest_of_ranks",
    "rescored_rows",
    "step_of_ranks",
]

RankingName = Literal["roc_auc", "average_precision"]
_SAME = 1e-9
_NOISE = 1e-6
_ECHO = 0.2  # one moved row changes the precision at all ranks below it a little: no changes of their own


def compared_classes(name: RankingName, target: NDArray[Any], n_classes: int, design: Design) -> list[int]:
    """Return the classes over which a ranking of several classes is averaged when two models are compared.

    Parameters
    ----------
    name : {"roc_auc", "average_precision"}
        What is compared.
    target : ndarray of int, shape (n_rows,)
        Class codes.
    n_classes : int
        Number of classes.
    design : Design
        Design of the rows.

    Returns
    -------
    list of int
        Those with rows (clusters) enough for a verdict, in the class and, for the area, outside it. One rare class
        would leave the mean unproven for ever. Where fewer than two have enough: all that have rows.

    Examples
    --------
    >>> compared_classes("roc_auc", np.repeat([0, 1, 2, 3], [50, 50, 9, 0]), 4, Design())
    [0, 1]
    """
    present = [code for code in range(n_classes) if 0 < np.count_nonzero(target == code) < len(target)]
    enough = [code for code in present if not doubt_of_ranks(name, target, [code], design)[0]]
    return enough if len(enough) > 1 else present


def doubt_of_ranks(
    name: RankingName, target: NDArray[Any], counted: list[int], design: Design
) -> tuple[str, int | None]:
    """Return why a class has too few rows (clusters) for a verdict on two rankings, and how many it needs.

    Parameters
    ----------
    name : {"roc_auc", "average_precision"}
        What is compared.
    target : ndarray of int, shape (n_rows,)
        Class codes.
    counted : list of int
        Classes that are compared, each against the rest.
    design : Design
        Design of the rows.

    Returns
    -------
    (reason, needed)
        ("", None) when there are enough.
    """
    fewest = FEWEST_POSITIVES if name == "average_precision" else FEWEST_PER_CLASS
    for code in counted:
        positive = target == code
        sides = (
            [(positive, "positive")]
            if name == "average_precision"
            else [(positive, "positive"), (~positive, "negative")]
        )
        if positive.all():
            return "there are no negative rows", None
        for rows, noun in sides:
            units = design.take(rows).units(int(np.count_nonzero(rows)))
            if units < fewest:
                kind = (f"{noun} row",) if design.cluster is None else ("cluster", f"with {noun} rows")
                where = "in one class " if len(counted) > 1 else ""
                return where + too_few(units, *kind), fewest
    return "", None


def rescored_rows(first: NDArray[Any], second: NDArray[Any]) -> NDArray[np.bool_]:
    """Return which rows the two sides score differently, by more than one part in a million.

    Parameters
    ----------
    first, second : ndarray of float, shape (n_rows,) or (n_rows, n_classes)
        Scores of both sides.

    Returns
    -------
    ndarray of bool, shape (n_rows,)
        Differences as small as those between float32 and float64, or between two machines, are none.

    Examples
    --------
    >>> rescored_rows(np.array([0.2, 0.3]), np.array([0.2, 0.31])).tolist()
    [False, True]
    """
    found = np.zeros(len(first), dtype=bool)
    for column in range(1 if first.ndim == 1 else first.shape[1]):
        one, two = (side if side.ndim == 1 else side[:, column] for side in (first, second))
        noise: NDArray[np.float64] = np.abs(one).astype(np.float64)
        noise += np.abs(two)
        noise *= _NOISE / 2.0
        gap = np.subtract(one, two, dtype=np.float64)
        found |= np.abs(gap, out=gap) > noise
    return found


def largest_of_ranks(
    name: RankingName,
    influence: NDArray[np.float64],
    target: NDArray[Any],
    counted: list[int],
    design: Design,
    rescored: NDArray[np.bool_],
) -> float:
    """Return the most that one row (cluster) can add: that of the class in which a change counts most.

    Parameters
    ----------
    name, target, counted, design
        As for `doubt_of_ranks`.
    influence : ndarray of float64, shape (n_rows,)
        What each row adds to the difference.
    rescored : ndarray of bool, shape (n_rows,)
        From `rescored_rows`.

    Returns
    -------
    float
        From `modelcheck.stats.paired.largest.largest_change`, with what moving a row from one end of the ranking to
        the other could add as the most that is possible.

    Notes
    -----
    Where a few rows of one class move, all rows of the other shift past them a little. Such an echo tells nothing of
    how much a row can add, so a row counts as changed only where its own score did. That can't be seen where all
    scores are rewritten by a rising function and a few rows move besides.
    """
    mass = np.bincount(target, weights=design.weight).astype(np.float64)
    total = float(mass.sum())
    groups = np.flatnonzero(mass)
    if name == "average_precision":
        # A positive that falls from the first rank to the last takes its own precision and a little of all others'.
        possible = sum(total / mass[code] * (1.0 + math.log1p(mass[code])) for code in counted) / len(counted)
        away = influence.copy()
        for group in groups:
            rows = target == group
            away[rows] -= np.median(influence[rows])
        np.abs(away, out=away)
        most = float(away.max())
        changed = away > (_ECHO * most if most > _SAME * possible else most)
        changed &= rescored
        return largest_change(influence, changed, design, possible=possible, graded=True)
    found = 0.0
    for group in groups:
        rows = target == group
        # A row moves the area of its own class, and those of the others as one of their rest.
        shares = [mass[code] if code == group else total - mass[code] for code in counted]
        possible = sum(total / share for share in shares) / len(counted)
        inside = influence[rows]
        # What both sides rank alike has one and the same (centred) influence: the median, where little changed.
        changed = np.abs(inside - np.median(inside)) > _SAME * possible
        changed &= rescored[rows]
        found = max(found, largest_change(inside, changed, design.take(rows), possible=possible, graded=True))
    return found


def step_of_ranks(name: RankingName, target: NDArray[Any], counted: list[int], design: Design) -> float:
    """Return how much of the statistic a row takes with it that falls from the top of its class to the bottom.

    Parameters
    ----------
    name, target, counted, design
        As for `doubt_of_ranks`; each class counted has rows and leaves some.

    Returns
    -------
    float
        The largest of all classes, over the effective number of rows: the cautious step for
        `modelcheck.stats.power.smallest_drop`. Of several classes a row falls in its own and rises in one other.

    Examples
    --------
    >>> step_of_ranks("roc_auc", np.repeat([0, 1], [900, 100]), [1], Design())
    0.01
    """
    falls, rises = [], []
    for code in counted:
        own = target == code
        hits = int(np.count_nonzero(own))
        ups = design.take(own).effective_units(hits)
        downs = design.take(~own).effective_units(len(target) - hits)
        if name == "average_precision":
            falls.append((1.0 + math.log1p(ups)) / ups)
            rises.append(falls[-1])
        else:
            falls.append(1.0 / ups)
            rises.append(1.0 / downs)
    if len(counted) == 1:
        return max(*falls, *rises)
    return max(fall + rise for i, fall in enumerate(falls) for j, rise in enumerate(rises) if i != j) / len(counted)
