"""Single decisions explained: what was decided, how the score came about, what would have changed it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from modelcheck.record.evidence import Chart, Table
from modelcheck.record.numbers import format_count
from modelcheck.record.schema import GateRecord, Record
from modelcheck.report.cells import Grid, grid
from modelcheck.report.encodings import number_or_none
from modelcheck.report.explained.columns import description
from modelcheck.report.explained.decided import Deciding, deciding, short
from modelcheck.report.explained.noise import NOISE, REST, without_noise
from modelcheck.report.explained.presence import gate_of, rows_of, table_of
from modelcheck.report.explained.sentences import counted, name, plain
from modelcheck.report.figures import ChartView, chart_view
from modelcheck.report.text import shorten

__all__ = ["ExampleView", "ExamplesView", "examples_view"]

_MOST = 6
_MOST_STEPS = 4
_CHANGE = "what would change it"


@dataclass(frozen=True, slots=True, kw_only=True)
class ExampleView:
    """One decision."""

    title: str
    why: str
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


def examples_view(record: Record, *, most: int = _MOST) -> ExamplesView:
    """Return the explained decisions of the gate ``examples``; none where there is no such gate."""
    gate = gate_of(record, "examples")
    table = table_of(gate, "decisions")
    rows = rows_of(table)
    if gate is None or table is None or not rows:
        return ExamplesView(examples=(), rest=None, note="")
    note = f"{most} of {format_count(len(rows))} are told in full, all are in record.json." if len(rows) > most else ""
    return ExamplesView(
        # What columns hold is told beside the first example: six times it would fill the page.
        examples=tuple(_example(record, gate, row, first=place == 0) for place, row in enumerate(rows[:most])),
        rest=_rest(table, rows[most:]) if len(rows) > most else None,
        note=note,
    )


def _rest(table: Table, rows: list[Mapping[str, Any]]) -> Grid:
    shown = [[_row(row) if key == "row" else row.get(key) for key in table.columns] for row in rows]
    return grid("Further decisions", table.columns, shown)


def _row(row: Mapping[str, Any]) -> str:
    """Return a row's number as a name: no thousands, so that it can be looked up."""
    return shorten(str(row.get("row", "")), 40)


def _example(record: Record, gate: GateRecord, row: Mapping[str, Any], *, first: bool) -> ExampleView:
    number, place = shorten(str(row.get("example", "")), 20), _row(row)
    chart = next((one for one in gate.charts if one.name == f"example {number}"), None)
    values, similar = table_of(gate, f"example {number}"), table_of(gate, f"similar to example {number}")
    change, how = str(row.get(_CHANGE) or ""), deciding(record, row)
    why = shorten(str(row.get("why") or ""), 120)
    return ExampleView(
        title=f"Example {number}: row {place}{f', {why}' if why else ''}",
        why=why,
        decided=how.sentence,
        story=_story(chart, how) if chart is not None else "",
        change=plain(change) if change else how.unchanged,
        chart=_waterfall(chart, how, place) if chart is not None else None,
        values=_values(record if first else None, values, how, place) if values is not None else None,
        similar=_similar(record, similar, place) if similar is not None else None,
    )


def _waterfall(chart: Chart, how: Deciding, place: str) -> ChartView:
    limit = number_or_none(chart.reference.get("limit"))
    reading = plain(chart.reading)
    if limit is not None and how.positive:
        reading += f" The upright line at {short(limit)}: from there on it decides {how.positive.strip('`')}."
    title, data = f"{chart.title or chart.name} (row {place})", without_noise(chart.data)
    view = chart_view(replace(chart, title=title, reading=reading, data=data, x=how.scale or chart.x))
    rows = [
        (
            str(row.get("label", "")),
            _moved(number_or_none(row.get("value")), 0.0) if row.get("value") is not None else "",
            short(number_or_none(row.get("end")) or 0.0),
        )
        for row in data
    ]
    return replace(view, grid=grid(f"Numbers of {title}", ("column", f"moves the {how.word} by", "to"), rows))


def _values(record: Record | None, table: Table, how: Deciding, place: str) -> Grid:
    rows = rows_of(table)
    most = max((abs(number_or_none(row.get("contribution")) or 0.0) for row in rows), default=0.0)
    ranged = any(number_or_none(row.get("low")) is not None for row in rows)
    columns = (
        "column",
        "what it is",
        "this row",
        "typical",
        f"moves the {how.word} by",
        *(["range"] if ranged else []),
    )
    shown = [
        (
            str(row.get("column", "")),
            "" if record is None else description(record, row.get("column")),
            row.get("value"),
            row.get("typical"),
            _moved(number_or_none(row.get("contribution")), most),
            *([_range(row)] if ranged else []),
        )
        for row in rows
    ]
    note = "Range: where the number may lie (95 %), as not every order of columns was tried." if ranged else ""
    return grid(f"What is known of row {place}", columns, shown, note)


def _range(row: Mapping[str, Any]) -> str:
    low, high = number_or_none(row.get("low")), number_or_none(row.get("high"))
    return "" if low is None or high is None else f"{short(low)} to {short(high)}"


def _clear(row: Mapping[str, Any]) -> bool:
    """Return whether the sign of a step is beyond doubt."""
    low, high = number_or_none(row.get("low")), number_or_none(row.get("high"))
    return low is None or high is None or not low <= 0.0 <= high


def _moved(value: float | None, most: float) -> str:
    """Return a contribution with its sign; beside the largest one a tiny one is noise."""
    if value is None:
        return "n/a"
    if abs(value) <= NOISE * most:
        return "hardly"
    return f"{'+' if value > 0 else ''}{short(value)}"


def _within(row: Mapping[str, Any]) -> str:
    low, high = number_or_none(row.get("low")), number_or_none(row.get("high"))
    if low is None or high is None:
        return ""
    near, far = (short(end) for end in sorted((abs(low), abs(high))))
    return "" if near == far else f" ({near} to {far})"


def _similar(record: Record, table: Table, place: str) -> Grid:
    keys = [key for key in table.columns if key != "distance"]
    rows = [[_row(row) if key == "row" else row.get(key) for key in keys] for row in rows_of(table)]
    if record.reference is None:
        return grid(f"Tested cases that look most like row {place}", keys, rows)
    return grid(
        f"Cases it learned from that look most like row {place}", keys, rows,
        "Row numbers are those of the reference, the table of what it learned from.",
    )  # fmt: skip


def _story(chart: Chart, how: Deciding) -> str:
    """Read a waterfall out: where the score starts, what moves it most, where it ends."""
    steps, ends, joined = [], [], 0
    for row in chart.data:
        value, end, label = number_or_none(row.get("value")), number_or_none(row.get("end")), str(row.get("label", ""))
        rest = REST.fullmatch(label)
        if value is not None and rest:
            # The bar of all smaller columns is no column, however long it is.
            joined += int(rest[1].replace(",", ""))
        elif value is not None:
            steps.append((value, label, row))
        elif end is not None:
            ends.append(end)
    if not steps or not ends:
        return ""
    clear = [step for step in steps if _clear(step[2]) and short(abs(step[0])) != "0"]
    largest = sorted(clear, key=lambda step: -abs(step[0]))[:_MOST_STEPS]
    told = [
        f"{name(label)} {'raises' if value > 0 else 'lowers'} it by {short(abs(value))}{_within(row)}"
        for value, label, row in largest
    ]
    if not told:
        way = f"The {how.of} goes from the typical {short(ends[0])} to {short(ends[-1])}."
        return f"{way} Which entry weighs most can't be told here."
    left = len(steps) - len(told) + joined
    rest_told = f"; {counted(left, 'other column')} {'does' if left == 1 else 'do'} the rest" if left else ""
    final = f", and it ends at {short(ends[-1])}" if len(ends) > 1 else ""
    # Contributions add up on a scale of their own: its numbers aren't the score that the decision was told with.
    scale = "" if chart.x in ("", "score", "probability") else f" (here on the scale {name(chart.x)}, see Words)"
    return f"The {how.of}{scale} starts from the typical {short(ends[0])}: {'; '.join(told)}{rest_told}{final}."
