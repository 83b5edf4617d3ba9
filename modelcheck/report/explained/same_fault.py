"""One fault is told once, however many tests come across it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from modelcheck.record.evidence import Finding
from modelcheck.record.schema import GateRecord, Record

__all__ = ["faults", "told_once"]

_DIRECTION = ("direction", "falsify")
"""Checks that all look whether a column pushes the score the declared way."""


def faults(record: Record, gates: Sequence[GateRecord]) -> list[tuple[GateRecord, ...]]:
    """Return the gates with those together that found the same column to go the wrong way, in the gates' order."""
    found: dict[tuple[str, ...], list[GateRecord]] = {}
    for gate in gates:
        texts = [finding.title for finding in gate.findings] or [gate.reading]
        wrong = _columns(record, texts) if gate.check in _DIRECTION else ()
        found.setdefault(("direction", *wrong) if wrong else (gate.id,), []).append(gate)
    # The test of explanations says how often; it is told first.
    return [tuple(sorted(same, key=lambda gate: gate.suite != "explainability")) for same in found.values()]


def told_once(record: Record, pairs: Iterable[tuple[GateRecord, Finding]]) -> list[tuple[GateRecord, Finding, int]]:
    """Return findings without those that say the same again, each with how many tests have it."""
    found: dict[tuple[str, ...], list[tuple[GateRecord, Finding]]] = {}
    for gate, finding in pairs:
        wrong = _columns(record, [finding.title]) if gate.check in _DIRECTION else ()
        found.setdefault(("direction", *wrong) if wrong else ("title", finding.title), []).append((gate, finding))
    return [(*same[0], len({gate.id for gate, _ in same})) for same in found.values()]


def _columns(record: Record, texts: Iterable[str]) -> tuple[str, ...]:
    """Return the columns with a declared direction that texts name as a whole word."""
    columns = record.dataset.get("columns")
    known = columns if isinstance(columns, (list, tuple)) else ()
    words = {word.strip(".,;:()") for text in texts for word in text.split()}
    return tuple(sorted(str(one.get("name")) for one in known if _is_directed(one) and str(one.get("name")) in words))


def _is_directed(column: object) -> bool:
    marks = column.get("marks") if isinstance(column, Mapping) else None
    return isinstance(marks, (list, tuple)) and any(str(mark).startswith(("monotonic ", "expected ")) for mark in marks)
