"""What a chart shows -> how it is drawn: one Vega-Lite specification per kind."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from modelcheck.record.evidence import Chart
from modelcheck.report.beeswarm import beeswarm
from modelcheck.report.curves import histogram, line, scatter
from modelcheck.report.dependence import dependence
from modelcheck.report.encodings import Built
from modelcheck.report.grids import forest, matrix
from modelcheck.report.palette import FOREGROUND, GRID, MUTED
from modelcheck.report.reliability import reliability
from modelcheck.report.svg import draw
from modelcheck.report.text import shorten
from modelcheck.report.waterfall import waterfall

__all__ = ["chart_spec", "draw_chart"]

_KINDS: dict[str, Callable[[Chart], Built]] = {
    "line": line,
    "scatter": scatter,
    "histogram": histogram,
    "matrix": matrix,
    "forest": forest,
    "reliability": reliability,
    "beeswarm": beeswarm,
    "waterfall": waterfall,
    "dependence": dependence,
}

_TEXT = {"labelColor": MUTED, "titleColor": FOREGROUND, "labelFontSize": 11, "titleFontSize": 11}
_CONFIG: dict[str, Any] = {
    # Without aria Vega writes no description expressions, into which a title from data could break.
    "aria": False,
    "background": None,
    "view": {"stroke": None},
    "font": "sans-serif",
    "axis": {
        **_TEXT,
        "titleFontWeight": "normal",
        "gridColor": GRID,
        "domainColor": MUTED,
        "tickColor": MUTED,
        "tickCount": 5,
        "labelLimit": 160,
        "labelOverlap": True,
        "labelSeparation": 8,
    },
    "legend": {**_TEXT, "symbolStrokeWidth": 3},
}


def draw_chart(chart: Chart) -> tuple[str, str]:
    """Draw a chart.

    Parameters
    ----------
    chart : Chart
        What it shows.

    Returns
    -------
    svg : str
        One ``<svg>`` element, or an empty string where there is nothing to draw (unknown kind, no usable row).
    note : str
        What the drawing leaves out; empty when it shows everything.
    """
    spec, note = chart_spec(chart)
    if not spec:
        return "", note
    title = shorten(chart.title or chart.name, 120)
    return draw(spec, title=title, description=shorten(chart.reading or title, 400)), note


def chart_spec(chart: Chart) -> tuple[dict[str, Any], str]:
    """Return the Vega-Lite specification of a chart, and what it leaves out.

    Parameters
    ----------
    chart : Chart
        Kind ``line``, ``matrix``, ``scatter``, ``histogram``, ``forest``, ``reliability``, ``beeswarm``,
        ``waterfall`` or ``dependence``.

    Returns
    -------
    spec : dict
        Inline data, placeholder colours; empty where there is nothing to draw.
    note : str
        A sentence for the reader; may be empty.
    """
    build = _KINDS.get(chart.kind)
    if build is None:
        return {}, f"This version can't draw charts of kind {shorten(chart.kind)}; the numbers are in the table below."
    layers, note, size = build(chart)
    if not layers:
        return {}, "There is nothing to draw."
    return {"layer": layers, "config": _CONFIG, "padding": 2} | size, note
