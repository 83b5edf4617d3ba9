"""What every page has in common: its style, its policy, and templates that let no data through as markup."""

from __future__ import annotations

import base64
import hashlib
import re
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

from modelcheck.record.store import PAGE_MARK
from modelcheck.report.text import block

if TYPE_CHECKING:
    from jinja2 import Environment
    from markupsafe import Markup

__all__ = ["environment", "frame", "named", "script"]

_NAMED = re.compile(r"`([^`\n]{1,400})`")
_DARK = re.compile(r"@media \(prefers-color-scheme: dark\) \{\s*:root \{([^}]*)\}\s*\}")


def frame(title: str) -> dict[str, str]:
    """Return what ``frame.html`` needs: the title, and the style with the hash that alone lets it in."""
    css = _style()
    return {"title": title, "css": css, "css_hash": _digest(css), "mark": PAGE_MARK}


def script() -> dict[str, str]:
    """Return what a page with a script needs besides: the script, and the hash that alone lets it run."""
    js = _file("script.js")
    return {"js": js, "js_hash": _digest(js)}


def _digest(text: str) -> str:
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def named(text: str) -> Markup:
    """Return a sentence with the names between backticks set in bold; everything else stays text.

    Examples
    --------
    >>> named("41 % comes from `a<b`")
    Markup('41 % comes from <b><bdi>a&lt;b</bdi></b>')
    """
    from markupsafe import Markup, escape

    # Escaped first: a name can bring in no markup of its own.
    return Markup(_NAMED.sub(r"<b><bdi>\1</bdi></b>", str(escape(block(text)))))  # noqa: S704


@cache
def environment() -> Environment:
    """Return the templates' environment: everything escaped, nothing undefined."""
    from jinja2 import Environment, PackageLoader, StrictUndefined
    from markupsafe import Markup

    def harmless(value: object) -> object:
        # The last gate before the page: whatever a template prints loses its power over terminals and text direction.
        return block(value) if isinstance(value, str) and not isinstance(value, Markup) else value

    made = Environment(
        loader=PackageLoader("modelcheck.report", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=harmless,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters["named"] = named
    return made


@cache
def _file(name: str) -> str:
    return files("modelcheck.report").joinpath(name).read_text(encoding="utf-8").strip()


@cache
def _style() -> str:
    """Return the style sheet, with the dark colours also for readers who chose them against their system."""
    css = _file("page.css")
    found = _DARK.search(css)
    assert found is not None  # noqa: S101 - a file of our own
    own = f"@media (prefers-color-scheme: dark) {{ :root:not([data-theme=light]) {{{found[1]}}} }}"
    chosen = f"@media screen {{ :root[data-theme=dark] {{{found[1]}}} }}"
    schemes = ":root[data-theme=dark] { color-scheme: dark; } :root[data-theme=light] { color-scheme: light; }"
    return css.replace(found[0], f"{own}\n{chosen}\n{schemes}", 1)
