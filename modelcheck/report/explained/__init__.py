"""``explainability.html``: the record for a reader without statistics; and one decision on a page of its own."""

from __future__ import annotations

from modelcheck.report.explained.decision import render_decision, write_decision
from modelcheck.report.explained.page import render_explained
from modelcheck.report.explained.presence import has_explanation

__all__ = ["has_explanation", "render_decision", "render_explained", "write_decision"]
