"""The nearest change of one entry that would decide a row otherwise, in plain words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from modelcheck.checks.cells import cell
from modelcheck.checks.words import short
from modelcheck.explain.dependence import Grid, grid_of
from modelcheck.explain.questions import answers, cells_like

if TYPE_CHECKING:
    import pandas as pd

    from modelcheck.explain.questions import Ask

__all__ = ["Change", "grids_of", "nearest_changes"]

_POINTS = 24
_SAME = 1e-12


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One entry of a row that would decide it otherwise.

    Attributes
    ----------
    column : str
        Whose entry.
    words : str
        The condition, e.g. ``income >= 41000`` or ``job = nurse``.
    distance : float
        Share of the support's rows that lie between the old and the new value; for a category .5.
    decided : int
        Code of the other decision.
    value : Any
        The nearest value tried.
    """

    column: str
    words: str
    distance: float
    decided: int
    value: Any


def grids_of(support: pd.DataFrame, columns: tuple[str, ...]) -> dict[str, Grid]:
    """Return the values that each column may take: 24 quantiles of numbers, the most frequent categories."""
    return {name: grid_of(support[name], most=_POINTS) for name in columns}


def nearest_changes(
    decide: Ask, rows: pd.DataFrame, support: pd.DataFrame, grids: Mapping[str, Grid], decided: NDArray[np.intp]
) -> list[list[Change]]:
    """Return for each row the changes of single entries that decide it otherwise, the nearest first.

    Parameters
    ----------
    decide : callable
        From raw rows to codes of decisions as floats, NaN without an answer.
    rows, support : DataFrame
        The rows, and rows that show what occurs.
    grids : mapping of str to Grid
        The columns that may change, and the values that they may take.
    decided : ndarray of int, shape (n_rows,)
        How each row is decided.

    Returns
    -------
    list of list of Change
        At most one for each column. A condition with ``>=`` or ``<=`` holds for every value tried beyond it, too.

    References
    ----------
    Wachter, S., Mittelstadt, B. and Russell, C. (2018). Counterfactual explanations without opening the black box.
    Harvard Journal of Law and Technology 31, 841-887.
    """
    found: list[list[Change]] = [[] for _ in range(len(rows))]
    for name, grid in grids.items():
        count = len(grid.points)
        if not count:
            continue
        points = cells_like(grid.points, rows[name])

        def question(
            at: NDArray[np.intp], name: str = name, points: pd.Series = points, count: int = count
        ) -> pd.DataFrame:
            frame = rows.take(at // count).set_axis(range(len(at)))
            frame[name] = points.take(at % count).array
            return frame

        codes = answers(decide, len(rows) * count, question).reshape(len(rows), count)
        for row in range(len(rows)):
            own = rows[name].iloc[row]
            change = _nearest(name, grid.kind, grid.points, codes[row], own, support[name], int(decided[row]))
            if change is not None:
                found[row].append(change)
    return [sorted(changes, key=lambda one: (one.distance, one.column)) for changes in found]


def _nearest(
    name: str,
    kind: str,
    points: tuple[Any, ...],
    codes: NDArray[np.float64],
    own: Any,
    values: pd.Series,
    decided: int,
) -> Change | None:
    other = np.isfinite(codes) & (codes != decided)
    if not other.any():
        return None
    if kind == "category" or own is None or own != own:
        place = int(np.flatnonzero(other)[0])
        if points[place] == own:
            return None
        words = f"{short(name)} = {cell(points[place])}"
        return Change(column=name, words=words, distance=0.5, decided=int(codes[place]), value=points[place])
    known = np.sort(values.dropna().to_numpy())
    start = np.searchsorted(known, own)
    reach = np.array([abs(int(np.searchsorted(known, point)) - int(start)) / max(len(known), 1) for point in points])
    usable = np.flatnonzero(other & np.array([point != own for point in points]))
    if not len(usable):
        return None
    place = int(usable[np.argmin(reach[usable])])
    rising = points[place] > own
    beyond = codes[place:] if rising else codes[: place + 1]
    # A single value beyond, such as the other one of two, is that value.
    same = len(beyond) > 1 and bool((beyond == codes[place]).all())
    sign = (">=" if rising else "<=") if same else "="
    return Change(
        column=name,
        words=f"{short(name)} {sign} {cell(points[place])}",
        distance=float(max(reach[place], _SAME)),
        decided=int(codes[place]),
        value=points[place],
    )
