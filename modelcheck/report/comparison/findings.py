"""Finding by finding, what came, what went and what stayed."""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from modelcheck.record.evidence import Finding, Verdict
from modelcheck.record.schema import GateRecord
from modelcheck.report.comparison.gates import GateChange

__all__ = ["Fate", "FindingChange", "compare_findings"]

# "s1" and "utf8" are names; a number that stands alone is a measurement and differs from run to run.
_NUMBER = re.compile(r"(?<![\w.])[-+]?\d[\d,.]*(?:e[-+]?\d+)?(?!\w)")
_LONGEST = 1000
_UNSEEN = (Verdict.ERROR, Verdict.NOT_RUN, Verdict.NOT_APPLICABLE)


class Fate(StrEnum):
    """What became of a finding; `not_looked_for` where the newer run didn't measure its gate."""

    NEW = "new"
    GONE = "gone"
    STILL = "still"
    NOT_LOOKED_FOR = "not_looked_for"


@dataclass(frozen=True, slots=True, kw_only=True)
class FindingChange:
    """One finding in two runs.

    Attributes
    ----------
    gate : str
        Id of its gate.
    fate : Fate
        What became of it.
    old, new : Finding or None
        None where the run has none like it.
    looked_then : bool
        Whether the older run measured the gate; what is new otherwise may have been there before.
    """

    gate: str
    fate: Fate
    old: Finding | None
    new: Finding | None
    looked_then: bool = True

    @property
    def latest(self) -> Finding:
        """The finding of the newer run, else that of the older."""
        found = self.new or self.old
        assert found is not None, "one of the runs has the finding"  # noqa: S101
        return found


def compare_findings(gates: Sequence[GateChange]) -> tuple[FindingChange, ...]:
    """Compare the findings of gates that were compared.

    Parameters
    ----------
    gates : sequence of GateChange
        All gates of both runs.

    Returns
    -------
    tuple of FindingChange
        Gate by gate: the newer run's findings in their order, then those that only the older one has. Findings belong
        together if slice and title are equal, else if the slice is (titles tell numbers), else, without a slice, if
        the titles differ in numbers only; what could belong to several is not paired.
    """
    found: list[FindingChange] = []
    for gate in gates:
        then = gate.old.findings if gate.old is not None else ()
        now = gate.new.findings if gate.new is not None else ()
        if then or now:
            found += _of_gate(gate, then, now)
    return tuple(found)


def _of_gate(gate: GateChange, then: Sequence[Finding], now: Sequence[Finding]) -> Iterable[FindingChange]:
    pairs = _pairs(then, now)
    for place, finding in enumerate(now):
        partner = pairs.get(place)
        yield FindingChange(
            gate=gate.id,
            fate=Fate.NEW if partner is None else Fate.STILL,
            old=None if partner is None else then[partner],
            new=finding,
            looked_then=_measured(gate.old),
        )
    kept = set(pairs.values())
    fate = Fate.GONE if _measured(gate.new) else Fate.NOT_LOOKED_FOR
    for place, finding in enumerate(then):
        if place not in kept:
            yield FindingChange(gate=gate.id, fate=fate, old=finding, new=None)


def _measured(gate: GateRecord | None) -> bool:
    return gate is not None and gate.verdict not in _UNSEEN


def _pairs(then: Sequence[Finding], now: Sequence[Finding]) -> dict[int, int]:
    """Return which finding of `now` is which of `then`, by place."""
    before = _numbered(then)
    pairs = {place: before[name] for name, place in _numbered(now).items() if name in before}
    for key in (_by_slice, _but_for_numbers):
        kept = set(pairs.values())
        left = _unique(key, ((place, one) for place, one in enumerate(then) if place not in kept))
        right = _unique(key, ((place, one) for place, one in enumerate(now) if place not in pairs))
        pairs |= {place: left[name] for name, place in right.items() if name in left}
    return pairs


def _numbered(findings: Sequence[Finding]) -> dict[Hashable, int]:
    """Return the place of each finding by slice, title and how often both came before."""
    seen: dict[Hashable, int] = {}
    places: dict[Hashable, int] = {}
    for place, finding in enumerate(findings):
        name = (finding.slice, finding.title)
        seen[name] = seen.get(name, 0) + 1
        places[name, seen[name]] = place
    return places


def _unique(key: Callable[[Finding], Hashable], findings: Iterable[tuple[int, Finding]]) -> dict[Hashable, int]:
    """Return places by key, without keys that several have."""
    found: dict[Hashable, list[int]] = {}
    for place, finding in findings:
        if (name := key(finding)) is not None:
            found.setdefault(name, []).append(place)
    return {name: places[0] for name, places in found.items() if len(places) == 1}


def _by_slice(finding: Finding) -> Hashable:
    return finding.slice


def _but_for_numbers(finding: Finding) -> Hashable:
    return _NUMBER.sub("#", finding.title[:_LONGEST]) if finding.slice is None else None
