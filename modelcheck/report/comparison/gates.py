"""Gate by gate, what became of it between two runs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from modelcheck.record.evidence import Criterion, Severity, Verdict
from modelcheck.record.schema import GateRecord, Record
from modelcheck.record.stopping import stops
from modelcheck.report.comparison.limits import LimitChange, limit_change
from modelcheck.report.comparison.movement import Movement, direction, moved
from modelcheck.report.outline import is_gate

__all__ = ["Change", "GateChange", "asked", "compare_gates", "holds_back"]

_BAD = (Verdict.FAIL, Verdict.ERROR)
_USER = "user"


class Change(StrEnum):
    """What became of a gate, in the order a reader in a hurry needs it."""

    NEWLY_STOPS = "newly_stops"
    STILL_STOPS = "still_stops"
    NOT_FIXED = "not_fixed"
    NEWLY_FAILS = "newly_fails"
    CHANGED = "changed"
    FIXED = "fixed"
    LIMIT_CHANGED = "limit_changed"
    DISAPPEARED = "disappeared"
    APPEARED = "appeared"
    NOT_ASKED = "not_asked"
    UNCHANGED = "unchanged"


@dataclass(frozen=True, slots=True, kw_only=True)
class GateChange:
    """One gate, or metric without a limit, in two runs.

    Attributes
    ----------
    id : str
        Its id; the n-th gate of an id in one run is compared with the n-th in the other.
    change : Change
        What became of it.
    old, new : GateRecord or None
        None where the run has no such gate.
    limit : LimitChange or None
        How its limit changed; None where it did not, or one of the runs lacks the gate.
    movement : Movement or None
        Where its estimate went.
    groups : mapping of str to Movement
        The same for each group that both runs measured.
    """

    id: str
    change: Change
    old: GateRecord | None
    new: GateRecord | None
    limit: LimitChange | None = None
    movement: Movement | None = None
    groups: Mapping[str, Movement] = field(default_factory=dict)

    @property
    def latest(self) -> GateRecord:
        """The gate of the newer run, else that of the older."""
        found = self.new or self.old
        assert found is not None, "one of the runs has the gate"  # noqa: S101
        return found

    @property
    def judged(self) -> bool:
        """Whether anything was at stake in either run; a metric that only informs isn't counted among gates."""
        return any(one is not None and (is_gate(one) or one.verdict is not None) for one in (self.old, self.new))


def compare_gates(old: Record, new: Record) -> tuple[GateChange, ...]:
    """Compare every gate of two records.

    Parameters
    ----------
    old, new : Record
        The earlier run and the later one.

    Returns
    -------
    tuple of GateChange
        In the order of the newer record; gates that only the older one has come last.
    """
    before, after = _numbered(old), _numbered(new)
    sides = _limits_by_metric(old, new)
    return tuple(
        _compare(key[0], before.get(key), after.get(key), old, new, sides) for key in dict.fromkeys([*after, *before])
    )


def _numbered(record: Record) -> dict[tuple[str, int], GateRecord]:
    seen: dict[str, int] = {}
    found = {}
    for gate in record.gates:
        seen[gate.id] = seen.get(gate.id, 0) + 1
        found[gate.id, seen[gate.id]] = gate
    return found


def _limits_by_metric(*records: Record) -> dict[tuple[str, str, str], list[Criterion]]:
    """Return the limits of each metric of a check: what is worse for all rows is worse in a slice."""
    found: dict[tuple[str, str, str], list[Criterion]] = {}
    for gate in (gate for record in records for gate in record.gates):
        if gate.criterion is not None and gate.estimate is not None:
            found.setdefault((gate.suite, gate.check, gate.estimate.metric), []).append(gate.criterion)
    return found


def _compare(
    name: str,
    before: GateRecord | None,
    after: GateRecord | None,
    old: Record,
    new: Record,
    sides: Mapping[tuple[str, str, str], list[Criterion]],
) -> GateChange:
    if before is None or after is None:
        return GateChange(id=name, change=_of_one(before, after, old, new), old=before, new=after)
    limit = limit_change(before.criterion, after.criterion)
    own: list[Criterion] = [one for one in (before.criterion, after.criterion) if one is not None]
    if not own and after.estimate is not None:
        own = sides.get((after.suite, after.check, after.estimate.metric), [])
    worse = direction(own)
    groups = {
        label: moved(before.groups[label], one, worse) for label, one in after.groups.items() if label in before.groups
    }
    return GateChange(
        id=name,
        change=_of_both(before, after, _profile(old), _profile(new), limit),
        old=before,
        new=after,
        limit=limit,
        movement=moved(before.estimate, after.estimate, worse),
        groups={label: one for label, one in groups.items() if one is not None},
    )


def _of_one(before: GateRecord | None, after: GateRecord | None, old: Record, new: Record) -> Change:
    """Tell what a gate is that only one of the runs has; a bad one is never lost among those that came and went."""
    if after is not None:
        if holds_back(after, _profile(new)):
            return Change.NEWLY_STOPS
        if after.verdict in _BAD:
            return Change.NEWLY_FAILS
        return Change.APPEARED if asked(old, after.suite) else Change.NOT_ASKED
    if before is not None and (holds_back(before, _profile(old)) or before.verdict in _BAD):
        return Change.NOT_FIXED
    return Change.DISAPPEARED if before is not None and asked(new, before.suite) else Change.NOT_ASKED


def _of_both(
    before: GateRecord, after: GateRecord, old_profile: str, new_profile: str, limit: LimitChange | None
) -> Change:
    stopped = holds_back(before, old_profile)
    if holds_back(after, new_profile):
        return Change.STILL_STOPS if stopped else Change.NEWLY_STOPS
    was_bad = before.verdict in _BAD or (stopped and before.verdict is not Verdict.NOT_RUN)
    # A waived gate fails, or is left open; that it holds now is a fix all the same.
    if after.verdict is Verdict.PASS and (was_bad or before.verdict is Verdict.WAIVED):
        return Change.NOT_FIXED if limit is not None and limit.looser else Change.FIXED
    if was_bad and (stopped or after.verdict not in _BAD):
        return Change.NOT_FIXED
    if after.verdict in _BAD and not was_bad:
        return Change.NEWLY_FAILS
    if before.verdict is not after.verdict:
        return Change.CHANGED
    return Change.UNCHANGED if limit is None and before.severity is after.severity else Change.LIMIT_CHANGED


def holds_back(gate: GateRecord, profile: str) -> bool:
    """Return whether a gate keeps a candidate from promotion: it stops it, or should have been run and was not."""
    return stops(gate, profile) or (gate.verdict is Verdict.NOT_RUN and gate.severity is Severity.BLOCKING)


def asked(record: Record, suite: str) -> bool:
    """Return whether a run was to ask a suite at all; ``--modelcheck-suite`` may have left it out."""
    chosen = record.run.get("suites_selected")
    if not isinstance(chosen, (list, tuple)) or not chosen:
        return True
    # Checks of the user's own have no suite to choose: they run whatever is chosen.
    return suite == _USER or suite in chosen


def _profile(record: Record) -> str:
    return str(record.run.get("profile", ""))
