"""What was tested and what was not, by suite."""

from __future__ import annotations

from dataclasses import dataclass

from modelcheck.record.evidence import Severity, Verdict
from modelcheck.record.schema import GateRecord, Record
from modelcheck.report.cells import Grid, grid
from modelcheck.report.explained.questions import SUITES, question
from modelcheck.report.explained.sentences import plain
from modelcheck.report.outline import is_gate, upper_first

__all__ = ["TestedView", "tested_view"]

_MOST = 12
_USUAL = ("performance", "bias", "robustness", "explainability")
_COLUMNS = ("what was asked", "kept", "broken", "warnings", "left open", "doesn't apply", "only measured")
_OPEN = {
    Verdict.INCONCLUSIVE: "Left open: the data can't decide",
    Verdict.NOT_RUN: "Planned and not run",
    Verdict.WAIVED: "Failed, and accepted for now by somebody who answers for it",
    Verdict.NOT_APPLICABLE: "Doesn't apply here",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class TestedView:
    """Counts by suite, and what stayed open for which reason."""

    # Not a test case, whatever its name makes pytest believe.
    __test__ = False

    grid: Grid
    absent: str
    open: tuple[tuple[str, tuple[tuple[str, str], ...], str], ...]


def tested_view(record: Record) -> TestedView:
    """Return what was held, broken and left open in each suite, and which suites are missing."""
    by_suite: dict[str, list[GateRecord]] = {}
    for gate in record.gates:
        by_suite.setdefault(gate.suite, []).append(gate)
    order = [suite for suite in SUITES if suite in by_suite] + [suite for suite in by_suite if suite not in SUITES]
    rows = [(SUITES.get(suite, suite), *_counts(by_suite[suite])) for suite in order]
    missing = [SUITES[suite] for suite in _USUAL if suite not in by_suite]
    absent = f"Not asked in this run: {' '.join(missing)}" if missing else ""
    return TestedView(grid=grid("Tests by question", _COLUMNS, rows), absent=absent, open=tuple(_open(record)))


def _counts(gates: list[GateRecord]) -> tuple[int, ...]:
    judged = [gate for gate in gates if is_gate(gate) and gate.verdict is not None]
    # A crash is never a pass: it is counted with what fails.
    broken = [gate for gate in judged if gate.verdict in (Verdict.FAIL, Verdict.ERROR)]
    blocking = sum(gate.severity == Severity.BLOCKING for gate in broken)
    left = (Verdict.INCONCLUSIVE, Verdict.NOT_RUN, Verdict.WAIVED)
    return (
        sum(gate.verdict == Verdict.PASS for gate in judged),
        blocking,
        len(broken) - blocking,
        sum(gate.verdict in left for gate in judged),
        sum(gate.verdict == Verdict.NOT_APPLICABLE for gate in judged),
        len(gates) - len(judged),
    )


def _open(record: Record) -> list[tuple[str, tuple[tuple[str, str], ...], str]]:
    told = []
    for verdict, title in _OPEN.items():
        gates = [gate for gate in record.gates if gate.verdict == verdict and is_gate(gate)]
        if gates:
            lines = tuple(
                (question(gate), plain(upper_first(gate.reason)) or "No reason is recorded.") for gate in gates[:_MOST]
            )
            more = f"{_MOST} of {len(gates):,} are told, all are in report.html." if len(gates) > _MOST else ""
            told.append((title, lines, more))
    return told
