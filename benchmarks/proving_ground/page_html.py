"""The page as one HTML file without a script: in the reports' own style, light, dark, on paper and on a phone."""

from __future__ import annotations

import base64
import hashlib
import re
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.proving_ground.curves import colours_of
from benchmarks.proving_ground.goals import MET, NOT_MEASURED, NOT_MET, TOO_FEW
from benchmarks.proving_ground.tables import name_of
from benchmarks.proving_ground.view import READING, View, headline
from modelcheck.report.frame import environment, frame
from modelcheck.report.palette import CLASSES
from modelcheck.report.text import block

if TYPE_CHECKING:
    from jinja2 import Environment
    from markupsafe import Markup

__all__ = ["render_page"]

_STATES = {
    MET: ("pass", "✓"),
    NOT_MET: ("fail", "✕"),
    TOO_FEW: ("inconclusive", "?"),
    NOT_MEASURED: ("metric", "○"),
}
_BESIDE = Path(__file__).parent
_MARK = "written-by: modelcheck benchmarks"


def render_page(view: View) -> str:
    """Return the whole document.

    Parameters
    ----------
    view : View
        What it says.

    Returns
    -------
    str
        Nothing fetched, nothing run: its policy lets in the one style sheet by its hash. Everything from the results
        is escaped by the templates.
    """
    from markupsafe import Markup

    framed = frame(view.title)
    css = f"{framed['css']}\n{(_BESIDE / 'page.css').read_text(encoding='utf-8').strip()}"
    digest = base64.b64encode(hashlib.sha256(css.encode()).digest()).decode()
    # Drawn from our own specification; only shapes and text are copied into it.
    drawings = [(curve, Markup(curve.svg)) for curve in view.curves]  # noqa: S704
    classes = {name_of(tool): CLASSES[colour] for tool, colour in colours_of(view.tools).items()}
    return (
        _environment()
        .get_template("page.html.jinja")
        .render(
            **(framed | {"css": css, "css_hash": digest, "mark": _MARK}),
            view=view,
            headline=headline(view),
            states=_STATES,
            drawings=drawings,
            classes=classes,
            reading=READING,
        )
    )


@cache
def _environment() -> Environment:
    from jinja2 import ChoiceLoader, FileSystemLoader

    reports = environment()
    assert reports.loader is not None
    made = reports.overlay(loader=ChoiceLoader([FileSystemLoader(_BESIDE), reports.loader]))
    # This file's name doesn't end in .html; that mustn't decide whether names from data are escaped.
    made.autoescape = True
    made.filters = made.filters | {"unbroken": _unbroken, "breakable": _breakable}
    return made


def _unbroken(text: str) -> str:
    """Keep numbers with their units, and a count with its n."""
    return re.sub(r"(?<=\d) (?=(?:%|s|MB)(?:\W|$))|(?<=\bn) (?=\d)", "\u00a0", text)


def _breakable(name: str) -> Markup:
    """Let a long name go on in the next line after an underscore rather than anywhere."""
    from markupsafe import Markup, escape

    # Escaped first: a name can bring in no markup of its own.
    return Markup(str(escape(block(name))).replace("_", "_<wbr>"))  # noqa: S704
