"""A chart as a page shows it: drawn, read in a sentence, and as a table."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from modelcheck.record.evidence import Chart
from modelcheck.report.cells import Grid, grid
from modelcheck.report.charts import draw_chart
from modelcheck.report.text import group_words, one_line, paragraph, shorten

if TYPE_CHECKING:
    from markupsafe import Markup

__all__ = ["ChartView", "chart_view"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ChartView:
    """A drawing with its sentence and its numbers."""

    title: str
    reading: str
    svg: Markup
    note: str
    grid: Grid


def chart_view(chart: Chart) -> ChartView:
    """Return a chart as a page shows it.

    Parameters
    ----------
    chart : Chart
        What it shows.

    Returns
    -------
    ChartView
    """
    from markupsafe import Markup

    svg, note = draw_chart(chart)
    # Where rows are of several parts, each part has other keys: the table shows the first, which is what is drawn.
    parts = {row.get("part") for row in chart.data}
    first = chart.data[0].get("part") if chart.data else None
    shown = [row for row in chart.data if row.get("part") == first]
    columns = [key for key in dict.fromkeys(str(key) for row in shown for key in row) if key != "part"]
    rows = [[row.get(column) for column in columns] for row in shown]
    left = f"Only {shorten(str(first))}; the other parts are in record.json." if len(parts) > 1 else ""
    return ChartView(
        title=shorten(chart.title or chart.name, 120),
        reading=paragraph(group_words(chart.reading), 600),
        svg=Markup(svg),  # noqa: S704
        note=one_line(note),
        grid=grid(f"Numbers of {chart.title or chart.name}", columns, rows, left),
    )
