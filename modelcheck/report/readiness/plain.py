"""The ML Test Score as plain JSON, schema ``modelcheck/readiness/1``."""

from __future__ import annotations

import json
from typing import Any

from modelcheck.report.readiness.rubric import SOURCE
from modelcheck.report.readiness.scoring import Readiness, Scored
from modelcheck.report.readiness.steps import steps, what_it_takes

__all__ = ["SCHEMA", "dump_readiness"]

SCHEMA = "modelcheck/readiness/1"


def dump_readiness(readiness: Readiness) -> str:
    """Return the JSON text of a score: same input, same bytes; ASCII only, so that any tool reads it alike.

    Parameters
    ----------
    readiness : Readiness
        A score.

    Returns
    -------
    str
        Ends with a newline; nothing is cut.
    """
    data = {
        "schema": SCHEMA,
        "rubric": SOURCE,
        "name": readiness.name,
        "score": readiness.score,
        "meaning": readiness.meaning,
        "day": None if readiness.day is None else readiness.day.isoformat(),
        "repeated": readiness.repeated,
        "basis": readiness.basis,
        "declarations": readiness.declared,
        "lowest": [one.key for one in readiness.lowest],
        "sections": {one.key: one.points for one in readiness.sections},
        "steps": [
            {"items": list(step.items), "gain": step.gain, "text": step.text} for step in steps(readiness, most=28)
        ],
        "items": [_item(one) for one in readiness.items],
    }
    return json.dumps(data, indent=1, ensure_ascii=True, allow_nan=False) + "\n"


def _item(one: Scored) -> dict[str, Any]:
    return {
        "id": one.item.id,
        "title": one.item.title,
        "status": str(one.status),
        "points": one.points,
        "fails": one.fails,
        "gates": [{"id": gate.id, "verdict": str(gate.verdict)} for gate in one.judged],
        "undecided": [
            {"id": gate.id, "verdict": None if gate.verdict is None else str(gate.verdict)} for gate in one.undecided
        ],
        "announced": one.item.announced,
        "limits": one.item.limits if one.judged else "",
        "declaration": None if one.declaration is None else {**one.declaration.as_json(), "doubt": one.doubt},
        "to_do": what_it_takes(one),
    }
