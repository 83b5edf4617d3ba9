"""What all charts share: rows that can be drawn, axes, colours, guides."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from modelcheck.record.evidence import Chart
from modelcheck.record.numbers import format_count
from modelcheck.record.plain import number
from modelcheck.report.palette import CATEGORIES, MUTED
from modelcheck.report.text import shorten

__all__ = [
    "SIZE",
    "Built",
    "Layers",
    "Row",
    "category",
    "distinct_labels",
    "ends_of",
    "guides",
    "left_out",
    "number_or_none",
    "numeric_rows",
    "quantity",
    "rule",
    "series_colour",
    "thin",
    "usable_rows",
]

Row = dict[str, Any]
Layers = list[dict[str, Any]]
Built = tuple[Layers, str, dict[str, Any]]
"""Layers (none: nothing to draw), what the drawing leaves out, and the properties of the whole chart."""

SIZE = {"width": 300, "height": 220}
_LABEL = 32
_MOST_POINTS = 600


def number_or_none(value: object) -> float | None:
    """Return a finite float, or None for anything that can't be drawn."""
    return None if isinstance(value, bool) or not isinstance(value, (int, float)) else number(value)


def numeric_rows(chart: Chart, keys: Sequence[str]) -> list[Row]:
    """Rows whose numbers can all be drawn, with `series` as a short label."""
    rows = []
    for item in chart.data:
        row: Row = {key: number_or_none(item.get(key)) for key in keys}
        if None not in row.values():
            row["series"] = shorten(str(item.get("series", "")), _LABEL)
            rows.append(row)
    return rows


def left_out(chart: Chart, drawn: int) -> str:
    """Say how many of a chart's rows can't be drawn; empty when all can."""
    missing = len(chart.data) - drawn
    return f"{format_count(missing)} of {format_count(len(chart.data))} points can't be drawn." if missing else ""


def thin(rows: list[Row]) -> tuple[list[Row], str]:
    """Keep every k-th point of each series, with its ends."""
    if len(rows) <= _MOST_POINTS:
        return rows, ""
    by_series: dict[str, list[Row]] = {}
    for row in rows:
        by_series.setdefault(row["series"], []).append(row)
    each = max(_MOST_POINTS // len(by_series), 2)
    kept = []
    for points in by_series.values():
        last = len(points) - 1
        if last < each:
            kept += points
        else:
            kept += [points[place] for place in sorted({round(place * last / (each - 1)) for place in range(each)})]
    return kept, f"Drawn from {format_count(len(kept))} of {format_count(len(rows))} points; all are in record.json."


def quantity(field: str, title: str, **more: Any) -> dict[str, Any]:
    """Return the encoding of a number on an axis."""
    encoded: dict[str, Any] = {"field": field, "type": "quantitative", "title": shorten(title, 44) or None}
    return encoded | more


def series_colour(rows: Sequence[Row]) -> dict[str, Any]:
    """Return the encoding of `series` as colour, with a legend where there are several."""
    names = list(dict.fromkeys(row["series"] for row in rows))
    colours = [CATEGORIES[place % len(CATEGORIES)] for place in range(len(names))]
    legend = {"title": None, "orient": "top", "labelLimit": 220, "columns": 2} if len(names) > 1 else None
    return {"field": "series", "type": "nominal", "scale": {"domain": names, "range": colours}, "legend": legend}


def guides(reference: Mapping[str, Any], ends: tuple[float, float] = (0.0, 1.0)) -> Layers:
    """Return the reference lines that a chart asks for: ``diagonal`` between two ends, ``zero``."""
    layers: Layers = []
    if reference.get("diagonal"):
        low, high = ends
        layers.append(
            {
                "data": {"values": [{"x": low, "y": low}, {"x": high, "y": high}]},
                "mark": {"type": "line", "color": MUTED, "strokeDash": [4, 4], "strokeWidth": 1},
                # No titles here: an empty one would win over the curve's.
                "encoding": {key: {"field": key, "type": "quantitative"} for key in ("x", "y")},
            }
        )
    if reference.get("zero"):
        layers.append(rule("y", 0.0, MUTED))
    return layers


def rule(channel: str, place: float, colour: str) -> dict[str, Any]:
    """Return one dashed line across the chart."""
    return {
        "data": {"values": [{"v": place}]},
        "mark": {"type": "rule", "color": colour, "strokeDash": [4, 4], "strokeWidth": 1.5},
        "encoding": {channel: {"field": "v", "type": "quantitative"}},
    }


def ends_of(rows: Sequence[Row]) -> tuple[float, float]:
    """Return the smallest and largest coordinate of points."""
    values = [row[key] for row in rows for key in ("x", "y")]
    return min(values), max(values)


def usable_rows(chart: Chart, keys: Sequence[str]) -> list[Mapping[str, Any]]:
    """Return the chart's rows whose values under `keys` are all finite numbers."""
    return [item for item in chart.data if all(number_or_none(item.get(key)) is not None for key in keys)]


def category(field: str, title: str, order: Sequence[str], **axis: Any) -> dict[str, Any]:
    """Return the encoding of a name on an axis, in a given order."""
    return {
        "field": field,
        "type": "nominal",
        "title": shorten(title, 44) or None,
        "sort": list(order),
        "axis": {"grid": False, "ticks": False, "domain": False} | axis,
    }


def distinct_labels(names: Sequence[str], most: int) -> dict[str, str]:
    """Return a short label for each name; labels stay distinct when cutting would merge them."""
    labels: dict[str, str] = {}
    taken: set[str] = set()
    for place, name in enumerate(names, 1):
        label = shorten(name, most) or "(empty)"
        if label in taken:
            label = f"{shorten(name, most - 4)} #{place}"
        taken.add(label)
        labels[name] = label
    return labels
