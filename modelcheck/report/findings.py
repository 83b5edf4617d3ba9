"""Findings as a page shows them: where, how bad, how sure, which rows, how to see it again; the worst first."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from modelcheck.record.evidence import Finding, Severity, Verdict
from modelcheck.record.numbers import decimals_for, format_count, format_range, format_value
from modelcheck.record.schema import GateRecord, Record
from modelcheck.report.cells import Grid, grid
from modelcheck.report.glossary import VERDICTS
from modelcheck.report.text import block, group_words, shorten

__all__ = ["FindingView", "FindingsView", "findings_view"]

_MOST = 60
_MOST_OF_ONE_GATE = 20
_REPRODUCE = 3000
_ORDER = {severity: place for place, severity in enumerate(Severity)}


@dataclass(frozen=True, slots=True, kw_only=True)
class FindingView:
    """One finding, with the gate that it belongs to."""

    title: str
    gate: str
    anchor: str
    state: str
    icon: str
    word: str
    facts: tuple[tuple[str, str], ...]
    examples: Grid | None
    reproduce: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FindingsView:
    """The findings of a run by severity, and what the page leaves out."""

    groups: tuple[tuple[str, tuple[FindingView, ...]], ...]
    note: str


_TITLES = {
    Severity.BLOCKING: "Of blocking gates",
    Severity.WARNING: "Of gates that warn",
    Severity.INFO: "For information: found, and judged by no limit",
}


def findings_view(record: Record, anchors: Mapping[int, str]) -> FindingsView:
    """Return the findings of all gates, those of failing gates first.

    Parameters
    ----------
    record : Record
        The record.
    anchors : mapping of int to str
        Where each gate stands on the page, by the gate's identity.

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
    shown = found[:_MOST]
    groups = []
    for severity, title in _TITLES.items():
        views = tuple(
            _view(gate, finding, anchors[id(gate)]) for *_, gate, finding in shown if gate.severity == severity
        )
        if views:
            groups.append((title, views))
    note = f"{len(shown):,} of {format_count(total)} findings, all in record.json." if total > len(shown) else ""
    return FindingsView(groups=tuple(groups), note=note)


def _view(gate: GateRecord, finding: Finding, anchor: str) -> FindingView:
    icon, word = VERDICTS["metric" if gate.verdict is None else str(gate.verdict)]
    columns = list(dict.fromkeys(str(key) for example in finding.examples for key in example))
    rows = [[example.get(column) for column in columns] for example in finding.examples]
    return FindingView(
        title=shorten(finding.title, 300),
        gate=shorten(gate.title or gate.id, 120),
        anchor=anchor,
        state="metric" if gate.verdict is None else str(gate.verdict),
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
