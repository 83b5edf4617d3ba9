"""How much a search would have to look at, known before it starts."""

from __future__ import annotations

from collections.abc import Sequence
from math import comb

from modelcheck.slices.axes import Axis

__all__ = ["affordable_depth", "refuse_too_much", "steps"]

_PER_PASS = 20_000  # what a pass over the rows costs beside its rows
_PER_SLICE = 10
_MOST_STEPS = 2e12  # more than an hour


def steps(axes: Sequence[Axis], rows: int, depth: int) -> float:
    """Return about how many elementary steps (a nanosecond or so each) a search takes, from its sizes alone.

    Parameters
    ----------
    axes : sequence of Axis
        The columns.
    rows : int
        Number of rows.
    depth : int
        Largest number of conditions.

    Returns
    -------
    float
        Passes over the rows, one for each combination of columns, and conjunctions of choices.
    """
    # Elementary symmetric polynomials of the numbers of choices: all conjunctions of 1, 2, ... columns.
    sums = [1.0] + [0.0] * depth
    for axis in axes:
        for size in range(depth, 0, -1):
            sums[size] += sums[size - 1] * len(axis)
    passes = sum(comb(len(axes), size) for size in range(1, depth + 1))
    return passes * (3.0 * rows + _PER_PASS) + _PER_SLICE * sum(sums[1:])


def affordable_depth(axes: Sequence[Axis], rows: int, depth: int, *, most: float) -> int:
    """Return the largest number of conditions, 1 to `depth`, whose search takes at most `most` steps."""
    while depth > 1 and steps(axes, rows, depth) > most:
        depth -= 1
    return depth


def refuse_too_much(axes: Sequence[Axis], rows: int, depth: int) -> None:
    """Refuse a search that would not end.

    Raises
    ------
    ValueError
        With the depth that would do.
    """
    if steps(axes, rows, depth) <= _MOST_STEPS:
        return
    fitting = affordable_depth(axes, rows, depth, most=_MOST_STEPS)
    combinations = sum(comb(len(axes), size) for size in range(1, depth + 1))
    enough = steps(axes, rows, fitting) <= _MOST_STEPS
    mend = f"Pass depth={fitting}" if enough and fitting < depth else "Pass a larger `least`"
    raise ValueError(
        f"conjunctions of up to {depth} conditions over {len(axes):,} columns and {rows:,} rows are too many: "
        f"{combinations:,} combinations of columns would have to be counted. {mend}, or fewer columns."
    )
