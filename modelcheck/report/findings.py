"""Findings as a page shows them: where, how bad, how sure, which rows, how to see it again; the worst first."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from html import escape

from modelcheck.record.evidence import Finding, Severity, Verdict
from modelcheck.record.numbers import decimals_for, format_count, format_range, format_value
from modelcheck.record.schema import GateRecord, Record
from modelcheck.report.cells import Grid, grid
from modelcheck.report.glossary import VERDICTS
from modelcheck.report.outline import tone
from modelcheck.report.room import Room
from modelcheck.report.text import block, group_words, shorten

__all__ = ["FindingView", "FindingsView", "findings_view"]

_MOST = 60
_MOST_OF_ONE_GATE = 20
_REPRODUCE = 3000
_SEVERITIES = tuple(Severity)
_ORDER = {severity: place for place, severity in enumerate(_SEVERITIES)}
_FRAME = 900  # bytes of a finding around its texts
_CELL = 30  # bytes of a cell around its text


@dataclass(frozen=True, slots=True, kw_only=True)
class FindingView:
    """One finding, with the gate that it belongs to."""

    title: str
    gate: str
    anchor: str
    tone: str
    icon: str
    word: str
    facts: tuple[tuple[str, str], ...]
    examples: Grid | None
    reproduce: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FindingsView:
    """The findings of a run by severity, what the page leaves out, and what to say where there are none."""

    groups: tuple[tuple[str, tuple[FindingView, ...]], ...]
    note: str
    nothing: str


_TITLES = {
    Severity.BLOCKING: "Of blocking gates",
    Severity.WARNING: "Of gates that warn",
    Severity.INFO: "For information: found, and judged by no limit",
}


def findings_view(record: Record, anchors: Mapping[int, str], room: Room) -> FindingsView:
    """Return the findings of all gates, those of failing gates first.

    Parameters
    ----------
    record : Record
        The record.
    anchors : mapping of int to str
        Where each gate stands on the page, by the gate's identity.
    room : Room
        Where it is spent, the rest is counted.

    Returns
    -------
    FindingsView
        At most 60 findings, 20 of one gate.
    """
    found = [
        (_ORDER[Severity(gate.severity)], gate.verdict != Verdict.FAIL, place, gate, finding)
        for place, gate in enumerate(record.gates)
        for finding in gate.findings[:_MOST_OF_ONE_GATE]
    ]
    found.sort(key=lambda one: one[:3])
    total = sum(len(gate.findings) for gate in record.gates)
    groups: dict[str, list[FindingView]] = {}
    spent = shown = 0
    for order, _, _, gate, finding in found[:_MOST]:
        view = _view(gate, finding, anchors[id(gate)])
        spent += _size(view)
        if spent > room.findings:
            break
        groups.setdefault(_TITLES[_SEVERITIES[order]], []).append(view)
        shown += 1
    note = f"{shown:,} of {format_count(total)} findings, all in record.json." if total > shown else ""
    looked = any(gate.verdict not in (Verdict.ERROR, Verdict.NOT_RUN) for gate in record.gates)
    return FindingsView(
        groups=tuple((title, tuple(views)) for title, views in groups.items()),
        note=note,
        nothing="No check found a place, a row or a change that is a problem." if looked else "Nothing was looked at.",
    )


def _size(view: FindingView) -> int:
    """Return about how many bytes a finding takes on the page, escaped."""
    cells = [] if view.examples is None else [cell for row in view.examples.rows for cell in row]
    texts = [view.title, view.gate, view.reproduce, *(text for pair in view.facts for text in pair)]
    texts += [text for cell in cells for text in (cell.text, cell.whole)]
    return _FRAME + _CELL * len(cells) + sum(len(escape(text).encode()) for text in texts)


def _view(gate: GateRecord, finding: Finding, anchor: str) -> FindingView:
    icon, word = VERDICTS["metric" if gate.verdict is None else str(gate.verdict)]
    columns = list(dict.fromkeys(str(key) for example in finding.examples for key in example))
    rows = [[example.get(column) for column in columns] for example in finding.examples]
    return FindingView(
        title=shorten(finding.title, 300) or "(without a title)",
        gate=shorten(gate.title or gate.id, 120),
        anchor=anchor,
        tone=tone(gate),
        icon=icon,
        word=word,
        facts=_facts(finding),
        examples=grid("Example rows", columns, rows) if rows else None,
        reproduce=block(finding.reproduce[:_REPRODUCE])
        + ("\n# … the rest is in record.json" if len(finding.reproduce) > _REPRODUCE else ""),
    )


def _facts(finding: Finding) -> tuple[tuple[str, str], ...]:
    pairs = []
    if finding.slice is not None:
        pairs.append(("Where", shorten(group_words(finding.slice), 200)))
    if finding.effect is not None:
        decimals = decimals_for(finding.effect, finding.low, finding.high)
        interval = format_range(finding.low, finding.high, decimals)
        pairs.append(("Effect", f"{format_value(finding.effect, decimals)} ({interval})"))
    pairs.append(("n", format_count(finding.n)))
    if finding.p_adjusted is not None:
        p = finding.p_adjusted
        pairs.append(("Adjusted p", "< 0.0001" if p < 0.0001 else format_value(p)))
    return tuple(pairs)
