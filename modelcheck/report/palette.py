"""Colours of charts: placeholders that Vega draws with, and the CSS classes that stand for them on the page."""

from __future__ import annotations

__all__ = ["BAD", "CATEGORIES", "CLASSES", "FOREGROUND", "GRID", "MUTED"]

# A page can't be light and dark at once if its charts carry fixed colours. Charts are therefore drawn in colours that
# nobody would choose, and each is replaced by a class whose colour the style sheet decides.
CATEGORIES = ("#01f0a1", "#01f0a2", "#01f0a3", "#01f0a4", "#01f0a5", "#01f0a6", "#01f0a7")
FOREGROUND = "#01f0b1"
MUTED = "#01f0b2"
GRID = "#01f0b3"
BAD = "#01f0b4"

CLASSES = {
    **{colour: f"c{number}" for number, colour in enumerate(CATEGORIES, 1)},
    FOREGROUND: "fg",
    MUTED: "mu",
    GRID: "gr",
    BAD: "ba",
}
