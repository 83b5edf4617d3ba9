"""The ML Test Score as a part of ``report.html``: finished text for the template."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from modelcheck.record.schema import Record
from modelcheck.report.readiness.proof import (
    Piece,
    declared,
    foundation,
    headline,
    linked,
    points,
    result,
    shown_gates,
    state,
    sums,
)
from modelcheck.report.readiness.rubric import SOURCE
from modelcheck.report.readiness.scoring import Scored, assess
from modelcheck.report.readiness.steps import steps, what_it_takes
from modelcheck.report.text import shorten

__all__ = ["GateLink", "ItemView", "ReadinessView", "SectionView", "readiness_view"]


@dataclass(frozen=True, slots=True, kw_only=True)
class GateLink:
    """A gate that shows an item: its id, where it stands on the page, what came out of it."""

    name: str
    anchor: str
    result: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemView:
    """One line of the table; `evidence` is in pieces, with addresses only where they are safe."""

    id: str
    title: str
    state: str
    icon: str
    word: str
    points: str
    gates: tuple[GateLink, ...]
    more: str
    limits: str
    how: str
    evidence: tuple[Piece, ...]
    by: str
    to_do: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SectionView:
    """One section with its sum."""

    title: str
    points: str
    lowest: bool
    items: tuple[ItemView, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadinessView:
    """All that the part shows."""

    headline: str
    sums: str
    steps: tuple[tuple[str, str, str], ...]
    sections: tuple[SectionView, ...]
    notes: tuple[str, ...]


def readiness_view(record: Record, anchors: Mapping[int, str]) -> ReadinessView | None:
    """Return the score of a record, judged on the day of its run.

    Parameters
    ----------
    record : Record
        The record.
    anchors : mapping of int to str
        Where each gate stands on the page, by the gate's identity.

    Returns
    -------
    ReadinessView or None
        None where the configuration names no declarations: nobody asked for a score.
    """
    if record.readiness is None:
        return None
    found = assess(record)
    lowest = [one.key for one in found.lowest]
    sections = tuple(
        SectionView(
            title=one.title,
            points=points(one.points),
            lowest=one.key in lowest,
            items=tuple(_item(item, anchors) for item in one.items),
        )
        for one in found.sections
    )
    return ReadinessView(
        headline=headline(found),
        sums=sums(found),
        steps=tuple((", ".join(one.items), points(one.gain), one.text) for one in steps(found)),
        sections=sections,
        notes=(found.basis, foundation(found), f"Rubric: {SOURCE} The wording of the items is ours."),
    )


def _item(one: Scored, anchors: Mapping[int, str]) -> ItemView:
    name, icon, word = state(one)
    gates, more = shown_gates(one)
    how, evidence, by = declared(one)
    counts = bool(how) and not one.doubt
    return ItemView(
        id=one.item.id,
        title=one.item.title,
        state=name,
        icon=icon,
        word=word,
        points=points(one.points),
        gates=tuple(
            GateLink(name=shorten(gate.id, 120), anchor=anchors[id(gate)], result=result(gate)) for gate in gates
        ),
        more=more,
        limits=one.item.limits if one.judged else "",
        how=how if counts else "",
        evidence=linked(evidence) if counts else (),
        by=by if counts else "",
        to_do=what_it_takes(one),
    )
