"""Columns by name and in the words of whoever knows what they hold."""

from __future__ import annotations

from collections.abc import Mapping

from modelcheck.record.schema import Record
from modelcheck.report.explained.sentences import name
from modelcheck.report.text import shorten

__all__ = ["described", "description"]

_MOST = 120


def description(record: Record, column: object) -> str:
    """Return what a column holds, in plain words; empty where nobody declared it."""
    columns = record.dataset.get("columns")
    for one in columns if isinstance(columns, (list, tuple)) else ():
        if isinstance(one, Mapping) and one.get("name") == column:
            text = one.get("description")
            return shorten(text, _MOST).replace("`", "'") if isinstance(text, str) else ""
    return ""


def described(record: Record, column: object) -> str:
    """Return a column's name with what it holds in brackets, marked as a name is."""
    text = description(record, column)
    return f"{name(column)} ({text})" if text else name(column)
