"""Views of a record: HTML page, Markdown summary, terminal table. They know the record and nothing of what made it."""

from __future__ import annotations
