"""A comparison in the order a reader in a hurry needs it: what stops promotion first, what is equal last."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from modelcheck.report.comparison.comparison import Comparison, Place, places
from modelcheck.report.comparison.findings import Fate, FindingChange
from modelcheck.report.comparison.gates import Change, GateChange
from modelcheck.report.comparison.movement import Movement, Reach, Shift

__all__ = ["MOST", "FindingPart", "GatePart", "PlacePart", "finding_parts", "gate_parts", "left_out", "place_parts"]

MOST = 20
"""Entries of a list that a face shows; the JSON form has all."""

_TITLES = {
    Change.NEWLY_STOPS: "Newly stops promotion",
    Change.STILL_STOPS: "Still stops promotion",
    Change.NOT_FIXED: "No longer fails, but isn't fixed",
    Change.NEWLY_FAILS: "Newly fails without stopping promotion",
    Change.CHANGED: "Another verdict",
    Change.FIXED: "Fixed",
    Change.LIMIT_CHANGED: "Same verdict, judged otherwise (limit, confidence or metric)",
    Change.DISAPPEARED: "Disappeared",
    Change.APPEARED: "Appeared",
    Change.NOT_ASKED: "Not asked in one of the runs",
}
_IN_FULL = (Change.NEWLY_STOPS, Change.STILL_STOPS, Change.NOT_FIXED, Change.NEWLY_FAILS, Change.CHANGED)
_FATES = {
    Fate.NEW: "New findings",
    Fate.STILL: "Findings that are still there",
    Fate.NOT_LOOKED_FOR: "Findings that were not looked for now",
    Fate.GONE: "Findings that are gone",
}
_MOVED = (Shift.UP, Shift.DOWN)
_PLACES: dict[str, Callable[[Movement], bool]] = {
    "Worse, beyond both intervals": lambda one: one.reach is Reach.BEYOND and one.shift is Shift.WORSE,
    "Better, beyond both intervals": lambda one: one.reach is Reach.BEYOND and one.shift is Shift.BETTER,
    "Moved beyond both intervals, no limit says which way is worse": lambda one: (
        one.reach is Reach.BEYOND and one.shift in _MOVED
    ),
    "Moved within intervals": lambda one: one.reach is not Reach.BEYOND and one.shift is not Shift.SAME,
}
_WITHIN = "Moved within intervals"


@dataclass(frozen=True, slots=True, kw_only=True)
class GatePart:
    """Gates of which the same became; `in_full` where each deserves its sentences."""

    change: Change
    title: str
    gates: tuple[GateChange, ...]
    in_full: bool

    @property
    def count(self) -> str:
        """How many there are; metrics without a limit are counted apart, as the headline leaves them away."""
        gates = sum(gate.judged for gate in self.gates)
        metrics = len(self.gates) - gates
        if not metrics:
            return f"{gates:,}"
        return f"{gates:,} gate{'' if gates == 1 else 's'}, {metrics:,} metric{'' if metrics == 1 else 's'}"


@dataclass(frozen=True, slots=True, kw_only=True)
class PlacePart:
    """Estimates that moved alike; `note` says which are left away."""

    title: str
    places: tuple[Place, ...]
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class FindingPart:
    """Findings of which the same became."""

    fate: Fate
    title: str
    findings: tuple[FindingChange, ...]


def gate_parts(comparison: Comparison) -> tuple[GatePart, ...]:
    """Return the gates that turned, by what became of them; the unchanged ones are only counted elsewhere."""
    found: dict[Change, list[GateChange]] = {change: [] for change in Change}
    for gate in comparison.gates:
        found[gate.change].append(gate)
    return tuple(
        GatePart(change=change, title=title, gates=tuple(found[change]), in_full=change in _IN_FULL)
        for change, title in _TITLES.items()
        if found[change]
    )


def place_parts(comparison: Comparison) -> tuple[PlacePart, ...]:
    """Return the estimates that moved, of gates that no other part tells of and of groups of any gate.

    Groups that moved within intervals are only counted.
    """
    shown = [one for one in places(comparison) if one.group is not None or one.gate.change is Change.UNCHANGED]
    parts = []
    for title, fits in _PLACES.items():
        found = [one for one in shown if fits(one.movement)]
        note = ""
        if title == _WITHIN:
            groups = sum(one.group is not None for one in found)
            found = [one for one in found if one.group is None]
            note = f"So did {groups:,} group{'s' if groups > 1 else ''} of gates, all with --json." if groups else ""
        if found or note:
            parts.append(PlacePart(title=title, places=tuple(found), note=note))
    return tuple(parts)


def finding_parts(comparison: Comparison) -> tuple[FindingPart, ...]:
    """Return the findings by what became of them."""
    found: dict[Fate, list[FindingChange]] = {fate: [] for fate in _FATES}
    for one in comparison.findings:
        found[one.fate].append(one)
    return tuple(
        FindingPart(fate=fate, title=title, findings=tuple(found[fate]))
        for fate, title in _FATES.items()
        if found[fate]
    )


def left_out(count: int) -> str:
    """Say how much of a list is shown; empty where all is."""
    return f"{MOST} of {count:,}, all with --json." if count > MOST else ""
