"""What was tested and what was not, by suite."""

from __future__ import annotations

import re
from dataclasses import dataclass

from modelcheck.record.evidence import Verdict
from modelcheck.record.schema import GateRecord, Record
from modelcheck.report.cells import Grid, grid
from modelcheck.report.explained.questions import SUITES, question
from modelcheck.report.explained.sentences import plain
from modelcheck.report.outline import is_gate, upper_first
from modelcheck.report.standing import Standing, counts

__all__ = ["TestedView", "tested_view"]

_MOST = 12
_USUAL = ("performance", "bias", "robustness", "explainability")
_COLUMNS = (
    "what was asked", "proved kept", "not proved broken", "broken", "warnings", "crashed", "left open",
    "doesn't apply", "only measured",
)  # fmt: skip
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
    here = counts(gates)
    # A number that only informs and crashed was not measured.
    crashed = sum(gate.verdict == Verdict.ERROR for gate in gates)
    judged = sum(count for one, count in here.items() if one not in (Standing.MEASURED, Standing.CRASHED))
    return (
        here[Standing.KEPT],
        here[Standing.UNBROKEN],
        here[Standing.BROKEN],
        here[Standing.WARNING],
        crashed,
        here[Standing.OPEN] + here[Standing.NOT_RUN] + here[Standing.WAIVED],
        here[Standing.NOT_APPLICABLE],
        len(gates) - judged - crashed,
    )


def _open(record: Record) -> list[tuple[str, tuple[tuple[str, str], ...], str]]:
    told = []
    for verdict, title in _OPEN.items():
        gates = [gate for gate in record.gates if gate.verdict == verdict and is_gate(gate)]
        if gates:
            lines = tuple((question(gate), _why(gate)) for gate in gates[:_MOST])
            more = f"{_MOST} of {len(gates):,} are told, all are in report.html." if len(gates) > _MOST else ""
            told.append((title, lines, more))
    return told


def _why(gate: GateRecord) -> str:
    """Return why a test stayed open; how to mend a configuration or a crash is told to engineers."""
    if gate.reason.startswith("first run, no baseline"):
        return "The model in use now was not given, so there is nothing to compare with."
    if re.search(r"\b[A-Z]\w*(?:Error|Exception|Warning)\b", gate.reason):
        return "It could not be carried out; engineers find the message in report.html."
    kept = [
        part
        for part in re.split(r"(?<=[.;:])\s+", gate.reason)
        if not re.search(r"`[^`]*\[\w+\][^`]*`|\[dataset\]", part)
    ]
    return plain(upper_first(" ".join(kept).rstrip(";:"))) or "Engineers find the reason in report.html."
