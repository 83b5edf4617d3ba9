"""Names and values from data, made harmless and readable before any page or terminal shows them."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable

__all__ = [
    "anchor",
    "block",
    "group_words",
    "no_command",
    "one_line",
    "paragraph",
    "shorten",
    "unique_anchors",
    "without_folders",
]

# What could steer a terminal or turn a line around: control characters, directional marks and overrides, line
# separators, invisible spaces, lone surrogates, code points that XML forbids.
_OTHERS = "\x7f-\x9f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb\ufffe\uffff\ud800-\udfff"
_UNSAFE = re.compile(f"[\x00-\x1f{_OTHERS}]")
_UNSAFE_BUT_NEWLINE = re.compile(f"[\x00-\x09\x0b-\x1f{_OTHERS}]")
_SAFE_ANCHOR = re.compile(r"[A-Za-z0-9_.:+-]{1,120}")
# Services obey "::command::" at the start of a line, after blanks, and "##[command]" anywhere.
_AT_START = re.compile(r"^(?:\x1b\[[0-9;]*m|\s)*(?=::)")
_ANYWHERE = re.compile(r"##(?=\[|vso\[)")
# Not within a word, a fraction or the address of a page.
_FOLDERS = re.compile(r"(?<![\w:/.~-])/(?:[^\s/:'\"`()]+/)+|\b[A-Za-z]:[\\/](?:[^\s\\/:'\"`()]+[\\/])*")
_SHORT_ESCAPES = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}


def _visible(match: re.Match[str]) -> str:
    code = ord(match[0])
    return _SHORT_ESCAPES.get(match[0]) or (f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}")


def one_line(text: str) -> str:
    r"""Return a text on one line, with everything that could steer a terminal or reorder a line shown as an escape.

    Parameters
    ----------
    text : str
        Anything.

    Returns
    -------
    str
        Different texts stay different to the eye: nothing is dropped.

    Examples
    --------
    >>> one_line("red\x1b[31m\nblue")
    'red\\x1b[31m\\nblue'
    """
    return _UNSAFE.sub(_visible, text)


def block(text: str) -> str:
    r"""Return a text of several lines, made harmless as `one_line` does, with its line breaks kept."""
    return _UNSAFE_BUT_NEWLINE.sub(_visible, text.replace("\r\n", "\n"))


def shorten(text: str, most: int = 40, mark: str = "…") -> str:
    """Return a text on one line with at most `most` characters.

    Parameters
    ----------
    text : str
        Anything.
    most : int
        Characters that may be shown, the mark included.
    mark : str
        Stands for what was cut.

    Returns
    -------
    str
        The harmless text, its end replaced by the mark where it is too long.

    Examples
    --------
    >>> shorten("a rather long name", 10, "...")
    'a rathe...'
    """
    # Cut first: a label of megabytes would otherwise be escaped in full to show forty characters.
    shown = one_line(text[: most + 1])
    if len(shown) <= most and len(text) <= most:
        return shown
    return shown[: max(most - len(mark), 0)] + mark


def paragraph(text: str, most: int = 1500, mark: str = "…") -> str:
    r"""Return a message with its line breaks kept, each line made harmless; empty lines are left away.

    Parameters
    ----------
    text : str
        Anything.
    most : int
        Characters that may be shown, the mark included.
    mark : str
        Stands for what was cut.

    Returns
    -------
    str
        Lines parted by newlines.

    Examples
    --------
    >>> paragraph("wrong dtype:\n\n\tage\x07")
    'wrong dtype:\n    age\\x07'
    """
    cut = text[: most + 1].replace("\r\n", "\n").replace("\r", "\n").strip("\n")
    lines = [one_line(line.expandtabs(4)).rstrip() for line in cut.split("\n")]
    shown = "\n".join(line for line in lines if line)
    if len(shown) <= most and len(text) <= most:
        return shown
    return shown[: max(most - len(mark), 0)] + mark


def group_words(label: str) -> str:
    """Return a group's name as people say it.

    Examples
    --------
    >>> group_words("age = < 25"), group_words("age = 25 to 48"), group_words("sex = <none>")
    ('age < 25', 'age = 25 to 48', 'sex = <none>')
    >>> group_words("true_positive_rate, sex: f against m")
    'true positive rate, sex: f against m'
    """
    words = re.sub(r"^(?:true|false)_(?:positive|negative)_rate(?=, )", lambda rate: rate[0].replace("_", " "), label)
    return re.sub(r" ?= ?(?=[<>]=? ?-?[\d.])", " ", words)


def anchor(name: str) -> str:
    """Return an HTML id for a name: the name itself where it is plain, else a slug with a hash.

    Examples
    --------
    >>> anchor("performance::roc_auc")
    'performance::roc_auc'
    """
    if _SAFE_ANCHOR.fullmatch(name):
        return name
    slug = re.sub(r"[^A-Za-z0-9_.:+-]+", "-", name[:60]).strip("-")
    digest = hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()[:10]
    return f"{slug}-{digest}" if slug else f"gate-{digest}"


def unique_anchors(names: Iterable[str]) -> list[str]:
    """Return an HTML id for each name; equal names get a number, and what could be an id of the page's own a mark.

    Examples
    --------
    >>> unique_anchors(["a::b", "a::b", "gates"])
    ['a::b', 'a::b-2', 'gate-gates']
    """
    taken: set[str] = set()
    counts: dict[str, int] = {}
    made = []
    for name in names:
        plain = found = anchor(name) if "::" in name else f"gate-{anchor(name)}"
        while found in taken:
            counts[plain] = counts.get(plain, 1) + 1
            found = f"{plain}-{counts[plain]}"
        taken.add(found)
        made.append(found)
    return made


def no_command(line: str, *, start: bool = True) -> str:
    """Keep what data says, also after wrapping, from being a command to the CI service that reads the log.

    Parameters
    ----------
    line : str
        One line of a log.
    start : bool
        Whether the line's start is data too; False where it is a command that we give ourselves.

    Returns
    -------
    str

    Examples
    --------
    >>> no_command(" ::set-output name=x::y ##[group]z")
    ' | ::set-output name=x::y # #[group]z'
    """
    return _ANYWHERE.sub("# #", _AT_START.sub(r"\g<0>| ", line) if start else line)


def without_folders(text: str) -> str:
    """Return a text whose absolute paths have lost their folders: pages travel to people whom they are no business of.

    Parameters
    ----------
    text : str
        A message.

    Returns
    -------
    str
        Relative paths and addresses of pages are left as they are.

    Examples
    --------
    >>> without_folders("/home/ann/work/model.skops differs from checks/model.skops, see https://host/a/b")
    '…/model.skops differs from checks/model.skops, see https://host/a/b'
    """
    return _FOLDERS.sub("…/", text)
