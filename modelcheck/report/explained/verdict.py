"""The verdict in plain words: may it go into use, why, and what to do next."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from modelcheck.record.evidence import Severity, Verdict
from modelcheck.record.schema import GateRecord, Record, RunVerdict
from modelcheck.report.explained.answers import said
from modelcheck.report.explained.questions import question
from modelcheck.report.explained.right import of_100_too
from modelcheck.report.explained.same_fault import faults
from modelcheck.report.explained.sentences import counted, listed, plain
from modelcheck.report.headline import caution, state
from modelcheck.report.outline import is_gate, sections
from modelcheck.report.standing import Standing, badge, counts

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
    "crashed": "Have somebody mend what crashed, then test again.",
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
    return Point(
        state=shown.state, icon=shown.icon, word=shown.word, question=question(gate), text=said(of_100_too(gate))
    )


def verdict_view(record: Record) -> VerdictView:
    """Return the verdict in plain words, with what stands in the way and what warns."""
    found = {part.key: [gate for gate in part.gates if is_gate(gate)] for part in sections(record)}
    open_ones = [gate for gate in found.get("inconclusive", ()) if gate.severity == Severity.BLOCKING]
    # A blocking limit that nobody proved is shown with what stops, as far as it leaves the question open.
    stopping = found.get("stops", []) or (open_ones if state(record) == "unproved" else [])
    stops = _points(record, stopping)
    warning = _points(record, found.get("warns", []))
    return VerdictView(
        state=state(record),
        word=_WORDS[state(record)],
        lead=_lead(record, found, len(open_ones)),
        caution=plain(caution(record)),
        stopping=stops[:_MOST],
        stopping_more=_more(len(stops)),
        warning=warning[:_MOST],
        warning_more=_more(len(warning)),
        to_do=_to_do(record, found, len(warning)),
    )


def _points(record: Record, gates: Sequence[GateRecord]) -> tuple[Point, ...]:
    """Return one point for each fault and for each crash, however many tests came across it."""
    told: dict[tuple[str, str], list[GateRecord]] = {}
    for first, *others in faults(record, gates):
        key = ("crash", first.reason) if first.verdict == Verdict.ERROR and first.reason else ("fault", first.id)
        told.setdefault(key, []).extend((first, *others))
    points = []
    for first, *others in told.values():
        one = point(first)
        if others:
            one = replace(one, text=f"{one.text} {_besides(first, others)}")
        points.append(one)
    return tuple(points)


def _besides(first: GateRecord, others: Sequence[GateRecord]) -> str:
    if first.verdict == Verdict.ERROR:
        return f"The same crash in {counted(len(others), 'other test')}."
    asked = listed([question(gate) for gate in others])
    return f"The same was found by {counted(len(others), 'other test')}: {asked.replace('`', '')}"


def _to_do(record: Record, found: dict[str, list[GateRecord]], warnings: int) -> str:
    stops = found.get("stops", [])
    # A waiver signs for a figure; nobody can sign for one that was never measured.
    text = _TO_DO["crashed" if stops and len(_crashed(stops)) == len(stops) else state(record)]
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
        text = _stopped(record, found.get("stops", []), proofs)
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


def _stopped(record: Record, stops: Sequence[GateRecord], proofs: str) -> str:
    crashed = len(_crashed(stops))
    failed = len(stops) - crashed
    if failed:
        text = f"The model doesn't keep every limit that it must keep: {counted(failed, 'test')} "
        text += "stands in the way" if failed == 1 else "stand in the way"
        return f"{text}{f', and {crashed:,} more crashed and measured nothing' if crashed else ''}; {proofs}."
    tests = f"{counted(crashed, 'test')} crashed"
    judged = (Verdict.PASS, Verdict.FAIL, Verdict.WAIVED)
    if any(gate.estimate is not None or gate.verdict in judged for gate in record.gates):
        return f"{tests} and measured nothing, so nothing says whether every limit is kept that must be; {proofs}."
    return f"Nothing could be measured: {tests}, so nothing says whether it is good enough."


def _crashed(gates: Sequence[GateRecord]) -> list[GateRecord]:
    return [gate for gate in gates if gate.verdict == Verdict.ERROR]


def _proofs(here: dict[Standing, int]) -> str:
    kept, unbroken = here[Standing.KEPT], here[Standing.UNBROKEN]
    return f"{counted(kept, 'limit')} proved kept, {unbroken:,} not proved broken"
