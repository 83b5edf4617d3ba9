"""Waterfalls: from the typical score to the score of one row, one step a column."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from modelcheck.record.evidence import Chart
from modelcheck.record.numbers import format_count, format_value
from modelcheck.report.encodings import (
    Built,
    Layers,
    Row,
    category,
    distinct_labels,
    left_out,
    number_or_none,
    quantity,
    rule,
    usable_rows,
)
from modelcheck.report.palette import CATEGORIES, FOREGROUND
from modelcheck.report.text import one_line

__all__ = ["waterfall"]

_MOST_STEPS = 12
_WORDS = ("raises", "lowers")
_SHARE_FOR_TEXT = 0.26
_SHARE_OF_LETTER = 0.021
_NOISE = 0.004


def waterfall(chart: Chart) -> Built:
    """Build one bar a column from where the score was to where the column brings it; ends as upright marks."""
    usable = usable_rows(chart, ("end",))
    note = left_out(chart, len(usable))
    rows = [_row(item) for item in usable]
    rows, merged = _merged(rows)
    if not any(row["step"] for row in rows):
        return [], note, {}
    if merged:
        note = f"{note} The smallest {format_count(merged)} columns are drawn as one; all are in record.json."
    shown = distinct_labels([row["label"] for row in rows], 34)
    taken: set[str] = set()
    for place, row in enumerate(rows, 1):
        label = shown[row["label"]]
        # The order is the chain of sums: a label that comes twice is told apart, never joined.
        row["label"] = label if label not in taken else f"{label} #{place}"
        taken.add(label)
    return _layers(chart, rows), note.strip(), {"data": {"values": rows}, "width": 300, "height": {"step": 24}}


def _row(item: Mapping[str, Any]) -> Row:
    end, start, value = float(item["end"]), number_or_none(item.get("start")), number_or_none(item.get("value"))
    step = value is not None and start is not None
    return {
        "label": one_line(str(item.get("label", "")))[:200] or "(empty)",
        "start": start if step else end,
        "end": end,
        "step": step,
        "value": value if step else None,
        "text": (f"+{format_value(value)}" if (value or 0) > 0 else format_value(value)) if step else format_value(end),
        "way": _WORDS[0] if (value or 0) >= 0 else _WORDS[1],
    }


def _merged(rows: list[Row]) -> tuple[list[Row], int]:
    """Join the steps beyond the first ones: they lie next to each other, so their sum is one step."""
    steps = [place for place, row in enumerate(rows) if row["step"]]
    rest = steps[_MOST_STEPS - 1 :]
    if len(rest) <= 1:
        return rows, 0
    first, last = rows[rest[0]], rows[rest[-1]]
    joined = {"label": f"{len(rest):,} other columns", "start": first["start"], "end": last["end"], "value": None}
    joined["value"] = last["end"] - first["start"]
    return [*rows[: rest[0]], _row(joined), *(row for row in rows[rest[0] :] if not row["step"])], len(rest)


def _place_texts(rows: list[Row], span: float, limit: float | None) -> None:
    """Put each number beside the end of its bar, or beside its start where the line of the limit would cross it."""
    for row in rows:
        room = span * _SHARE_OF_LETTER * (len(row["text"]) + 2)
        rising = row["way"] == _WORDS[0]
        row["side"], row["at"] = ("right", row["end"]) if rising else ("left", row["end"])
        ends = (row["end"], row["end"] + room) if rising else (row["end"] - room, row["end"])
        if limit is not None and row["step"] and ends[0] <= limit <= ends[1]:
            row["side"], row["at"] = ("left", row["start"]) if rising else ("right", row["start"])
        if row["step"] and abs(row["value"]) < _NOISE * span:
            row["text"] = "hardly"


def _layers(chart: Chart, rows: list[Row]) -> Layers:
    y = category("label", chart.y, [row["label"] for row in rows], labelLimit=220)
    ends = [end for row in rows for end in (row["start"], row["end"])]
    low, high = min(ends), max(ends)
    room = (high - low) * _SHARE_FOR_TEXT or 1.0
    scale = {"zero": False, "nice": False, "domain": [low - room, high + room]}
    colour = {
        "field": "way",
        "type": "nominal",
        "scale": {"domain": list(_WORDS), "range": [CATEGORIES[1], CATEGORIES[0]]},
        "legend": {"title": None, "orient": "top", "symbolOpacity": 1, "symbolStrokeWidth": 0},
    }
    limit = number_or_none(chart.reference.get("limit"))
    _place_texts(rows, high - low + 2 * room, limit)
    x = quantity("start", chart.x, scale=scale)
    layers: Layers = [
        {
            "transform": [{"filter": "datum.step"}],
            "mark": {"type": "bar", "height": 14},
            "encoding": {"y": y, "x": x, "x2": {"field": "end"}, "color": colour},
        },
        {
            "transform": [{"filter": "!datum.step"}],
            "mark": {"type": "tick", "color": FOREGROUND, "thickness": 3, "size": 18},
            "encoding": {"y": y, "x": x | {"field": "end"}},
        },
    ]
    for side, align, shift in (("right", "left", 5), ("left", "right", -5)):
        layers.append(
            {
                "transform": [{"filter": f"datum.side == '{side}'"}],
                "mark": {"type": "text", "align": align, "dx": shift, "fontSize": 11, "color": FOREGROUND},
                "encoding": {"y": y, "x": x | {"field": "at"}, "text": {"field": "text", "type": "nominal"}},
            }
        )
    if limit is not None and low - room <= limit <= high + room:
        # Below all else: a line must not run through a number.
        layers.insert(0, rule("x", limit, FOREGROUND))
    return layers
