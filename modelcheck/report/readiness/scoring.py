"""The ML Test Score of a record: half a point for what was done by hand, a point for what a system repeats."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from fnmatch import fnmatchcase

from modelcheck.record.evidence import Severity, Verdict
from modelcheck.record.readiness import Declaration, How
from modelcheck.record.schema import GateRecord, Record
from modelcheck.report.readiness.rubric import ITEMS, SECTIONS, Item, meaning

__all__ = ["Readiness", "Scored", "SectionScore", "Status", "assess", "shows"]

_JUDGED = (Verdict.FAIL, Verdict.WAIVED, Verdict.PASS)
_REPEATED = ("ci", "release")
_YEAR = datetime.timedelta(days=365)
_POINTS = {How.MANUAL: 0.5, How.AUTOMATED: 1.0}


class Status(StrEnum):
    """How an item is met."""

    AUTOMATED = "automated"
    MANUAL = "manual"
    MISSING = "missing"


@dataclass(frozen=True, slots=True, kw_only=True)
class Scored:
    """One item and what is known of it.

    Attributes
    ----------
    item : Item
        The item.
    status : Status
        How it is met.
    judged : tuple of GateRecord
        Gates that ran and were judged, those that fail first, then waived ones: each counts.
    undecided : tuple of GateRecord
        Gates of this item that don't count: measured without a limit, inconclusive, broken, not run or not applicable.
    declaration : Declaration or None
        What is declared, whether or not it counts.
    doubt : str
        Why the declaration doesn't count; empty where it does or there is none.
    """

    item: Item
    status: Status
    judged: tuple[GateRecord, ...] = ()
    undecided: tuple[GateRecord, ...] = ()
    declaration: Declaration | None = None
    doubt: str = ""

    @property
    def points(self) -> float:
        """Points: 1, 0.5 or 0."""
        return {Status.AUTOMATED: 1.0, Status.MANUAL: 0.5, Status.MISSING: 0.0}[self.status]

    @property
    def fails(self) -> bool:
        """Whether one of its gates fails: the test is there, and its answer is no."""
        return any(gate.verdict == Verdict.FAIL for gate in self.judged)


@dataclass(frozen=True, slots=True, kw_only=True)
class SectionScore:
    """One section and the sum of its seven items."""

    key: str
    title: str
    points: float
    items: tuple[Scored, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Readiness:
    """The ML Test Score of one model.

    Attributes
    ----------
    name : str
        The model's.
    score : float
        The smallest of the sections' sums, from 0 to 7.
    sections : tuple of SectionScore
        In the order of the paper.
    day : date or None
        The day on which declarations had to hold; None: unknown, so none could be shown to hold.
    repeated : bool
        Whether gates count as run by a system that repeats them.
    basis : str
        Why they do or don't.
    declared : int or None
        How many declarations there are; None where none were looked for.
    """

    name: str
    score: float
    sections: tuple[SectionScore, ...]
    day: datetime.date | None
    repeated: bool
    basis: str
    declared: int | None

    @property
    def meaning(self) -> str:
        """What the score stands for."""
        return meaning(self.score)

    @property
    def lowest(self) -> tuple[SectionScore, ...]:
        """The sections that decide the score."""
        return tuple(one for one in self.sections if one.points == self.score)

    @property
    def items(self) -> tuple[Scored, ...]:
        """All items in order."""
        return tuple(one for section in self.sections for one in section.items)


def assess(
    record: Record, declarations: Sequence[Declaration] | None = None, today: datetime.date | None = None
) -> Readiness:
    """Return the ML Test Score of a record.

    Parameters
    ----------
    record : Record
        Any run, also an old one.
    declarations : sequence of Declaration, optional
        Instead of those in the record.
    today : date, optional
        The day on which declarations have to hold; default: that of the run, so that a record always gives the same
        page.

    Returns
    -------
    Readiness
        A gate counts where it ran and was judged, also when it fails or is waived: the test is there. A declaration
        counts through its last day, or for 365 days where it names none. Of gate and declaration the one with more
        points counts.

    References
    ----------
    Breck, E. et al. (2017), section VI: half a point for a test executed by hand with its results documented and
    distributed, a full point where a system runs it automatically and repeatedly; the score is the minimum of the
    sums of the four sections.
    """
    known = record.readiness if declarations is None else tuple(declarations)
    by_item: dict[str, Declaration] = {}
    for one in known or ():
        by_item.setdefault(one.id, one)
    day = today or _day_of(record)
    repeated, basis = _repetition(record)
    scored = [_scored(item, record.gates, by_item.get(item.id), day, repeated) for item in ITEMS]
    sections = []
    for key, title in SECTIONS.items():
        items = tuple(one for one in scored if one.item.section == key)
        sections.append(SectionScore(key=key, title=title, points=sum(one.points for one in items), items=items))
    return Readiness(
        name=record.name,
        score=min(one.points for one in sections),
        sections=tuple(sections),
        day=day,
        repeated=repeated,
        basis=basis,
        declared=None if known is None else len(known),
    )


def shows(item: Item, gate: GateRecord) -> bool:
    """Return whether a gate is one of those that show an item, whatever came out of it."""
    if item.blocking and gate.severity != Severity.BLOCKING:
        return False
    for pattern in item.gates:
        suite, check, *part = pattern.split("::")
        if gate.suite == suite and fnmatchcase(gate.check, check) and (not part or gate.slice is not None):
            return True
    return False


def _scored(
    item: Item, gates: Sequence[GateRecord], declaration: Declaration | None, day: datetime.date | None, repeated: bool
) -> Scored:
    own = [gate for gate in gates if shows(item, gate)]
    judged = sorted((gate for gate in own if gate.verdict in _JUDGED), key=lambda gate: _JUDGED.index(_verdict(gate)))
    doubt = "" if declaration is None else _doubt(declaration, day)
    points = 0.0
    if judged:
        points = _POINTS[How.AUTOMATED if repeated else How.MANUAL]
    if declaration is not None and not doubt:
        points = max(points, _POINTS[How(declaration.how)])
    return Scored(
        item=item,
        status=Status.AUTOMATED if points == 1.0 else Status.MANUAL if points else Status.MISSING,
        judged=tuple(judged),
        undecided=tuple(gate for gate in own if gate.verdict not in _JUDGED),
        declaration=declaration,
        doubt=doubt,
    )


def _verdict(gate: GateRecord) -> Verdict:
    return Verdict(gate.verdict or Verdict.NOT_RUN)


def _doubt(declaration: Declaration, day: datetime.date | None) -> str:
    """Return why a declaration doesn't count; empty where it does."""
    if day is None:
        return "the record does not say when it was written, so nobody can tell whether this still holds"
    # A run tells its day in UTC; where the sun rises earlier, the result of that morning bears the next one.
    if declaration.date > day and declaration.date - day > datetime.timedelta(days=1):
        return f"it is dated {declaration.date}, after {day}"
    if declaration.expires is not None:
        return f"it expired on {declaration.expires}" if declaration.expires < day else ""
    if day - declaration.date > _YEAR:
        return f"it is of {declaration.date}, over a year old, and says nothing of how long it holds"
    return ""


def _day_of(record: Record) -> datetime.date | None:
    try:
        return datetime.date.fromisoformat(str(record.run.get("started", ""))[:10])
    except ValueError:
        return None


def _repetition(record: Record) -> tuple[bool, str]:
    """Return whether gates count as repeated by a system, and why: a single record can't prove it."""
    profile = record.run.get("profile")
    if str(record.run.get("command", "")).startswith("modelcheck.scan"):
        return False, "The record is of a scan, which a person starts, so gates count as done by hand: half a point."
    if profile in _REPEATED:
        return True, (
            f"Gates count as automated because the run's profile is {profile}, which is meant for a system that "
            "repeats them. One record can't prove that it does: where somebody starts these runs by hand, each item "
            "they show is worth half a point."
        )
    why = "dev" if profile == "dev" else "unknown"
    return False, (
        f"The run's profile is {why}, so gates count as done by hand: half a point. In profile ci or release they "
        "count in full."
    )
