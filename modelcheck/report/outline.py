"""What a record says, in the order a reader in a hurry needs it: why, and what is left open."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from modelcheck.record.evidence import Severity, Verdict
from modelcheck.record.numbers import format_interval
from modelcheck.record.schema import GateRecord, Record, RunVerdict
from modelcheck.record.stopping import stops

__all__ = [
    "Fold",
    "Section",
    "count_words",
    "folded",
    "gate_sentence",
    "is_gate",
    "sections",
    "tone",
    "untold_numbers",
    "upper_first",
    "verdict_word",
    "worst_group",
]

_WORDS = {
    RunVerdict.PROMOTED: "PROMOTED",
    RunVerdict.BLOCKED: "BLOCKED",
    RunVerdict.INCOMPLETE: "INCOMPLETE",
    RunVerdict.NO_GATES: "NO GATES",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """Gates that a reader treats alike.

    Attributes
    ----------
    key : str
        ``stops``, ``not_run``, ``inconclusive``, ``warns``, ``error``, ``waived``, ``pass``, ``not_applicable`` or
        ``metric``.
    title : str
        Heading.
    gates : tuple of GateRecord
        In the record's order.
    """

    key: str
    title: str
    gates: tuple[GateRecord, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Fold:
    """A gate, and those after it of which nothing else can be said.

    Attributes
    ----------
    gate : GateRecord
        The gate that is shown.
    same : tuple of GateRecord
        Gates with the same verdict for the same reason that measured nothing.
    """

    gate: GateRecord
    same: tuple[GateRecord, ...] = ()


# Heading, and the same after a count of several.
_TITLES = {
    "stops": ("Stops promotion", "stop promotion"),
    "not_run": ("Planned but not run", "planned but not run"),
    "inconclusive": ("Inconclusive", "inconclusive"),
    "warns": ("Fails, but only warns", "fail, but only warn"),
    "error": ("Crashed, but only informs", "crashed, but only inform"),
    "waived": ("Fails, accepted for now (waived)", "fail, accepted for now (waived)"),
    "pass": ("Passes", "pass"),
    "not_applicable": ("Does not apply here", "do not apply here"),
    "metric": ("Measured without a limit", "measured without a limit"),
}


def verdict_word(record: Record) -> str:
    """Return the verdict of a run in capitals."""
    return _WORDS[RunVerdict(record.verdict)]


def is_gate(gate: GateRecord) -> bool:
    """Return whether something was at stake: a limit, or a say in the promotion. A metric that only informs isn't."""
    return gate.criterion is not None or gate.severity != Severity.INFO


def _key(gate: GateRecord, profile: str) -> str:
    if stops(gate, profile):
        return "stops"
    if gate.verdict is None:
        return "metric"
    return "warns" if gate.verdict == Verdict.FAIL else str(gate.verdict)


def sections(record: Record) -> tuple[Section, ...]:
    """Return the gates in reading order: what stops promotion first, metrics without a limit last.

    Parameters
    ----------
    record : Record
        The record.

    Returns
    -------
    tuple of Section
        Sections with at least one gate.
    """
    profile = str(record.run.get("profile", ""))
    found: dict[str, list[GateRecord]] = {key: [] for key in _TITLES}
    for gate in record.gates:
        found[_key(gate, profile)].append(gate)
    return tuple(Section(key=key, title=_TITLES[key][0], gates=tuple(gates)) for key, gates in found.items() if gates)


def count_words(record: Record) -> tuple[tuple[str, str, int], ...]:
    """Return (key, words, count) for every section, e.g. ``("stops", "stops promotion", 1)``."""
    return tuple(
        (part.key, part.title.lower() if len(part.gates) == 1 else _TITLES[part.key][1], len(part.gates))
        for part in sections(record)
    )


def folded(parts: Sequence[Section]) -> dict[str, tuple[Fold, ...]]:
    """Return the gates of each section with equal reasons told once, at the first gate in reading order.

    Parameters
    ----------
    parts : sequence of Section
        In reading order.

    Returns
    -------
    dict of str to tuple of Fold
        By section's key. Only gates that measured nothing are folded: one bad model otherwise fills a page with the
        same message. A section may be left without any.
    """
    alike: dict[tuple[str, str], list[GateRecord]] = {}
    order: dict[str, list[list[GateRecord]]] = {part.key: [] for part in parts}
    for part in parts:
        for gate in part.gates:
            key = (str(gate.verdict), gate.reason)
            bare = gate.reason and gate.estimate is None
            if bare and not (gate.groups or gate.findings or gate.tables or gate.charts):
                if key in alike:
                    alike[key].append(gate)
                    continue
                alike[key] = found = [gate]
            else:
                found = [gate]
            order[part.key].append(found)
    return {key: tuple(Fold(gate=one[0], same=tuple(one[1:])) for one in found) for key, found in order.items()}


def worst_group(gate: GateRecord) -> str:
    """Return the label of the group that a gate's estimate belongs to; empty without groups."""
    worst = gate.estimate
    if worst is None:
        return ""
    found = (
        label
        for label, one in gate.groups.items()
        if (one.value, one.low, one.high, one.n) == (worst.value, worst.low, worst.high, worst.n)
    )
    return next(found, "")


def gate_sentence(gate: GateRecord) -> str:
    """Return the one sentence that explains a gate: its reason, else its reading, else its numbers."""
    if gate.reason:
        return upper_first(gate.reason)
    if gate.reading:
        return upper_first(gate.reading)
    return format_interval(gate.estimate) if gate.estimate is not None else "Nothing was measured."


def untold_numbers(gate: GateRecord) -> str:
    """Return a gate's estimate with its interval and n, unless its sentence has told them; empty when it has."""
    if gate.estimate is None:
        return ""
    numbers, said = format_interval(gate.estimate), gate_sentence(gate)
    # A comparison is told without signs: "worse by 0.02" instead of -0.02.
    compared = gate.criterion is not None and gate.criterion.margin is not None and " interval " in said
    return "" if compared or numbers in said else numbers


def tone(gate: GateRecord) -> str:
    """Return how a gate is coloured: by its verdict, as ``metric`` without one, as ``warns`` where it only warns."""
    if gate.verdict is None:
        return "metric"
    return "warns" if gate.verdict == Verdict.FAIL and gate.severity != Severity.BLOCKING else str(gate.verdict)


def upper_first(text: str) -> str:
    """Begin a sentence with a capital, unless it begins with a name such as ``roc_auc``, or one that has a value.

    Examples
    --------
    >>> upper_first("no reference rows."), upper_first("roc_auc is 0.7."), upper_first("disea: 1.000 breaks it.")
    ('No reference rows.', 'roc_auc is 0.7.', 'disea: 1.000 breaks it.')
    """
    return text[:1].upper() + text[1:] if re.match(r"[a-z]+(?:'[a-z]+)?(?:[\s,.;]|:(?! [-+\d])|$)", text) else text
