"""Google's ML Test Score from a record and what a team declares, as text, Markdown, JSON and a part of the page."""

from __future__ import annotations

from modelcheck.report.readiness.markdown import render_markdown as render_readiness_summary
from modelcheck.report.readiness.page import readiness_view
from modelcheck.report.readiness.plain import dump_readiness
from modelcheck.report.readiness.scoring import Readiness, assess
from modelcheck.report.readiness.terminal import render_terminal as render_readiness

__all__ = [
    "Readiness",
    "assess",
    "dump_readiness",
    "readiness_view",
    "render_readiness",
    "render_readiness_summary",
]
