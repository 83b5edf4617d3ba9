"""One gate as a page shows it: words, numbers, tables, drawings."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from modelcheck.record.evidence import Burden, Chart, Criterion, Estimate, Finding
from modelcheck.record.numbers import (
    decimals_for,
    format_count,
    format_duration,
    format_interval,
    format_level,
    format_limit,
    format_measured,
    format_range,
    format_value,
)
from modelcheck.record.schema import GateRecord
from modelcheck.report.cells import Grid, grid, interval_mark, table_grid
from modelcheck.report.charts import draw_chart
from modelcheck.report.glossary import BURDENS, PROOF_ALONE, VERDICTS
from modelcheck.report.outline import upper_first, worst_group
from modelcheck.report.text import block, group_words, one_line, paragraph, shorten

if TYPE_CHECKING:
    from markupsafe import Markup

__all__ = ["ChartView", "FindingView", "GateView", "GroupView", "chart_view", "gate_view"]

_MOST_CHARTS = 60
_MOST_GROUPS = 40
_MOST_FINDINGS = 20
_SENTENCE = 1500


@dataclass(frozen=True, slots=True, kw_only=True)
class ChartView:
    """A drawing with its sentence and its numbers."""

    title: str
    reading: str
    svg: Markup
    note: str
    grid: Grid


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupView:
    """One group of a gate."""

    label: str
    value: str
    interval: str
    n: str
    mark: Markup
    note: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FindingView:
    """One finding."""

    title: str
    facts: tuple[tuple[str, str], ...]
    examples: Grid | None
    reproduce: str


@dataclass(frozen=True, slots=True, kw_only=True)
class GateView:
    """Everything a page says about one gate, as text and finished drawings."""

    id: str
    anchor: str
    title: str
    section: str
    state: str
    icon: str
    word: str
    severity: str
    value: str
    interval: str
    level: str
    limit: str
    n: str
    worst: str
    mark: Markup
    reason: str
    same: tuple[str, ...]
    folded: bool
    reading: str
    advice: str
    facts: tuple[tuple[str, str], ...]
    groups: tuple[GroupView, ...]
    groups_note: str
    findings: tuple[FindingView, ...]
    findings_note: str
    tables: tuple[Grid, ...]
    charts: tuple[ChartView, ...]
    charts_note: str


def gate_view(
    gate: GateRecord, section: str, anchor: str, *, charts_drawn: int = 0, same: Sequence[str] = ()
) -> GateView:
    """Return one gate as a page shows it.

    Parameters
    ----------
    gate : GateRecord
        The gate.
    section : str
        Key of its section.
    anchor : str
        Its id on the page.
    charts_drawn : int
        Charts that the page has already; beyond 60 the numbers are shown without a drawing.
    same : sequence of str
        Ids of the gates that have the same verdict for the same reason, and nothing else to show.

    Returns
    -------
    GateView
    """
    from markupsafe import Markup

    state = "metric" if gate.verdict is None else str(gate.verdict)
    icon, word = VERDICTS[state]
    estimate, limits = gate.estimate, _limits(gate.criterion)
    decimals = None if estimate is None else decimals_for(estimate.value, estimate.low, estimate.high)
    drawn = max(_MOST_CHARTS - charts_drawn, 0)
    left = len(gate.charts) - drawn
    return GateView(
        id=shorten(gate.id, 200),
        anchor=anchor,
        title=shorten(gate.title or gate.id, 120),
        section=section,
        state=state,
        icon=icon,
        word=word,
        severity=str(gate.severity),
        value="" if estimate is None else format_measured(estimate, gate.criterion, decimals),
        interval="" if estimate is None else format_range(estimate.low, estimate.high, decimals),
        level="" if estimate is None else format_level(estimate.confidence),
        limit=("" if estimate is None else "none") if gate.criterion is None else format_limit(gate.criterion),
        n="" if estimate is None else format_count(estimate.n),
        mark=Markup(_mark(estimate, limits)),  # noqa: S704
        worst=shorten(group_words(worst_group(gate)), 80),
        reason=paragraph(upper_first(gate.reason), _SENTENCE),
        same=tuple(shorten(other, 160) for other in same[:_MOST_GROUPS])
        + ((f"{len(same) - _MOST_GROUPS:,} more",) if len(same) > _MOST_GROUPS else ()),
        folded=False,
        reading=paragraph(upper_first(gate.reading), _SENTENCE),
        advice="\n".join(block(line[:_SENTENCE]) for line in gate.advice),
        facts=_facts(gate),
        groups=_groups(gate, limits),
        groups_note=f"{_MOST_GROUPS} of {len(gate.groups):,} groups, all in record.json."
        if len(gate.groups) > _MOST_GROUPS
        else "",
        findings=tuple(_finding(finding) for finding in gate.findings[:_MOST_FINDINGS]),
        findings_note=f"{_MOST_FINDINGS} of {len(gate.findings):,} findings, all in record.json."
        if len(gate.findings) > _MOST_FINDINGS
        else "",
        tables=tuple(table_grid(table) for table in gate.tables),
        charts=tuple(chart_view(chart) for chart in gate.charts[:drawn]),
        charts_note=_undrawn(left) if left > 0 else "",
    )


def _limits(criterion: Criterion | None) -> tuple[float, ...]:
    if criterion is None:
        return ()
    margin = None if criterion.margin is None else -criterion.margin
    return tuple(limit for limit in (criterion.min, criterion.max, margin) if limit is not None)


def _mark(estimate: Estimate | None, limits: tuple[float, ...]) -> str:
    # Without a limit to compare with, the drawing would say nothing.
    if estimate is None or estimate.low is None or estimate.high is None or not limits:
        return ""
    return interval_mark(
        estimate.value,
        estimate.low,
        estimate.high,
        (min(estimate.low, *limits, estimate.high), max(estimate.high, *limits, estimate.low)),
        limits,
    )


def _facts(gate: GateRecord) -> tuple[tuple[str, str], ...]:
    pairs = []
    if gate.estimate is not None:
        pairs.append(("Measured", format_interval(gate.estimate)))
    if gate.criterion is not None:
        reason = f" ({shorten(gate.criterion.reason, 300)})" if gate.criterion.reason else ""
        pairs.append(("Limit", format_limit(gate.criterion) + reason))
        proof_alone = gate.criterion.burden is Burden.BREACH and gate.criterion.resolution is None
        pairs.append(("Judged", PROOF_ALONE if proof_alone else BURDENS[str(gate.criterion.burden)]))
    if gate.baseline is not None:
        pairs.append(("Baseline", format_interval(gate.baseline)))
    if gate.estimate is not None:
        pairs.append(("Method", shorten(gate.estimate.method, 120)))
        if gate.estimate.unproven:
            pairs.append(("Proves nothing", _unproven(gate.estimate)))
    pairs.append(("Severity", str(gate.severity)))
    pairs.append(("Cost", f"{format_count(gate.predicted_rows)} predicted rows, {format_duration(gate.duration_s)}"))
    return tuple(pairs)


def _unproven(estimate: Estimate) -> str:
    needed = f"; about {estimate.n_needed:,} needed" if estimate.n_needed else ""
    return paragraph(estimate.unproven, 300) + needed


def _groups(gate: GateRecord, limits: tuple[float, ...]) -> tuple[GroupView, ...]:
    from markupsafe import Markup

    shown = list(gate.groups.items())[:_MOST_GROUPS]
    ends = [end for _, one in shown for end in (one.low, one.high) if end is not None]
    around = (min([*ends, *limits], default=0.0), max([*ends, *limits], default=0.0))
    # One number of decimals for all groups, so that the column can be read down.
    decimals = max((decimals_for(one.value, one.low, one.high) for _, one in shown), default=0)
    views = []
    for label, one in shown:
        views.append(
            GroupView(
                label=shorten(group_words(label), 80) or "(empty)",
                value=format_measured(one, gate.criterion, decimals),
                interval=f"{format_range(one.low, one.high, decimals)} ({format_level(one.confidence)})",
                n=format_count(one.n),
                mark=Markup(interval_mark(one.value, one.low, one.high, around, limits)),  # noqa: S704
                note=_unproven(one) if one.unproven else "",
            )
        )
    return tuple(views)


def _finding(finding: Finding) -> FindingView:
    pairs = []
    if finding.slice is not None:
        pairs.append(("Where", shorten(group_words(finding.slice), 200)))
    if finding.effect is not None:
        decimals = decimals_for(finding.effect, finding.low, finding.high)
        pairs.append(
            (
                "Effect",
                f"{format_value(finding.effect, decimals)} ({format_range(finding.low, finding.high, decimals)})",
            )
        )
    pairs.append(("n", format_count(finding.n)))
    if finding.p_adjusted is not None:
        p = finding.p_adjusted
        pairs.append(("Adjusted p", "< 0.0001" if p < 0.0001 else format_value(p)))
    pairs.append(("Severity", str(finding.severity)))
    columns = list(dict.fromkeys(str(key) for example in finding.examples for key in example))
    rows = [[example.get(column) for column in columns] for example in finding.examples]
    return FindingView(
        title=shorten(finding.title, 200),
        facts=tuple(pairs),
        examples=grid("Example rows", columns, rows) if rows else None,
        reproduce=block(finding.reproduce[:_SENTENCE]),
    )


def chart_view(chart: Chart) -> ChartView:
    """Return a chart as a page shows it: drawn, read in a sentence, and as a table.

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


def _undrawn(count: int) -> str:
    what = "1 chart isn't" if count == 1 else f"{count:,} charts aren't"
    return f"{what} drawn: a page holds {_MOST_CHARTS}. All numbers are in record.json."
