"""Charts over two quantities: lines, scattered points, histograms."""

from __future__ import annotations

from modelcheck.record.evidence import Chart
from modelcheck.report.encodings import (
    SIZE,
    Built,
    Layers,
    ends_of,
    guides,
    left_out,
    number_or_none,
    numeric_rows,
    quantity,
    rule,
    series_colour,
    thin,
    usable_rows,
)
from modelcheck.report.palette import BAD, MUTED

__all__ = ["histogram", "line", "scatter"]

_WIDE = 0.8


def line(chart: Chart) -> Built:
    """Build curves: ROC, precision-recall and the like, each series in the order of its rows."""
    rows = numeric_rows(chart, ("x", "y"))
    if not rows:
        return [], "", {}
    missing = left_out(chart, len(rows))
    kept, note = thin(rows)
    low, high = ends_of(rows)
    # Shares against shares fill the unit square; a curve that ends early is drawn as large as it is.
    unit = low >= 0.0 and high <= 1.0 and max(row["x"] for row in rows) > _WIDE
    scale = {"scale": {"domain": [0, 1]}} if unit else {"scale": {"zero": False}}
    # The order of the rows is the curve's order: sorting by x would turn the steps of a ROC curve into spikes.
    kept = [row | {"place": place} for place, row in enumerate(kept)]
    encoding = {
        "x": quantity("x", chart.x, **scale),
        "y": quantity("y", chart.y, **scale),
        "color": series_colour(kept),
        "order": {"field": "place", "type": "quantitative"},
    }
    curve = {"data": {"values": kept}, "mark": {"type": "line", "strokeWidth": 2}, "encoding": encoding}
    limit = number_or_none(chart.reference.get("limit"))
    layers = guides(chart.reference, (0.0, 1.0) if unit else (low, high))
    if limit is not None:
        layers.append(rule("y", limit, BAD))
    return [*layers, curve], f"{missing} {note}".strip(), SIZE


def scatter(chart: Chart) -> Built:
    """Build points, larger where they stand for more rows."""
    rows = [row | {"count": 1.0} for row in numeric_rows(chart, ("x", "y"))]
    for row, item in zip(rows, usable_rows(chart, ("x", "y")), strict=True):
        row["count"] = number_or_none(item.get("count")) or 1.0
    if not rows:
        return [], "", {}
    missing = left_out(chart, len(rows))
    kept, note = thin(rows)
    encoding = {
        "x": quantity("x", chart.x, scale={"zero": False}),
        "y": quantity("y", chart.y, scale={"zero": False}),
        "size": {"field": "count", "type": "quantitative", "legend": None, "scale": {"range": [8, 90]}},
        "color": series_colour(kept),
    }
    points = {"data": {"values": kept}, "mark": {"type": "circle", "opacity": 0.55}, "encoding": encoding}
    return [*guides(chart.reference, ends_of(rows)), points], f"{missing} {note}".strip(), SIZE


def histogram(chart: Chart) -> Built:
    """Build bars between `low` and `high`; several series overlap."""
    rows = numeric_rows(chart, ("low", "high", "count"))
    if not rows:
        return [], "", {}
    missing = left_out(chart, len(rows))
    several = len({row["series"] for row in rows}) > 1
    encoding = {
        "x": quantity("low", chart.x, scale={"zero": False}),
        "x2": {"field": "high"},
        "y": quantity("count", chart.y or "rows"),
        "y2": {"datum": 0},
        "color": series_colour(rows),
    }
    mark = {"type": "rect", "opacity": 0.6 if several else 0.9}
    layers: Layers = [{"data": {"values": rows}, "mark": mark, "encoding": encoding}]
    limit = number_or_none(chart.reference.get("limit"))
    if limit is not None:
        layers.append(rule("x", limit, BAD))
    if chart.reference.get("zero"):
        layers.append(rule("x", 0.0, MUTED))
    return layers, missing, SIZE
