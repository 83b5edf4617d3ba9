"""From what a tool said to whether it was right: found by the right check, by any, or a false alarm."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from benchmarks.proving_ground.bases import BASES
from benchmarks.proving_ground.catalogue import CASES
from benchmarks.proving_ground.cells import Cell
from benchmarks.proving_ground.draws import base_of

__all__ = ["TRUE_OF_TABLES", "scored", "true_names"]

_REPEATED = "rows of UCI Adult occur more than once, some of them with another income"
_OF_ADULT = {"TrainTestSamplesMix": _REPEATED, "ConflictingLabels": _REPEATED, "DataDuplicates": _REPEATED}
TRUE_OF_TABLES: Mapping[str, Mapping[str, str]] = {"adult": _OF_ADULT, "adult_reweighed": _OF_ADULT}
"""What a peer truly says of a real table and modelcheck has no gate for, by base and in the peer's own words."""


def true_names(cell: Cell, tool: Any) -> frozenset[str]:
    """Return what a tool calls the things that are true of the clean twin, and so no false alarms.

    A peer's names for them are those by which it would say a defect of the same kind.
    """
    true = [check for check in all_gates() if base_of(cell.subject).says_truly(check, cell.rows)]
    also = frozenset(TRUE_OF_TABLES.get(base_of(cell.subject).name, ()))
    meaning = getattr(tool, "MEANING", None)
    if meaning is None:
        return frozenset(true) | also
    entries = [meaning.of_gate(gate) for gate in true]
    return also | {name for entry in entries if not isinstance(entry, str) for name in entry}


def all_gates() -> list[str]:
    """Return every gate that a base or a case names."""
    named = [key.partition("@")[0] for base in BASES.values() for key in base.true_of_it]
    return sorted({*named, *(gate for case in CASES.values() for gate in case.gates)})


def scored(
    cell: Cell, answer: Mapping[str, Any], right: frozenset[str], true: frozenset[str], code: str
) -> dict[str, Any]:
    """Return the row of a result.

    Parameters
    ----------
    cell, answer : Cell, mapping
        What was run, and what its process answered.
    right, true : frozenset of str
        The tool's names for the defect, and for what is true of the clean twin as well; a name that tells a column
        (``name: column``) is one of them if its first part is.
    code : str
        Digest of the code that made it.

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
    also_true = {name for name in found | errors if name in true or name.partition(": ")[0] in true}
    if answer["status"] == "not covered":
        return row
    if case is None:
        alarms = sorted((found | errors) - also_true)
        crashed = answer["status"] != "ok"
        return row | {"alarms": alarms, "found_any": bool(alarms) or crashed, "blocked": bool(blocking & set(alarms))}
    counted = found | (errors if case.error_finds else set())
    hits = counted - (also_true - right)
    return row | {"found_right": bool(hits & right), "found_any": bool(hits), "blocked": bool(blocking & hits)}
