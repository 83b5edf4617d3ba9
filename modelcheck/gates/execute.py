"""One gate, start to end: context, evidence, judgement, record."""

from __future__ import annotations

import datetime
import hashlib
import time
import traceback
from dataclasses import replace

import numpy as np

from modelcheck.checks.context import Context
from modelcheck.checks.registry import resolve
from modelcheck.config.tables import Config
from modelcheck.errors import ModelcheckError
from modelcheck.gates.advice import advise
from modelcheck.gates.judge import Judgement, judge
from modelcheck.gates.plan import PlannedGate
from modelcheck.record.evidence import Evidence, Severity, Verdict
from modelcheck.record.schema import GateRecord
from modelcheck.scoring.subjects import Subjects

__all__ = ["blocks", "errored", "execute", "not_run"]

_DESCRIPTIVE_CONFIDENCE = 0.95


def execute(gate: PlannedGate, subjects: Subjects, config: Config, *, today: datetime.date | None = None) -> GateRecord:
    """Measure and judge one gate.

    Parameters
    ----------
    gate : PlannedGate
        What to do.
    subjects : Subjects
        Candidate, baseline, dataset and reference of this model.
    config : Config
        The model's configuration (seed, waivers).
    today : datetime.date, optional
        Date that waivers are held against; default today.

    Returns
    -------
    GateRecord
        Complete; a check that raised gives the verdict ``error`` with what was raised, never a pass.
    """
    started = time.perf_counter()
    try:
        context = _context(gate, subjects, config)
        evidence = resolve(gate.default.function)(context)
        judgement = judge(evidence, gate.criterion)
    except ModelcheckError as error:
        return _finish(errored(gate, str(error)), started)
    except Exception as error:
        where = traceback.extract_tb(error.__traceback__)[-1]
        text = f"the check raised {type(error).__name__}: {error} (in {where.name}, line {where.lineno})"
        return _finish(errored(gate, text), started)
    judgement, waived = _waive(gate, judgement, config, today or datetime.date.today())
    record = _record(gate, evidence, judgement)
    record = replace(record, predicted_rows=evidence.predicted_rows + _rows_asked(context, config))
    if not waived:
        record = replace(record, advice=advise(gate, record, config))
    return _finish(record, started)


def blocks(gate: GateRecord, profile: str) -> bool:
    """Return whether this gate stops promotion in this profile."""
    if gate.severity is Severity.INFO:
        return False
    if gate.verdict is Verdict.ERROR:
        return True
    if gate.severity is not Severity.BLOCKING:
        return False
    return gate.verdict is Verdict.FAIL or (gate.verdict is Verdict.INCONCLUSIVE and profile == "release")


def errored(gate: PlannedGate, reason: str) -> GateRecord:
    """Return the record of a gate that could not be measured because something raised."""
    return _record(gate, Evidence(), Judgement(verdict=Verdict.ERROR, reason=reason))


def not_run(gate: PlannedGate, reason: str) -> GateRecord:
    """Return the record of a gate that was planned and not run."""
    return _record(gate, Evidence(), Judgement(verdict=Verdict.NOT_RUN, reason=reason))


def _context(gate: PlannedGate, subjects: Subjects, config: Config) -> Context:
    rows, baseline = subjects.rows, subjects.baseline_rows
    if gate.slice is not None and gate.by is None:
        mask = rows.slices[gate.slice]
        rows = rows.take(mask)
        baseline = None if baseline is None else baseline.take(mask)
    criterion = gate.criterion
    limit = None if criterion is None else (criterion.min if criterion.min is not None else criterion.max)
    key = int.from_bytes(hashlib.sha256(gate.id.encode()).digest()[:8], "little")
    return Context(
        check=gate.default.check,
        confidence=criterion.confidence if criterion else _DESCRIPTIVE_CONFIDENCE,
        rows=rows,
        slice=gate.slice,
        reference=subjects.reference_rows if gate.default.needs_reference else None,
        baseline=baseline,
        by=gate.by,
        rng=np.random.default_rng([config.seed, key]),
        limit=limit,
    )


def _rows_asked(context: Context, config: Config) -> int:
    """Count the predictions that a gate rests on, cached or not; scores that lie in the table cost none."""
    by_candidate = 0 if config.candidate.score else len(context.rows) + len(context.reference or ())
    by_baseline = 0 if config.baseline is None or config.baseline.score else len(context.baseline or ())
    return by_candidate + by_baseline


def _waive(gate: PlannedGate, judgement: Judgement, config: Config, today: datetime.date) -> tuple[Judgement, bool]:
    """Turn a failure into `waived` where a waiver in force names the gate; say so where one has expired."""
    if judgement.verdict not in (Verdict.FAIL, Verdict.INCONCLUSIVE):
        return judgement, False
    for waiver in config.waivers:
        if waiver.gate != gate.id:
            continue
        if waiver.expires < today:
            text = f"{judgement.reason} The waiver by {waiver.owner} expired on {waiver.expires.isoformat()}."
            return replace(judgement, reason=text), False
        text = f"accepted until {waiver.expires.isoformat()} by {waiver.owner}: {waiver.reason}. Measured: {judgement.reason}"
        return Judgement(verdict=Verdict.WAIVED, reason=text), True
    return judgement, False


def _record(gate: PlannedGate, evidence: Evidence, judgement: Judgement) -> GateRecord:
    return GateRecord(
        id=gate.id,
        suite=gate.default.suite,
        check=gate.default.name,
        slice=gate.slice,
        title=gate.title,
        severity=gate.severity,
        verdict=judgement.verdict,
        reason=judgement.reason,
        estimate=evidence.estimate,
        criterion=gate.criterion,
        baseline=evidence.baseline,
        groups=evidence.groups,
        findings=evidence.findings,
        tables=evidence.tables,
        charts=evidence.charts,
        reading=evidence.reading,
        advice=(),
        duration_s=0.0,
        predicted_rows=evidence.predicted_rows,
    )


def _finish(record: GateRecord, started: float) -> GateRecord:
    return replace(record, duration_s=round(time.perf_counter() - started, 6))
