"""What modelcheck is held to on the proving ground, and whether it gets there."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from fractions import Fraction

from benchmarks.proving_ground.costs import Cost, compared
from benchmarks.proving_ground.rates import Share, defects, twins
from benchmarks.proving_ground.results import Run
from benchmarks.proving_ground.tables import OURS, ends
from modelcheck.record.numbers import format_share
from modelcheck.report.room import MOST_BYTES

__all__ = ["MET", "NOT_MEASURED", "NOT_MET", "TOO_FEW", "Goal", "goals", "judge", "page_goal"]

MET, NOT_MET, TOO_FEW, NOT_MEASURED = "met", "not met", "too few runs", "not measured"

MUST_FIND = Fraction(95, 100)
MAY_ALARM = Fraction(5, 100)
SIZES = (300, 2000, 20_000)
RIVALS = ("giskard", "deepchecks")
SCAN_ROWS = 10_000
SHARE_OF_COMMON = Fraction(1, 3)
START_CPU_S = 2.0
_START = ("import", "plugin start", "pytest alone")


@dataclass(frozen=True, slots=True, kw_only=True)
class Goal:
    """One goal.

    Attributes
    ----------
    title, target : str
        What is asked.
    figure, interval, runs : str
        What was measured; the interval is empty for what is no share.
    verdict : str
        `MET`, `NOT_MET`, `TOO_FEW` or `NOT_MEASURED`.
    note : str
        What a reader of the figure should know.
    """

    title: str
    target: str
    figure: str = ""
    interval: str = ""
    runs: str = ""
    verdict: str = NOT_MEASURED
    note: str = ""


def judge(share: Share, target: Fraction, *, at_least: bool) -> str:
    """Judge a share by a target.

    Parameters
    ----------
    share : Share
        What was counted.
    target : Fraction
        Met where the share equals it.
    at_least : bool
        Whether the share must reach the target, or else must not exceed it.

    Returns
    -------
    str
        `TOO_FEW` where even a spotless result of so many runs couldn't have excluded the target, unless the interval
        says already that it is missed; else the share itself decides.
    """
    if share.runs == 0:
        return NOT_MEASURED
    wrong = share.high < target if at_least else share.low > target
    if wrong:
        return NOT_MET
    spotless = Share(share.runs, share.runs) if at_least else Share(0, share.runs)
    if (spotless.low <= target) if at_least else (spotless.high >= target):
        return TOO_FEW
    # In whole numbers: 0.95 as a float would decide at the boundary.
    least = target * share.runs
    return MET if (share.hits >= least if at_least else share.hits <= least) else NOT_MET


def goals(
    runs: Sequence[Run], costs: Sequence[Cost], without_gate: Collection[str] = (), unseen: int | None = None
) -> list[Goal]:
    """Return the goals that follow from the runs and from the costs.

    Parameters
    ----------
    runs, costs : sequence
        All of them.
    without_gate : collection of str
        Cases that no gate of modelcheck says yet: missed in the first goal, left out of the second.
    unseen : int or None
        The first seed that nothing was built on; None where they aren't told apart.
    """
    own = [run for run in runs if run.tool == OURS]
    return [*_finds(own, without_gate, unseen), *_alarms(own), *(_cheaper(costs, rival) for rival in RIVALS),
            *(_common(costs, rival) for rival in RIVALS), _starts(costs)]  # fmt: skip


def page_goal(size: int) -> Goal:
    """Return the goal on the page's own size in bytes."""
    return Goal(
        title="This page as one HTML file",
        target=f"at most {MOST_BYTES / 1e6:g} MB",
        figure=f"{size / 1e6:.2f} MB",
        verdict=MET if size <= MOST_BYTES else NOT_MET,
    )


def _shared(title: str, share: Share, target: Fraction, *, at_least: bool, note: str = "") -> Goal:
    bound = "at least" if at_least else "at most"
    return Goal(
        title=title,
        target=f"{bound} {format_share(float(target))}",
        figure=format_share(share.value),
        interval=ends(share) if share.runs else "",
        runs=f"{share.hits:,} of {share.runs:,}",
        verdict=judge(share, target, at_least=at_least),
        note=note,
    )


def _finds(own: Sequence[Run], without_gate: Collection[str], unseen: int | None) -> list[Goal]:
    # What modelcheck has no gate for is a miss in the first: a goal isn't met by leaving out.
    every = defects(own)
    said = [run for run in every if run.subject not in without_gate]
    title = "Planted defects at default strength that are found by a gate which says just this"
    lacking = list(dict.fromkeys(run.subject for run in every if run.subject in without_gate))
    made = [
        _found(f"{title}; what no gate looks for yet is missed", every, lacking),
        _found(f"{title}; cases that some gate looks for", said),
    ]
    if unseen is not None:
        fresh = [run for run in said if run.seed >= unseen]
        made += [_found(f"{title}; of these, draws that neither a case nor a check was built on", fresh)]
    return made


def _found(title: str, runs: Sequence[Run], lacking: Sequence[str] = ()) -> Goal:
    share = Share(sum(run.status == "ok" and bool(run.found_right) for run in runs), len(runs))
    cases = len({run.subject for run in runs})
    note = f"{cases:,} cases; a run that crashed or timed out has found nothing"
    note += f"; no gate yet for {', '.join(lacking)}" if lacking else ""
    return _shared(title, share, MUST_FIND, at_least=True, note=note)


def _alarms(own: Sequence[Run]) -> list[Goal]:
    runs = twins(own)
    made = [_alarm("of all sizes", runs)]
    return made + [_alarm(f"of {size:,} rows", [run for run in runs if run.rows == size]) for size in SIZES]


def _alarm(which: str, runs: Sequence[Run]) -> Goal:
    # A run that broke down is no quiet run; a goal on quietness counts it against the tool.
    broken = [run for run in runs if run.status in ("crashed", "timed out")]
    said = [run for run in runs if run.status == "ok"]
    asked = len(said) + len(broken)
    alarmed = Share(sum(bool(run.found_any) or bool(run.blocked) for run in said) + len(broken), asked)
    blocked = Share(sum(bool(run.blocked) for run in said) + len(broken), asked)
    note = f"of these blocking: {blocked.hits:,}, {format_share(blocked.value)}"
    note += f" ({ends(blocked)})" if asked else ""
    if broken:
        note += f"; {len(broken):,} that crashed or timed out count as both"
    return _shared(
        f"Clean twins {which} with a false finding or a false block", alarmed, MAY_ALARM, at_least=False,
        note=note if asked else "",
    )  # fmt: skip


def _cheaper(costs: Sequence[Cost], rival: str) -> Goal:
    return _below(
        costs, "default scan", rival, Fraction(1),
        title=f"CPU time of the default scan of {SCAN_ROWS:,} rows and 14 columns, beside that of {rival.capitalize()}",
        target="less",
    )  # fmt: skip


def _common(costs: Sequence[Cost], rival: str) -> Goal:
    return _below(
        costs, "common work", rival, SHARE_OF_COMMON,
        title=f"CPU time of the work that {rival.capitalize()} does too, on {SCAN_ROWS:,} rows and 14 columns",
        target="at most a third",
    )  # fmt: skip


def _below(costs: Sequence[Cost], what: str, rival: str, share: Fraction, *, title: str, target: str) -> Goal:
    name = next((cost.tool for cost in costs if cost.tool.lower().startswith(rival)), rival)
    pairs = compared(costs, what, OURS, name, SCAN_ROWS)
    if not pairs:
        return Goal(title=title, target=target)
    mine, theirs = (sum(took) for took in zip(*pairs.values(), strict=True))
    limit = theirs * share
    good = mine < limit if share == 1 else mine <= limit
    return Goal(
        title=title,
        target=target,
        figure=f"{mine:,.1f} s against {theirs:,.1f} s" if mine < float("inf") else "did not come to an end",
        runs=f"{len(pairs):,} model{'s' if len(pairs) > 1 else ''}",
        verdict=MET if good else NOT_MET,
        note="by model: " + ", ".join(f"{model} {own / its:.2g} times" for model, (own, its) in pairs.items()),
    )


def _starts(costs: Sequence[Cost]) -> Goal:
    title, target = "CPU time of the import and of starting the plugin", f"at most {START_CPU_S:g} s"
    known = {cost.what: cost for cost in costs if cost.tool == OURS and cost.what in _START}
    if not {"import", "plugin start"} <= known.keys():
        return Goal(title=title, target=target)
    if any(cost.cpu_s is None for cost in known.values()):
        return Goal(title=title, target=target, figure="failed", verdict=NOT_MET)
    seconds = {what: cost.cpu_s or 0.0 for what, cost in known.items()}
    total = seconds["import"] + seconds["plugin start"] - seconds.get("pytest alone", 0.0)
    return Goal(
        title=title,
        target=target,
        figure=f"{total:.2f} s",
        verdict=MET if total <= START_CPU_S else NOT_MET,
        note=", ".join(f"{what} {one:.2f} s" for what, one in seconds.items())
        + ("; what pytest takes alone is taken off" if "pytest alone" in seconds else ""),
    )
