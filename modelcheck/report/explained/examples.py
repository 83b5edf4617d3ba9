"""Single decisions explained: what was decided, how the score came about, what would have changed it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from modelcheck.record.evidence import Chart, Table
from modelcheck.record.numbers import format_count, format_value
from modelcheck.record.schema import GateRecord
from modelcheck.report.cells import Grid, grid
from modelcheck.report.encodings import number_or_none
from modelcheck.report.explained.presence import rows_of, table_of
from modelcheck.report.explained.sentences import counted, name, plain
from modelcheck.report.figures import ChartView, chart_view
from modelcheck.report.outline import upper_first
from modelcheck.report.text import shorten

__all__ = ["ExampleView", "ExamplesView", "examples_view"]

_MOST = 6
_MOST_STEPS = 4
_CHANGE = "what would change it"


@dataclass(frozen=True, slots=True, kw_only=True)
class ExampleView:
    """One decision."""

    title: str
    decided: str
    story: str
    change: str
    chart: ChartView | None
    values: Grid | None
    similar: Grid | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ExamplesView:
    """The decisions that are told, and those that are only listed."""

    examples: tuple[ExampleView, ...]
    rest: Grid | None
    note: str


def examples_view(gate: GateRecord | None, *, most: int = _MOST) -> ExamplesView:
    """Return the explained decisions of the gate ``examples``; none where there is no such gate."""
    table = table_of(gate, "decisions")
    rows = rows_of(table)
    if gate is None or table is None or not rows:
        return ExamplesView(examples=(), rest=None, note="")
    note = f"{most} of {format_count(len(rows))} are told in full, all are in record.json." if len(rows) > most else ""
    rest = grid("Further decisions", table.columns, table.rows[most:]) if len(rows) > most else None
    return ExamplesView(
        examples=tuple(_example(gate, row, alone=most == 1) for row in rows[:most]), rest=rest, note=note
    )


def _example(gate: GateRecord, row: Mapping[str, Any], *, alone: bool) -> ExampleView:
    number = shorten(str(row.get("example", "")), 20)
    chart = next((one for one in gate.charts if one.name == f"example {number}"), None)
    values, similar = table_of(gate, f"example {number}"), table_of(gate, f"similar to example {number}")
    change = str(row.get(_CHANGE) or "")
    why = shorten(str(row.get("why") or ""), 120)
    row_told = f"row {shorten(str(row.get('row', '')), 40)}{f', {why}' if why else ''}"
    return ExampleView(
        title=upper_first(row_told) if alone else f"Example {number}: {row_told}",
        decided=_decided(row),
        story=_story(chart) if chart is not None else "",
        change=plain(change) if change else _unchanged(row),
        chart=chart_view(replace(chart, reading=plain(chart.reading))) if chart is not None else None,
        values=_values(values) if values is not None else None,
        similar=grid("Known rows that are most like it", similar.columns, similar.rows)
        if similar is not None
        else None,
    )


def _values(table: Table) -> Grid:
    columns = ("column", "this row", "typical", "moves the score by")
    keys = ("column", "value", "typical", "contribution")
    return grid("What is known of this row", columns, [[row.get(key) for key in keys] for row in rows_of(table)])


def _unchanged(row: Mapping[str, Any]) -> str:
    # An answer that is a number is no decision, so nothing could turn it over.
    return "" if row.get("decided") in (None, "") else "Nothing simple was found that would change it."


def _decided(row: Mapping[str, Any]) -> str:
    score = number_or_none(row.get("score"))
    with_score = "" if score is None else f", with a score of {_short(score)}"
    text = "" if score is None else f"Answered: {_short(score)}."
    if row.get("decided") not in (None, ""):
        text = f"Decided: {name(row.get('decided'))}{with_score}."
    truth = row.get("truth")
    if truth in (None, ""):
        return f"{text} The truth isn't known.".strip()
    return f"{text} The truth: {name(truth)}.".strip()


def _story(chart: Chart) -> str:
    """Read a waterfall out: where the score starts, what moves it most, where it ends."""
    steps, ends = [], []
    for row in chart.data:
        value, end = number_or_none(row.get("value")), number_or_none(row.get("end"))
        if value is not None:
            steps.append((value, str(row.get("label", ""))))
        elif end is not None:
            ends.append(end)
    if not steps or not ends:
        return ""
    largest = sorted(steps, key=lambda step: -abs(step[0]))[:_MOST_STEPS]
    told = [
        f"{name(label)} {'raises' if value > 0 else 'lowers'} it by {_short(abs(value))}"
        for value, label in largest
        if value
    ]
    left = len(steps) - len(largest)
    rest = f"; {counted(left, 'smaller step')} besides" if left else ""
    final = f", and it ends at {_short(ends[-1])}" if len(ends) > 1 else ""
    # Contributions add up on a scale of their own: its numbers aren't the score that the decision was told with.
    scale = "" if chart.x in ("", "score", "probability") else f" (here on the scale {name(chart.x)}, see Words)"
    return f"The score{scale} starts from the typical {_short(ends[0])}: {'; '.join(told)}{rest}{final}."


def _short(value: float) -> str:
    """Return a number with about three digits: a reader compares, and doesn't compute."""
    return format_value(round(value, 3) if abs(value) < 1 else value)
