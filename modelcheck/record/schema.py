"""The record of a run, schema ``modelcheck/record/1``: everything measured; every report is a view of it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from modelcheck.errors import RecordError
from modelcheck.record.decoding import Reader, read_chart, read_criterion, read_estimate, read_finding, read_table
from modelcheck.record.encoding import (
    baseline_json,
    chart_json,
    criterion_json,
    estimate_json,
    finding_json,
    table_json,
)
from modelcheck.record.evidence import Chart, Criterion, Estimate, Finding, Severity, Table, Verdict
from modelcheck.record.plain import number, plain
from modelcheck.record.readiness import Declaration, read_declaration

__all__ = ["SCHEMA", "GateRecord", "Record", "RunVerdict", "gate_from_json", "record_from_json"]

SCHEMA = "modelcheck/record/1"
_VERSION = 1


class RunVerdict(StrEnum):
    """What a whole run says about its candidate."""

    PROMOTED = "promoted"
    BLOCKED = "blocked"
    INCOMPLETE = "incomplete"
    NO_GATES = "no_gates"


@dataclass(frozen=True, slots=True, kw_only=True)
class GateRecord:
    """One gate after the run: what was asked, what was measured, what was decided.

    Attributes
    ----------
    id : str
        ``suite::check`` or ``suite::check::slice``.
    suite, check, slice, title : str
        Its parts and its name for a reader; `slice` is None for the whole dataset.
    severity : Severity
        What a failure does.
    verdict : Verdict or None
        None for a metric without a limit.
    reason : str
        One sentence: why this verdict.
    estimate : Estimate or None
        What was judged; None when nothing could be measured.
    criterion : Criterion or None
        What it was judged by.
    baseline : Estimate or None
        The same quantity of the baseline on the same rows.
    groups : mapping of str to Estimate
        Simultaneous estimates by group label, in the order of the check.
    findings, tables, charts : tuple
        The evidence that pages show.
    reading : str
        One sentence that reads the evidence.
    about : str
        What the check asks, for somebody who meets it for the first time; empty where its title says it all.
    advice : tuple of str
        Lines that rerun, accept or waive the gate, ready to be copied.
    duration_s : float
        Wall seconds.
    predicted_rows : int
        Rows whose predictions were needed, cached or not.
    """

    id: str
    suite: str
    check: str
    slice: str | None = None
    title: str = ""
    severity: Severity = Severity.INFO
    verdict: Verdict | None = None
    reason: str = ""
    estimate: Estimate | None = None
    criterion: Criterion | None = None
    baseline: Estimate | None = None
    groups: Mapping[str, Estimate] = field(default_factory=dict)
    findings: tuple[Finding, ...] = ()
    tables: tuple[Table, ...] = ()
    charts: tuple[Chart, ...] = ()
    reading: str = ""
    about: str = ""
    advice: tuple[str, ...] = ()
    duration_s: float = 0.0
    predicted_rows: int = 0

    def as_json(self) -> dict[str, Any]:
        """Return the gate as plain JSON, keys in the order of the schema."""
        return {
            "id": self.id,
            "suite": self.suite,
            "check": self.check,
            "slice": self.slice,
            "title": self.title,
            "severity": str(self.severity),
            "verdict": None if self.verdict is None else str(self.verdict),
            "reason": self.reason,
            "estimate": None if self.estimate is None else estimate_json(self.estimate),
            "criterion": None if self.criterion is None else criterion_json(self.criterion),
            "baseline": None if self.baseline is None else baseline_json(self.baseline),
            "groups": {str(label): estimate_json(estimate) for label, estimate in self.groups.items()},
            "findings": [finding_json(finding) for finding in self.findings],
            "tables": [table_json(table) for table in self.tables],
            "charts": [chart_json(chart) for chart in self.charts],
            "reading": self.reading,
            "about": self.about,
            "advice": list(self.advice),
            "duration_s": number(self.duration_s),
            "predicted_rows": int(self.predicted_rows),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """Everything one run measured about one candidate.

    Attributes
    ----------
    schema : str
        ``modelcheck/record/1``.
    name : str
        The model's name in the configuration.
    run : mapping
        id, started, duration_s, profile, seed, command, versions, git, ...; free to differ between equal runs.
    candidate : mapping
        What is known of the model: source, sha256, task, classes, ...
    baseline, reference : mapping or None
        None when there is none.
    dataset : mapping
        name, sha256, rows, columns (one mapping a column: name, role, kind, reason, ...), notes, ...
    verdict : RunVerdict
        What the run says.
    gates : tuple of GateRecord
        In the order of the plan.
    readiness : tuple of Declaration or None
        What is declared of the ML Test Score; None where the configuration names no declarations.
    """

    name: str
    run: Mapping[str, Any]
    candidate: Mapping[str, Any]
    dataset: Mapping[str, Any]
    verdict: RunVerdict
    gates: tuple[GateRecord, ...] = ()
    baseline: Mapping[str, Any] | None = None
    reference: Mapping[str, Any] | None = None
    readiness: tuple[Declaration, ...] | None = None
    schema: str = SCHEMA

    def as_json(self) -> dict[str, Any]:
        """Return the record as plain JSON, keys in the order of the schema; `readiness` only where it is declared."""
        declared = {} if self.readiness is None else {"readiness": [one.as_json() for one in self.readiness]}
        return {
            "schema": self.schema,
            "name": self.name,
            "run": plain(self.run),
            "candidate": plain(self.candidate),
            "baseline": plain(self.baseline),
            "dataset": plain(self.dataset),
            "reference": plain(self.reference),
            "verdict": str(self.verdict),
            "gates": [gate.as_json() for gate in self.gates],
            **declared,
        }


def gate_from_json(data: Any, where: str = "") -> GateRecord:
    """Return the gate that `GateRecord.as_json` wrote.

    Parameters
    ----------
    data : dict
        Parsed JSON.
    where : str
        Path of the gate within its record, for messages.

    Returns
    -------
    GateRecord

    Raises
    ------
    RecordError
        If a key is missing or of the wrong kind; the message names it.
    """
    return _read_gate(Reader(data, where))


def _read_gate(source: Reader) -> GateRecord:
    groups = source.mapping("groups", {})
    return GateRecord(
        id=source.text("id"),
        suite=source.text("suite"),
        check=source.text("check"),
        slice=source.text_or_none("slice"),
        title=source.text("title", ""),
        severity=source.word("severity", Severity),
        verdict=source.word("verdict", Verdict) if source.present("verdict") else None,
        reason=source.text("reason", ""),
        estimate=source.part("estimate", read_estimate),
        criterion=source.part("criterion", read_criterion),
        baseline=source.part("baseline", read_estimate),
        groups={
            label: read_estimate(Reader(group, source.path(f"groups.{label[:40]}"))) for label, group in groups.items()
        },
        findings=source.parts("findings", read_finding, []),
        tables=source.parts("tables", read_table, []),
        charts=source.parts("charts", read_chart, []),
        reading=source.text("reading", ""),
        about=source.text("about", ""),
        advice=source.texts("advice", []),
        duration_s=source.number_or_none("duration_s") or 0.0,
        predicted_rows=source.whole("predicted_rows", 0),
    )


def record_from_json(data: Any) -> Record:
    """Return the record that `Record.as_json` wrote.

    Parameters
    ----------
    data : dict
        Parsed JSON. Unknown keys are ignored.

    Returns
    -------
    Record

    Raises
    ------
    RecordError
        If the schema is newer or foreign, or a key is missing or of the wrong kind; the message names it.
    """
    source = Reader(data)
    _check_schema(source.text("schema"))
    record = Record(
        schema=SCHEMA,
        name=source.text("name"),
        run=source.mapping("run"),
        candidate=source.mapping("candidate"),
        baseline=source.mapping_or_none("baseline"),
        dataset=source.mapping("dataset"),
        reference=source.mapping_or_none("reference"),
        verdict=source.word("verdict", RunVerdict),
        gates=source.parts("gates", _read_gate),
        readiness=source.parts("readiness", read_declaration) if source.present("readiness") else None,
    )
    _check_verdict(record)
    return record


def _check_verdict(record: Record) -> None:
    """Refuse a record that promotes in spite of its own gates: no page may look green over a red gate."""
    from modelcheck.record.stopping import overall

    own = overall(record.gates, str(record.run.get("profile", "ci"))) if record.gates else RunVerdict.NO_GATES
    if record.verdict is RunVerdict.PROMOTED and own in (RunVerdict.BLOCKED, RunVerdict.INCOMPLETE):
        raise RecordError(
            f"The record contradicts itself: it says {record.verdict}, and by its gates the run is {own}. It was "
            "edited; run `pytest --modelcheck` again to write a new one."
        )


def _check_schema(schema: str) -> None:
    match = re.fullmatch(r"modelcheck/record/([0-9]{1,9})", schema)
    if match is None or int(match[1]) < 1:
        raise RecordError(
            f"This isn't a modelcheck record: its schema is {schema[:60]!r}, {SCHEMA!r} was expected. "
            "Give the record.json that `pytest --modelcheck` wrote."
        )
    if int(match[1]) > _VERSION:
        raise RecordError(
            f"This record was written by a newer modelcheck: its schema is {schema!r}, this version reads up to "
            f"{SCHEMA!r}. Upgrade modelcheck, or run `pytest --modelcheck` again with this version."
        )
