"""Candidate against baseline: every paired comparison of a run in one table."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from modelcheck.record.numbers import format_count, format_level, format_limit
from modelcheck.record.schema import GateRecord, Record
from modelcheck.report.cells import interval_mark
from modelcheck.report.glossary import VERDICTS
from modelcheck.report.headline import compared_with
from modelcheck.report.lines import interval_of
from modelcheck.report.outline import worst_group
from modelcheck.report.text import group_words, shorten

if TYPE_CHECKING:
    from markupsafe import Markup

__all__ = ["AgainstView", "ComparedLine", "PairLine", "against_view"]

_MOST = 60
_WIDEST = 6.0


@dataclass(frozen=True, slots=True, kw_only=True)
class ComparedLine:
    """One gate with a margin; its difference is above 0 where the candidate is better."""

    title: str
    anchor: str
    state: str
    icon: str
    word: str
    difference: str
    interval: str
    level: str
    mark: Markup
    margin: str
    worst: str
    n: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PairLine:
    """One quantity of candidate and baseline, each with its own interval."""

    title: str
    anchor: str
    candidate: str
    baseline: str
    n: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AgainstView:
    """The comparison with the baseline: gates with a margin, and what was measured of both."""

    lead: str
    judged: tuple[ComparedLine, ...]
    described: tuple[PairLine, ...]
    note: str


def against_view(record: Record, anchors: Mapping[int, str]) -> AgainstView:
    """Return what the run says about candidate and baseline.

    Parameters
    ----------
    record : Record
        The record.
    anchors : mapping of int to str
        Where each gate stands on the page, by the gate's identity.

    Returns
    -------
    AgainstView
        The drawings of all gates share one scale, that of each gate's own margin.
    """
    judged, described = [], []
    for gate in record.gates:
        if gate.criterion is not None and gate.criterion.margin is not None and gate.estimate is not None:
            judged.append((gate, anchors[id(gate)]))
        elif gate.estimate is not None and gate.baseline is not None:
            described.append((gate, anchors[id(gate)]))
    lead = compared_with(record)
    if not lead:
        lead = "There was no baseline, so nothing here says whether this candidate is better than the model in use."
    elif not judged and not described:
        lead += " No gate of this run compares the two."
    width = _width([gate for gate, _ in judged[:_MOST]])
    left = max(len(judged) - _MOST, 0) + max(len(described) - _MOST, 0)
    return AgainstView(
        lead=lead,
        judged=tuple(_compared(gate, anchor, width) for gate, anchor in judged[:_MOST]),
        described=tuple(_pair(gate, anchor) for gate, anchor in described[:_MOST]),
        note=f"{left:,} more comparisons are in record.json." if left else "",
    )


def _width(gates: Sequence[GateRecord]) -> float:
    """Return how many margins the drawings reach to either side."""
    ends = [abs(end) for gate in gates for end in _in_margins(gate) if end is not None and math.isfinite(end)]
    return min(max([*ends, 2.0]), _WIDEST)


def _in_margins(gate: GateRecord) -> tuple[float | None, float | None, float | None]:
    estimate, margin = gate.estimate, gate.criterion.margin if gate.criterion else None
    if estimate is None or not margin:
        return None, None, None
    value, low, high = (None if one is None else one / margin for one in (estimate.value, estimate.low, estimate.high))
    return value, low, high


def _compared(gate: GateRecord, anchor: str, width: float) -> ComparedLine:
    from markupsafe import Markup

    state = "metric" if gate.verdict is None else str(gate.verdict)
    icon, word = VERDICTS[state]
    value, interval = interval_of(gate.estimate, gate.criterion)
    drawn = interval_mark(*_in_margins(gate), (-width, width), (-1.0,), zero=True)
    return ComparedLine(
        title=shorten(gate.title or gate.id, 120),
        anchor=anchor,
        state=state,
        icon=icon,
        word=word,
        difference=value,
        interval=interval,
        level="" if gate.estimate is None else format_level(gate.estimate.confidence),
        mark=Markup(drawn),  # noqa: S704 - made of numbers only
        margin="" if gate.criterion is None else format_limit(gate.criterion),
        worst=shorten(group_words(worst_group(gate)), 80),
        n="" if gate.estimate is None else format_count(gate.estimate.n),
    )


def _pair(gate: GateRecord, anchor: str) -> PairLine:
    told = []
    for estimate in (gate.estimate, gate.baseline):
        value, interval = interval_of(estimate, gate.criterion)
        told.append(f"{value} ({interval})")
    return PairLine(
        title=shorten(gate.title or gate.id, 120),
        anchor=anchor,
        candidate=told[0],
        baseline=told[1],
        n="" if gate.estimate is None else format_count(gate.estimate.n),
    )
