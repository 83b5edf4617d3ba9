"""What drives the model: the columns by their share, in sentences, drawings and tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from modelcheck.record.evidence import Chart
from modelcheck.record.numbers import format_count, format_level, format_value
from modelcheck.record.schema import Record
from modelcheck.report.cells import Grid, grid
from modelcheck.report.encodings import number_or_none
from modelcheck.report.explained.presence import SUITE, gate_of, rows_of, table_of
from modelcheck.report.explained.sentences import counted, name, percent, places, plain
from modelcheck.report.explained.verdict import Point, point
from modelcheck.report.figures import ChartView, chart_view
from modelcheck.report.outline import is_gate
from modelcheck.report.text import shorten

__all__ = ["DriversView", "drivers_view", "rows_with_role"]

_MOST_SENTENCES = 5
_MOST_DEPENDENCE = 12
_MOST_FOREST = 20
_MOST_ROWS = 30
_MOST_PAIRS = 3
_EFFECTS = {
    "higher raises": "higher values raise it",
    "higher lowers": "higher values lower it",
    "both ways": "it works in both directions, as the curve below shows",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class DriversView:
    """Everything that the page says about the columns."""

    sentences: tuple[str, ...]
    basis: str
    swarm: ChartView | None
    shares: ChartView | None
    table: Grid
    dependence: tuple[ChartView, ...]
    dependence_note: str
    together: tuple[str, ...]
    tests: tuple[Point, ...]


def drivers_view(record: Record) -> DriversView:
    """Return what drives the model; the record must hold the gate ``importance`` with its table."""
    gate = gate_of(record, "importance")
    rows = _drivers(record)
    charts = {chart.name: chart for chart in (gate.charts if gate is not None else ())}
    curves, note = _dependence(record, [str(row.get("column", "")) for row in rows])
    estimate = gate.estimate if gate is not None else None
    basis = ""
    if estimate is not None:
        basis = (
            f"In brackets: the range that the data can't rule out, at {format_level(estimate.confidence)} confidence, "
            f"from {counted(estimate.n, 'explained row')}."
        )
    return DriversView(
        sentences=tuple(_sentences(rows)),
        basis=basis,
        swarm=chart_view(_with_reading(charts["beeswarm"])) if "beeswarm" in charts else None,
        shares=chart_view(_capped(charts["shares"])) if "shares" in charts else None,
        table=_table(rows),
        dependence=curves,
        dependence_note=note,
        together=tuple(_together(record)),
        tests=tuple(point(one) for one in record.gates if one.suite == SUITE and is_gate(one)),
    )


def rows_with_role(record: Record) -> list[Mapping[str, Any]]:
    """Return the drivers that are protected or forbidden."""
    return [row for row in _drivers(record) if row.get("role")]


def _drivers(record: Record) -> list[Mapping[str, Any]]:
    rows = rows_of(table_of(gate_of(record, "importance"), "drivers"))
    return sorted(rows, key=lambda row: -(number_or_none(row.get("share")) or 0.0))


def _sentences(rows: Sequence[Mapping[str, Any]]) -> list[str]:
    told = []
    for place, row in enumerate(rows[:_MOST_SENTENCES]):
        share = percent(row.get("share"), row.get("low"), row.get("high"))
        start = "Of everything that moves the score, " if place == 0 else ""
        effect = _EFFECTS.get(str(row.get("effect") or ""), "")
        text = f"{start}{share} comes from {name(row.get('column'))}"
        told.append(f"{text}{f': {effect}' if effect else ''}.{_pays(row)}")
    rest = rows[_MOST_SENTENCES:]
    if rest:
        sum_of = sum(number_or_none(row.get("share")) or 0.0 for row in rest)
        told.append(
            f"The other {counted(len(rest), 'column')} together make up {format_value(100 * sum_of, 0)} %; each with "
            "its range is in the table."
        )
    return told


def _pays(row: Mapping[str, Any]) -> str:
    """Say whether the column also makes answers better: moving the score and being of use are two things."""
    pays, low, high = (number_or_none(row.get(key)) for key in ("pays", "pays low", "pays high"))
    if pays is None or low is None or high is None:
        return ""
    decimals = places(pays, low, high)
    ends = f"{format_value(low, decimals)} to {format_value(high, decimals)}"
    if low > 0:
        return f" Shuffling it raises the loss by {format_value(pays, decimals)} ({ends}): the answers need it."
    return (
        f" Yet shuffling it isn't proved to raise the loss ({format_value(pays, decimals)}, {ends}): it moves the "
        "score without proof that answers get better by it."
    )


def _table(rows: Sequence[Mapping[str, Any]]) -> Grid:
    shown = [
        (
            str(row.get("column", "")),
            percent(row.get("share"), row.get("low"), row.get("high")),
            _EFFECTS.get(str(row.get("effect") or ""), "").removesuffix(", as the curve below shows"),
            str(row.get("role") or ""),
        )
        for row in rows
    ]
    columns = ("column", "share of what moves the score", "how", "declared")
    return grid("All columns", columns, shown, most=_MOST_ROWS)


def _capped(chart: Chart) -> Chart:
    reading = chart.reading or "Each dot is a column's share, the bar its range."
    if len(chart.data) > _MOST_FOREST:
        reading += f" Drawn: {_MOST_FOREST} of {format_count(len(chart.data))} columns; all are in record.json."
    return replace(chart, data=chart.data[:_MOST_FOREST], reading=plain(reading))


def _with_reading(chart: Chart) -> Chart:
    how = "A dot right of the line: the column raised the score of these rows. Its colour: how large their value is."
    return replace(chart, reading=plain(chart.reading) or how)


def _dependence(record: Record, order: Sequence[str]) -> tuple[tuple[ChartView, ...], str]:
    gate = gate_of(record, "dependence")
    charts = [chart for chart in (gate.charts if gate is not None else ()) if chart.kind == "dependence"]
    place = {column: number for number, column in enumerate(order)}
    charts.sort(key=lambda chart: place.get(chart.name.removeprefix("dependence "), len(place)))
    left = ""
    if len(charts) > _MOST_DEPENDENCE:
        left = f"{_MOST_DEPENDENCE} of {format_count(len(charts))} columns are drawn, all are in record.json."
    return tuple(chart_view(_read_out(chart)) for chart in charts[:_MOST_DEPENDENCE]), left


def _read_out(chart: Chart) -> Chart:
    """Give a chart that brings no reading one: where its mean is lowest and highest."""
    if chart.reading:
        return replace(chart, reading=plain(chart.reading))
    points = [(number_or_none(row.get("y")), row.get("x", row.get("label"))) for row in chart.data]
    known = [(y, at) for y, at in points if y is not None]
    if not known:
        return chart
    (low, at_low), (high, at_high) = min(known, key=lambda one: one[0]), max(known, key=lambda one: one[0])
    reading = (
        f"On average the score is lowest at {_at(at_low)} ({format_value(low)}) and highest at {_at(at_high)} "
        f"({format_value(high)})."
    )
    return replace(chart, reading=reading)


def _at(value: object) -> str:
    number = number_or_none(value)
    return format_value(number) if number is not None else shorten(str(value))


def _together(record: Record) -> list[str]:
    gate = gate_of(record, "interactions")
    told = []
    for row in rows_of(table_of(gate, "pairs"))[:_MOST_PAIRS]:
        share = percent(row.get("strength"), row.get("low"), row.get("high"))
        if number_or_none(row.get("strength")) is None:
            continue
        told.append(
            f"{name(row.get('first'))} and {name(row.get('second'))}: {share} of what the two do together is more than "
            "what each does alone."
        )
    return told
