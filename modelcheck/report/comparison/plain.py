"""A comparison as plain JSON, schema ``modelcheck/comparison/1``: everything but example rows."""

from __future__ import annotations

import json
from typing import Any

from modelcheck.record.encoding import criterion_json, estimate_json, finding_json
from modelcheck.record.evidence import Finding
from modelcheck.record.schema import GateRecord, Record
from modelcheck.report.comparison.comparison import Comparison
from modelcheck.report.comparison.findings import FindingChange
from modelcheck.report.comparison.gates import GateChange, holds_back
from modelcheck.report.comparison.headline import counts, headline, verdicts
from modelcheck.report.comparison.movement import Movement

__all__ = ["SCHEMA", "dump_comparison"]

SCHEMA = "modelcheck/comparison/1"


def dump_comparison(comparison: Comparison) -> str:
    """Return the JSON text of a comparison: same records, same bytes; ASCII only, so that any tool reads it alike.

    Parameters
    ----------
    comparison : Comparison
        The comparison.

    Returns
    -------
    str
        Ends with a newline.
    """
    data = {
        "schema": SCHEMA,
        "old": _run(comparison.old),
        "new": _run(comparison.new),
        "headline": f"{verdicts(comparison)}: {headline(comparison)}",
        "worse": comparison.worse,
        "same_rows": comparison.same_rows,
        "cautions": list(comparison.cautions),
        "premises": [
            {"label": one.label, "old": one.old, "new": one.new, "same": one.same} for one in comparison.premises
        ],
        "counts": {str(change): count for change, count in counts(comparison).items()},
        "gates": [_gate(gate, comparison) for gate in comparison.gates],
        "findings": [_finding(one) for one in comparison.findings],
    }
    return json.dumps(data, indent=1, ensure_ascii=True, allow_nan=False) + "\n"


def _run(record: Record) -> dict[str, Any]:
    known = {key: record.run.get(key) for key in ("id", "started", "profile")}
    told = {key: value if isinstance(value, str) else None for key, value in known.items()}
    return {"name": record.name, "verdict": str(record.verdict), **told}


def _gate(gate: GateChange, comparison: Comparison) -> dict[str, Any]:
    return {
        "id": gate.id,
        "change": str(gate.change),
        "judged": gate.judged,
        "old": _side(gate.old, comparison.old),
        "new": _side(gate.new, comparison.new),
        "limit": None
        if gate.limit is None
        else {"looser": gate.limit.looser, "stricter": gate.limit.stricter, "words": gate.limit.words},
        "movement": None if gate.movement is None else _movement(gate.movement),
        "groups": [
            {
                "group": label,
                **_movement(one),
                "old": estimate_json(one.old),
                "new": estimate_json(one.new),
            }
            for label, one in gate.groups.items()
        ],
    }


def _side(gate: GateRecord | None, record: Record) -> dict[str, Any] | None:
    if gate is None:
        return None
    return {
        "verdict": None if gate.verdict is None else str(gate.verdict),
        "severity": str(gate.severity),
        "stops": holds_back(gate, str(record.run.get("profile", ""))),
        "reason": gate.reason,
        "estimate": None if gate.estimate is None else estimate_json(gate.estimate),
        "criterion": None if gate.criterion is None else criterion_json(gate.criterion),
    }


def _movement(movement: Movement) -> dict[str, str]:
    return {"shift": str(movement.shift), "reach": str(movement.reach)}


def _finding(change: FindingChange) -> dict[str, Any]:
    return {
        "gate": change.gate,
        "fate": str(change.fate),
        "looked_then": change.looked_then,
        "old": _told(change.old),
        "new": _told(change.new),
    }


def _told(finding: Finding | None) -> dict[str, Any] | None:
    if finding is None:
        return None
    # Example rows may be people: they stay in the record that their owner chose to keep.
    return {key: value for key, value in finding_json(finding).items() if key != "examples"}
