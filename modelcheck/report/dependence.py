"""Dependence: the score against one column, with its spread over rows and with how many rows lie where."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from modelcheck.record.evidence import Chart
from modelcheck.record.numbers import format_count
from modelcheck.report.encodings import (
    SIZE,
    Built,
    Layers,
    Row,
    left_out,
    number_or_none,
    quantity,
    rule,
    series_colour,
)
from modelcheck.report.grids import forest
from modelcheck.report.palette import CATEGORIES, FOREGROUND, MUTED
from modelcheck.report.text import shorten

__all__ = ["EVERY_ROW", "NEAR_ROWS", "dependence"]

EVERY_ROW = "every row given this value"
"""Partial dependence, in the words of a legend."""
NEAR_ROWS = "only rows near this value"
"""Accumulated local effects, in the words of a legend."""
_MOST_POINTS = 200
_FLOOR = 0.2
_BARS = 0.14
_LABEL = 24


def dependence(chart: Chart) -> Built:
    """Build the mean curve with its band, the local one dashed, bars below; for categories dots with intervals."""
    parts: dict[str, list[Mapping[str, Any]]] = {"curve": [], "density": [], "level": []}
    for item in chart.data:
        if item.get("part") in parts:
            parts[str(item["part"])].append(item)
    if parts["level"]:
        return _levels(chart, parts["level"])
    points = _numbers(parts["curve"], ("x", "y"))[:_MOST_POINTS]
    bars = _numbers(parts["density"], ("low", "high", "count"))[:_MOST_POINTS]
    note = left_out(chart, len(points) + len(bars))
    if not points:
        return [], note, {}
    low, high = _ends(points)
    height = (high - low) or max(abs(high), 1.0)
    floor = low - _FLOOR * height
    y = quantity("y", chart.y, scale={"domain": [floor, high + 0.04 * height], "zero": False, "nice": False})
    y["axis"] = {"values": _ticks(low, high)}
    x = quantity("x", chart.x, scale={"zero": False, "nice": False})
    layers = _bars(bars, floor, _BARS * height, x, y)
    banded = [point for point in points if point["low"] is not None and point["high"] is not None]
    if banded:
        layers.append(
            {
                "data": {"values": banded},
                "mark": {"type": "area", "color": CATEGORIES[0], "opacity": 0.18},
                "encoding": {"x": x, "y": y | {"field": "low"}, "y2": {"field": "high"}},
            }
        )
    return [*layers, *_curves(points, x, y), *_limit(chart, low, high)], note, SIZE


def _levels(chart: Chart, levels: Sequence[Mapping[str, Any]]) -> Built:
    rows = [dict(item) | {"value": item.get("y"), "label": _counted(item)} for item in levels]
    return forest(replace(chart, x=chart.y, y=chart.x, data=tuple(rows)))


def _counted(item: Mapping[str, Any]) -> str:
    """Return a category with its rows in brackets; the category is cut where both don't fit."""
    label, count = str(item.get("label", "")), number_or_none(item.get("count"))
    rows = "" if count is None else f" ({format_count(round(count))})"
    return shorten(label, _LABEL - len(rows)) + rows


def _numbers(items: Sequence[Mapping[str, Any]], needed: Sequence[str]) -> list[Row]:
    rows = [{key: number_or_none(item.get(key)) for key in (*needed, "low", "high", "ale")} for item in items]
    return [row for row in rows if all(row[key] is not None for key in needed)]


def _ends(points: Sequence[Row]) -> tuple[float, float]:
    values = [point[key] for point in points for key in ("y", "low", "high", "ale") if point[key] is not None]
    return min(values), max(values)


def _ticks(low: float, high: float) -> list[float]:
    """Return round numbers within the curve's own range: none below it, where the bars stand."""
    if not high > low:
        return [low]
    raw = (high - low) / 5
    power = 10.0 ** math.floor(math.log10(raw))
    step = next(factor * power for factor in (1.0, 2.0, 5.0, 10.0) if factor * power >= raw)
    first = math.ceil(low / step - 1e-9)
    return [round(place * step, 12) for place in range(first, math.floor(high / step + 1e-9) + 1)]


def _bars(bars: Sequence[Row], floor: float, height: float, x: Row, y: Row) -> Layers:
    most = max((bar["count"] for bar in bars), default=0.0)
    if most <= 0:
        return []
    rows = [
        {"low": bar["low"], "high": bar["high"], "floor": floor, "top": floor + height * bar["count"] / most}
        for bar in bars
        if bar["count"] > 0
    ]
    mark = {"type": "rect", "color": MUTED, "opacity": 0.55}
    encoding = {"x": x | {"field": "low"}, "x2": {"field": "high"}, "y": y | {"field": "floor"}, "y2": {"field": "top"}}
    return [{"data": {"values": rows}, "mark": mark, "encoding": encoding}]


def _curves(points: Sequence[Row], x: Row, y: Row) -> Layers:
    mean = [{"x": point["x"], "y": point["y"], "series": EVERY_ROW} for point in points]
    local = [{"x": point["x"], "y": point["ale"], "series": NEAR_ROWS} for point in points if point["ale"] is not None]
    colour = series_colour([*mean, *local])
    if local:
        colour["legend"] |= {"columns": 1}
    mark: dict[str, Any] = {"type": "line", "strokeWidth": 2, "point": len(points) < 3}
    layers: Layers = [
        {"data": {"values": mean}, "mark": mark, "encoding": {"x": x, "y": y, "color": colour}},
    ]
    if local:
        dashed = mark | {"strokeDash": [5, 3]}
        layers.append({"data": {"values": local}, "mark": dashed, "encoding": {"x": x, "y": y, "color": colour}})
    return layers


def _limit(chart: Chart, low: float, high: float) -> Layers:
    limit = number_or_none(chart.reference.get("limit"))
    return [rule("y", limit, FOREGROUND)] if limit is not None and low <= limit <= high else []
