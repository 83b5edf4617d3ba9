"""Everything that the page says, in words and in its order; Markdown and HTML only write it down."""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from benchmarks.proving_ground.accounts import Asked, Crash, crashes, mappings, missed, not_covered, true_of_twins
from benchmarks.proving_ground.cells import UNSEEN
from benchmarks.proving_ground.costs import Cost
from benchmarks.proving_ground.curves import Curve, curves
from benchmarks.proving_ground.goals import MET, NOT_MEASURED, NOT_MET, TOO_FEW, Goal, goals
from benchmarks.proving_ground.rates import defects, tools_of, twins
from benchmarks.proving_ground.results import Run
from benchmarks.proving_ground.setting import installed, speed
from benchmarks.proving_ground.tables import Table, alarm_table, found_tables, side_by_side, strength_table, twin_table
from benchmarks.proving_ground.trial import Base, Case

__all__ = ["READING", "ROOMS", "Facts", "Room", "View", "headline", "view"]

TITLE = "The proving ground: planted defects found, clean twins left alone"

READING = (
    "A case plants one defect, deliberately, into a model or table that is healthy otherwise; its clean twin is the "
    "same without the defect. Every run draws both anew from its seed.",
    f"Cases, checks and adapters were built while looking at low seeds. Seeds of {UNSEEN:,} and above were looked at "
    "by nobody before the run; the peers were asked at seed 0, and about clean twins at 1 too.",
    "Found by the right check means that a check which says just this failed. By any check: whatever failed, also for "
    "another reason. A tool that alarms on everything finds everything by any check: read it beside the clean twins.",
    "Intervals are exact (Clopper and Pearson), at 95 %. Where runs of several cases are pooled, those with one base "
    "and seed share their rows: the interval is then somewhat too narrow, and it holds for these cases only.",
    "A run that crashed or timed out has found nothing and is counted so; beside it stands how many there were. On a "
    "clean twin it is neither an alarm nor a quiet run, and is left out of the share. Only in the goals, which "
    "modelcheck is held to, is it an alarm.",
    "What a tool has no way to express isn't counted as missed. How the tools were asked, and which of their findings "
    "count for which case, stands with the tools: each has its documented defaults, and the benefit of the doubt.",
    "The strengths of a case go from faint to plain. The default (dashed in the drawings) is what a practitioner would "
    "call a serious defect; fainter ones show where the sight of a check ends.",
    "A goal is met where the figure itself meets it. Too few runs: even a spotless result of so many could not have "
    "shown it.",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Room:
    """The parts of the page that grow with the results; what finds no place is counted."""

    missed: int
    crashes: int
    traceback: int
    drawn: int


ROOMS = (
    Room(missed=200, crashes=25, traceback=4000, drawn=150),
    Room(missed=80, crashes=10, traceback=1500, drawn=80),
    Room(missed=20, crashes=3, traceback=600, drawn=0),
)
"""Tried one after the other until the page is small enough."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What was read: the page is made from it and from nothing else, but for the date and the machine.

    Attributes
    ----------
    environments : sequence of mapping
        ``tool``, ``packages``, ``mb`` of each tool's environment.
    command : str
        Makes the page again.
    left : int
        Runs of the plan that have no result yet: said on the page.
    sample : sequence of mapping
        Cells that were run by scan and as a user, with ``gates`` compared and ``faults`` that nothing explains.
    """

    runs: Sequence[Run]
    costs: Sequence[Cost]
    environments: Sequence[Mapping[str, object]]
    cases: Mapping[str, Case]
    bases: Mapping[str, Base]
    command: str
    date: datetime.date
    machine: str
    sample: Sequence[Mapping[str, object]] = ()
    left: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """The page's parts."""

    title: str
    about: tuple[tuple[str, str], ...]
    command: str
    goals: tuple[Goal, ...]
    tools: tuple[str, ...]
    installed: Table
    beside: Table
    families: Mapping[str, Table]
    twins: Table
    alarms: Table
    true_of_twins: Table
    curves: tuple[Curve, ...]
    undrawn: int
    strengths: Table
    missed: Table
    missed_left: int
    crashes: tuple[Crash, ...]
    crashes_left: int
    speed: Table
    not_covered: Table
    mappings: tuple[Asked, ...]


def headline(view: View) -> str:
    """Return how many goals are met, in a sentence."""
    words = [f"{sum(goal.verdict == MET for goal in view.goals)} of {len(view.goals)} goals are met"]
    for verdict, word in ((NOT_MET, "not met"), (TOO_FEW, "had too few runs to tell"), (NOT_MEASURED, "not measured")):
        count = sum(goal.verdict == verdict for goal in view.goals)
        words += [f"{count} {word}"] if count else []
    return ", ".join(words) + "."


def view(facts: Facts, room: Room = ROOMS[0]) -> View:
    """Return the page's parts, in so much room."""
    runs, cases = facts.runs, facts.cases
    lost, lost_left = missed(runs, room.missed)
    broken, broken_left = crashes(runs, room.crashes, room.traceback)
    drawn, undrawn = curves(runs, cases, room.drawn)
    every = defects(runs, default=False)
    planted = {run.subject for run in every}
    about = (
        ("Date", facts.date.isoformat()),
        ("Machine", facts.machine),
        ("Runs", f"{len(runs):,}"),
        ("Defects", f"{len(planted):,} cases in {len({run.family for run in every}):,} families"),
        ("Clean twins", f"{len(twins(runs)):,} runs of {len({run.subject for run in twins(runs)}):,} bases"),
    )
    if facts.left:
        about += (("Left to run", f"{facts.left:,} of {len(runs) + facts.left:,} runs planned: this is a part"),)
    if facts.sample:
        about += (("Run as a user does", _as_users(facts.sample)),)
    return View(
        title=TITLE,
        about=about,
        command=facts.command,
        goals=tuple(goals(runs, facts.costs, {name for name, case in cases.items() if not case.gates}, UNSEEN)),
        tools=tuple(tools_of(runs)),
        installed=installed(runs, facts.environments),
        beside=side_by_side(runs),
        families=found_tables(runs, cases),
        twins=twin_table(runs),
        alarms=alarm_table(runs),
        true_of_twins=true_of_twins(facts.bases),
        curves=tuple(drawn),
        undrawn=undrawn,
        strengths=strength_table(runs, cases),
        missed=lost,
        missed_left=lost_left,
        crashes=tuple(broken),
        crashes_left=broken_left,
        speed=speed(facts.costs),
        not_covered=not_covered(runs),
        mappings=tuple(mappings(cases)),
    )


def _as_users(sample: Sequence[Mapping[str, object]]) -> str:
    """Say whether configuration, pytest and record.json told the same as the scans that all figures come from."""
    gates = sum(int(str(row["gates"])) for row in sample)
    faults = sum(len(row["faults"]) for row in sample if isinstance(row["faults"], list))
    said = f"{faults:,} differences that nothing explains" if faults else "no difference that isn't explained"
    return f"{len(sample):,} cells once more by configuration, pytest and record.json: {gates:,} gates, {said}"
