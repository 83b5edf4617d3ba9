"""A gate's turn in words and numbers, as every face of a comparison tells it."""

from __future__ import annotations

from collections.abc import Iterator

from modelcheck.record.evidence import Criterion, Estimate, Finding
from modelcheck.record.numbers import (
    decimals_for,
    format_interval,
    format_limit,
    format_measured,
    format_range,
    format_value,
)
from modelcheck.record.schema import GateRecord
from modelcheck.report.comparison.comparison import Comparison
from modelcheck.report.comparison.findings import FindingChange
from modelcheck.report.comparison.gates import GateChange, asked
from modelcheck.report.comparison.movement import Movement, Reach, Shift
from modelcheck.report.comparison.premises import same_answers
from modelcheck.report.glossary import VERDICTS
from modelcheck.report.outline import gate_sentence, untold_numbers, worst_group
from modelcheck.report.text import group_words, shorten

__all__ = [
    "changes",
    "effects",
    "movement_words",
    "now_words",
    "numbers",
    "rows_note",
    "state_words",
    "then_words",
    "turn",
]

_MARK = "..."
_SHIFTS = {
    Shift.WORSE: "worse",
    Shift.BETTER: "better",
    Shift.UP: "moved up",
    Shift.DOWN: "moved down",
    Shift.SAME: "the same",
}
_REACHES = {
    Reach.BEYOND: "beyond both intervals",
    Reach.WITHIN: "within intervals",
    Reach.UNPROVEN: "but an interval is missing or proves nothing",
}


def turn(gate: GateChange, comparison: Comparison) -> str:
    """Return a gate's verdicts, e.g. ``was pass, now fail (blocking)``."""
    if gate.old is None or gate.new is None:
        return _came_or_went(gate, comparison)
    old, new = _word(gate.old), _word(gate.new)
    severity = str(gate.new.severity)
    if gate.old.severity is not gate.new.severity:
        severity = f"{gate.old.severity} then, {severity} now"
    return f"{f'still {new}' if old == new else f'was {old}, now {new}'} ({severity})"


def _came_or_went(gate: GateChange, comparison: Comparison) -> str:
    if gate.new is not None:
        then = "not there before" if asked(comparison.old, gate.new.suite) else "not asked then"
        return f"{then}, now {_word(gate.new)} ({gate.new.severity})"
    now = "gone now" if asked(comparison.new, gate.latest.suite) else "not asked now"
    return f"was {_word(gate.latest)}, {now} ({gate.latest.severity})"


def _word(gate: GateRecord) -> str:
    return VERDICTS["metric" if gate.verdict is None else str(gate.verdict)][1]


def numbers(estimate: Estimate, criterion: Criterion | None, decimals: int | None = None) -> str:
    """Return an estimate with its interval and n; a difference from the baseline bears its sign."""
    if decimals is None:
        decimals = decimals_for(estimate.value, estimate.low, estimate.high)
    sign = "+" if format_measured(estimate, criterion, decimals).startswith("+") else ""
    doubt = f"; proves nothing: {shorten(estimate.unproven, 120, _MARK)}" if estimate.unproven else ""
    return f"{sign}{format_interval(estimate, decimals)}{doubt}"


def state_words(gate: GateRecord | None) -> str:
    """Return verdict and numbers of a gate for a table; empty without a gate."""
    if gate is None:
        return ""
    told = "" if gate.estimate is None else numbers(gate.estimate, gate.criterion)
    return ", ".join(part for part in ("" if gate.verdict is None else _word(gate), told) if part)


def then_words(gate: GateRecord) -> str:
    """Return what the older run measured, and the limit then; its reason where it measured nothing."""
    if gate.estimate is None:
        return gate_sentence(gate)
    return numbers(gate.estimate, gate.criterion) + _limit(gate)


def now_words(gate: GateRecord) -> str:
    """Return what the newer run says of a gate: its sentence, and the numbers and limit that the sentence lacks."""
    said = gate_sentence(gate)
    if gate.estimate is None or not untold_numbers(gate):
        return said
    told = numbers(gate.estimate, gate.criterion) + _limit(gate)
    return f"{told}\n{said}" if gate.reason or gate.reading else told


def _limit(gate: GateRecord) -> str:
    return "" if gate.criterion is None else f", limit {format_limit(gate.criterion)}"


def changes(gate: GateChange) -> str:
    """Return what else changed, in one line: where the estimate went, the limit, what makes both hard to compare."""
    return "; ".join(_changes(gate))


def _changes(gate: GateChange) -> Iterator[str]:
    if gate.movement is not None:
        yield movement_words(gate.movement)
    if gate.limit is not None:
        yield gate.limit.words
    if gate.old is None or gate.new is None:
        return
    if gate.old.severity is not gate.new.severity:
        yield f"severity {gate.old.severity}, now {gate.new.severity}"
    old, new = gate.old.estimate, gate.new.estimate
    if old is None or new is None:
        if old is not new:
            yield "nothing measured then" if old is None else "nothing measured now"
        return
    if old.metric != new.metric:
        yield f"another metric: {shorten(old.metric, 80, _MARK)} then, {shorten(new.metric, 80, _MARK)} now"
    elif old.method != new.method:
        yield "measured by another method"
    places = [shorten(group_words(worst_group(one)), 80, _MARK) for one in (gate.old, gate.new)]
    if all(places) and places[0] != places[1]:
        yield f"worst then: {places[0]}, now: {places[1]}"


def movement_words(movement: Movement) -> str:
    """Return where an estimate went, e.g. ``worse, beyond both intervals``."""
    if movement.shift is Shift.SAME:
        return _SHIFTS[Shift.SAME]
    return f"{_SHIFTS[movement.shift]}, {_REACHES[movement.reach]}"


def effects(change: FindingChange) -> str:
    """Return how large a finding was and is."""
    parts = [_effect(one) for one in (change.old, change.new) if one is not None]
    if len(parts) == 2:
        return f"then {parts[0]}, now {parts[1]}"
    unseen = "" if change.looked_then else "; its gate measured nothing then, so it may have been there"
    return parts[0] + unseen


def _effect(finding: Finding) -> str:
    if finding.effect is None:
        return f"no effect size (n {finding.n:,})"
    decimals = decimals_for(finding.effect, finding.low, finding.high)
    ends = format_range(finding.low, finding.high, decimals)
    shown = ends if ends == "no interval" else f"interval {ends}"
    return f"{format_value(finding.effect, decimals)} ({shown}, n {finding.n:,})"


def rows_note(comparison: Comparison) -> str:
    """Return how far two intervals may be trusted here; empty where nothing was measured twice."""
    if same_answers(comparison.old, comparison.new):
        return "Both candidates answer every row alike: what differs has another cause than the model."
    if not any(gate.movement is not None or gate.groups for gate in comparison.gates):
        return ""
    if comparison.same_rows:
        return (
            "Both runs judged the same rows, so their intervals share the luck of these rows: overlap understates a "
            "difference. What decides it is a gate that compares both models row by row (a margin against a baseline)."
        )
    return "Intervals are those of two separate runs; where they overlap, nothing is decided."
