"""From what a tool said to whether it was right: found by the right check, by any, or a false alarm."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from benchmarks.proving_ground.catalogue import CASES
from benchmarks.proving_ground.cells import Cell
from benchmarks.proving_ground.draws import base_of

__all__ = ["scored"]


def scored(cell: Cell, answer: Mapping[str, Any], right: frozenset[str], code: str) -> dict[str, Any]:
    """Return the row of a result.

    A crash or a time-out counts as not found; what a tool can't express counts as nothing. A gate that ends in an
    error has found nothing, unless the case says that an error is the answer; on a clean twin it is a false alarm.
    """
    base = base_of(cell.subject)
    case = CASES.get(cell.subject)
    found, errors = set(answer.get("found", ())), set(answer.get("errors", ()))
    row = {
        "tool": cell.tool,
        "subject": cell.subject,
        "role": "twin" if case is None else "defect",
        "family": "" if case is None else case.family,
        "base": base.name,
        "task": base.task,
        "rows": cell.rows,
        "seed": cell.seed,
        "strength": cell.strength,
        "at_default": case is None or cell.strength == case.default,
        "found_right": None,
        "found_any": None,
        "alarms": [],
        "blocked": None,
        "found": [],
        "blocking": [],
        "errors": [],
        "verdict": "",
        "predicted_rows": None,
        "notes": "",
        "traceback": "",
        "details": {},
        "code": code,
        **answer,
    }
    blocking = set(answer.get("blocking", ()))
    if answer["status"] == "not covered":
        return row
    if case is None:
        alarms = sorted(name for name in found | errors if not base.says_truly(name, cell.rows))
        crashed = answer["status"] != "ok"
        return row | {"alarms": alarms, "found_any": bool(alarms) or crashed, "blocked": bool(blocking & set(alarms))}
    counted = found | (errors if case.error_finds else set())
    true_anyway = {name for name in counted if base.says_truly(name, cell.rows)} - right
    hits = counted - true_anyway
    return row | {"found_right": bool(hits & right), "found_any": bool(hits), "blocked": bool(blocking & hits)}
