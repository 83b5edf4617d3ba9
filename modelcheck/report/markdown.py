"""Text from a record as Markdown that shows it as it is: no markup, HTML, links or mentions."""

from __future__ import annotations

import re

from modelcheck.report.text import one_line, paragraph

__all__ = ["code", "fenced", "prose", "prose_lines"]

_MARKS = re.compile(r"[\\`*_\[\]|~$]")
_LINE_START = re.compile(r"^(?=[#+=-])|^(\d+)(?=[.)])")
_ENTITIES = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}


def prose(text: str, *, inside: bool = False) -> str:
    r"""Return text on one line that Markdown shows as it is.

    Parameters
    ----------
    text : str
        Anything.
    inside : bool
        Whether it stands within a line or a table's cell, where nothing can begin that begins at a line's start.

    Returns
    -------
    str
        No markup, HTML, links or mentions; fit for a table's cell.

    Examples
    --------
    >>> prose("*bold* <b> @someone")
    '\\*bold\\* &lt;b&gt; &#64;&#8203;someone'
    """
    escaped = _MARKS.sub(lambda match: "\\" + match[0], one_line(text))
    if not inside:
        escaped = _LINE_START.sub(lambda match: f"{match[1] or ''}\\", escaped.lstrip())
    escaped = re.sub("[&<>]", lambda match: _ENTITIES[match[0]], escaped)
    # Addresses link themselves and names after @ call people, unless something stands in between.
    return escaped.replace("://", ":&#47;&#47;").replace("www.", "www&#46;").replace("@", "&#64;&#8203;")


def prose_lines(text: str, most: int = 1500) -> str:
    """Return a message as `prose` with its line breaks kept; at most `most` characters of it."""
    # Two spaces at a line's end keep its break.
    return "  \n".join(prose(line) for line in paragraph(text, most).split("\n"))


def code(text: str) -> str:
    """Return an inline code span that holds any text, pipes included, also within a table.

    Examples
    --------
    >>> code("a`b")
    '`` a`b ``'
    """
    shown = one_line(text).replace("|", "\\|")
    ticks = "`" * (max((len(run) for run in re.findall("`+", shown)), default=0) + 1)
    space = " " if "`" in shown else ""
    return f"{ticks}{space}{shown}{space}{ticks}" if shown.strip() else "(empty)"


def fenced(text: str) -> list[str]:
    """Return a block of code that holds any text, and the empty line after it."""
    fence = "`" * max(3, max((len(run) for run in re.findall("`+", text)), default=0) + 1)
    return [f"{fence}text", text, fence, ""]
