"""One gate, start to end: context, evidence, judgement, record."""

from __future__ import annotations

import datetime
import hashlib
import os
import time
import traceback
from collections.abc import Callable, Collection
from dataclasses import replace
from typing import Any

import numpy as np

from modelcheck.checks.context import NO_BASELINE, Context
from modelcheck.checks.file_context import FileContext
from modelcheck.checks.registry import resolve, resolve_file_check
from modelcheck.config.tables import Config, ModelTable
from modelcheck.errors import BaselineError, ModelcheckError
from modelcheck.gates.advice import advise
from modelcheck.gates.judge import Judgement, judge
from modelcheck.gates.plan import PlannedGate
from modelcheck.gates.unseen import unseen
from modelcheck.models.facts import ArtifactFacts, look_at
from modelcheck.record.evidence import Criterion, Evidence, Severity, Verdict
from modelcheck.record.privacy import Examples, conceal
from modelcheck.record.schema import GateRecord
from modelcheck.scoring.pairing import Pairing
from modelcheck.scoring.subjects import Subjects
from modelcheck.suites.catalog import BUDGET_PARTS

__all__ = ["KEY", "errored", "execute", "execute_on_files", "not_run"]

KEY = "MODELCHECK_EXAMPLES_KEY"
"""Environment variable: a secret by which the codes of entries are the same in every run, and nobody else's to make."""

_DESCRIPTIVE_CONFIDENCE = 0.95


def execute(
    gate: PlannedGate,
    subjects: Subjects,
    config: Config,
    *,
    rerun: str | None = None,
    today: datetime.date | None = None,
    wanted: tuple[int, ...] = (),
) -> GateRecord:
    """Measure and judge one gate.

    Parameters
    ----------
    gate : PlannedGate
        What to do.
    subjects : Subjects
        Candidate, baseline, dataset and reference of this model.
    config : Config
        The model's configuration (seed, waivers).
    rerun : str, optional
        The line that runs this gate alone; it heads the advice of a gate that doesn't hold.
    today : datetime.date, optional
        Date that waivers are held against; default today.
    wanted : tuple of int
        Positions of rows that a check of single rows is asked about; empty: it chooses.

    Returns
    -------
    GateRecord
        Complete; a check that raised gives the verdict ``error`` with what was raised, never a pass.
    """
    subjects.tally.begin(gate.id, gate.default.suite)
    try:
        return _settled(
            gate,
            config,
            lambda: _measure(gate, subjects, config, wanted),
            lambda: _columns(subjects, config),
            rerun=rerun,
            today=today,
        )
    finally:
        subjects.tally.end()
        subjects.tell_traffic()


def execute_on_files(
    gate: PlannedGate,
    config: Config,
    *,
    loaded: Callable[[str], Any] | None = None,
    subjects: Callable[[], Subjects] | None = None,
    rerun: str | None = None,
    today: datetime.date | None = None,
) -> GateRecord:
    """Measure and judge a gate whose check needs no rows: it runs although nothing can be loaded or read.

    Parameters
    ----------
    gate : PlannedGate
        Its check has ``needs_rows=False``.
    config : Config
        The model's configuration.
    loaded : callable, optional
        From ``candidate`` or ``baseline`` to the model of this run, loading it if nobody did; it may raise.
    subjects : callable, optional
        Opens what the other gates measure, for a check that asks for it.
    rerun, today
        See `execute`.

    Returns
    -------
    GateRecord
        As `execute` gives it.
    """

    def measure() -> Evidence:
        return resolve_file_check(gate.default.function)(_file_context(gate, config, loaded, subjects, today))

    return _settled(gate, config, measure, frozenset, rerun=rerun, today=today)


def _settled(
    gate: PlannedGate,
    config: Config,
    measure: Callable[[], Evidence],
    columns: Callable[[], Collection[str]],
    *,
    rerun: str | None,
    today: datetime.date | None,
) -> GateRecord:
    started = time.perf_counter()
    try:
        evidence = measure()
        judgement = judge(evidence, gate.criterion)
    except ModelcheckError as error:
        failed = errored(gate, str(error), rerun)
        return _finish(replace(failed, severity=Severity.BLOCKING) if error.blocks else failed, started, config)
    except Exception as error:
        where = traceback.extract_tb(error.__traceback__)[-1]
        text = f"the check raised {type(error).__name__}: {error} (in {where.name}, line {where.lineno})"
        return _finish(errored(gate, text, rerun), started, config)
    judgement, waived = _waive(gate, judgement, config, today or datetime.date.today())
    record = _record(gate, evidence, judgement)
    if config.candidate.score is not None:
        # Scores that lie in the table cost no prediction.
        record = replace(record, predicted_rows=0)
    if not waived:
        record = replace(record, advice=advise(gate, record, config, rerun))
    return _finish(record, started, config, columns())


def _file_context(
    gate: PlannedGate,
    config: Config,
    loaded: Callable[[str], Any] | None,
    subjects: Callable[[], Subjects] | None,
    today: datetime.date | None,
) -> FileContext:
    return FileContext(
        check=gate.default.check,
        confidence=gate.criterion.confidence if gate.criterion else _DESCRIPTIVE_CONFIDENCE,
        find_artifact=lambda role: _facts_of(role, config, loaded, today),
        models=(
            "candidate",
            *(["baseline"] if config.baseline is not None and config.baseline.model is not None else []),
            *config.candidate.retrained,
        ),
        find_context=None if subjects is None else lambda: _context(gate, subjects(), config),
        profile=config.profile,
        limit=_drawn_limit(gate.criterion),
        declared=gate.declared,
        rng=_generator(gate, config),
        seed=config.seed,
    )


def _facts_of(
    role: str, config: Config, loaded: Callable[[str], Any] | None, today: datetime.date | None
) -> ArtifactFacts:
    """Return what is known of the file of a role, or of a model of another seed by its name."""
    table: ModelTable = config.candidate if role != "baseline" else config.baseline or ModelTable()
    if role not in ("candidate", "baseline"):
        return look_at("retrained", replace(table, model=role), config.folder, today=today)
    return look_at(role, table, config.folder, loaded=None if loaded is None else lambda: loaded(role), today=today)


def _generator(gate: PlannedGate, config: Config) -> np.random.Generator:
    key = int.from_bytes(hashlib.sha256(gate.id.encode()).digest()[:8], "little")
    return np.random.default_rng([config.seed, key])


def _columns(subjects: Subjects, config: Config) -> frozenset[str]:
    """Return the names of the table's columns, as far as rows tell of them."""
    rows = subjects.rows
    named = () if rows.features is None else rows.features.names
    return frozenset((*named, *rows.protected, config.dataset.target, *filter(None, (config.dataset.key,))))


def _measure(gate: PlannedGate, subjects: Subjects, config: Config, wanted: tuple[int, ...]) -> Evidence:
    if gate.unseen:
        return Evidence(unseen=gate.unseen, reading=gate.unseen)
    context = _context(gate, subjects, config, wanted)
    evidence = resolve(gate.default.function)(context)
    more = unseen(gate.default, context, evidence)
    return replace(evidence, unseen=" ".join(filter(None, (evidence.unseen, more)))) if more else evidence


def errored(gate: PlannedGate, reason: str, rerun: str | None = None) -> GateRecord:
    """Return the record of a gate that could not be measured because something raised."""
    record = _record(gate, Evidence(), Judgement(verdict=Verdict.ERROR, reason=reason))
    return record if rerun is None else replace(record, advice=(f"rerun:  {rerun}",))


def not_run(gate: PlannedGate, reason: str) -> GateRecord:
    """Return the record of a gate that was planned and not run."""
    return _record(gate, Evidence(), Judgement(verdict=Verdict.NOT_RUN, reason=reason))


def _context(gate: PlannedGate, subjects: Subjects, config: Config, wanted: tuple[int, ...] = ()) -> Context:
    rows, comparison = subjects.rows, _comparison(gate, subjects)
    paired = baseline = None
    if comparison is not None:
        baseline = comparison.baseline
        paired = None if comparison.positions is None else comparison.candidate
    if gate.slice is not None and gate.by is None:
        rows = rows.take(rows.slices[gate.slice])
        paired, baseline = (None if one is None else one.take(one.slices[gate.slice]) for one in (paired, baseline))
    return Context(
        check=gate.default.check,
        confidence=gate.criterion.confidence if gate.criterion else _DESCRIPTIVE_CONFIDENCE,
        rows=rows,
        slice=gate.slice,
        reference=subjects.reference_rows if gate.default.needs_reference else None,
        find_reference=lambda: subjects.reference_rows,
        baseline=baseline,
        paired=paired,
        baseline_note=_no_baseline(config) if comparison is None else comparison.note,
        threshold=config.candidate.threshold,
        costs=None if config.cost is None else (config.cost.fp, config.cost.fn),
        interval=config.candidate.interval,
        by=gate.by,
        protected_columns=_columns_of(gate.by, config),
        follows=config.dataset.follows,
        rng=_generator(gate, config),
        limit=_drawn_limit(gate.criterion),
        declared=gate.declared,
        seed=config.seed,
        shared=subjects.store,
        asking=subjects.asking,
        asking_baseline=subjects.asking_baseline,
        find_retrained=subjects.retrained if config.candidate.retrained else None,
        monotonic=config.dataset.monotonic,
        signs=config.dataset.signs,
        canary=config.dataset.canary,
        forbidden=config.dataset.forbidden,
        unchangeable=config.dataset.unchangeable,
        budget=int(BUDGET_PARTS.get(gate.default.suite, 1.0) * config.budget),
        examples=config.examples,
        deployed=subjects.deployed,
        wanted=wanted,
        find_artifact=lambda role: _facts_of(role, config, subjects.model, None),
    )


def _columns_of(attribute: str | None, config: Config) -> tuple[str, ...]:
    named = dict(zip(config.dataset.protected_names, config.dataset.protected, strict=True))
    return () if attribute is None else named[attribute]


def _comparison(gate: PlannedGate, subjects: Subjects) -> Pairing | None:
    """Return candidate and baseline side by side; a stored baseline that doesn't fit breaks the gates that compare."""
    try:
        return subjects.comparison
    except BaselineError:
        if gate.default.needs_baseline:
            raise
        return None


def _no_baseline(config: Config) -> str:
    if config.baseline_use == "ignore":
        return "the baseline is left out of this run (--modelcheck-baseline=ignore)."
    if config.baseline_use == "force":
        return "nothing was compared: this candidate is made the baseline by force (--modelcheck-force)."
    return NO_BASELINE


def _drawn_limit(criterion: Criterion | None) -> float | None:
    if criterion is None:
        return None
    if criterion.margin is not None:
        return -criterion.margin
    return criterion.min if criterion.min is not None else criterion.max


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
        accepted = f"accepted until {waiver.expires.isoformat()} by {waiver.owner}: {waiver.reason}."
        text = f"{accepted} Measured: {judgement.reason}"
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
        # A finding is as severe as its gate, which the user may have set.
        findings=tuple(replace(one, severity=gate.severity) for one in evidence.findings),
        tables=evidence.tables,
        charts=evidence.charts,
        reading=evidence.reading,
        about=gate.default.about,
        advice=(),
        duration_s=0.0,
        predicted_rows=evidence.predicted_rows,
    )


def _finish(record: GateRecord, started: float, config: Config, columns: Collection[str] = ()) -> GateRecord:
    key = os.environ.get(KEY, "").encode()
    shown = conceal(record, Examples(config.row_entries), columns=columns, key=key)
    return replace(shown, duration_s=round(time.perf_counter() - started, 6))
