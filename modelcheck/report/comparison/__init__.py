"""Two records compared: what is new, fixed, unchanged, better and worse, as text, Markdown and JSON."""

from __future__ import annotations

from modelcheck.report.comparison.comparison import Comparison, compare
from modelcheck.report.comparison.plain import dump_comparison
from modelcheck.report.comparison.summary import render_summary as render_comparison_summary
from modelcheck.report.comparison.terminal import render_terminal as render_comparison

__all__ = ["Comparison", "compare", "dump_comparison", "render_comparison", "render_comparison_summary"]
