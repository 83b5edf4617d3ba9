"""One gate as a page shows it: words, numbers, tables, drawings."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from modelcheck.record.evidence import Burden, Chart, Estimate
from modelcheck.record.numbers import (
    decimals_for,
    format_count,
    format_duration,
    format_interval,
    format_level,
    format_limit,
    format_measured,
    format_range,
)
from modelcheck.record.schema import GateRecord
from modelcheck.report.cells import MOST_ROWS, Grid, interval_mark, table_grid
from modelcheck.report.figures import ChartView, chart_view
from modelcheck.report.glossary import BURDENS, PROOF_ALONE, VERDICTS
from modelcheck.report.lines import interval_of, limits_of, note_of
from modelcheck.report.outline import tone, upper_first
from modelcheck.report.text import block, group_words, paragraph, shorten

if TYPE_CHECKING:
    from markupsafe import Markup

__all__ = ["GateView", "GroupView", "bare", "gate_view"]

_MOST_GROUPS = 40
_SENTENCE = 1500
_ENDS = ("value", "low", "high")


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
class GateView:
    """Everything a page says about one gate, as text and finished drawings.

    Attributes
    ----------
    id, anchor, title, severity : str
        Who it is.
    tone, icon, word : str
        Its verdict, and how it is coloured.
    open : bool
        Whether its evidence is unfolded: where somebody has to act.
    numbers : str
        Value, interval and n, for the folded line.
    reason, reading, advice : str
        Its sentences, and the lines to copy.
    same, same_count
        Ids of gates that have the same verdict for the same reason and nothing else to show, and how many there are.
    facts, groups, tables, charts
        The evidence.
    groups_note, findings_note, charts_note : str
        What is shown elsewhere or left out.
    """

    id: str
    anchor: str
    title: str
    severity: str
    tone: str
    icon: str
    word: str
    open: bool
    numbers: str
    reason: str
    same: tuple[str, ...]
    same_count: int
    reading: str
    advice: str
    facts: tuple[tuple[str, str], ...]
    groups: tuple[GroupView, ...]
    groups_note: str
    findings_note: str
    tables: tuple[Grid, ...]
    charts: tuple[ChartView, ...]
    charts_note: str


def gate_view(gate: GateRecord, anchor: str, *, drawings: int, opened: bool, same: Sequence[str] = ()) -> GateView:
    """Return one gate as a page shows it.

    Parameters
    ----------
    gate : GateRecord
        The gate.
    anchor : str
        Its id on the page.
    drawings : int
        How many charts the page still has room for.
    opened : bool
        Whether its evidence is unfolded.
    same : sequence of str
        Ids of the gates that have the same verdict for the same reason, and nothing else to show.

    Returns
    -------
    GateView
    """
    state = "metric" if gate.verdict is None else str(gate.verdict)
    icon, word = VERDICTS[state]
    value, interval = interval_of(gate.estimate, gate.criterion)
    numbers = "" if gate.estimate is None else f"{value} ({interval}, n {format_count(gate.estimate.n)})"
    if note := note_of(gate):
        numbers = f"{numbers}, {note}" if numbers else note
    left = len(gate.charts) - drawings
    found = len(gate.findings)
    return GateView(
        id=shorten(gate.id, 200),
        anchor=anchor,
        title=shorten(gate.title or gate.id, 120),
        severity=str(gate.severity),
        tone=tone(gate),
        icon=icon,
        word=word,
        open=opened,
        numbers=numbers,
        reason=paragraph(upper_first(gate.reason), _SENTENCE),
        same=tuple(shorten(other, 160) for other in same[:_MOST_GROUPS]),
        same_count=len(same),
        reading=paragraph(upper_first(gate.reading), _SENTENCE),
        advice="\n".join(block(line[:_SENTENCE]) for line in gate.advice),
        facts=_facts(gate),
        groups=_groups(gate, limits_of(gate.criterion)),
        groups_note=f"{_MOST_GROUPS} of {len(gate.groups):,} groups, all in record.json."
        if len(gate.groups) > _MOST_GROUPS
        else "",
        findings_note=f"{found:,} finding{'' if found == 1 else 's'}" if found else "",
        tables=tuple(table_grid(table) for table in gate.tables),
        charts=tuple(_chart(chart, gate) for chart in gate.charts[: max(drawings, 0)]),
        charts_note=_undrawn(left, total=len(gate.charts)) if left > 0 else "",
    )


def bare(view: GateView) -> GateView:
    """Return a gate with its sentences and numbers only, for a page that has no room for more."""
    note = "" if not (view.groups or view.tables or view.charts) else "Tables and charts are in record.json."
    return replace(view, groups=(), groups_note="", tables=(), charts=(), charts_note=note)


def _chart(chart: Chart, gate: GateRecord) -> ChartView:
    """Return a chart; its numbers are left to the gate's own tables where these hold every one of them."""
    view = chart_view(chart)
    ends = {_ends(one.value, one.low, one.high) for one in (*gate.groups.values(), gate.estimate) if one is not None}
    for table in gate.tables:
        if set(_ENDS) <= set(table.columns):
            places = [table.columns.index(key) for key in _ENDS]
            ends |= {_ends(*(row[place] for place in places)) for row in table.rows[:MOST_ROWS]}
    told = [_ends(*(row.get(key) for key in _ENDS)) for row in chart.data] if chart.kind == "forest" else []
    return replace(view, grid=replace(view.grid, rows=())) if told and set(told) <= ends else view


def _ends(*values: object) -> tuple[object, ...]:
    # 1 and 1.0 are equal and have one hash, so numbers need no common type.
    return values


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


def _undrawn(count: int, total: int) -> str:
    count = min(count, total)
    what = "1 chart isn't" if count == 1 else f"{count:,} charts aren't"
    return f"{what} drawn: the page has no room for more. All numbers are in record.json."
