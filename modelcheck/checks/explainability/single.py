"""One explained decision: its line, its parts, its waterfall."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from modelcheck.checks.cells import cell
from modelcheck.checks.context import Context
from modelcheck.checks.explainability.chosen import Chosen
from modelcheck.checks.explainability.drawn import (
    Drawn,
)
from modelcheck.checks.explainability.nearest import Change
from modelcheck.checks.words import count, number, short
from modelcheck.explain.attributions import LOG_ODDS, PROBABILITY, Attributions
from modelcheck.record.evidence import Chart, Table
from modelcheck.record.plain import plain
from modelcheck.record.privacy import quoted

if TYPE_CHECKING:
    import pandas as pd


__all__ = ["brief", "class_of", "line_of", "output_of", "parts_of", "typical_of", "waterfall"]


_BARS = 8
_COMMON = 5  # rows
_NAMES = 30


def output_of(ready: Drawn, place: int, said: Attributions) -> int:
    """Return which output is told of: of several classes the one that was decided for."""
    if said.values.shape[2] == 1 or ready.scored.decision is None:
        return 0
    return int(ready.scored.decision[place])


def line_of(
    context: Context, ready: Drawn, one: Chosen, example: int, score: float, changes: list[Change]
) -> tuple[Any, ...]:
    """Return the row of the table of decisions."""
    rows = ready.scored
    ids = rows.row_id
    decided = "" if rows.decision is None else class_of(context, int(rows.decision[one.place]))
    truth = (
        plain(rows.target[one.place]) if rows.task == "regression" else class_of(context, int(rows.target[one.place]))
    )
    if rows.decision is None:
        change = ""
    elif changes:
        nearest = changes[0]
        change = f"would be {class_of(context, nearest.decided)} with {nearest.words}"
    else:
        change = "no change of a single entry within what occurs decides it otherwise"
    row = one.place if ids is None else int(ids[one.place])
    return (example, row, one.why, decided, float(score), truth, change)


def brief(value: Any) -> str:
    """Return a cell with as many digits as a reader takes in."""
    if isinstance(value, float | np.floating) and np.isfinite(value):
        return number(float(value), 4)
    return short(cell(value), _NAMES)


def class_of(context: Context, code: int) -> str:
    """Return the name of a class."""
    return short(context.rows.classes[code], _NAMES)


def typical_of(ready: Drawn, name: str) -> str:
    """Return the middle of a column's numbers, or its most frequent category."""
    values = ready.support[name].dropna()
    if not len(values):
        return ""
    if ready.is_number(name):
        return brief(float(values.astype(np.float64).median()))
    often = values.value_counts()
    # What hardly anybody shares is no typical entry but somebody's.
    return cell(often.index[0]) if int(often.iloc[0]) >= _COMMON else ""


def parts_of(typical: dict[str, str], name: str, row: pd.Series, said: Attributions, at: int, output: int) -> Table:
    """Return what each column adds, the largest first."""
    values = said.values[at, :, output]
    order = np.argsort(-np.abs(values), kind="stable").tolist()
    low, high = _range(said, at, output)
    return Table(
        name=name,
        columns=("column", "value", "contribution", "low", "high", "typical"),
        private=("value",),
        rows=tuple(
            (
                short(said.columns[place]),
                brief(row[said.columns[place]]),
                float(values[place]),
                None if low is None else float(low[place]),
                None if high is None else float(high[place]),
                typical[said.columns[place]],
            )
            for place in order
        ),
        note=f"From {number(float(said.base[output]))}, the mean of the background, to the row's own answer.",
    )


def _range(
    said: Attributions, at: int, output: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]] | tuple[None, None]:
    """Return the 95 % ranges that the walks of a row leave; None where values are exact for the background."""
    from scipy.stats import t

    if said.noise is None or said.walks < 2:
        return None, None
    values = said.values[at, :, output]
    half = float(t.ppf(0.975, said.walks - 1)) * said.noise[at, :, output]
    return values - half, values + half


def waterfall(
    context: Context, ready: Drawn, name: str, row: pd.Series, said: Attributions, at: int, output: int
) -> Chart:
    """Return the way from the typical answer to this one."""
    values = said.values[at, :, output]
    order = np.argsort(-np.abs(values), kind="stable").tolist()
    shown, rest = order[:_BARS], order[_BARS:]
    low, high = _range(said, at, output)
    reached = float(said.base[output])
    data: list[dict[str, Any]] = [{"label": "typical", "value": None, "start": 0.0, "end": reached}]
    for place in shown:
        step = float(values[place])
        label = f"{short(said.columns[place], _NAMES)} = {quoted(brief(row[said.columns[place]]))}"
        ends = {"low": None if low is None else float(low[place]), "high": None if high is None else float(high[place])}
        data.append({"label": label, "value": step, **ends, "start": reached, "end": reached + step})
        reached += step
    if rest:
        step = float(values[rest].sum())
        data.append({"label": count(len(rest), "other column"), "value": step, "start": reached, "end": reached + step})
        reached += step
    data.append({"label": "this row", "value": None, "start": 0.0, "end": float(said.output[at, output])})
    unit = "score" if said.scale != LOG_ODDS else said.scale
    limit: dict[str, Any] = {}
    if ready.scored.task == "binary" and said.scale == PROBABILITY:
        limit = {"limit": float(0.5 if context.threshold is None else context.threshold)}
    return Chart(
        name=name,
        kind="waterfall",
        title="From a typical answer to this one",
        x=unit,
        reading=_read_out(said, at, output),
        data=tuple(data),
        reference=limit,
    )


def _read_out(said: Attributions, at: int, output: int) -> str:
    """Say where the way starts and ends, and what moves it most where that stands out from the chance of walks."""
    values = said.values[at, :, output]
    top = int(np.abs(values).argmax())
    low, high = _range(said, at, output)
    way = f"From {number(float(said.base[output]))} to {number(float(said.output[at, output]))}"
    if low is not None and high is not None and low[top] <= 0.0 <= high[top]:
        return f"{way}: no single column stands out."
    verb = "raises" if values[top] > 0.0 else "lowers"
    return f"{way}: {short(said.columns[top])} {verb} it most, by {number(abs(float(values[top])))}."
