"""Power curves: how often a defect is found as it gets stronger, one small drawing a case."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from benchmarks.proving_ground.rates import defects, found, grouped, tools_of
from benchmarks.proving_ground.results import Run
from benchmarks.proving_ground.tables import name_of
from benchmarks.proving_ground.trial import Case
from modelcheck.record.numbers import format_share
from modelcheck.report.palette import CATEGORIES, FOREGROUND, GRID, MUTED
from modelcheck.report.svg import draw
from modelcheck.report.text import shorten

__all__ = ["Curve", "colours_of", "curves", "specification"]

_SIZE = {"width": 190, "height": 110}
_WIDE = 20.0
_CONFIG: dict[str, Any] = {
    # As in the reports: without aria Vega writes no descriptions, into which a name from data could break.
    "aria": False,
    "background": None,
    "view": {"stroke": None},
    "font": "sans-serif",
    "axis": {"labelColor": MUTED, "labelFontSize": 11, "gridColor": GRID, "domainColor": MUTED, "tickColor": MUTED},
}

Point = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Curve:
    """The drawing of a case; `reading` says in words what it shows, `unit` what its strength counts."""

    name: str
    unit: str
    reading: str
    svg: str


def colours_of(tools: Sequence[str]) -> dict[str, str]:
    """Return each tool's colour, a placeholder of the reports' palette: the same in all drawings."""
    return {tool: CATEGORIES[place % len(CATEGORIES)] for place, tool in enumerate(tools)}


def curves(runs: Sequence[Run], cases: Mapping[str, Case], most: int) -> tuple[list[Curve], int]:
    """Draw each case that modelcheck met at several strengths, from faint to plain.

    Returns
    -------
    curves : list of Curve
        At most `most`: drawing is what costs.
    left : int
        Cases that could have been drawn besides.
    """
    tools = tools_of(runs)
    made: list[Curve] = []
    left = 0
    for subject, same in grouped(defects(runs, default=False), lambda run: run.subject).items():
        points = _points(same)
        if len({point["strength"] for point in points if point["tool"] == tools[0]}) < 2:
            continue
        if len(made) >= most:
            left += 1
            continue
        falling = subject in cases and cases[subject].strengths[0] > cases[subject].strengths[-1]
        points = points[::-1] if falling else points
        defaults = {run.strength for run in same if run.at_default and run.strength is not None}
        spec = specification(points, colours_of(tools), defaults, falling=falling)
        reading = _reading(points, tools[0])
        name, unit = name_of(subject), shorten(cases[subject].unit, 120) if subject in cases else ""
        svg = draw(spec, title=f"Share of runs in which {name} is found, by strength", description=reading)
        made.append(Curve(name=name, unit=unit, reading=reading, svg=svg))
    return made, left


def _points(runs: Sequence[Run]) -> list[Point]:
    points = []
    for (tool, strength), same in grouped(runs, lambda run: (run.tool, run.strength)).items():
        share = found(same).right
        if strength is not None and share.runs:
            ends = {"low": round(share.low, 4), "high": round(share.high, 4), "runs": share.runs}
            points.append({"tool": tool, "strength": float(strength), "share": round(share.value, 4), **ends})
    return sorted(points, key=lambda point: point["strength"])


def specification(
    points: Sequence[Point], colours: Mapping[str, str], defaults: set[float], *, falling: bool = False
) -> dict[str, Any]:
    """Return the Vega-Lite specification of a case: modelcheck with its band, peers as lines, the default dashed.

    Parameters
    ----------
    points : sequence of dict
        ``tool``, ``strength``, ``share``, ``low``, ``high``.
    colours : mapping of str to str
        By tool, the one with the band first.
    defaults : set of float
        Strengths at which the defect must be found.
    falling : bool
        Whether a smaller strength is the plainer one.
    """
    first = next(iter(colours))
    strengths = [point["strength"] for point in points]
    low, high = min(strengths), max(strengths)
    wide = low > 0 and high / low > _WIDE
    scale: dict[str, Any] = {"type": "log"} if wide else {"zero": False, "nice": False}
    x = {
        "field": "strength",
        "type": "quantitative",
        "title": None,
        "scale": scale | {"domain": [low, high], "reverse": falling},
        "axis": {"values": sorted({*strengths}), "grid": False, "format": "~g", "labelOverlap": True},
    }
    y = {
        "field": "share",
        "type": "quantitative",
        "title": None,
        "scale": {"domain": [0, 1]},
        "axis": {"values": [0, 0.5, 0.95], "labelExpr": "format(100 * datum.value, 'd') + ' %'"},
    }
    own = [point for point in points if point["tool"] == first]
    layers: list[dict[str, Any]] = [
        {
            "data": {"values": [{"v": value} for value in sorted(defaults)]},
            "mark": {"type": "rule", "color": FOREGROUND, "strokeDash": [3, 3], "strokeWidth": 1},
            "encoding": {"x": {"field": "v", "type": "quantitative"}},
        },
        {
            "data": {"values": own},
            "mark": {"type": "area", "color": colours[first], "fillOpacity": 0.2},
            "encoding": {"x": x, "y": y | {"field": "low"}, "y2": {"field": "high"}},
        },
    ]
    # modelcheck last, so that it lies above the others.
    for tool in [*list(colours)[1:], first]:
        values = [point for point in points if point["tool"] == tool]
        line = {"type": "line", "color": colours[tool], "strokeWidth": 2.0 if tool == first else 1.25}
        dots = {"type": "circle", "color": colours[tool], "size": 26, "opacity": 1}
        layers += [{"data": {"values": values}, "mark": mark, "encoding": {"x": x, "y": y}} for mark in (line, dots)]
    return {"layer": layers, "config": _CONFIG, "padding": 2} | _SIZE


def _reading(points: Sequence[Point], tool: str) -> str:
    own = [point for point in points if point["tool"] == tool]
    return f"{tool}: " + ", ".join(f"{format_share(point['share'], 0)} at {point['strength']:g}" for point in own)
