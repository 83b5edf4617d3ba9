"""Columns by name and in the words of whoever knows what they hold."""

from __future__ import annotations

from collections.abc import Mapping

from modelcheck.record.schema import Record
from modelcheck.report.explained.sentences import name
from modelcheck.report.text import shorten

__all__ = ["answer", "described", "description"]

_MOST = 120


def description(record: Record, column: object) -> str:
    """Return what a column holds, in plain words; empty where nobody declared it."""
    columns = record.dataset.get("columns")
    for one in columns if isinstance(columns, (list, tuple)) else ():
        if isinstance(one, Mapping) and one.get("name") == column:
            text = one.get("description")
            return _words(text) if isinstance(text, str) else ""
    return ""


def answer(record: Record, label: object) -> str:
    """Return an answer with what it means in brackets, marked as a name is."""
    answers = record.dataset.get("answers")
    text = answers.get(str(label)) if isinstance(answers, Mapping) else None
    return f"{name(label)} ({_words(text)})" if isinstance(text, str) and text else name(label)


def _words(text: str) -> str:
    # A backtick would begin a name.
    return shorten(text, _MOST).replace("`", "'")


def described(record: Record, column: object) -> str:
    """Return a column's name with what it holds in brackets, marked as a name is."""
    text = description(record, column)
    return f"{name(column)} ({text})" if text else name(column)
