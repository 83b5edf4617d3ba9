"""Which way a column pushes the score, in words that agree with its curve and with the tests of its direction."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from modelcheck.record.evidence import Chart, Verdict
from modelcheck.record.schema import Record
from modelcheck.report.encodings import number_or_none
from modelcheck.report.explained.presence import gate_of
from modelcheck.report.explained.sentences import name

__all__ = ["effects"]

_WAYS = {"higher raises": "higher values raise it", "higher lowers": "higher values lower it"}
_PUSHED = ("direction",)


def effects(record: Record, rows: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    """Return what each driver does to the score; nothing for a column of which the record doesn't say it.

    Parameters
    ----------
    record : Record
        With the suite's gates.
    rows : sequence of mapping
        The drivers: ``column`` and ``effect``.

    Returns
    -------
    dict of str to str
        By column, reads on from "comes from column:".
    """
    gate = gate_of(record, "dependence")
    curves = {chart.name.removeprefix("dependence "): chart for chart in (gate.charts if gate is not None else ())}
    astray = _astray(record)
    found = {}
    for row in rows:
        column, effect = str(row.get("column", "")), str(row.get("effect") or "")
        if effect in _WAYS:
            dips = ", with a dip (see the warning)" if column in astray else ""
            found[column] = f"on the whole {_WAYS[effect]}{dips}"
        elif effect == "both ways":
            found[column] = "it works in both directions" + (", as its curve shows" if column in curves else "")
        elif column in curves:
            found[column] = _by_category(curves[column])
    return found


def _astray(record: Record) -> set[str]:
    """Return the columns whose declared direction a test proved broken."""
    return {
        label
        for gate in record.gates
        if gate.check in _PUSHED and gate.verdict in (Verdict.FAIL, Verdict.WAIVED)
        for label in (gate.groups or dict.fromkeys(_named(gate.findings), None))
    }


def _named(findings: Sequence[Any]) -> set[str]:
    return {word for finding in findings for word in finding.title.split()}


def _by_category(chart: Chart) -> str:
    """Return which entry gives the highest and the lowest average score, for a column without an order."""
    known = [
        (value, str(row.get("label", "")))
        for row in chart.data
        if row.get("part") == "level" and (value := number_or_none(row.get("y"))) is not None
    ]
    if len(known) < 2:
        return ""
    return f"highest for {name(max(known)[1], 30)}, lowest for {name(min(known)[1], 30)}"
