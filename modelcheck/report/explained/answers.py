"""One test as a sentence: what was measured, against which limit, and how sure that is."""

from __future__ import annotations

import math
import re

from modelcheck.record.evidence import Criterion, Estimate, Verdict
from modelcheck.record.numbers import format_count, format_level, format_limit, format_value
from modelcheck.record.schema import GateRecord
from modelcheck.report.explained.sentences import counted, name, places, plain
from modelcheck.report.limits import beyond, ends
from modelcheck.report.outline import upper_first
from modelcheck.report.standing import SEARCHES, Standing, inside, standing

__all__ = ["is_over", "measured", "said"]

_FIRST = re.compile(r".*?[.](?= |$)", re.DOTALL)
# Shares of rows that are counted one by one: "100 of 100" says more than "1.000".
_COUNTED = ("violation_rate", "unexplained_rate", "unsteady_rate", "crash_rate", "nonfinite_rate")


def said(gate: GateRecord) -> str:
    """Return what a reader should know of a gate: its reading and numbers, or why there are none."""
    reading, reason = plain(_own(gate)), plain(upper_first(gate.reason))
    if gate.verdict == Verdict.PASS and gate.check in SEARCHES:
        # What was searched and what would have been found stands in the reason; of the reading the first sentence does.
        first = _FIRST.match(reading)
        told = first[0] if first and first[0].rstrip(".") not in reason else ""
        return " ".join(part for part in (told, measured(gate), reason) if part) or "Nothing was found."
    if gate.verdict in (Verdict.PASS, Verdict.FAIL, None) and gate.estimate is not None:
        return " ".join(part for part in (reading, measured(gate)) if part)
    return reason or reading or "No reason is recorded."


def _own(gate: GateRecord) -> str:
    """Return a gate's reading without the paragraph on base rates: the page tells it once, with the groups."""
    if gate.suite != "bias" or gate.criterion is None:
        return gate.reading
    return gate.reading.partition("The truth itself differs")[0].rstrip()


def measured(gate: GateRecord) -> str:
    """Return what a gate measured and what was asked; empty where nothing was measured."""
    label, one = _deciding(gate)
    if one is None or one.value is None:
        return ""
    criterion = gate.criterion
    if criterion is None:
        return f"Measured: {_in_words(one)}."
    where = f"{name(plain(label), 120)}: m" if label else "M"
    if _is_counted(one, criterion):
        return f"{where}easured: {_count(one, criterion)}." if label else f"{_count(one, criterion, gate.reading)}."
    if one.low is None or one.high is None:
        return f"{where}easured {_end(one.value, one, criterion)}, without a range; {_asked(criterion)}."
    if standing(gate) is not Standing.UNBROKEN:
        return f"{where}easured: {_in_words(one, criterion)}; {_asked(criterion)}."
    ends = " to ".join(_end(end, one, criterion) for end in (one.low, one.high))
    return (
        f"{where}easured {_end(one.value, one, criterion)}, {_place(one.value, criterion)}; with these rows it could "
        f"lie anywhere from {ends}."
    )


def is_over(gate: GateRecord) -> bool:
    """Return whether what was measured lies beyond the limit, proved or not, for any group."""
    if gate.criterion is None:
        return False
    judged = list(gate.groups.values()) or ([gate.estimate] if gate.estimate is not None else [])
    return any(beyond(one, gate.criterion) > 0.0 for one in judged)


def _deciding(gate: GateRecord) -> tuple[str, Estimate | None]:
    """Return the group that decides, with its name where there are several: where nothing is proved, the least sure."""
    if gate.criterion is None or standing(gate) is not Standing.UNBROKEN or len(gate.groups) < 2:
        return "", gate.estimate
    criterion = gate.criterion
    unsure = {label: one for label, one in gate.groups.items() if not inside(one, criterion) and one.value is not None}
    label = max(unsure, key=lambda one: _distance(unsure[one], criterion), default="")
    return (label, unsure[label]) if label else ("", gate.estimate)


def _distance(one: Estimate, criterion: Criterion) -> tuple[float, float]:
    """Return how far a value lies beyond the limit, and then how far its range reaches."""
    least, most = ends(criterion)
    reach = [
        *(() if least is None or one.low is None else (least - one.low,)),
        *(() if most is None or one.high is None else (one.high - most,)),
    ]
    return beyond(one, criterion), max(reach, default=0.0)


def _place(value: float, criterion: Criterion) -> str:
    """Say on which side of its limit a value lies."""
    least, most = ends(criterion)
    if most is not None and value > most:
        return f"over the limit of {format_value(most)}"
    if least is not None and value < least:
        if criterion.margin is not None:
            return f"more than the {format_value(criterion.margin)} that are allowed"
        return f"under the limit of {format_value(least)}"
    if criterion.margin is not None:
        return (
            f"where up to {format_value(criterion.margin)} worse is allowed"
            if criterion.margin
            else "and not worse is asked"
        )
    one = most if least is None else least
    return (
        f"within the limit of {format_value(one)}" if one is not None and None in (least, most) else "within the limits"
    )


def _asked(criterion: Criterion) -> str:
    if criterion.margin is not None:
        return f"allowed is {plain(format_limit(criterion))}"
    return f"asked is {format_limit(criterion)}"


def _end(value: float, one: Estimate, criterion: Criterion) -> str:
    """Return a number; of a difference from the model in use now which way it goes."""
    decimals = places(one.value, one.low, one.high)
    if criterion.margin is None:
        return format_value(value, decimals)
    text = format_value(abs(value), decimals)
    if not text.strip("0.,"):
        return "no difference"
    return f"{text} {'better' if value > 0 else 'worse'}"


def _in_words(one: Estimate, criterion: Criterion | None = None) -> str:
    """Return an estimate for a reader who has not met intervals."""
    rule = criterion or Criterion()
    value = _end(one.value or 0.0, one, rule)
    rows = f"from {counted(one.n, 'row')}"
    if one.low is None or one.high is None:
        return f"{value} (no range known, {rows})"
    ends = f"{_end(one.low, one, rule)} to {_end(one.high, one, rule)}"
    return f"{value} ({ends} at {format_level(one.confidence)} confidence, {rows})"


def _is_counted(one: Estimate, criterion: Criterion) -> bool:
    return (
        one.metric in _COUNTED
        and criterion.max is not None
        and None not in (one.low, one.high)
        and one.value is not None
        and 0.0 <= one.value <= 1.0
    )


def _count(one: Estimate, criterion: Criterion, reading: str = "") -> str:
    """Say a share of rows as a count, with the end of its range that matters."""
    value, low, high, most = one.value or 0.0, one.low or 0.0, one.high or 0.0, criterion.max or 0.0
    hit = f"{format_count(round(value * one.n))} of {counted(one.n, 'row')}"
    if value > most:
        sure = f"at least {format_count(math.ceil(low * one.n - 1e-9))}"
    else:
        sure = f"up to {format_count(math.floor(high * one.n + 1e-9))} can't be ruled out"
    allowed = "none" if most == 0.0 else f"{format_value(100.0 * most)} of 100"
    told = f"{upper_first(sure)} of them for certain" if hit in reading and value > most else f"{hit} ({sure})"
    return f"{told}; allowed: {allowed}"
