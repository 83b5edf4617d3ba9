"""How the model treats groups: who was looked at, what differs, and plainly where nobody looked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from modelcheck.record.evidence import Verdict
from modelcheck.record.schema import GateRecord, Record
from modelcheck.report.cells import Grid
from modelcheck.report.explained.answers import is_over, measured
from modelcheck.report.explained.columns import described
from modelcheck.report.explained.decided import answer_word
from modelcheck.report.explained.drivers import rows_with_role
from modelcheck.report.explained.group_table import in_everyday_words, measures_grid, why_not_all
from modelcheck.report.explained.headings import headed
from modelcheck.report.explained.sentences import counted, listed, percent, plain
from modelcheck.report.explained.verdict import Point, point
from modelcheck.report.figures import ChartView, chart_view
from modelcheck.report.outline import is_gate
from modelcheck.report.standing import Standing, counts, standing

__all__ = ["AttributeView", "GroupsView", "groups_view"]

_MOST_ATTRIBUTES = 8
_MOST_CHARTS = 3
_MOST_GROUPS = 12
_MOST_POINTS = 8
_LOOKED = (Verdict.FAIL, Verdict.ERROR, Verdict.INCONCLUSIVE, Verdict.WAIVED)
_CHANGED = ("counterfactual", "counterfactual_noticeable")
_STAND_INS = "A small share is no acquittal: other columns can stand in for a protected one. See the comparisons below."
_UNDECLARED = (
    "No column was declared protected, so nobody looked whether groups of people are treated alike. That is not the "
    "same as being treated alike."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class AttributeView:
    """One protected attribute: its groups and what was found."""

    name: str
    reading: str
    table: Grid | None
    changed: Point | None
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
    """Say what protected columns carry by themselves, and that this is not the whole of it."""
    told = [
        f"{described(record, row.get('column'))} is protected: by itself it carries "
        f"{percent(row.get('share'), row.get('low'), row.get('high'))} of what moves the {answer_word(record)}."
        for row in rows_with_role(record, "protected")[:_MOST_GROUPS]
    ]
    return [*told, _STAND_INS] if told else []


def _attribute(attribute: str, gates: list[GateRecord]) -> AttributeView:
    measures = next((gate for gate in gates if gate.check == "group_metrics"), None)
    changed = next((gate for check in _CHANGED for gate in gates if gate.check == check and gate.reading), None)
    open_ones = sorted(
        (gate for gate in gates if is_gate(gate) and gate.verdict in _LOOKED),
        key=lambda gate: _LOOKED.index(Verdict(str(gate.verdict))),
    )
    # What is over its limit without proof is told in full; "within the limit" would be read into a mere count.
    over = [gate for gate in gates if is_gate(gate) and standing(gate) is Standing.UNBROKEN and is_over(gate)]
    points = [gate for gate in (*open_ones, *over) if gate is not changed]
    here = counts(gate for gate in gates if gate not in points and gate is not changed)
    left = len(points) - _MOST_POINTS
    table = measures_grid(attribute, measures)
    charts = measures.charts[:_MOST_CHARTS] if measures is not None else ()
    return AttributeView(
        name=attribute,
        reading="" if measures is None else why_not_all(plain(measures.reading), tabled=table is not None),
        table=table,
        changed=_change(changed) if changed is not None else None,
        points=tuple(map(point, points[:_MOST_POINTS])),
        held=_held(here),
        left=f"{_MOST_POINTS} of {len(points):,} are told, all are in report.html." if left > 0 else "",
        charts=tuple(headed(chart_view(in_everyday_words(chart)), {"label": attribute}) for chart in charts),
    )


def _change(gate: GateRecord) -> Point:
    """Return what happens when only the protected entry changes: told whatever its verdict is."""
    told = point(gate)
    first = plain(gate.reading)
    if gate.criterion is None:
        return replace(told, text=first)
    why = f"Why that limit: {plain(gate.criterion.reason)}" if gate.criterion.reason else ""
    return replace(told, text=" ".join(part for part in (first, measured(gate), why) if part))


def _held(here: Mapping[Standing, int]) -> str:
    kept, unbroken = here[Standing.KEPT], here[Standing.UNBROKEN]
    parts = [
        f"{counted(count, 'other comparison')} {'is' if count == 1 else 'are'} {word}"
        for count, word in (
            (kept, "proved to keep the limit"),
            (unbroken, "within the limit so far as these rows show, without proof"),
        )
        if count
    ]
    return f"{'; '.join(parts)}." if parts else ""
