"""Rates as tables that any page can write down: words only, no markup."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median

from benchmarks.proving_ground.rates import Alarms, Found, Share, alarms, defects, found, grouped, tools_of, twins
from benchmarks.proving_ground.results import Run
from benchmarks.proving_ground.trial import Case
from modelcheck.record.numbers import format_share
from modelcheck.report.text import shorten

__all__ = [
    "OURS",
    "Cell",
    "Table",
    "alarm_table",
    "ends",
    "found_tables",
    "name_of",
    "side_by_side",
    "strength_table",
    "twin_table",
]

OURS = "modelcheck"
_NAME = 80
_MOST_ALARMS = 12
_GOOD, _BAD = 0.95, 0.5


@dataclass(frozen=True, slots=True)
class Cell:
    """What stands in a cell: the figure, what belongs to it, and whether it is ``good``, ``bad`` or neither."""

    text: str
    note: str = ""
    tone: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A table whose first column names the rows.

    Attributes
    ----------
    caption : str
    columns : tuple of str
    rows : tuple of tuple of Cell
    wholes : frozenset of int
        Places of rows that sum up others.
    """

    caption: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    wholes: frozenset[int] = frozenset()


def name_of(text: str) -> str:
    """Return a name from the results, short enough for a cell."""
    return shorten(text, _NAME) or "(empty)"


def side_by_side(runs: Sequence[Run]) -> Table:
    """Return one row a tool, over all cases and twins."""
    rows = []
    for tool in tools_of(runs):
        own = [run for run in runs if run.tool == tool]
        planted, clean = found(defects(own)), alarms(twins(own))
        asked = {run.subject for run in defects(own)}
        expressed = {run.subject for run in defects(own) if run.status != "not covered"}
        cpu = [run.cpu_s for run in own if run.status == "ok" and run.cpu_s is not None]
        rows.append(
            (
                Cell(name_of(tool)),
                _share(planted.right),
                _share(planted.any),
                _ours(runs, own) if tool != OURS else Cell("the same", tone="none"),
                Cell(f"{len(asked - expressed):,}", f"of {len(asked):,}"),
                _share(clean.any),
                _share(clean.blocked),
                Cell(f"{sum(run.status == 'crashed' for run in own):,}", _timed_out(own)),
                Cell(f"{median(cpu):.1f} s" if cpu else "n/a"),
            )
        )
    columns = (
        *("Tool", "Defects found by the right check", "by any check", f"By {OURS}'s right check, on the same draws"),
        "Cases it can't express",
        *("Clean twins with a false alarm", "with a false block", "Crashed runs", "CPU time of a run, median"),
    )
    return Table(caption="Defects at default strength, of what a tool can express", columns=columns, rows=tuple(rows))


def _ours(runs: Sequence[Run], peers: Sequence[Run]) -> Cell:
    """Return what modelcheck found of the very defects that a peer was asked about and can express."""
    asked = {_draw(run) for run in defects(peers) if run.status != "not covered"}
    return _share(found(run for run in defects(runs) if run.tool == OURS and _draw(run) in asked).right)


def _draw(run: Run) -> tuple[object, ...]:
    return run.subject, run.rows, run.seed, run.strength


def found_tables(runs: Sequence[Run], cases: Mapping[str, Case]) -> dict[str, Table]:
    """Return one table a family: cases by tools, at default strength, and the family as a whole."""
    tools = tools_of(runs)
    made = {}
    for family, members in grouped(defects(runs), lambda run: run.family).items():
        rows = []
        for subject, same in grouped(members, lambda run: run.subject).items():
            case = cases.get(subject)
            about = Cell(name_of(subject), shorten(case.about, 200) if case else "")
            rows.append((about, *(_found([run for run in same if run.tool == tool], case) for tool in tools)))
        whole = (Cell("All of them"), *(_found([run for run in members if run.tool == tool]) for tool in tools))
        made[name_of(family)] = Table(
            caption="Share of runs in which the right check found the defect",
            columns=("Planted", *map(name_of, tools)),
            rows=(*rows, whole),
            wholes=frozenset({len(rows)}),
        )
    return made


def twin_table(runs: Sequence[Run]) -> Table:
    """Return the clean twins: bases and sizes by tools, then each size, then all."""
    tools, clean = tools_of(runs), twins(runs)
    rows = []
    for (base, size), same in sorted(grouped(clean, lambda run: (run.base or run.subject, run.rows)).items()):
        rows.append((Cell(name_of(base), f"{size:,} rows"), *_alarmed(same, tools)))
    single = len(rows)
    for size, same in sorted(grouped(clean, lambda run: run.rows).items()):
        rows.append((Cell("All bases", f"{size:,} rows"), *_alarmed(same, tools)))
    if clean:
        rows.append((Cell("All bases", "all sizes"), *_alarmed(clean, tools)))
    return Table(
        caption="Share of runs with at least one false alarm",
        columns=("Clean twin", *map(name_of, tools)),
        rows=tuple(rows),
        wholes=frozenset(range(single, len(rows))),
    )


def alarm_table(runs: Sequence[Run]) -> Table:
    """Return what raised the false alarms, of each tool the most frequent."""
    rows = []
    for tool in tools_of(runs):
        said = [run for run in twins(runs) if run.tool == tool and run.status == "ok"]
        counts = Counter(alarm for run in said for alarm in set(run.alarms))
        for alarm, count in sorted(counts.items(), key=lambda item: (-item[1], item[0]))[:_MOST_ALARMS]:
            where = sorted({f"{run.base or run.subject} at {run.rows:,}" for run in said if alarm in run.alarms})
            rows.append((Cell(name_of(tool)), Cell(name_of(alarm)), _share(Share(count, len(said))),
                         Cell(shorten(", ".join(where), 160))))  # fmt: skip
        if len(counts) > _MOST_ALARMS:
            rest = f"and {len(counts) - _MOST_ALARMS:,} others, less often"
            rows.append((Cell(name_of(tool)), Cell(rest), Cell(""), Cell("")))
    columns = ("Tool", "What was said of clean twins", "Runs", "Where")
    return Table(caption="False alarms by what raised them", columns=columns, rows=tuple(rows))


def strength_table(runs: Sequence[Run], cases: Mapping[str, Case]) -> Table:
    """Return the numbers of the power curves: cases and strengths, from faint to plain, by tools."""
    tools = tools_of(runs)
    rows = []
    for subject, same in grouped(defects(runs, default=False), lambda run: run.subject).items():
        order = list(cases[subject].strengths) if subject in cases else []
        by_strength = sorted(
            grouped(same, lambda run: run.strength or 0.0).items(),
            key=lambda item: (order.index(item[0]) if item[0] in order else len(order), item[0]),
        )
        for strength, members in by_strength if len(by_strength) > 1 else []:
            default = "default" if any(run.at_default for run in members) else ""
            rows.append((Cell(name_of(subject)), Cell(f"{strength:g}", default),
                         *(_found([run for run in members if run.tool == tool]) for tool in tools)))  # fmt: skip
    columns = ("Planted", "Strength", *map(name_of, tools))
    return Table(caption="Share of runs in which the right check found it", columns=columns, rows=tuple(rows))


def _alarmed(runs: Sequence[Run], tools: Sequence[str]) -> list[Cell]:
    return [_alarm([run for run in runs if run.tool == tool]) for tool in tools]


def _found(runs: Sequence[Run], case: Case | None = None) -> Cell:
    counted = found(runs)
    if not counted.right.runs:
        return Cell("not covered" if counted.not_covered else "not run", tone="none")
    notes = [f"{ends(counted.right, 0)}, n {counted.right.runs:,}"]
    if counted.any.hits != counted.right.hits:
        notes.append(f"any check {format_share(counted.any.value, 0)}")
    if case is not None and not case.gates and runs[0].tool == "modelcheck":
        notes.append("no gate for it yet")
    share = counted.right.value
    tone = "good" if share >= _GOOD else "bad" if share < _BAD else ""
    return Cell(format_share(share, 0), "\n".join([*notes, *_apart(counted)]), tone)


def _alarm(runs: Sequence[Run]) -> Cell:
    counted = alarms(runs)
    if not counted.any.runs:
        word = "no run came to an end" if counted.crashed or counted.timed_out else "not run"
        return Cell("not covered" if counted.not_covered else word, "\n".join(_apart(counted)), "none")
    notes = [f"{ends(counted.any)}, n {counted.any.runs:,}", f"blocked {format_share(counted.blocked.value)}"]
    tone = "good" if counted.any.value <= 1 - _GOOD else "bad" if counted.any.value > 1 - _BAD else ""
    return Cell(format_share(counted.any.value), "\n".join([*notes, *_apart(counted)]), tone)


def _apart(counted: Found | Alarms) -> list[str]:
    pairs = ((counted.crashed, "crashed"), (counted.timed_out, "timed out"), (counted.not_covered, "not covered"))
    return [f"{count:,} {word}" for count, word in pairs if count]


def ends(share: Share, decimals: int = 1) -> str:
    """Return the interval in words.

    Examples
    --------
    >>> ends(Share(0, 100)), ends(Share(50, 100), 0)
    ('0 to 3.6 %', '40 to 60 %')
    """
    return f"{format_share(share.low, decimals).removesuffix(' %')} to {format_share(share.high, decimals)}"


def _share(share: Share) -> Cell:
    if math.isnan(share.value):
        return Cell("n/a", tone="none")
    return Cell(format_share(share.value), f"{ends(share)}, n {share.runs:,}")


def _timed_out(runs: Sequence[Run]) -> str:
    count = sum(run.status == "timed out" for run in runs)
    return f"and {count:,} timed out" if count else ""
