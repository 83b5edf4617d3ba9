"""Charts over names: confusion matrices, and groups with their intervals."""

from __future__ import annotations

from collections.abc import Sequence

from modelcheck.record.evidence import Chart
from modelcheck.record.numbers import format_count, format_share
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
from modelcheck.report.palette import BAD, CATEGORIES, FOREGROUND, MUTED
from modelcheck.report.text import group_words, one_line, shorten

__all__ = ["forest", "matrix"]

_MOST_CLASSES = 20
_MOST_GROUPS = 40


def matrix(chart: Chart) -> Built:
    """Build a matrix of counts, shaded by each cell's share of its row."""
    rows: list[Row] = []
    for item in usable_rows(chart, ("count",)):
        share = number_or_none(item.get("share"))
        count = format_count(round(float(item["count"])))
        rows.append(
            {
                "row": str(item.get("row", "")),
                "column": str(item.get("column", "")),
                "share": share or 0.0,
                "text": count if share is None else f"{count} ({format_share(share, 0)})",
            }
        )
    if not rows:
        return [], "", {}
    names = {key: list(dict.fromkeys(row[key] for row in rows)) for key in ("row", "column")}
    note = left_out(chart, len(rows))
    most = _MOST_CLASSES
    if max(len(values) for values in names.values()) > most:
        note = f"{note} Drawn for the first {most} of {max(map(len, names.values()))} classes; all are in record.json."
        names = {key: values[:most] for key, values in names.items()}
        rows = [row for row in rows if row["row"] in names["row"] and row["column"] in names["column"]]
    many = len(names["row"]) > 4
    labels = {key: distinct_labels(values, 14) for key, values in names.items()}
    for row in rows:
        for key in names:
            row[key] = labels[key][row[key]]
        row["text"] = row["text"].split(" (")[0] if many else row["text"]
    encoding = {
        "x": category("column", chart.x, list(labels["column"].values()), labelAngle=-40 if many else 0, orient="top"),
        "y": category("row", chart.y, list(labels["row"].values())),
    }
    scale = {"domain": [0, 1], "range": [0.06, 0.7]}
    shade = {"field": "share", "type": "quantitative", "legend": None, "scale": scale}
    layers: Layers = [
        {"mark": {"type": "rect", "color": CATEGORIES[0]}, "encoding": {**encoding, "fillOpacity": shade}},
        {
            "mark": {"type": "text", "color": FOREGROUND, "fontSize": 9 if many else 12},
            "encoding": {**encoding, "text": {"field": "text", "type": "nominal"}},
        },
    ]
    side = max(34 * len(names["row"]), 110)
    size = {"data": {"values": rows}, "width": max(44 * len(names["column"]), 230), "height": side}
    return layers, note.strip(), size


def forest(chart: Chart) -> Built:
    """Build one row a group: value, interval, and the limit across."""
    usable = usable_rows(chart, ("value",))
    note = left_out(chart, len(usable))
    if len(usable) > _MOST_GROUPS:
        note = f"{note} Drawn: {_MOST_GROUPS} of {format_count(len(usable))} rows; all are in record.json."
        usable = usable[:_MOST_GROUPS]
    if not usable:
        return [], note, {}
    rows: list[Row] = []
    for place, item in enumerate(usable):
        value = float(item["value"])
        low, high = number_or_none(item.get("low")), number_or_none(item.get("high"))
        n = number_or_none(item.get("n"))
        label = shorten(one_line(group_words(str(item.get("label", "")))), 24) or "(empty)"
        whole = low is not None and high is not None
        rows.append(
            {
                "place": place,
                "label": f"{label}  n {format_count(round(n))}" if n is not None else label,
                "value": value,
                "low": value if low is None else low,
                "high": value if high is None else high,
                # An open interval would look like a sure point: it is drawn hollow.
                "shape": "known" if whole else "open",
            }
        )
    labels = _unique([row["label"] for row in rows])
    for row, label in zip(rows, labels, strict=True):
        row["label"] = label
    y = category("label", chart.y, labels)
    y["axis"] |= {"labelLimit": 220}
    x = quantity("low", chart.x, scale={"zero": False})
    shape = {
        "field": "shape",
        "type": "nominal",
        "legend": None,
        "scale": {"domain": ["known", "open"], "range": [1.0, 0.0]},
    }
    layers: Layers = [
        {
            "mark": {"type": "rule", "color": CATEGORIES[0], "strokeWidth": 2},
            "encoding": {"y": y, "x": x, "x2": {"field": "high"}},
        },
        {
            "mark": {"type": "point", "filled": False, "fill": CATEGORIES[0], "stroke": CATEGORIES[0], "size": 45},
            "encoding": {"y": y, "x": x | {"field": "value"}, "fillOpacity": shape},
        },
    ]
    limit = number_or_none(chart.reference.get("limit"))
    if limit is not None:
        layers.append(rule("x", limit, BAD))
    if chart.reference.get("zero"):
        layers.append(rule("x", 0.0, MUTED))
    return layers, note.strip(), {"data": {"values": rows}, "width": 240, "height": max(24 * len(rows), 48)}


def _unique(labels: Sequence[str]) -> list[str]:
    seen: dict[str, int] = {}
    result = []
    for label in labels:
        seen[label] = seen.get(label, 0) + 1
        result.append(label if seen[label] == 1 else f"{label} #{seen[label]}")
    return result
