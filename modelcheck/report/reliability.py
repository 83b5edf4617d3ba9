"""Reliability curves: what was observed against what was promised, with bars and counts."""

from __future__ import annotations

from modelcheck.record.evidence import Chart
from modelcheck.report.encodings import (
    SIZE,
    Built,
    Layers,
    Row,
    guides,
    left_out,
    number_or_none,
    quantity,
    usable_rows,
)
from modelcheck.report.palette import CATEGORIES, MUTED

__all__ = ["reliability"]

_MOST_BINS = 60
_MARGIN = 0.04


def reliability(chart: Chart) -> Built:
    """Build one point a bin with its bar, larger where it stands for more rows, on equal axes with the diagonal."""
    usable = usable_rows(chart, ("x", "y"))
    note = left_out(chart, len(usable))
    if len(usable) > _MOST_BINS:
        note = f"{note} Drawn: the first {_MOST_BINS} of {len(usable)} bins; all are in record.json."
        usable = usable[:_MOST_BINS]
    if not usable:
        return [], note, {}
    rows: list[Row] = []
    for item in usable:
        across, up = float(item["x"]), float(item["y"])
        low, high = number_or_none(item.get("low")), number_or_none(item.get("high"))
        rows.append(
            {
                "x": across,
                "y": up,
                "low": up if low is None else low,
                "high": up if high is None else high,
                "count": number_or_none(item.get("count")) or 1.0,
                # An open bar would look like a sure point: it is drawn hollow.
                "shape": "open" if low is None or high is None else "known",
            }
        )
    ends = _ends(rows)
    scale = {"domain": list(ends), "nice": False, "zero": False}
    x = quantity("x", chart.x, scale=scale)
    y = quantity("low", chart.y, scale=scale)
    shape = {
        "field": "shape",
        "type": "nominal",
        "legend": None,
        "scale": {"domain": ["known", "open"], "range": [1.0, 0.0]},
    }
    size = {"field": "count", "type": "quantitative", "legend": None, "scale": {"range": [8, 50], "zero": True}}
    layers: Layers = [
        *guides(chart.reference, ends),
        {
            "mark": {"type": "line", "color": MUTED, "strokeWidth": 1},
            "encoding": {"x": x, "y": y | {"field": "y"}},
        },
        {
            "mark": {"type": "rule", "color": CATEGORIES[0], "strokeWidth": 1.5},
            "encoding": {"x": x, "y": y, "y2": {"field": "high"}},
        },
        {
            "mark": {"type": "point", "filled": False, "fill": CATEGORIES[0], "stroke": CATEGORIES[0]},
            "encoding": {"x": x, "y": y | {"field": "y"}, "size": size, "fillOpacity": shape},
        },
    ]
    return layers, note.strip(), {"data": {"values": rows}} | SIZE


def _ends(rows: list[Row]) -> tuple[float, float]:
    """Return the same ends for both axes, so that the diagonal is one: 0 to 1 for probabilities."""
    low = min(min(row["x"], row["y"], row["low"]) for row in rows)
    high = max(max(row["x"], row["y"], row["high"]) for row in rows)
    if low >= 0.0 and high <= 1.0:
        return 0.0, 1.0
    margin = _MARGIN * (high - low) or max(abs(low), 1.0) / 2.0
    return low - margin, high + margin
