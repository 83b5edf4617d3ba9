"""Runs counted: shares with exact intervals, and apart from them what crashed, timed out or couldn't be expressed."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TypeVar

from scipy.stats import binomtest

from benchmarks.proving_ground.results import Run

__all__ = ["CONFIDENCE", "Alarms", "Found", "Share", "alarms", "defects", "found", "grouped", "tools_of", "twins"]

CONFIDENCE = 0.95
_FIRST = "modelcheck"

Key = TypeVar("Key", bound=Hashable)


@lru_cache(maxsize=4096)
def _interval(hits: int, runs: int) -> tuple[float, float]:
    if runs == 0:
        return 0.0, 1.0
    both = binomtest(hits, runs).proportion_ci(CONFIDENCE, method="exact")
    return float(both.low), float(both.high)


@dataclass(frozen=True, slots=True)
class Share:
    """So many of so many runs.

    Notes
    -----
    The interval is Clopper and Pearson's (1934), exact and equal-tailed; without runs it is 0 to 1.
    """

    hits: int
    runs: int

    @property
    def value(self) -> float:
        """From 0 to 1; NaN without runs."""
        return self.hits / self.runs if self.runs else math.nan

    @property
    def low(self) -> float:
        """Lower end of the interval."""
        return _interval(self.hits, self.runs)[0]

    @property
    def high(self) -> float:
        """Upper end of the interval."""
        return _interval(self.hits, self.runs)[1]


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """How often a defect was found.

    Attributes
    ----------
    right, any, blocked : Share
        By a check that says just this, by whatever check, by one that stops the promotion. Of all runs in which the
        tool was asked: one that crashed or timed out was asked, and has found nothing.
    crashed, timed_out, not_covered : int
        Runs. What a tool can't express isn't among those of the shares.
    """

    right: Share
    any: Share
    blocked: Share
    crashed: int = 0
    timed_out: int = 0
    not_covered: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Alarms:
    """How often a clean twin raised an alarm that isn't true of it.

    Attributes
    ----------
    any, blocked : Share
        At least one false finding, at least one that stops the promotion. Of the runs that came to an end: one that
        crashed is neither an alarm nor a quiet run.
    crashed, timed_out, not_covered : int
        Runs, in none of the shares.
    """

    any: Share
    blocked: Share
    crashed: int = 0
    timed_out: int = 0
    not_covered: int = 0


def found(runs: Iterable[Run]) -> Found:
    """Count runs with a planted defect."""
    runs = list(runs)
    states = Counter(run.status for run in runs)
    asked = len(runs) - states["not covered"]
    said = [run for run in runs if run.status == "ok"]
    return Found(
        right=Share(sum(bool(run.found_right) for run in said), asked),
        any=Share(sum(bool(run.found_any) or bool(run.found_right) for run in said), asked),
        blocked=Share(sum(bool(run.blocked) for run in said), asked),
        crashed=states["crashed"],
        timed_out=states["timed out"],
        not_covered=states["not covered"],
    )


def alarms(runs: Iterable[Run]) -> Alarms:
    """Count runs of clean twins."""
    runs = list(runs)
    states = Counter(run.status for run in runs)
    said = [run for run in runs if run.status == "ok"]
    return Alarms(
        any=Share(sum(bool(run.found_any) or bool(run.blocked) for run in said), len(said)),
        blocked=Share(sum(bool(run.blocked) for run in said), len(said)),
        crashed=states["crashed"],
        timed_out=states["timed out"],
        not_covered=states["not covered"],
    )


def defects(runs: Iterable[Run], *, default: bool = True) -> list[Run]:
    """Return the runs with a planted defect, by default at the strengths at which it must be found."""
    return [run for run in runs if run.role == "defect" and (run.at_default or not default)]


def twins(runs: Iterable[Run]) -> list[Run]:
    """Return the runs of clean twins."""
    return [run for run in runs if run.role == "twin"]


def grouped(runs: Iterable[Run], key: Callable[[Run], Key]) -> dict[Key, list[Run]]:
    """Return the runs by a key, in the order in which the keys come up."""
    groups: dict[Key, list[Run]] = {}
    for run in runs:
        groups.setdefault(key(run), []).append(run)
    return groups


def tools_of(runs: Sequence[Run]) -> list[str]:
    """Return the tools' names: modelcheck, then its peers by the alphabet."""
    names = {run.tool for run in runs}
    return [*[name for name in (_FIRST,) if name in names], *sorted(names - {_FIRST})]
