"""Beeswarms of counted rows: how far each column moves the score, up or down, and for which of its values."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from modelcheck.record.evidence import Chart
from modelcheck.record.numbers import format_count
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
from modelcheck.report.palette import FOREGROUND, LEVELS, MUTED
from modelcheck.report.text import one_line

__all__ = ["beeswarm"]

_MOST_COLUMNS = 12
_MOST_BINS = 60
_STACK = 7
_HIGH = 34
_PITCH = 4.2
_DOT = 15
_WORDS = ("low value", "rather low", "middle", "rather high", "high value")
_NO_ORDER = "no order"


def beeswarm(chart: Chart) -> Built:
    """Build one line of stacked dots a column: each dot stands for as many rows, its colour for the column's value."""
    usable = [item for item in usable_rows(chart, ("x", "count")) if item["count"] > 0]
    note = left_out(chart, len(usable))
    names = list(dict.fromkeys(str(item.get("label", "")) for item in usable))
    if len(names) > _MOST_COLUMNS:
        note = f"{note} Drawn: the first {_MOST_COLUMNS} of {format_count(len(names))} columns; all are in record.json."
        names = names[:_MOST_COLUMNS]
    if not names:
        return [], note.strip(), {}
    labels = distinct_labels([one_line(name) for name in names], 24)
    named = {name: labels[one_line(name)] for name in names}
    bins: list[Row] = []
    taken = dict.fromkeys(names, 0)
    for item in usable:
        name = str(item.get("label", ""))
        if name not in named or taken[name] >= _MOST_BINS:
            continue
        taken[name] += 1
        bins.append({"label": named[name], "x": float(item["x"]), "rows": float(item["count"]), "word": _word(item)})
    each = max(math.ceil(max(one["rows"] for one in bins) / _STACK), 1)
    dots = [dot for one in bins for dot in _stacked(one, each)]
    used = [word for word in (*_WORDS, _NO_ORDER) if any(dot["word"] == word for dot in dots)]
    # All five steps belong to the legend as soon as one of them is there: a scale with holes can't be read.
    shown = [*(_WORDS if used != [_NO_ORDER] else ()), *([_NO_ORDER] if _NO_ORDER in used else [])]
    colours = dict(zip(_WORDS, LEVELS, strict=True)) | {_NO_ORDER: FOREGROUND}
    colour = {
        "field": "word",
        "type": "nominal",
        "scale": {"domain": shown, "range": [colours[word] for word in shown]},
        "legend": {"title": None, "orient": "top", "columns": 3, "symbolOpacity": 1, "symbolStrokeWidth": 0},
    }
    y = category("label", chart.y, list(named.values()), labelLimit=170)
    dot = {
        "mark": {"type": "circle", "size": _DOT, "opacity": 1},
        "encoding": {
            "y": y,
            "yOffset": {"field": "offset", "type": "quantitative", "scale": {"domain": [-_HIGH, _HIGH]}, "axis": None},
            "x": quantity("x", chart.x, scale={"zero": True}),
            "color": colour,
        },
    }
    # Drawn in the order of the columns and bins, so that equal records give equal bytes.
    layers: Layers = [rule("x", 0.0, MUTED), dot]
    counted = "one row" if each == 1 else f"up to {format_count(each)} rows"
    size = {"data": {"values": dots}, "width": 420, "height": {"step": _HIGH}}
    return layers, f"{note} Each dot stands for {counted}.".strip(), size


def _word(item: Mapping[str, Any]) -> str:
    level = number_or_none(item.get("level"))
    return _NO_ORDER if level is None else _WORDS[min(max(int(level * len(_WORDS)), 0), len(_WORDS) - 1)]


def _stacked(one: Row, each: int) -> list[Row]:
    """Return the dots of one bin, piled up around the middle of its line."""
    count = math.ceil(one["rows"] / each)
    return [
        {"label": one["label"], "x": one["x"], "word": one["word"], "offset": (place - (count - 1) / 2) * _PITCH * 2}
        for place in range(count)
    ]
