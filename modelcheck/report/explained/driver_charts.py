"""Drawings of what drives the model, each with a sentence and a table that need no key."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from modelcheck.record.evidence import Chart
from modelcheck.record.numbers import format_count, format_value
from modelcheck.record.schema import Record
from modelcheck.report.cells import grid
from modelcheck.report.encodings import number_or_none
from modelcheck.report.explained.columns import description
from modelcheck.report.explained.decided import answer_word
from modelcheck.report.explained.headings import headed
from modelcheck.report.explained.presence import gate_of
from modelcheck.report.explained.sentences import counted, plain
from modelcheck.report.figures import ChartView, chart_view
from modelcheck.report.text import shorten

__all__ = ["CurvesView", "curves_view", "rows_drawn", "shares_view", "swarm_view"]

_MOST_DEPENDENCE = 12
_MOST_FOREST = 20
_MOST_COLUMNS = 12
_SCORE = re.compile(r"(?:(?<=^How the )|^)score(?=$| follows)")


@dataclass(frozen=True, slots=True, kw_only=True)
class CurvesView:
    """The score against single columns."""

    views: tuple[ChartView, ...]
    of_class: str
    note: str
    has_limit: bool


def swarm_view(chart: Chart) -> ChartView:
    """Return the swarm with a table of one row for each column: bins of dots say nothing to a reader."""
    how = "A dot right of the line: the column raised the score of these rows. Its colour: how large their value is."
    view = chart_view(replace(chart, reading=plain(chart.reading) or how))
    by_column: dict[str, list[tuple[float, int]]] = {}
    for row in chart.data:
        at, count = number_or_none(row.get("x")), number_or_none(row.get("count"))
        if at is not None and count:
            by_column.setdefault(str(row.get("label", "")), []).append((at, round(count)))
    rows = [
        (
            column,
            _rounded(min(at for at, _ in bins)),
            _rounded(max(at for at, _ in bins)),
            _rounded(sum(abs(at) * count for at, count in bins) / sum(count for _, count in bins)),
            sum(count for _, count in bins),
        )
        for column, bins in list(by_column.items())
    ]
    headings = ("column", "moves the answer from", "to", "on average by, either way", "rows")
    return replace(view, grid=grid("What each column adds, summed up", headings, rows, most=_MOST_COLUMNS))


def _rounded(value: float) -> float:
    return round(value, 3) if abs(value) < 1 else round(value, 2)


def shares_view(chart: Chart) -> ChartView:
    """Return the shares of columns, the largest ones drawn."""
    reading = chart.reading or "Each dot is a column's share, the bar its range."
    if len(chart.data) > _MOST_FOREST:
        reading += f" Drawn: {_MOST_FOREST} of {format_count(len(chart.data))} columns; all are in record.json."
    view = chart_view(replace(chart, data=chart.data[:_MOST_FOREST], reading=plain(reading)))
    return headed(view, {"label": "column"})


def curves_view(record: Record, order: Sequence[str]) -> CurvesView:
    """Return the curves of the columns with the largest shares, in that order, and which columns have none."""
    charts = _curves(record)
    place = {column: number for number, column in enumerate(order)}
    charts.sort(key=lambda chart: place.get(_column(chart), len(place)))
    shown = charts[:_MOST_DEPENDENCE]
    note = ""
    if len(charts) > _MOST_DEPENDENCE:
        note = f"{_MOST_DEPENDENCE} of {format_count(len(charts))} columns are drawn, all are in record.json."
    elif charts and len(order) > len(charts):
        note = f"Drawn: the {counted(len(charts), 'column')} with the largest shares, of {len(order):,}."
    of_class = re.fullmatch(r"probability of (.+)", shown[0].y) if shown else None
    return CurvesView(
        views=tuple(_curve(record, chart) for chart in shown),
        of_class=shorten(of_class[1], 60) if of_class else "",
        note=note,
        has_limit=any(_shows_limit(chart) for chart in shown),
    )


def rows_drawn(record: Record) -> str:
    """Return how many rows the curves rest on, as the record says it; empty where it doesn't."""
    found = next(
        (match for chart in _curves(record) if (match := re.search(r"over ([\d,]+) rows", chart.reading))), None
    )
    return found[1] if found else ""


def _curves(record: Record) -> list[Chart]:
    gate = gate_of(record, "dependence")
    return [chart for chart in (gate.charts if gate is not None else ()) if chart.kind == "dependence"]


def _column(chart: Chart) -> str:
    return chart.name.removeprefix("dependence ")


def _shows_limit(chart: Chart) -> bool:
    limit = number_or_none(chart.reference.get("limit"))
    ends = [end for row in chart.data for key in ("y", "low", "high", "ale") if (end := number_or_none(row.get(key)))]
    return limit is not None and bool(ends) and min(ends) <= limit <= max(ends)


def _curve(record: Record, chart: Chart) -> ChartView:
    what = description(record, _column(chart))
    word = answer_word(record)
    chart = replace(chart, title=_SCORE.sub(word, chart.title), y=_SCORE.sub(word, chart.y or word))
    told = chart.title or chart.name
    view = chart_view(replace(chart, title=f"{told} ({what})" if what else told, reading=_reading(chart)))
    return headed(view, {"y": f"average {shorten(chart.y, 60)}"})


def _reading(chart: Chart) -> str:
    """Return where the mean is lowest and highest; how many rows were drawn is told once above all curves."""
    points = [(number_or_none(row.get("y")), row.get("x", row.get("label"))) for row in chart.data]
    known = [(y, at) for y, at in points if y is not None]
    if not known:
        return plain(chart.reading)
    (low, at_low), (high, at_high) = min(known, key=lambda one: one[0]), max(known, key=lambda one: one[0])
    beyond = re.search(r"([\d,]+) of ([\d,]+) rows have other values", chart.reading)
    share = int(beyond[1].replace(",", "")) / max(int(beyond[2].replace(",", "")), 1) if beyond else 0.0
    more = f" {format_value(100 * share, 1)} % of the rows lie beyond the values drawn." if beyond else ""
    return (
        f"On average the {plain(shorten(chart.y, 60))} is lowest at {_at(at_low)} ({format_value(low)}) and "
        f"highest at {_at(at_high)} ({format_value(high)}).{more}"
    )


def _at(value: object) -> str:
    number = number_or_none(value)
    return format_value(number) if number is not None else shorten(str(value))
