"""Properties of a model that one row and one change can break."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from modelcheck.perturb.outcomes import INVALID, RAISED, Outcomes

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Broken", "Property", "finite", "increasing", "no_crash", "shift", "unmoved"]

Broken: TypeAlias = Callable[[Outcomes, Outcomes, "pd.DataFrame", "pd.DataFrame"], NDArray[np.bool_]]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Property:
    """What must hold between the answers to a row before and after a change.

    Attributes
    ----------
    name : str
        Stable, e.g. ``increasing(income)``; stored examples are found by it.
    title : str
        For readers, e.g. ``a higher income never lowers the score``.
    broken : callable
        From the outcomes before and after and the rows before and after to which rows break it, shape (n_rows,). Rows
        without an answer before are never judged, whatever it says.
    columns : tuple of str or None
        The columns whose change is judged; None: all.
    in_context : bool
        Whether the other columns may be changed as well, alike before and after.
    rule : mapping of str to object
        The same as plain JSON, for the regression check.
    """

    name: str
    title: str
    broken: Broken
    columns: tuple[str, ...] | None = None
    in_context: bool = False
    rule: Mapping[str, Any] = field(default_factory=dict)


def no_crash() -> Property:
    """Return the property that no change makes the model raise an exception."""
    return Property(
        name="no_crash",
        title="no plausible change of a row makes the model raise an exception",
        broken=lambda before, after, rows, changed: after.state == RAISED,
        rule={"kind": "no_crash"},
    )


def finite() -> Property:
    """Return the property that every answer stays a finite number, or a class of the model."""
    return Property(
        name="finite",
        title="no plausible change of a row makes the model answer something that is no prediction",
        broken=lambda before, after, rows, changed: after.state == INVALID,
        rule={"kind": "finite"},
    )


def increasing(column: str, sign: int = 1, tolerance: float = 1e-9) -> Property:
    """Return the property that the score follows one column.

    Parameters
    ----------
    column : str
        A column of numbers.
    sign : int
        1: a higher value never lowers the score; -1: it never raises it.
    tolerance : float
        How far the score may go the wrong way, in its unit; at least 0.

    Returns
    -------
    Property
        Judged for rows in which the value went up or down and that have a score (or, for a model that gives labels
        only, a decision) before and after; a score for each of several classes has no direction.

    Raises
    ------
    ValueError
        A sign other than 1 and -1, or a negative tolerance.
    """
    if sign not in (1, -1) or not tolerance >= 0.0:
        raise ValueError(
            f"increasing() needs a sign of 1 or -1 and a tolerance of at least 0, not {sign}, {tolerance}."
        )

    def broken(before: Outcomes, after: Outcomes, rows: pd.DataFrame, changed: pd.DataFrame) -> NDArray[np.bool_]:
        moved = _numbers(changed[column]) - _numbers(rows[column])
        gain = _level(after) - _level(before)
        # A comparison with NaN is false: what is missing, before or after, has no direction.
        wrong: NDArray[np.bool_] = (np.sign(moved) * sign * gain < -tolerance) & (moved != 0.0)
        return wrong

    way = "lowers" if sign == 1 else "raises"
    return Property(
        name=f"{'increasing' if sign == 1 else 'decreasing'}({column})",
        title=f"a higher {column} never {way} the score",
        broken=broken,
        columns=(column,),
        in_context=True,
        rule={"kind": "increasing", "column": column, "sign": sign, "tolerance": tolerance},
    )


def unmoved(columns: str | Sequence[str], tolerance: float = 1e-9) -> Property:
    """Return the property that some columns don't matter.

    Parameters
    ----------
    columns : str or sequence of str
        The columns that must not move the score.
    tolerance : float
        How far it may move, in its unit, in any class; at least 0. Without scores every other decision breaks it.

    Returns
    -------
    Property
        Judged for rows with an answer before and after.
    """
    names = (columns,) if isinstance(columns, str) else tuple(columns)
    if not names or not tolerance >= 0.0:
        raise ValueError("unmoved() needs at least one column and a tolerance of at least 0.")
    return Property(
        name=f"unmoved({', '.join(names)})",
        title=f"{' and '.join(names)} never {'moves' if len(names) == 1 else 'move'} the score",
        broken=lambda before, after, rows, changed: shift(before, after) > tolerance,
        columns=names,
        rule={"kind": "unmoved", "columns": list(names), "tolerance": tolerance},
    )


def shift(before: Outcomes, after: Outcomes) -> NDArray[np.float64]:
    """Return how far each score moved, shape (n_rows,); NaN without an answer, and 1 for another decision alone."""
    if before.score is not None and after.score is not None:
        moved = np.abs(after.score - before.score)
        return np.asarray(moved if moved.ndim == 1 else moved.max(axis=1), dtype=np.float64)
    if before.decision is None or after.decision is None:
        return np.full(len(before), np.nan)
    moved = (before.decision != after.decision).astype(np.float64)
    return np.where(before.answered & after.answered, moved, np.nan)


def _level(outcomes: Outcomes) -> NDArray[np.float64]:
    if outcomes.score is not None and outcomes.score.ndim == 1:
        return np.where(outcomes.answered, outcomes.score, np.nan)
    if outcomes.score is None and outcomes.decision is not None:
        return np.where(outcomes.answered, outcomes.decision.astype(np.float64), np.nan)
    return np.full(len(outcomes), np.nan)


def _numbers(column: pd.Series) -> NDArray[np.float64]:
    from pandas.api.types import is_datetime64_any_dtype, is_numeric_dtype

    if is_datetime64_any_dtype(column):
        seconds = column.astype("int64").to_numpy(dtype=np.float64) / 1e6
        return np.where(column.isna().to_numpy(), np.nan, seconds)
    if not is_numeric_dtype(column):
        return np.full(len(column), np.nan)
    return np.asarray(column.to_numpy(dtype=np.float64, na_value=np.nan), dtype=np.float64)
