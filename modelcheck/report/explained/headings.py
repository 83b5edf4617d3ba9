"""Headings of the tables under drawings: words, where the record has the keys of a chart."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from modelcheck.report.figures import ChartView

__all__ = ["headed"]

_HEADINGS = {
    "x": "value", "y": "average score", "low": "lower end", "high": "upper end", "ale": "average near this value",
    "label": "entry", "count": "rows", "value": "share",
}  # fmt: skip


def headed(view: ChartView, own: Mapping[str, str]) -> ChartView:
    """Return a chart whose table is headed in words; `own` holds those that differ from the usual ones."""
    words: dict[str, str] = {**_HEADINGS, **own}
    return replace(view, grid=replace(view.grid, columns=tuple(words.get(key, key) for key in view.grid.columns)))
