"""What a renderer drew -> the same shapes in few bytes, with colours as classes and nothing in them that could act."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape

from modelcheck.report.palette import CLASSES

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

__all__ = ["shapes"]

_ELEMENTS = frozenset({"g", "path", "line", "rect", "text", "circle", "tspan"})
# Nothing here can hold a script, a link or a style; everything else that a renderer might emit is left out.
_ATTRIBUTES = (
    *("cx", "cy", "d", "dx", "dy", "fill-opacity", "font-size", "font-weight", "height", "opacity", "r"),
    *("stroke-dasharray", "stroke-opacity", "stroke-width", "text-anchor", "transform", "width", "x", "x1", "x2"),
    *("y", "y1", "y2"),
)
_PLAIN = re.compile(r"[A-Za-z0-9 .,()+\-]*")
_FRACTION = re.compile(r"(\d*)\.(\d+)")
_TRANSLATE = re.compile(r"translate\((-?[\d.]+),(-?[\d.]+)\)")
_DISC = re.compile(r"M(-?[\d.]+),0A\1,\1,0,1,1,-\1,0A\1,\1,0,1,1,\1,0")
_EMPTY_PATHS = frozenset({"", "M0,0h0v0h0Z"})
_DEFAULTS = {
    **dict.fromkeys(("opacity", "fill-opacity", "stroke-opacity", "stroke-width"), "1"),
    **dict.fromkeys(("x", "y", "x1", "x2", "y1", "y2", "dx", "dy"), "0"),
    "font-weight": "normal",
    "font-size": "11px",  # what `draw` writes on the whole drawing
    "transform": "translate(0,0)",
}
_FEWEST_ALIKE = 3
_ENDS = ("x1", "y1", "x2", "y2")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Shape:
    """One element to be written."""

    tag: str
    attributes: dict[str, str]
    inside: str = ""

    def __str__(self) -> str:
        written = "".join(f' {name}="{value}"' for name, value in self.attributes.items())
        return f"<{self.tag}{written}>{self.inside}</{self.tag}>" if self.inside else f"<{self.tag}{written}/>"


def shapes(root: Element) -> str:
    """Return the shapes below an element as markup.

    Parameters
    ----------
    root : Element
        The ``<svg>`` that a renderer wrote.

    Returns
    -------
    str
        Shapes and text only. Groups that draw nothing vanish, straight lines of one kind become one path, discs
        become circles, labels of one kind share a group, numbers have at most two decimals: what is seen stays.
    """
    return _written([made for child in root for made in _shapes(child)])


def _shapes(element: Element) -> list[_Shape]:
    tag = element.tag.rpartition("}")[2]
    if tag not in _ELEMENTS or element.get("display") == "none":
        return []
    if tag == "path" and element.get("d", "") in _EMPTY_PATHS:
        return []
    attributes = _attributes(element)
    if tag in ("text", "tspan"):
        inside = escape(element.text or "") + _written([made for child in element for made in _shapes(child)])
        return [_placed(_Shape(tag=tag, attributes=attributes, inside=inside))] if inside else []
    if tag == "g":
        children = [made for child in element for made in _shapes(child)]
        if not children or not attributes:
            return children
        return [_Shape(tag="g", attributes=attributes, inside=_written(children))]
    return [_disc(_Shape(tag=tag, attributes=attributes))]


def _written(made: list[_Shape]) -> str:
    """Write siblings: runs of alike lines as one path, runs of alike labels in one group."""
    parts: list[str] = []
    for kind, run in groupby(made, key=_kind):
        alike = list(run)
        if kind[0] == "line" and len(alike) > 1:
            parts.append(str(_joined(alike)))
        elif kind[0] == "text" and kind[1] and len(alike) >= _FEWEST_ALIKE:
            inside = "".join(str(_Shape(tag="text", attributes=_place(one), inside=one.inside)) for one in alike)
            parts.append(str(_Shape(tag="g", attributes=dict(kind[1]), inside=inside)))
        else:
            parts += map(str, alike)
    return "".join(parts)


def _kind(shape: _Shape) -> tuple[str, tuple[tuple[str, str], ...]]:
    """Return what siblings must share to be written as one; shapes that stand alone share nothing."""
    if shape.tag == "line" and _offset(shape) is not None:
        hidden: tuple[str, ...] = (*_ENDS, "transform")
    elif shape.tag == "text" and "transform" not in shape.attributes:
        hidden = ("x", "y")
    else:
        return shape.tag, ()
    return shape.tag, tuple((name, value) for name, value in shape.attributes.items() if name not in hidden)


def _joined(lines: list[_Shape]) -> _Shape:
    kept = {name: value for name, value in lines[0].attributes.items() if name not in (*_ENDS, "transform")}
    steps = []
    for line in lines:
        left, top = _offset(line) or (0.0, 0.0)
        x1, y1, x2, y2 = (float(line.attributes.get(name, 0.0)) for name in _ENDS)
        if x1 == x2:
            step = f"v{_short(y2 - y1)}"
        elif y1 == y2:
            step = f"h{_short(x2 - x1)}"
        else:
            step = f"l{_short(x2 - x1)},{_short(y2 - y1)}"
        steps.append(f"M{_short(left + x1)},{_short(top + y1)}{step}")
    return _Shape(tag="path", attributes={**kept, "d": "".join(steps)})


def _offset(shape: _Shape) -> tuple[float, float] | None:
    """Return how far a shape is moved; None where it is also turned or scaled."""
    transform = shape.attributes.get("transform")
    if transform is None:
        return 0.0, 0.0
    match = _TRANSLATE.fullmatch(transform)
    return None if match is None else (float(match[1]), float(match[2]))


def _placed(text: _Shape) -> _Shape:
    """Return a label with its place as numbers instead of a movement."""
    offset = _offset(text)
    if text.tag != "text" or not offset or "x" in text.attributes or "y" in text.attributes:
        return text
    rest = {name: value for name, value in text.attributes.items() if name != "transform"}
    place = {name: _short(value) for name, value in zip("xy", offset, strict=True) if value}
    return _Shape(tag="text", attributes={**rest, **place}, inside=text.inside)


def _place(text: _Shape) -> dict[str, str]:
    return {name: text.attributes[name] for name in ("x", "y") if name in text.attributes}


def _disc(shape: _Shape) -> _Shape:
    match = _DISC.fullmatch(shape.attributes.get("d", ""))
    offset = _offset(shape)
    if shape.tag != "path" or match is None or offset is None:
        return shape
    rest = {name: value for name, value in shape.attributes.items() if name not in ("d", "transform")}
    place = {name: _short(value) for name, value in zip(("cx", "cy"), offset, strict=True) if value}
    return _Shape(tag="circle", attributes={**rest, **place, "r": match[1]})


def _attributes(element: Element) -> dict[str, str]:
    kept: dict[str, str] = {}
    classes = []
    for name, value in element.attrib.items():
        if name in ("fill", "stroke"):
            if value in CLASSES:
                classes.append(f"{name[0]}-{CLASSES[value]}")
            elif value in ("none", "transparent"):
                kept[name] = "none"
        elif name in _ATTRIBUTES and _PLAIN.fullmatch(value) and value != _DEFAULTS.get(name):
            kept[name] = _FRACTION.sub(_rounded, value)
    return {"class": " ".join(classes), **kept} if classes else kept


def _rounded(match: re.Match[str]) -> str:
    digits = match[2][:2].rstrip("0")
    return f"{match[1]}.{digits}" if digits else match[1] or "0"


def _short(number: float) -> str:
    text = f"{number:.2f}".rstrip("0").rstrip(".")
    return "0" if text in ("-0", "") else text
