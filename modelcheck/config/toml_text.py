"""Names and values as TOML writes them, safe to print: control and direction characters come out escaped."""

from __future__ import annotations

import datetime
import re
from collections.abc import Mapping, Sequence

__all__ = ["shorten", "table_name", "toml_key", "toml_value"]

_BARE = re.compile(r"[A-Za-z0-9_-]+")
_ESCAPES = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\t": "\\t", "\r": "\\r"}
_DEEPEST = 6


def _escape(character: str) -> str:
    if character in _ESCAPES:
        return _ESCAPES[character]
    # Not printable covers control characters and the marks that turn the direction of writing.
    if character.isprintable():
        return character
    code = ord(character)
    return f"\\u{code:04X}" if code <= 0xFFFF else f"\\U{code:08X}"


def _quote(text: str) -> str:
    return '"' + "".join(map(_escape, text)) + '"'


def toml_key(name: str) -> str:
    """Return a key as TOML spells it: bare where that is possible, else quoted.

    Parameters
    ----------
    name : str
        Any text, hostile text too.

    Returns
    -------
    str
        One line of TOML.

    Examples
    --------
    >>> toml_key("age"), toml_key("65+")
    ('age', '"65+"')
    """
    return name if _BARE.fullmatch(name) else _quote(name)


def table_name(*keys: str) -> str:
    """Return a dotted table name, e.g. ``gates."performance.roc_auc"``; empty keys are left out."""
    return ".".join(toml_key(key) for key in keys if key)


def toml_value(value: object) -> str:
    """Return a value as one line of TOML.

    Parameters
    ----------
    value : str, bool, int, float, date, time, list or table
        What a TOML reader can return. Nesting deeper than six levels is shown as ``...``.

    Returns
    -------
    str
        TOML text that reads back as the same value.

    Examples
    --------
    >>> toml_value(["sex", ["sex", "race"]])
    '["sex", ["sex", "race"]]'
    """
    return _render(value, 0)


def _render(value: object, depth: int) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return _quote(value)
    if isinstance(value, int):
        # Python refuses to print integers beyond some thousand digits; no such number is meant.
        return str(value) if value.bit_length() < 4096 else f"(an integer of {value.bit_length()} bits)"
    if isinstance(value, (datetime.datetime, datetime.date, datetime.time)):
        return value.isoformat()
    if depth >= _DEEPEST and isinstance(value, (Mapping, Sequence)):
        return "..."
    if isinstance(value, Mapping):
        inner = ", ".join(f"{toml_key(str(key))} = {_render(item, depth + 1)}" for key, item in value.items())
        return f"{{ {inner} }}" if inner else "{}"
    if isinstance(value, Sequence):
        return "[" + ", ".join(_render(item, depth + 1) for item in value) + "]"
    return str(value)


def shorten(text: str, width: int = 80) -> str:
    """Return `text`, its middle replaced by ``...`` when it is longer than `width` characters."""
    if len(text) <= width:
        return text
    tail = width // 4
    return f"{text[: width - tail - 3]}...{text[-tail:]}"
