"""The verdict in plain words: may it go into use, why, and what to do next."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from modelcheck.record.evidence import Severity
from modelcheck.record.schema import GateRecord, Record, RunVerdict
from modelcheck.report.explained.answers import said
from modelcheck.report.explained.questions import question
from modelcheck.report.explained.same_fault import faults
from modelcheck.report.explained.sentences import counted, listed, plain
from modelcheck.report.explained.standing import Standing, badge, counts
from modelcheck.report.headline import caution, state
from modelcheck.report.outline import is_gate, sections

__all__ = ["Point", "VerdictView", "point", "verdict_view"]

_MOST = 6
_WORDS = {
    "promoted": "may go into use",
    "unproved": "not proved fit for use",
    "blocked": "must not go into use yet",
    "incomplete": "not tested to the end",
    "no_gates": "not tested against any limit",
}
_TO_DO = {
    "promoted": "Read the limits below, then decide. Test again when the rows in use no longer look like these.",
    "unproved": "Get more rows and test again: most of what is open would be settled by them. Who puts the model "
    "into use "
    "before that answers for limits that nobody has proved.",
    "blocked": "Have the points above mended and test again. What can't be mended needs somebody who answers for it in "
    "writing until a date (a waiver).",
    "incomplete": "Run all tests to the end before you decide.",
    "no_gates": "Agree on at least one limit that the model must keep, and test again.",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """One test as a sentence: what was asked, what came out."""

    state: str
    icon: str
    word: str
    question: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class VerdictView:
    """What comes first on the page."""

    state: str
    word: str
    lead: str
    caution: str
    stopping: tuple[Point, ...]
    stopping_more: str
    warning: tuple[Point, ...]
    warning_more: str
    to_do: str


def point(gate: GateRecord) -> Point:
    """Return a gate as a question with its answer."""
    shown = badge(gate)
    return Point(state=shown.state, icon=shown.icon, word=shown.word, question=question(gate), text=said(gate))


def verdict_view(record: Record) -> VerdictView:
    """Return the verdict in plain words, with what stands in the way and what warns."""
    found = {part.key: [gate for gate in part.gates if is_gate(gate)] for part in sections(record)}
    open_ones = [gate for gate in found.get("inconclusive", ()) if gate.severity == Severity.BLOCKING]
    # A blocking limit that nobody proved is shown with what stops, as far as it leaves the question open.
    stopping = found.get("stops", []) or (open_ones if state(record) == "unproved" else [])
    warning = _points(record, found.get("warns", []))
    return VerdictView(
        state=state(record),
        word=_WORDS[state(record)],
        lead=_lead(record, found, len(open_ones)),
        caution=plain(caution(record)),
        stopping=_points(record, stopping)[:_MOST],
        stopping_more=_more(len(stopping)),
        warning=warning[:_MOST],
        warning_more=_more(len(warning)),
        to_do=_to_do(record, len(warning)),
    )


def _points(record: Record, gates: Sequence[GateRecord]) -> tuple[Point, ...]:
    """Return one point for each fault, however many tests came across it."""
    told = []
    for first, *others in faults(record, gates):
        one = point(first)
        if others:
            one = replace(one, text=f"{one.text} {_besides(others)}")
        told.append(one)
    return tuple(told)


def _besides(others: Sequence[GateRecord]) -> str:
    asked = listed([question(gate) for gate in others])
    return f"The same was found by {counted(len(others), 'other test')}: {asked.replace('`', '')}"


def _to_do(record: Record, warnings: int) -> str:
    text = _TO_DO[state(record)]
    if state(record) in ("promoted", "unproved") and warnings:
        these = "warning above" if warnings == 1 else f"{warnings:,} warnings above"
        return f"First have somebody answer the {these}. {text}"
    return text


def _more(count: int) -> str:
    return f"{_MOST} of {count:,} are shown; all are in report.html." if count > _MOST else ""


def _lead(record: Record, found: dict[str, list[GateRecord]], undecided: int) -> str:
    here = counts(record.gates)
    proofs = _proofs(here)
    verdict = RunVerdict(record.verdict)
    if verdict is RunVerdict.BLOCKED:
        stops = len(found.get("stops", ()))
        text = f"The model doesn't keep every limit that it must keep: {counted(stops, 'test')} stand"
        text += f"{'s' if stops == 1 else ''} in the way; {proofs}."
    elif verdict is RunVerdict.INCOMPLETE:
        text = f"Not every planned test was run, so nothing can be said yet; {proofs}."
    elif verdict is RunVerdict.NO_GATES:
        text = "No test with a limit was made. This page tells how the model works, not whether it is good enough."
    elif undecided:
        are = "is" if undecided == 1 else "are"
        text = f"{counted(undecided, 'limit')} that it must keep {are} undecided; {proofs}."
    elif state(record) == "unproved":
        text = f"Nothing is proved against it, and no limit that it must keep is proved to hold; {proofs}."
    else:
        text = f"None of the limits that it must keep is proved broken: {proofs}."
    besides = [
        f"{counted(count, one, several)}"
        for count, one, several in (
            (len(faults(record, found.get("warns", []))), "warning", ""),
            (
                len(found.get("waived", ())),
                "failed test that somebody answers for",
                "failed tests that somebody answers for",
            ),
            (
                len(found.get("inconclusive", ())) - (undecided if verdict is RunVerdict.PROMOTED else 0),
                "test left open for want of data",
                "tests left open for want of data",
            ),
        )
        if count > 0
    ]
    return f"{text} Besides: {', '.join(besides)}." if besides else text


def _proofs(here: dict[Standing, int]) -> str:
    kept, unbroken = here[Standing.KEPT], here[Standing.UNBROKEN]
    return f"{counted(kept, 'limit')} proved kept, {unbroken:,} not proved broken"
