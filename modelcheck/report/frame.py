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

__all__ = ["environment", "frame", "named"]

_NAMED = re.compile(r"`([^`\n]{1,400})`")


def frame(title: str) -> dict[str, str]:
    """Return what ``frame.html`` needs: the title, and the style with the hash that alone lets it in."""
    css = _style()
    digest = base64.b64encode(hashlib.sha256(css.encode()).digest()).decode()
    return {"title": title, "css": css, "css_hash": digest, "mark": PAGE_MARK}


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
def _style() -> str:
    return files("modelcheck.report").joinpath("page.css").read_text(encoding="utf-8").strip()
