"""What the explainability suite left in a record: its gates and their tables, found by name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from modelcheck.record.evidence import Table, Verdict
from modelcheck.record.schema import GateRecord, Record

__all__ = ["SUITE", "gate_of", "has_explanation", "rows_of", "table_of"]

SUITE = "explainability"


def has_explanation(record: Record) -> bool:
    """Return whether a record was to say what drives the model; a page that says that it can't be told is one, too."""
    found = gate_of(record, "importance")
    return found is not None and found.verdict != Verdict.NOT_RUN


def gate_of(record: Record, check: str) -> GateRecord | None:
    """Return the suite's gate of a check on all rows, or None."""
    gates = [gate for gate in record.gates if gate.suite == SUITE and gate.check == check]
    return min(gates, key=lambda gate: gate.slice is not None, default=None)


def table_of(gate: GateRecord | None, name: str) -> Table | None:
    """Return a gate's table by name, or None."""
    tables = gate.tables if gate is not None else ()
    return next((table for table in tables if table.name == name), None)


def rows_of(table: Table | None) -> list[Mapping[str, Any]]:
    """Return a table's rows by column; none where there is no table."""
    return [dict(zip(table.columns, row, strict=True)) for row in table.rows] if table is not None else []
