"""What a run writes: the plan before it starts, pages and record after it, the verdicts in the terminal."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import pytest

from modelcheck.gates.plan import PlannedGate
from modelcheck.record.evidence import Severity
from modelcheck.record.schema import Record
from modelcheck.record.store import write_record, write_text_atomically
from modelcheck.runner.state import ModelRun, Run

__all__ = ["header", "publish", "show"]


def header(run: Run) -> list[str]:
    """Return the plan with its estimated cost, one line a model."""
    return [_plan_line(run, model) for model in run.models]


def _plan_line(run: Run, model: ModelRun) -> str:
    config = model.config
    blocking = sum(gate.severity is Severity.BLOCKING for gate in model.gates)
    cost = _cost(model.gates, run, model)
    chosen = f", only {', '.join(run.only_suites)}" if run.only_suites else ""
    judged = [gate for gate in model.gates if gate.criterion is not None]
    count = (
        f"{_many(len(judged), 'gate')} ({blocking} blocking{chosen}), {_many(len(model.gates) - len(judged), 'metric')}"
    )
    return f"modelcheck: {config.name}: {model.task}, profile {config.profile}: {count}; {cost}"


def _many(count: int, what: str) -> str:
    return f"{count} {what}" if count == 1 else f"{count} {what}s"


def _cost(gates: Sequence[PlannedGate], run: Run, model: ModelRun) -> str:
    """Say how many rows will be predicted; each is predicted once, whatever the number of gates."""
    config = model.config
    models = 1 + (config.baseline is not None and config.baseline.store is None)
    if config.candidate.score is not None:
        return "no predictions: they lie in the table"
    parts = [_rows(config.dataset.path, config.folder, "dataset") + (" by each of 2 models" if models > 1 else "")]
    if config.reference is not None and any(gate.default.needs_reference for gate in gates):
        parts.append(_rows(config.reference, config.folder, "reference"))
    changed = any(gate.default.suite == "robustness" for gate in gates)
    more = f", and at most {config.budget:,} changed rows" if changed else ""
    return f"predicts {' and '.join(parts)}, each row once{more}"


def _rows(path: str, folder: Path, what: str) -> str:
    from modelcheck.data.dataset import rows_hint

    rows = rows_hint(path, folder)
    return f"the {what}" if rows is None else f"about {rows:,} rows ({what})"


def publish(run: Run, records: Sequence[Record]) -> None:
    """Write each model's record and pages, then the index of a run of several."""
    from modelcheck.report import render_index, write_reports

    for record in records:
        folder = run.folder_of(record.name)
        write_record(record, folder)
        write_reports(record, folder)
    if len(records) > 1:
        write_text_atomically(run.folder / "index.html", render_index(records))


def show(reporter: pytest.TerminalReporter, run: Run, records: Sequence[Record]) -> None:
    """Write the verdicts into pytest's terminal summary."""
    from modelcheck.report import render_terminal

    width = reporter._tw.fullwidth
    color = bool(reporter._tw.hasmarkup)
    reporter.write_sep("=", "modelcheck")
    for record in records:
        reporter.write_line(render_terminal(record, width, color, folder=_shown(run.folder_of(record.name), run)))
    if len(records) > 1:
        reporter.write_line(f"Index: {_shown(run.folder / 'index.html', run)}")


def _shown(path: Path, run: Run) -> str:
    return os.path.relpath(path, run.rootdir)
