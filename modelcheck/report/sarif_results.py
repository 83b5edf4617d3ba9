"""What SARIF says of gates and findings: a result each, with a place, a fingerprint and its numbers."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from modelcheck.record.evidence import Finding, Severity, Verdict
from modelcheck.record.numbers import decimals_for, format_count, format_range, format_value
from modelcheck.record.plain import number
from modelcheck.record.schema import GateRecord, Record
from modelcheck.record.stopping import stops
from modelcheck.report.outline import gate_sentence, untold_numbers
from modelcheck.report.places import candidate_path, repository_path
from modelcheck.report.text import paragraph, shorten, without_folders

__all__ = ["BASE", "LEVELS", "Told", "gate_message", "result_of", "rule_id", "safe", "what_is_told"]

BASE = "%SRCROOT%"
"""The symbol that locations start from."""

LEVELS = {Severity.BLOCKING: "error", Severity.WARNING: "warning", Severity.INFO: "note"}
_ARTEFACT = "security"  # the suite whose gates look at the model's file


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """One result: a gate, or one finding of it.

    Attributes
    ----------
    gate : GateRecord
        The gate.
    level : str
        ``error`` for what stops promotion, whatever its severity; else by severity.
    finding : Finding or None
        None for the gate itself.
    number : int
        Tells findings apart that are known by the same name.
    """

    gate: GateRecord
    level: str
    finding: Finding | None = None
    number: int = 0


def what_is_told(record: Record) -> Iterator[Told]:
    """Yield the gates that fail, broke, are waived or stop a release unproved, each followed by its findings."""
    profile = str(record.run.get("profile", ""))
    for gate in record.gates:
        stopping = stops(gate, profile)
        if gate.verdict not in (Verdict.FAIL, Verdict.ERROR, Verdict.WAIVED) and not stopping:
            continue
        level = "error" if stopping else LEVELS[gate.severity]
        yield Told(gate=gate, level=level)
        seen: dict[str, int] = {}
        for finding in gate.findings:
            key = _place(finding)
            yield Told(gate=gate, level=level, finding=finding, number=seen.get(key, 0))
            seen[key] = seen.get(key, 0) + 1


def _place(finding: Finding) -> str:
    """Return what a finding is known by in the next run: its slice, else its title without the numbers."""
    return f"slice {finding.slice}" if finding.slice is not None else re.sub(r"\d[\d.,]*", "#", finding.title)


def rule_id(gate: GateRecord) -> str:
    """Return the name of the rule that a gate applies: its check's."""
    return shorten(f"{gate.suite}.{gate.check}", 200)


def result_of(record: Record, one: Told, rule: int, *, waives: bool) -> dict[str, Any]:
    """Return a SARIF result.

    Parameters
    ----------
    record : Record
        The record.
    one : Told
        What to tell of it.
    rule : int
        Place of its rule among those of the run.
    waives : bool
        Whether any result of the run is suppressed.

    Returns
    -------
    dict
    """
    gate, finding = one.gate, one.finding
    where = _location(record, gate)
    fingerprint = _fingerprint(record, one)
    result: dict[str, Any] = {
        "ruleId": rule_id(gate),
        "ruleIndex": rule,
        "kind": "fail",
        "level": one.level,
        "message": {"text": gate_message(gate) if finding is None else _finding_message(finding)},
        # GitHub knows the second key only. Without it all results of one rule at one file would be one alert.
        "partialFingerprints": {"modelcheck/v1": fingerprint, "primaryLocationLineHash": fingerprint},
        "properties": _gate_properties(gate) if finding is None else _finding_properties(gate, finding),
    }
    if where is not None:
        result["locations"] = [where]
    if waives:
        result["suppressions"] = [_suppression(gate)] if gate.verdict == Verdict.WAIVED else []
    return result


def _fingerprint(record: Record, one: Told) -> str:
    named = [record.name, one.gate.id, str(one.gate.slice)]
    if one.finding is not None:
        named += [_place(one.finding), str(one.number)]
    return hashlib.sha256(json.dumps(named).encode()).hexdigest()[:32]


def _suppression(gate: GateRecord) -> dict[str, Any]:
    return {"kind": "external", "status": "accepted", "justification": safe(gate.reason, 1500)}


def _location(record: Record, gate: GateRecord) -> dict[str, Any] | None:
    path = candidate_path(record) if gate.suite == _ARTEFACT else None
    config = repository_path(str(record.run.get("config", "")))
    if path is None and config is None:
        return None
    physical: dict[str, Any] = {"artifactLocation": {"uri": quote(path or config or ""), "uriBaseId": BASE}}
    if path is None:
        # A whole file has no line; services that show results beside lines want one.
        physical["region"] = {"startLine": 1}
    return {"physicalLocation": physical}


def gate_message(gate: GateRecord) -> str:
    """Return what became of a gate, with its numbers."""
    return safe(f"{gate.title or gate.id}: {gate_sentence(gate)}\n{untold_numbers(gate)}", 1500)


def _finding_message(finding: Finding) -> str:
    lines = [finding.title]
    if finding.slice is not None:
        lines.append(f"Where: {finding.slice} ({format_count(finding.n)} rows)")
    if finding.effect is not None:
        decimals = decimals_for(finding.effect, finding.low, finding.high)
        ends = format_range(finding.low, finding.high, decimals)
        lines.append(f"Effect: {format_value(finding.effect, decimals)} ({ends})")
    return safe("\n".join(lines), 1500)


def safe(text: str, most: int) -> str:
    """Return text as a SARIF message shows it: no links, no placeholders, no folders of a machine.

    Examples
    --------
    >>> safe("/home/ann/m.pkl is {broken}, see [here](https://host)", 100)
    '…/m.pkl is {{broken}}, see [here] (https://host)'
    """
    shown = paragraph(without_folders(text), most).replace("](", "] (")
    return shown.replace("{", "{{").replace("}", "}}")


def _gate_properties(gate: GateRecord) -> dict[str, Any]:
    known: dict[str, Any] = {
        "gate": shorten(gate.id, 400),
        "slice": None if gate.slice is None else shorten(without_folders(gate.slice), 200),
        "severity": str(gate.severity),
        "verdict": str(gate.verdict),
    }
    if gate.estimate is not None:
        one = gate.estimate
        known |= {"metric": shorten(one.metric, 200), "value": number(one.value), "low": number(one.low)}
        known |= {"high": number(one.high), "confidence": number(one.confidence), "n": one.n, "clusters": one.clusters}
        known["method"] = shorten(one.method, 200)
    if gate.criterion is not None:
        limit = gate.criterion
        known |= {"min": number(limit.min), "max": number(limit.max), "margin": number(limit.margin)}
    return {key: value for key, value in known.items() if value is not None}


def _finding_properties(gate: GateRecord, finding: Finding) -> dict[str, Any]:
    known: dict[str, Any] = {
        "gate": shorten(gate.id, 400),
        "slice": None if finding.slice is None else shorten(without_folders(finding.slice), 200),
        "severity": str(gate.severity),
        "n": finding.n,
        "effect": number(finding.effect),
        "low": number(finding.low),
        "high": number(finding.high),
        "p_adjusted": number(finding.p_adjusted),
        "reproduce": safe(finding.reproduce, 600) or None,
    }
    return {key: value for key, value in known.items() if value is not None}
