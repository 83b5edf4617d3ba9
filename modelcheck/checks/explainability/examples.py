"""Single decisions explained: what each column added, what would change it, and who is alike."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from modelcheck.checks.cells import cell
from modelcheck.checks.context import Context
from modelcheck.checks.explainability.alike import distances
from modelcheck.checks.explainability.chosen import Chosen, choose_rows
from modelcheck.checks.explainability.drawn import (
    NO_BUDGET,
    Decisions,
    Drawn,
    Scores,
    drawn,
    nothing,
    rows_for,
)
from modelcheck.checks.explainability.explained import Explained, explain_with, explained, explainer_of
from modelcheck.checks.explainability.nearest import Change, grids_of, nearest_changes
from modelcheck.checks.words import count, number, short
from modelcheck.explain.attributions import LOG_ODDS, PERMUTATION, PROBABILITY, Attributions
from modelcheck.record.evidence import Chart, Evidence, Table
from modelcheck.record.plain import plain

if TYPE_CHECKING:
    import pandas as pd

    from modelcheck.scoring.asking import Asking

__all__ = ["examples", "explain_rows"]

_BARS = 8
_ALIKE = 3
_SHOWN_ALIKE = 3
_WALKS = 8
_NAMES = 30
_FEWEST = 2


def examples(context: Context) -> Evidence:
    """Explain the decisions that somebody will ask about.

    Parameters
    ----------
    context : Context
        With `asking`.

    Returns
    -------
    Evidence
        For each row a waterfall of what columns add, on the scale of the score; the nearest change of one entry that
        decides otherwise, within what occurs and never of a protected or forbidden column; the most similar rows of the
        reference.

    References
    ----------
    Wachter, Mittelstadt and Russell (2018), Harvard Journal of Law and Technology 31, 841-887. Lundberg and Lee (2017),
    NeurIPS 30.
    """
    ready, found = drawn(context), explained(context)
    if isinstance(ready, str) or isinstance(found, str):
        return nothing(str(ready) if isinstance(ready, str) else str(found))
    return explain_rows(context, ready, found, choose_rows(context, ready, found))


def explain_rows(context: Context, ready: Drawn, found: Explained, chosen: list[Chosen]) -> Evidence:
    """Explain some rows of the sample one by one.

    Parameters
    ----------
    context : Context
        With `asking`.
    ready : Drawn
        The sample.
    found : Explained
        Attributions of the run.
    chosen : list of Chosen
        Which rows, and why.
    """
    assert context.asking is not None  # noqa: S101 - `drawn` answered otherwise
    scores, deciding = Scores(context.asking, ready.scored), Decisions(context.asking)
    columns = tuple(name for name in found.columns if name not in found.still)
    scale = PROBABILITY if found.attributions.scale == LOG_ODDS else None
    explainer = explainer_of(
        context,
        context.asking,
        ready,
        scores,
        columns=columns,
        scale=scale,
        walks=_WALKS,
        inside=found.attributions.explainer != PERMUTATION,
        purpose="examples",
    )
    offered = _offered(context, ready)
    grids = grids_of(ready.support, offered) if ready.scored.decision is not None else {}
    changes_each = sum(len(grid.points) for grid in grids.values())
    each = explainer.asks_a_row + 1 + changes_each + _ALIKE
    affordable = rows_for(context, "examples", explainers=1) // each
    if affordable < min(_FEWEST, len(chosen)):
        return nothing(f"{NO_BUDGET} One decision explained takes {each:,} rows.")
    left_out = max(len(chosen) - affordable, 0)
    chosen = chosen[:affordable]
    places = np.array([one.place for one in chosen], dtype=np.intp)
    rows = ready.rows.take(places).reset_index(drop=True)
    said, kept = explain_with(explainer, rows)
    chosen, places, rows = [chosen[at] for at in kept], places[kept], rows.take(kept).reset_index(drop=True)
    decided = ready.scored.decision
    changes: list[list[Change]] = [[] for _ in chosen]
    if decided is not None:
        own = decided[places].astype(np.intp)
        changes = nearest_changes(deciding, rows, ready.support, grids, own)
    truth = _truth_of_support(context, ready)
    tables: list[Table] = []
    charts: list[Chart] = []
    lines = []
    weights = dict(zip(found.columns, found.attributions.shares.tolist(), strict=True))
    typical = {name: _typical(ready, name) for name in said.columns}
    for at, one in enumerate(chosen):
        name = f"example {at + 1}"
        output = _output(ready, one.place, said)
        lines.append(_line(context, ready, one, at + 1, said.output[at, output], changes[at]))
        charts.append(_waterfall(context, ready, name, rows.iloc[at], said, at, output))
        tables.append(_parts(typical, name, rows.iloc[at], said, at, output))
        tables.append(_alike(context, ready, name, rows.iloc[at], weights, truth, context.asking, scores))
    reading = f"{count(len(chosen), 'decision')} explained one by one."
    if left_out:
        reading += f" The budget leaves {left_out} of the chosen ones out."
    if len(kept) < affordable and len(kept) < len(chosen) + left_out:
        reading += " Rows without an answer on the way are left out."
    return Evidence(
        tables=(
            Table(
                name="decisions",
                columns=("example", "row", "why", "decided", "score", "truth", "what would change it"),
                rows=tuple(lines),
                note=(
                    "What would change it: the nearest change of one entry, other entries as they are, within what "
                    f"occurs in the {ready.source}; protected and forbidden columns, and those that follow one, are "
                    "never offered."
                ),
            ),
            *tables,
        ),
        charts=tuple(charts),
        reading=reading,
        predicted_rows=scores.asked + deciding.asked,
    )


def _offered(context: Context, ready: Drawn) -> tuple[str, ...]:
    never = {*context.rows.protected, *context.forbidden, *context.follows}
    return tuple(name for name in ready.columns if name not in never)


def _output(ready: Drawn, place: int, said: Attributions) -> int:
    """Return which output is told of: of several classes the one that was decided for."""
    if said.values.shape[2] == 1 or ready.scored.decision is None:
        return 0
    return int(ready.scored.decision[place])


def _line(
    context: Context, ready: Drawn, one: Chosen, example: int, score: float, changes: list[Change]
) -> tuple[Any, ...]:
    rows = ready.scored
    ids = rows.row_id
    decided = "" if rows.decision is None else _class(context, int(rows.decision[one.place]))
    truth = plain(rows.target[one.place]) if rows.task == "regression" else _class(context, int(rows.target[one.place]))
    if rows.decision is None:
        change = ""
    elif changes:
        nearest = changes[0]
        change = f"would be {_class(context, nearest.decided)} with {nearest.words}"
    else:
        change = "no change of a single entry within what occurs decides it otherwise"
    row = one.place if ids is None else int(ids[one.place])
    return (example, row, one.why, decided, float(score), truth, change)


def _brief(value: Any) -> str:
    """Return a cell with as many digits as a reader takes in."""
    if isinstance(value, float | np.floating) and np.isfinite(value):
        return number(float(value), 4)
    return short(cell(value), _NAMES)


def _class(context: Context, code: int) -> str:
    return short(context.rows.classes[code], _NAMES)


def _typical(ready: Drawn, name: str) -> str:
    values = ready.support[name].dropna()
    if not len(values):
        return ""
    if ready.is_number(name):
        return _brief(float(values.astype(np.float64).median()))
    return cell(values.mode().iloc[0])


def _parts(typical: dict[str, str], name: str, row: pd.Series, said: Attributions, at: int, output: int) -> Table:
    values = said.values[at, :, output]
    order = np.argsort(-np.abs(values), kind="stable").tolist()
    return Table(
        name=name,
        columns=("column", "value", "contribution", "typical"),
        rows=tuple(
            (
                short(said.columns[place]),
                _brief(row[said.columns[place]]),
                float(values[place]),
                typical[said.columns[place]],
            )
            for place in order
        ),
        note=f"From {number(float(said.base[output]))}, the mean of the background, to the row's own answer.",
    )


def _waterfall(
    context: Context, ready: Drawn, name: str, row: pd.Series, said: Attributions, at: int, output: int
) -> Chart:
    values = said.values[at, :, output]
    order = np.argsort(-np.abs(values), kind="stable").tolist()
    shown, rest = order[:_BARS], order[_BARS:]
    reached = float(said.base[output])
    data: list[dict[str, Any]] = [{"label": "typical", "value": None, "start": 0.0, "end": reached}]
    for place in shown:
        step = float(values[place])
        label = f"{short(said.columns[place], _NAMES)} = {_brief(row[said.columns[place]])}"
        data.append({"label": label, "value": step, "start": reached, "end": reached + step})
        reached += step
    if rest:
        step = float(values[rest].sum())
        data.append({"label": count(len(rest), "other column"), "value": step, "start": reached, "end": reached + step})
        reached += step
    data.append({"label": "this row", "value": None, "start": 0.0, "end": float(said.output[at, output])})
    unit = "score" if said.scale != LOG_ODDS else said.scale
    top = short(said.columns[order[0]])
    way = "raises" if values[order[0]] > 0.0 else "lowers"
    limit: dict[str, Any] = {}
    if ready.scored.task == "binary" and said.scale == PROBABILITY:
        limit = {"limit": float(0.5 if context.threshold is None else context.threshold)}
    return Chart(
        name=name,
        kind="waterfall",
        title="From a typical answer to this one",
        x=unit,
        reading=(
            f"From {number(float(said.base[output]))} to {number(float(said.output[at, output]))}: {top} {way} it "
            f"most, "
            f"by {number(abs(float(values[order[0]])))}."
        ),
        data=tuple(data),
        reference=limit,
    )


def _truth_of_support(context: Context, ready: Drawn) -> NDArray[Any] | None:
    places = ready.support_positions.astype(np.intp)
    if ready.source == "dataset":
        return context.rows.target[places]
    reference = None if context.find_reference is None else context.find_reference()
    return None if reference is None else reference.target[places]


def _alike(
    context: Context,
    ready: Drawn,
    name: str,
    row: pd.Series,
    weights: dict[str, float],
    truth: NDArray[Any] | None,
    asking: Asking,
    scores: Scores,
) -> Table:
    apart = distances(row, ready.support, weights)
    order = np.argsort(apart, kind="stable")
    if ready.source == "dataset":
        # The row itself may be one of them.
        order = np.array([at for at in order.tolist() if apart[at] > 0.0], dtype=np.intp)
    nearest = order[:_ALIKE]
    shown = sorted(weights, key=lambda column: -weights[column])[:_SHOWN_ALIKE]
    some = ready.support.take(nearest)
    decided = Decisions(asking)(some.reset_index(drop=True)) if ready.scored.decision is not None else None
    lines = []
    for at, place in enumerate(nearest.tolist()):
        said = "" if decided is None or not np.isfinite(decided[at]) else _class(context, int(decided[at]))
        real: Any = None
        if truth is not None:
            real = plain(truth[place]) if ready.scored.task == "regression" else _class(context, int(truth[place]))
        lines.append(
            (
                int(ready.support_positions[place]),
                float(apart[place]),
                real,
                said,
                *(_brief(some[column].iloc[at]) for column in shown),
            )
        )
    return Table(
        name=f"similar to {name}",
        columns=("row", "distance", "truth", "decided", *(short(column) for column in shown)),
        rows=tuple(lines),
        note=(
            f"Of {len(ready.support):,} rows of the {ready.source}; Gower's distance, 0 to 1, columns weighted by "
            f"their "
            "share of attribution."
        ),
    )
