"""Where the model is weak: findings by how much they matter, or what was searched in vain."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from modelcheck.record.evidence import Finding, Severity, Verdict
from modelcheck.record.numbers import format_count, format_share, format_value
from modelcheck.record.schema import GateRecord, Record
from modelcheck.report.explained.answers import measured
from modelcheck.report.explained.questions import question
from modelcheck.report.explained.same_fault import told_once
from modelcheck.report.explained.sentences import counted, places, plain
from modelcheck.report.explained.verdict import Point, point
from modelcheck.report.standing import SEARCHES
from modelcheck.report.text import group_words, shorten

__all__ = ["WeakView", "WeaknessView", "weak_view"]

_MOST = 12
_MOST_SEARCHES = 20
_ORDER = (Severity.BLOCKING, Severity.WARNING, Severity.INFO)
_WORDS = {Severity.BLOCKING: "stops promotion", Severity.WARNING: "warning", Severity.INFO: "for information"}
# Records of earlier versions said "is allowed" where nothing judged.
_LIMIT = re.compile(
    r" \((a common convention: )?(?P<kept>at (?:most|least) [\d.]+)(?: apart)?(?(1)| is (?:allowed|asked))\)"
)
_PRACTICALLY_NONE = 0.001
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
    pairs.sort(key=lambda pair: (_ORDER.index(Severity(pair[1].severity)), pair[0].suite != "explainability"))
    found = told_once(record, pairs)
    more = f"{_MOST} of {format_count(len(found))} are told, all are in record.json." if len(found) > _MOST else ""
    searches = [
        gate for gate in record.gates if gate.check in SEARCHES and gate.verdict in (Verdict.PASS, Verdict.FAIL)
    ]
    return WeakView(
        found=tuple(_weakness(gate, finding, tests) for gate, finding, tests in found[:_MOST]),
        more=more,
        searched=tuple(point(gate) for gate in searches[:_MOST_SEARCHES]),
    )


def _weakness(gate: GateRecord, finding: Finding, tests: int) -> WeaknessView:
    severity = Severity(finding.severity)
    # What only informs has no limit of its own: the finding names the usual one, which nobody asked for here.
    title, usual = finding.title, None
    if gate.criterion is None:
        title, usual = _LIMIT.sub("", title), _LIMIT.search(title)
    parts = []
    # What is found about groups names them in its title.
    if finding.slice and gate.suite != "bias" and finding.slice not in finding.title:
        parts.append(f"Where: {plain(shorten(group_words(finding.slice), 160))}.")
    parts.append(_size(gate, finding))
    if finding.p_adjusted is not None:
        parts.append(_by_accident(finding.p_adjusted))
    if usual is not None:
        parts.append(f"The usual limit is {usual['kept']}; here it only informs.")
    if tests > 1:
        parts.append(f"{tests} tests came across it.")
    return WeaknessView(
        state=_STATES[severity],
        word=_WORDS[severity],
        title=plain(shorten(title, 240)),
        facts=" ".join(parts),
        question=question(gate),
    )


def _size(gate: GateRecord, finding: Finding) -> str:
    one = gate.estimate
    if one is not None and (one.value, one.low, one.high) == (finding.effect, finding.low, finding.high):
        return measured(replace(gate, reading="")) or f"Rests on {counted(finding.n, 'row')}."
    text = f"Rests on {counted(finding.n, 'row')}."
    # A size without a range is a number of which the title alone knows what it counts.
    if finding.effect is None or finding.low is None or finding.high is None:
        return text
    decimals = places(finding.effect, finding.low, finding.high)
    ends = f"{format_value(finding.low, decimals)} to {format_value(finding.high, decimals)}"
    return f"{text} Measured: {format_value(finding.effect, decimals)} ({ends})."


def _by_accident(chance: float) -> str:
    if chance < _PRACTICALLY_NONE:
        return "Practically no accident."
    return f"Chance alone would show as much in {format_share(chance, 2)} of such searches."
