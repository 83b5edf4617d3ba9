"""Colours of charts: placeholders that Vega draws with, and the CSS classes that stand for them on the page."""

from __future__ import annotations

__all__ = ["BAD", "CATEGORIES", "CLASSES", "FOREGROUND", "GRID", "LEVELS", "MUTED"]

# A page can't be light and dark at once if its charts carry fixed colours. Charts are therefore drawn in colours that
# nobody would choose, and each is replaced by a class whose colour the style sheet decides.
CATEGORIES = ("#01f0a1", "#01f0a2", "#01f0a3", "#01f0a4", "#01f0a5", "#01f0a6", "#01f0a7")
FOREGROUND = "#01f0b1"
MUTED = "#01f0b2"
GRID = "#01f0b3"
BAD = "#01f0b4"
LEVELS = ("#01f0c1", "#01f0c2", "#01f0c3", "#01f0c4", "#01f0c5")
"""From a low to a high value, through a middle that is neither."""

CLASSES = {
    **{colour: f"c{number}" for number, colour in enumerate(CATEGORIES, 1)},
    **{colour: f"l{number}" for number, colour in enumerate(LEVELS, 1)},
    FOREGROUND: "fg",
    MUTED: "mu",
    GRID: "gr",
    BAD: "ba",
}
