"""Vega-Lite specification -> static SVG that is small, inert and coloured by the page's style sheet."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Any
from xml.sax.saxutils import escape, quoteattr

from modelcheck.report.palette import CLASSES

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

__all__ = ["draw"]

_VEGA_LITE = "6.4"
_DRAWINGS_KEPT = 128
_ELEMENTS = frozenset({"g", "path", "line", "rect", "text", "circle", "tspan"})
# Nothing here can hold a script, a link or a style; everything else that a renderer might emit is left out.
_ATTRIBUTES = frozenset(
    {
        "cx",
        "cy",
        "d",
        "dx",
        "dy",
        "fill-opacity",
        "font-size",
        "font-weight",
        "height",
        "opacity",
        "r",
        "stroke-dasharray",
        "stroke-opacity",
        "stroke-width",
        "text-anchor",
        "transform",
        "width",
        "x",
        "x1",
        "x2",
        "y",
        "y1",
        "y2",
    }
)
_PLAIN = re.compile(r"[A-Za-z0-9 .,()+\-]*")
_LONG_FRACTION = re.compile(r"(\d+\.\d{2})\d+")
_EMPTY_PATHS = frozenset({"", "M0,0h0v0h0Z"})


def draw(spec: Mapping[str, Any], *, title: str, description: str) -> str:
    """Draw a specification.

    Parameters
    ----------
    spec : mapping
        Vega-Lite, with the colours of `modelcheck.report.palette` and inline data only.
    title, description : str
        Read out instead of the picture.

    Returns
    -------
    str
        One ``<svg>`` element: shapes and text only, colours as CSS classes, no ids, no links, no styles.

    Notes
    -----
    The drawing runs offline: no address may be fetched, whatever the data says.
    """
    width, height, body = _shapes(json.dumps(spec))
    return (
        f'<svg viewBox="0 0 {width} {height}" width="{width}" height="{height}" role="img" '
        f"aria-label={quoteattr(title)}><title>{escape(title)}</title><desc>{escape(description)}</desc>"
        f"{body}</svg>"
    )


# A run that accepts a baseline writes its pages twice, a notebook as often as it is asked to: drawing is what costs.
@lru_cache(maxsize=_DRAWINGS_KEPT)
def _shapes(spec: str) -> tuple[int, int, str]:
    """Draw a specification, given as JSON: width, height, and the shapes."""
    from xml.etree import ElementTree

    import vl_convert

    drawn = vl_convert.vegalite_to_svg(
        json.loads(spec), vl_version=_VEGA_LITE, allowed_base_urls=[], show_warnings=False
    )
    # The text comes from our own renderer, holds no DTD, and only shapes are copied from it.
    root = ElementTree.fromstring(drawn)  # noqa: S314
    body: list[str] = []
    for child in root:
        _copy(child, body)
    return *_size(root), "".join(body)


def _size(root: Element) -> tuple[int, int]:
    numbers = [float(part) for part in root.get("viewBox", "0 0 1 1").split()]
    return round(numbers[2]), round(numbers[3])


def _copy(element: Element, out: list[str]) -> None:
    """Write the allowed part of an element; groups that draw nothing vanish."""
    tag = element.tag.rpartition("}")[2]
    if tag not in _ELEMENTS or element.get("display") == "none":
        return
    if tag == "path" and element.get("d", "") in _EMPTY_PATHS:
        return
    inside: list[str] = [escape(element.text)] if element.text and tag in ("text", "tspan") else []
    for child in element:
        _copy(child, inside)
    if tag in ("g", "text") and not inside:
        return
    attributes = _attributes(element)
    if tag == "g" and not attributes:
        out.extend(inside)
    elif inside:
        out.append(f"<{tag}{attributes}>{''.join(inside)}</{tag}>")
    else:
        out.append(f"<{tag}{attributes}/>")


def _attributes(element: Element) -> str:
    parts, classes = [], []
    for name, value in element.attrib.items():
        if name in ("fill", "stroke"):
            if value in CLASSES:
                classes.append(f"{name[0]}-{CLASSES[value]}")
            elif value in ("none", "transparent"):
                parts.append(f'{name}="none"')
        elif name in _ATTRIBUTES and _PLAIN.fullmatch(value) and not _is_default(name, value):
            short = _LONG_FRACTION.sub(r"\1", value)
            parts.append(f'{name}="{short}"')
    if classes:
        parts.insert(0, f'class="{" ".join(classes)}"')
    return "".join(f" {part}" for part in parts)


def _is_default(name: str, value: str) -> bool:
    return (name in ("opacity", "fill-opacity", "stroke-opacity", "stroke-width") and value == "1") or (
        name == "transform" and value == "translate(0,0)"
    )
