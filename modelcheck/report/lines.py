"""The table of gates: one line a gate, as many as a page can hold, the most needed first."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from modelcheck.record.evidence import Criterion, Estimate, Severity, Verdict
from modelcheck.record.numbers import (
    decimals_for,
    format_count,
    format_level,
    format_limit,
    format_measured,
    format_range,
)
from modelcheck.record.schema import GateRecord
from modelcheck.report.cells import interval_mark
from modelcheck.report.glossary import VERDICTS
from modelcheck.report.limits import beyond, ends
from modelcheck.report.outline import Section, tone, worst_group
from modelcheck.report.standing import Standing, standing
from modelcheck.report.text import group_words, shorten

if TYPE_CHECKING:
    from markupsafe import Markup

__all__ = ["Line", "LineGroup", "interval_of", "limits_of", "line_groups", "line_of", "note_of"]

_FEWEST = 20  # of each section, however many come before
_SAID = {
    "inconclusive": "an open question here doesn't stop promotion, only a proved breach does",
    "warns": "proved broken, and declared to warn only",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One gate in the table.

    Attributes
    ----------
    id, anchor, title, suite, severity : str
        Who it is; `anchor` is where its evidence stands.
    own_anchor : str
        The id of the line itself, where the page holds no evidence of the gate.
    state, tone, icon, word : str
        Its verdict, and how it is coloured.
    value, interval, level, limit, n, worst : str
        Its numbers, as text.
    note : str
        Said of a gate that passes without being proved kept.
    mark : Markup
        The interval against the limit, drawn.
    room : float or None
        Distance of the value from the limit in half-widths of the interval, below 0 where the limit is broken.
    count : int or None
        `n` as a number.
    """

    id: str
    anchor: str
    own_anchor: str
    title: str
    suite: str
    severity: str
    state: str
    tone: str
    icon: str
    word: str
    value: str
    interval: str
    level: str
    limit: str
    n: str
    worst: str
    note: str
    mark: Markup
    room: float | None
    count: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class LineGroup:
    """The lines of one section: `rank` is its place in reading order, `note` what is left out, `said` what it means."""

    key: str
    title: str
    rank: int
    total: int
    lines: tuple[Markup, ...]
    note: str
    said: str = ""


def line_groups(
    parts: Sequence[Section],
    anchors: Mapping[int, str],
    evidence: Mapping[int, str],
    write: Callable[[Line, LineGroup], Markup],
    room: int,
) -> tuple[LineGroup, ...]:
    """Return the table of gates, at most so many bytes of it.

    Parameters
    ----------
    parts : sequence of Section
        In reading order.
    anchors, evidence : mapping of int to str
        By the gate's identity: its own id on the page, and where its evidence stands, if anywhere.
    write : callable
        Writes one line as markup.
    room : int
        Bytes; each section shows at least 20 of its gates in any case.

    Returns
    -------
    tuple of LineGroup
    """
    groups = [
        LineGroup(key=part.key, title=part.title, rank=rank, total=len(part.gates), lines=(), note="")
        for rank, part in enumerate(parts)
    ]
    reserved = sum(min(len(part.gates), _FEWEST) for part in parts)
    written, spent, made = 0, 0, []
    for part, group in zip(parts, groups, strict=True):
        lines: list[Markup] = []
        for gate in part.gates:
            # What the sections still to come are sure of is kept free for them.
            mean = spent / written if written else 0.0
            free = room - spent - mean * max(reserved - written, 0)
            if len(lines) >= _FEWEST and free <= 0:
                break
            markup = write(line_of(gate, anchors[id(gate)], evidence.get(id(gate), "")), group)
            lines.append(markup)
            written += 1
            spent += len(markup)
        said = _SAID.get(group.key, "") if part.gates else ""
        note = f"{len(lines):,} of {len(part.gates):,}, all in record.json." if len(lines) < len(part.gates) else ""
        made.append(replace(group, lines=tuple(lines), note=note, said=said))
    return tuple(made)


def line_of(gate: GateRecord, anchor: str = "", evidence: str = "") -> Line:
    """Return one gate as a line.

    Parameters
    ----------
    gate : GateRecord
        The gate.
    anchor, evidence : str
        Its own id on the page, and where its evidence stands, if anywhere.
    """
    from markupsafe import Markup

    state = "metric" if gate.verdict is None else str(gate.verdict)
    icon, word = VERDICTS[state]
    estimate, limits = gate.estimate, limits_of(gate.criterion)
    value, interval = interval_of(estimate, gate.criterion)
    room = _room(estimate, gate.criterion)
    return Line(
        id=shorten(gate.id, 200),
        anchor=evidence or anchor,
        own_anchor="" if evidence else anchor,
        title=shorten(gate.title or gate.id, 120),
        suite=shorten(gate.suite, 60),
        severity=str(gate.severity) if state != "metric" and gate.severity != Severity.BLOCKING else "",
        state=state,
        tone=tone(gate),
        icon=icon,
        word=word,
        value=value,
        interval=interval,
        level="" if estimate is None else format_level(estimate.confidence),
        limit=("" if estimate is None else "none") if gate.criterion is None else format_limit(gate.criterion),
        n="" if estimate is None else format_count(estimate.n),
        worst=shorten(group_words(worst_group(gate)), 80),
        note=note_of(gate),
        mark=Markup(_mark(estimate, limits)),  # noqa: S704 - made of numbers only
        room=room,
        count=None if estimate is None else estimate.n,
    )


def note_of(gate: GateRecord) -> str:
    """Say of a gate that passes that nothing proves its limit kept, where that is so; empty otherwise."""
    if gate.verdict != Verdict.PASS or standing(gate) is not Standing.UNBROKEN:
        return ""
    over = beyond(gate.estimate, gate.criterion) > 0.0
    return "value beyond it, not proved broken" if over else "not proved broken"


def interval_of(estimate: Estimate | None, criterion: Criterion | None) -> tuple[str, str]:
    """Return a value and its interval with as many decimals as the interval supports; empty where nothing is known."""
    if estimate is None:
        return "", ""
    decimals = decimals_for(estimate.value, estimate.low, estimate.high)
    return format_measured(estimate, criterion, decimals), format_range(estimate.low, estimate.high, decimals)


def limits_of(criterion: Criterion | None) -> tuple[float, ...]:
    """Return the limits that are drawn beside an estimate."""
    return tuple(end for end in ends(criterion) if end is not None)


def _mark(estimate: Estimate | None, limits: tuple[float, ...]) -> str:
    # Without a limit to compare with, the drawing would say nothing.
    if estimate is None or estimate.low is None or estimate.high is None or not limits:
        return ""
    ends = (min(estimate.low, *limits, estimate.high), max(estimate.high, *limits, estimate.low))
    return interval_mark(estimate.value, estimate.low, estimate.high, ends, limits)


def _room(estimate: Estimate | None, criterion: Criterion | None) -> float | None:
    if estimate is None or criterion is None or None in (estimate.value, estimate.low, estimate.high):
        return None
    value, low, high = (float(one) for one in (estimate.value, estimate.low, estimate.high) if one is not None)
    half = (high - low) / 2.0
    least, most = ends(criterion)
    gaps = ([] if least is None else [value - least]) + ([] if most is None else [most - value])
    if not gaps or not math.isfinite(half) or half <= 0.0:
        return None
    return round(min(gaps) / half, 3)
