"""What the groups of one attribute get, as a table and drawings in everyday words."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from modelcheck.record.evidence import Chart
from modelcheck.record.numbers import format_count, format_value
from modelcheck.record.schema import GateRecord
from modelcheck.report.cells import Grid, grid
from modelcheck.report.encodings import number_or_none
from modelcheck.report.explained.presence import rows_of, table_of
from modelcheck.report.explained.sentences import places, plain
from modelcheck.report.text import shorten

__all__ = ["in_everyday_words", "measures_grid", "why_not_all"]

_MOST_GROUPS = 30
_LABEL = 24
# Measures with their headings; the first ones that a record has are shown.
_RATES = {
    "selection_rate": "get the decision, of 100",
    "false_negative_rate": "of 100 true cases missed",
    "false_positive_rate": "of 100 others, get it without cause",
    "accuracy": "decided rightly, of 100",
}
_NUMBERS = {
    "mean_target": "average truth",
    "mean_prediction": "average answer",
    "mean_absolute_error": "off by, on average",
    "mean_error": "truth above the answer by",
}


def measures_grid(attribute: str, gate: GateRecord | None) -> Grid | None:
    """Return a row for each group; None where the record has no table of measures."""
    sizes = rows_of(table_of(gate, "groups"))
    known = {(str(row.get("measure")), str(row.get("group"))): row for row in rows_of(table_of(gate, "measures"))}
    measures = [(one, True) for one in _RATES] + [(one, False) for one in _NUMBERS]
    shown = [(one, rate) for one, rate in measures if any(one == key for key, _ in known)]
    if not sizes or not shown:
        return None
    rows = []
    for row in sizes:
        group, n = str(row.get("group", "")), row.get("rows")
        cells = [_cell(known.get((one, group)), rate=rate) for one, rate in shown]
        rows.append((group, format_count(n) if isinstance(n, int) else "n/a", *cells))
    headings = (attribute, "rows", *({**_RATES, **_NUMBERS}[one] for one, _ in shown))
    return grid(
        f"Groups by {shorten(attribute, 60)}", headings, rows,
        "In brackets: the range that the data can't rule out.", most=_MOST_GROUPS,
    )  # fmt: skip


def _cell(row: Mapping[str, object] | None, *, rate: bool) -> str:
    if row is None:
        return "n/a"
    value, low, high = (number_or_none(row.get(key)) for key in ("value", "low", "high"))
    if value is None:
        return "too few rows"
    scale = 100.0 if rate else 1.0
    value, ends = scale * value, [scale * end for end in (low, high) if end is not None]
    if len(ends) < 2:
        return f"{format_value(value, 0 if rate else None)} (no range)"
    decimals = places(value, *ends)
    return f"{format_value(value, decimals)} ({format_value(ends[0], decimals)} to {format_value(ends[1], decimals)})"


def why_not_all(reading: str, *, tabled: bool) -> str:
    """Return a reading without the numbers that the table shows: what is left is why not all can be had at once."""
    if not tabled:
        return reading
    start = reading.find("The truth itself differs")
    return reading[start:] if start >= 0 else ""


def in_everyday_words(chart: Chart) -> Chart:
    """Return a chart of groups with its axis in words, and labels of a group's own name and its rows."""
    data = tuple(_labelled(row) for row in chart.data)
    counted = any("n" in row for row in chart.data)
    reading = f"{plain(chart.reading)}{' In brackets: rows.' if counted else ''}"
    # The title says who is counted.
    axis = "share of them" if chart.x.replace(" ", "_") in _RATES else plain(chart.x.replace("_", " "))
    return replace(chart, data=data, x=axis, reading=reading)


def _labelled(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return a row whose label is short: the heading above says by what the rows are grouped."""
    label, n = str(row.get("label", "")), number_or_none(row.get("n"))
    if label.count(" = ") == 1:
        label = re.sub(r"^[^=<>]{1,80} = ", "", label)
    if n is None:
        return {**row, "label": label}
    rows = f" ({format_count(round(n))})"
    return {
        **{key: item for key, item in row.items() if key != "n"},
        "label": shorten(label, _LABEL - len(rows)) + rows,
    }
