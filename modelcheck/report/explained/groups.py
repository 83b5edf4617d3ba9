"""How the model treats groups: who was looked at, what differs, and plainly where nobody looked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from modelcheck.record.evidence import Verdict
from modelcheck.record.schema import GateRecord, Record
from modelcheck.report.explained.drivers import rows_with_role
from modelcheck.report.explained.sentences import counted, in_words, listed, name, percent, plain
from modelcheck.report.explained.verdict import Point, point
from modelcheck.report.figures import ChartView, chart_view
from modelcheck.report.outline import is_gate

__all__ = ["AttributeView", "GroupsView", "groups_view"]

_MOST_ATTRIBUTES = 8
_MOST_CHARTS = 3
_MOST_GROUPS = 12
_MOST_POINTS = 8
_LOOKED = (Verdict.FAIL, Verdict.ERROR, Verdict.INCONCLUSIVE, Verdict.WAIVED)
_UNDECLARED = (
    "No column was declared protected, so nobody looked whether groups of people are treated alike. That is not the "
    "same as being treated alike."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class AttributeView:
    """One protected attribute: its groups and what was found."""

    name: str
    reading: str
    groups: tuple[str, ...]
    points: tuple[Point, ...]
    held: str
    left: str
    charts: tuple[ChartView, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupsView:
    """What the page says about groups."""

    lead: str
    weight: tuple[str, ...]
    attributes: tuple[AttributeView, ...]
    more: str


def groups_view(record: Record) -> GroupsView:
    """Return how groups fare, by protected attribute."""
    by_attribute: dict[str, list[GateRecord]] = {}
    for gate in record.gates:
        if gate.suite == "bias" and gate.slice is not None:
            by_attribute.setdefault(gate.slice, []).append(gate)
    left = len(by_attribute) - _MOST_ATTRIBUTES
    shown = list(by_attribute.items())[:_MOST_ATTRIBUTES]
    return GroupsView(
        lead=_lead(record, list(by_attribute)),
        weight=tuple(_weight(record)),
        attributes=tuple(_attribute(attribute, gates) for attribute, gates in shown),
        more=f"{_MOST_ATTRIBUTES} of {len(by_attribute):,} attributes are told, all are in record.json."
        if left > 0
        else "",
    )


def _lead(record: Record, attributes: list[str]) -> str:
    if attributes:
        return (
            f"Groups were compared by {listed(attributes)}. Being treated alike has several meanings, and where the "
            "truth differs between groups they can't all be had at once: a difference is a question that needs an "
            "answer, and no proved difference is no proof of fairness."
        )
    columns = record.dataset.get("columns")
    known = columns if isinstance(columns, (list, tuple)) else ()
    protected = [str(one.get("name", "")) for one in known if isinstance(one, Mapping) and _is_protected(one)]
    if protected:
        return f"{listed(protected)} is declared protected, but no test of groups was made in this run."
    return _UNDECLARED


def _is_protected(column: Mapping[str, object]) -> bool:
    marks = column.get("marks")
    return isinstance(marks, (list, tuple)) and "protected" in marks


def _weight(record: Record) -> list[str]:
    told = []
    for row in rows_with_role(record)[:_MOST_GROUPS]:
        role = {"protected": "is protected", "forbidden": "must not drive decisions"}.get(str(row.get("role")), "")
        share = percent(row.get("share"), row.get("low"), row.get("high"))
        named = name(row.get("column"))
        told.append(f"{named} {role or 'is declared as ' + name(row.get('role'))}: it carries {share} of the score.")
    return told


def _attribute(attribute: str, gates: list[GateRecord]) -> AttributeView:
    described = next((gate for gate in gates if gate.check == "group_metrics"), None)
    judged = [gate for gate in gates if is_gate(gate)]
    open_ones = sorted(
        (gate for gate in judged if gate.verdict in _LOOKED), key=lambda gate: _LOOKED.index(Verdict(str(gate.verdict)))
    )
    held = [gate for gate in judged if gate.verdict == Verdict.PASS]
    groups = list(described.groups.items()) if described is not None else []
    charts = described.charts[:_MOST_CHARTS] if described is not None else ()
    left = len(open_ones) - _MOST_POINTS
    return AttributeView(
        name=attribute,
        reading=plain(described.reading) if described is not None else "",
        groups=tuple(f"{name(label)}: {in_words(one)}" for label, one in groups[:_MOST_GROUPS]),
        points=tuple(map(point, open_ones[:_MOST_POINTS])),
        held=f"{counted(len(held), 'other comparison')} {'holds' if len(held) == 1 else 'hold'}." if held else "",
        left=f"{_MOST_POINTS} of {len(open_ones):,} are told, all are in report.html." if left > 0 else "",
        charts=tuple(chart_view(replace(chart, reading=plain(chart.reading))) for chart in charts),
    )
