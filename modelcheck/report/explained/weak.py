"""Where the model is weak: findings by how much they matter, or what was searched in vain."""

from __future__ import annotations

from dataclasses import dataclass, replace

from modelcheck.record.evidence import Finding, Severity, Verdict
from modelcheck.record.numbers import format_count, format_share, format_value
from modelcheck.record.schema import GateRecord, Record
from modelcheck.report.explained.questions import SEARCHES, question
from modelcheck.report.explained.sentences import counted, places, plain
from modelcheck.report.explained.verdict import Point, point
from modelcheck.report.outline import upper_first
from modelcheck.report.text import group_words, shorten

__all__ = ["WeakView", "WeaknessView", "weak_view"]

_MOST = 12
_MOST_SEARCHES = 20
_ORDER = (Severity.BLOCKING, Severity.WARNING, Severity.INFO)
_WORDS = {Severity.BLOCKING: "stops promotion", Severity.WARNING: "warning", Severity.INFO: "for information"}
_STATES = {Severity.BLOCKING: "fail", Severity.WARNING: "inconclusive", Severity.INFO: "metric"}


@dataclass(frozen=True, slots=True, kw_only=True)
class WeaknessView:
    """One finding."""

    state: str
    word: str
    title: str
    facts: str
    question: str


@dataclass(frozen=True, slots=True, kw_only=True)
class WeakView:
    """All findings, and where was searched."""

    found: tuple[WeaknessView, ...]
    more: str
    searched: tuple[Point, ...]


def weak_view(record: Record) -> WeakView:
    """Return findings, the gravest first, and what the searches looked at."""
    pairs = [(gate, finding) for gate in record.gates for finding in gate.findings]
    pairs.sort(key=lambda pair: _ORDER.index(Severity(pair[1].severity)))
    more = f"{_MOST} of {format_count(len(pairs))} are told, all are in record.json." if len(pairs) > _MOST else ""
    searches = [
        gate for gate in record.gates if gate.check in SEARCHES and gate.verdict in (Verdict.PASS, Verdict.FAIL)
    ]
    return WeakView(
        found=tuple(_weakness(gate, finding) for gate, finding in pairs[:_MOST]),
        more=more,
        searched=tuple(
            replace(point(gate), text=plain(upper_first(gate.reason))) for gate in searches[:_MOST_SEARCHES]
        ),
    )


def _weakness(gate: GateRecord, finding: Finding) -> WeaknessView:
    parts = []
    if finding.slice:
        parts.append(f"Where: {shorten(group_words(finding.slice), 160)}.")
    parts.append(f"Rests on {counted(finding.n, 'row')}.")
    if finding.effect is not None:
        decimals = places(finding.effect, finding.low, finding.high)
        size = format_value(finding.effect, decimals)
        if finding.low is not None and finding.high is not None:
            size += f" ({format_value(finding.low, decimals)} to {format_value(finding.high, decimals)})"
        parts.append(f"Size: {size}.")
    if finding.p_adjusted is not None:
        chance = format_share(finding.p_adjusted, 2)
        parts.append(f"A search of rows without any such weakness would turn up as much in {chance} of cases.")
    severity = Severity(finding.severity)
    return WeaknessView(
        state=_STATES[severity],
        word=_WORDS[severity],
        title=plain(shorten(finding.title, 240)),
        facts=" ".join(parts),
        question=question(gate),
    )
