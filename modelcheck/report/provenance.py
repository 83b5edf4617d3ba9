"""What the page says of the run itself: who was judged on what, the data as understood, where numbers come from."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from modelcheck.record.numbers import format_count, format_duration
from modelcheck.record.plain import number
from modelcheck.record.schema import Record
from modelcheck.report.cells import Cell, grid
from modelcheck.report.particulars import dataset_facts, model_facts, run_facts
from modelcheck.report.text import paragraph, shorten

__all__ = ["at_a_glance", "data_view", "provenance_view"]

_SCHEMA = ("name", "role", "marks", "kind", "reason", "declared", "distinct", "missing_share")


def at_a_glance(record: Record) -> list[tuple[str, str]]:
    """Return who was judged, against whom and on what."""
    run, pairs = record.run, []
    for words, part in (("Candidate", record.candidate), ("Baseline", record.baseline), ("Dataset", record.dataset)):
        if part is None:
            pairs.append((words, "none declared"))
        elif part:
            pairs.append((words, _label(part, _NAMES[words])))
    rows = record.dataset.get("rows")
    if isinstance(rows, int):
        pairs.append(("Rows", format_count(rows)))
    pairs += [(key.capitalize(), _moment(str(run[key]))) for key in ("profile", "started") if run.get(key)]
    took = run.get("duration_s")
    if isinstance(took, (int, float)) and (seconds := number(took)) is not None:
        pairs.append(("Took", format_duration(seconds)))
    return pairs


def _moment(text: str) -> str:
    """Return an ISO time as people write it; anything else as it is."""
    match = re.fullmatch(r"(\d{4}-\d\d-\d\d)T(\d\d:\d\d)[\d:.]*(\+00:00|Z)?", text)
    return f"{match[1]} {match[2]}{' UTC' if match[3] else ''}" if match else shorten(text, 60)


# What a person knows a model or a table by, best first; a model's file says which one, its name what it is.
_NAMES = {
    "Candidate": ("source", "name", "class"),
    "Baseline": ("source", "name", "class"),
    "Dataset": ("path", "name"),
}


def _label(part: Mapping[str, Any], keys: Sequence[str]) -> str:
    known = [shorten(str(part[key]), 80) for key in keys if part.get(key)]
    return f"{known[0]} ({known[1]})" if len(known) > 1 and keys[0] == "source" else (known or ["see below"])[0]


def data_view(record: Record, most: int) -> dict[str, Any]:
    """Return the tables as they were understood, at most so many columns and notes."""
    dataset = record.dataset
    columns: Sequence[Any] = next(
        (dataset[key] for key in ("columns", "schema") if isinstance(dataset.get(key), (list, tuple)) and dataset[key]),
        [],
    )
    described = [column for column in columns if isinstance(column, Mapping)]
    names = [key for key in _SCHEMA if any(key in column for column in described)]
    rows = [[column.get(key) for key in names] for column in described]
    notes = dataset.get("notes")
    listed = [paragraph(str(note), 400) for note in notes] if isinstance(notes, (list, tuple)) else []
    return {
        "facts": _some(dataset_facts(dataset, columns_shown=bool(described)), most),
        "grid": grid("Columns as they were understood", names, rows, most=most) if rows else None,
        "notes": listed[:most],
        "notes_left": max(len(listed) - most, 0),
        "reference": _some(dataset_facts(record.reference, columns_shown=True), most),
    }


def provenance_view(record: Record, most: int) -> dict[str, Any]:
    """Return where the numbers come from: command, versions, hashes, cost; at most so many facts of each."""
    predicted = sum(gate.predicted_rows for gate in record.gates)
    seconds = sum(gate.duration_s for gate in record.gates if gate.duration_s > 0)
    task = str(record.run.get("task", ""))
    return {
        "run": _some(run_facts(record.run, compared=record.baseline is not None), most),
        "command": shorten(str(record.run.get("command", "")), 1000),
        "candidate": _some(model_facts(record.candidate, task), most),
        "baseline": _some(model_facts(record.baseline, task), most),
        "cost": (
            f"{format_count(predicted)} predicted rows (a row counts once for each gate that used it) and "
            f"{format_duration(seconds)} in {len(record.gates):,} gates and metrics"
        ),
        "schema": record.schema,
    }


def _some(facts: Sequence[tuple[str, Cell]], most: int) -> list[tuple[str, Cell]]:
    """Return the first facts, and how many more there are."""
    left = len(facts) - most
    more = [("and more", Cell(text=f"{left:,} further facts, all in record.json."))] if left > 0 else []
    return [*facts[:most], *more]
