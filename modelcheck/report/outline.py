"""What a record says, in the order a reader in a hurry needs it: the verdict, why, and what is left open."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from modelcheck.record.evidence import Verdict
from modelcheck.record.numbers import format_interval
from modelcheck.record.schema import GateRecord, Record, RunVerdict
from modelcheck.record.stopping import stops
from modelcheck.report.text import shorten

__all__ = ["Section", "count_words", "gate_sentence", "headline", "sections", "sentence", "verdict_word"]

_WORDS = {
    RunVerdict.PROMOTED: "PROMOTED",
    RunVerdict.BLOCKED: "BLOCKED",
    RunVerdict.INCOMPLETE: "INCOMPLETE",
    RunVerdict.NO_GATES: "NO GATES",
}
_NAMED = 3


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


_TITLES = {
    "stops": "Stops promotion",
    "not_run": "Planned but not run",
    "inconclusive": "Inconclusive",
    "warns": "Fails, but only warns",
    "error": "Crashed, but only informs",
    "waived": "Fails, accepted for now (waived)",
    "pass": "Passes",
    "not_applicable": "Does not apply here",
    "metric": "Measured without a limit",
}


def verdict_word(record: Record) -> str:
    """Return the verdict of a run in capitals."""
    return _WORDS[RunVerdict(record.verdict)]


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
    return tuple(Section(key=key, title=_TITLES[key], gates=tuple(gates)) for key, gates in found.items() if gates)


def count_words(record: Record) -> tuple[tuple[str, str, int], ...]:
    """Return (key, words, count) for every section, e.g. ``("stops", "stops promotion", 1)``."""
    return tuple((section.key, section.title, len(section.gates)) for section in sections(record))


def headline(record: Record) -> str:
    """Return one sentence after the verdict's word: what blocks, or what was decided, with counts.

    Parameters
    ----------
    record : Record
        The record.

    Returns
    -------
    str
        Reads on from ``NAME: PROMOTED`` and the like.
    """
    found = {section.key: section.gates for section in sections(record)}
    judged = sum(len(gates) for key, gates in found.items() if key not in ("metric", "not_applicable"))
    verdict = RunVerdict(record.verdict)
    rest = _rest(
        {key: gates for key, gates in found.items() if verdict is not RunVerdict.INCOMPLETE or key != "not_run"}
    )
    if verdict is RunVerdict.BLOCKED:
        stopping = found.get("stops", ())
        names = f": {_names(stopping)}" if stopping else ""
        return f"by {len(stopping)} of {_gates(judged)}{names}." + _besides(rest)
    if verdict is RunVerdict.INCOMPLETE:
        missing, stopping = found.get("not_run", ()), found.get("stops", ())
        text = f"{len(missing)} of {_gates(judged)} {_was(len(missing))} not run, so nothing is promoted."
        if not missing:
            text = "the run was cut short, so nothing is promoted."
        if stopping:
            text += f" {_gates(len(stopping)).capitalize()} would stop promotion: {_names(stopping)}."
        return text + _besides(rest)
    if verdict is RunVerdict.NO_GATES:
        measured = len(found.get("metric", ()))
        return f"no gate with a limit was judged, so nothing is promoted; {_metrics(measured)} measured."
    passing = len(found.get("pass", ()))
    return f"{_gates(passing)} {'holds' if passing == 1 else 'hold'}{'' if rest else ', none fails'}." + _besides(rest)


def sentence(record: Record) -> str:
    """Return `headline` as a sentence of its own, for a page that has shown the verdict's word already."""
    text = headline(record)
    if RunVerdict(record.verdict) is RunVerdict.BLOCKED:
        return f"Blocked {text}"
    return text[:1].upper() + text[1:]


def _rest(found: dict[str, tuple[GateRecord, ...]]) -> list[str]:
    words = {
        "not_run": ("not run", "not run"),
        "inconclusive": ("inconclusive", "inconclusive"),
        "warns": ("warning", "warnings"),
        "error": ("crash that only informs", "crashes that only inform"),
        "waived": ("waived", "waived"),
    }
    return [f"{len(found[key]):,} {text[len(found[key]) > 1]}" for key, text in words.items() if key in found]


def _besides(rest: Sequence[str]) -> str:
    return f" Besides: {', '.join(rest)}." if rest else ""


def _names(gates: Sequence[GateRecord]) -> str:
    shown = [shorten(gate.title or gate.id, 60, "...") for gate in gates[:_NAMED]]
    more = len(gates) - len(shown)
    return ", ".join(shown) + (f" and {more:,} more" if more else "")


def _gates(count: int) -> str:
    return f"{count:,} gate{'' if count == 1 else 's'}"


def _metrics(count: int) -> str:
    return f"{count:,} metric{' was' if count == 1 else 's were'}"


def _was(count: int) -> str:
    return "was" if count == 1 else "were"


def gate_sentence(gate: GateRecord) -> str:
    """Return the one sentence that explains a gate: its reason, else its reading, else its numbers."""
    if gate.reason:
        return gate.reason
    if gate.reading:
        return gate.reading
    return format_interval(gate.estimate) if gate.estimate is not None else "Nothing was measured."
