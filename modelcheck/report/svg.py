"""Vega-Lite specification -> static SVG that is small, inert and coloured by the page's style sheet."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Any
from xml.sax.saxutils import escape, quoteattr

from modelcheck.report.shapes import shapes

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

__all__ = ["draw"]

_VEGA_LITE = "6.4"
_DRAWINGS_KEPT = 128


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
        f'<svg viewBox="0 0 {width} {height}" width="{width}" height="{height}" role="img" font-size="11px" '
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
    return *_size(root), shapes(root)


def _size(root: Element) -> tuple[int, int]:
    numbers = [float(part) for part in root.get("viewBox", "0 0 1 1").split()]
    return round(numbers[2]), round(numbers[3])
