"""Views of a record: pages, notebook cell, terminal, Markdown, SARIF, model card. They know nothing of what made it."""

from __future__ import annotations

from modelcheck.report.explained import render_decision, render_explained, write_decision
from modelcheck.report.model_card import render_model_card
from modelcheck.report.notebook import render_notebook
from modelcheck.report.page import render_html, render_index
from modelcheck.report.sarif import render_sarif
from modelcheck.report.summary import render_summary
from modelcheck.report.terminal import render_terminal
from modelcheck.report.writing import write_index, write_reports

__all__ = [
    "render_decision",
    "render_explained",
    "render_html",
    "render_index",
    "render_model_card",
    "render_notebook",
    "render_sarif",
    "render_summary",
    "render_terminal",
    "write_decision",
    "write_index",
    "write_reports",
]
