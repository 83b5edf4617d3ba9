"""What would raise the score, cheapest first: only sections that decide it, because the others can't."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from modelcheck.record.evidence import Verdict
from modelcheck.record.readiness import How
from modelcheck.report.readiness.rubric import MOST
from modelcheck.report.readiness.scoring import Readiness, Scored, SectionScore, Status
from modelcheck.report.text import shorten

__all__ = ["Step", "steps", "what_it_takes"]

_RUN, _RENEW, _GATE, _DECLARE, _AUTOMATE = range(0, 50, 10)
_OPEN = {
    Verdict.INCONCLUSIVE: "was inconclusive: its reason says what would decide it",
    Verdict.ERROR: "broke: mend it",
    Verdict.NOT_RUN: "was planned and not run: run it",
    Verdict.NOT_APPLICABLE: "did not apply here",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """Something to do.

    Attributes
    ----------
    items : tuple of str
        The items it raises.
    gain : float
        Points for their section.
    text : str
        What to do.
    """

    items: tuple[str, ...]
    gain: float
    text: str


def steps(readiness: Readiness, most: int = 3) -> tuple[Step, ...]:
    """Return the cheapest steps.

    Parameters
    ----------
    readiness : Readiness
        A score.
    most : int
        How many.

    Returns
    -------
    tuple of Step
        Of the lowest section; where several are lowest they take turns, because each of them has to rise. First what
        only needs another way of running, then evidence that only needs renewing, then gates that a line of the
        configuration turns on, then what can be done by hand and declared, by our estimate of the work.
    """
    if readiness.score >= MOST:
        return ()
    ranked = [sorted(_steps_of(section, readiness), key=lambda one: one[0]) for section in readiness.lowest]
    longest = max((len(one) for one in ranked), default=0)
    turns = [one[place] for place in range(longest) for one in ranked if place < len(one)]
    return tuple(step for _, step in turns[:most])


def _steps_of(section: SectionScore, readiness: Readiness) -> Iterator[tuple[int, Step]]:
    # Where gates don't count in full, one other way of running them raises all of their items.
    by_hand = [one for one in section.items if one.judged and one.status is Status.MANUAL]
    if by_hand:
        ids = tuple(one.item.id for one in by_hand)
        text = "Run these gates in a pipeline, in profile ci or release, at every change of the model."
        yield _RUN, Step(items=ids, gain=0.5 * len(ids), text=text)
    for one in section.items:
        if one.status is Status.AUTOMATED or (one.judged and one.status is Status.MANUAL):
            continue
        rank, gain = _rank(one, readiness)
        yield rank + one.item.effort, Step(items=(one.item.id,), gain=gain, text=what_it_takes(one))


def _rank(one: Scored, readiness: Readiness) -> tuple[int, float]:
    if one.status is Status.MANUAL:
        return _AUTOMATE, 0.5
    if one.declaration is not None:
        return _RENEW, 1.0 if one.declaration.how is How.AUTOMATED else 0.5
    applies = not one.undecided or any(gate.verdict != Verdict.NOT_APPLICABLE for gate in one.undecided)
    if one.item.gates and not one.item.announced and applies:
        return _GATE, 1.0 if readiness.repeated else 0.5
    return _DECLARE, 0.5


def what_it_takes(one: Scored) -> str:
    """Return what would give an item its next half point; empty where it has all of them."""
    item = one.item
    if one.status is Status.AUTOMATED:
        return ""
    if one.status is Status.MANUAL:
        if one.judged:
            return "Run these gates in a pipeline, in profile ci or release."
        return 'Let a system repeat it, and declare how = "automated".'
    if one.declaration is not None:
        return f"Renew the declaration of {item.id}: {one.doubt}. {item.declare}"
    parts = []
    if one.undecided:
        parts.append(_undecided(one))
    elif item.gates and not item.announced:
        parts.append(item.configure)
    parts.append(f"{'Or by' if parts else 'By'} hand: {item.declare}")
    if item.announced:
        names = ", ".join(dict.fromkeys(gate.replace("::", ".", 1) for gate in item.gates))
        parts.append(f"Announced, not in this version: {names}.")
    return " ".join(parts)


def _undecided(one: Scored) -> str:
    gate = next((gate for gate in one.undecided if gate.verdict is not None), one.undecided[0])
    name = shorten(gate.id, 100)
    if gate.verdict is None:
        return f"{name} is measured without a limit: give it one."
    return f"{name} {_OPEN[Verdict(gate.verdict)]}."
