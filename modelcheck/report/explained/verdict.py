"""The verdict in plain words: may it go into use, why, and what to do next."""

from __future__ import annotations

from dataclasses import dataclass

from modelcheck.record.evidence import Severity, Verdict
from modelcheck.record.schema import GateRecord, Record, RunVerdict
from modelcheck.report.explained.questions import question
from modelcheck.report.explained.sentences import counted, plain, said
from modelcheck.report.glossary import VERDICTS
from modelcheck.report.headline import caution, state
from modelcheck.report.outline import is_gate, sections

__all__ = ["Point", "VerdictView", "point", "verdict_view"]

_MOST = 6
_WORDS = {
    "promoted": "may go into use",
    "unproved": "may go into use, with open questions",
    "blocked": "must not go into use yet",
    "incomplete": "not tested to the end",
    "no_gates": "not tested against any limit",
}
_VERDICTS = {
    "pass": "kept",
    "fail": "broken",
    "inconclusive": "open",
    "error": "crashed",
    "not_applicable": "doesn't apply",
    "not_run": "not run",
    "waived": "accepted for now",
    "metric": "measured",
}
_TO_DO = {
    "promoted": "Read the limits below, then decide. Test again when the rows in use no longer look like these.",
    "unproved": "Decide whether what is open may stay open. More rows would settle most of it.",
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
    key = "metric" if gate.verdict is None else str(gate.verdict)
    warns = gate.verdict in (Verdict.FAIL, Verdict.ERROR) and gate.severity != Severity.BLOCKING
    return Point(
        # A warning in the colour of what stops the model would frighten without need.
        state="inconclusive" if warns else key,
        icon=VERDICTS[key][0],
        word="warning" if warns else _VERDICTS[key],
        question=question(gate),
        text=said(gate),
    )


def verdict_view(record: Record) -> VerdictView:
    """Return the verdict in plain words, with what stands in the way and what warns."""
    found = {part.key: [gate for gate in part.gates if is_gate(gate)] for part in sections(record)}
    # A blocking limit that nobody proved is shown with what stops, as far as it leaves the question open.
    stopping = found.get("stops", []) or ([] if state(record) != "unproved" else found.get("inconclusive", []))
    warning = found.get("warns", [])
    return VerdictView(
        state=state(record),
        word=_WORDS[state(record)],
        lead=_lead(record, {key: len(gates) for key, gates in found.items()}),
        caution=plain(caution(record)),
        stopping=tuple(map(point, stopping[:_MOST])),
        stopping_more=_more(len(stopping)),
        warning=tuple(map(point, warning[:_MOST])),
        warning_more=_more(len(warning)),
        to_do=_TO_DO[state(record)],
    )


def _more(count: int) -> str:
    return f"{_MOST} of {count:,} are shown; all are in report.html." if count > _MOST else ""


def _lead(record: Record, counts: dict[str, int]) -> str:
    passing = counts.get("pass", 0)
    kept = f"{counted(passing, 'test')} with a limit {'is' if passing == 1 else 'are'} passed"
    verdict = RunVerdict(record.verdict)
    if verdict is RunVerdict.BLOCKED:
        stops = counts.get("stops", 0)
        text = f"The model doesn't keep every limit that it must keep: {counted(stops, 'test')} stand"
        text += f"{'s' if stops == 1 else ''} in the way; {kept}."
    elif verdict is RunVerdict.INCOMPLETE:
        text = f"Not every planned test was run, so nothing can be said yet; {kept}."
    elif verdict is RunVerdict.NO_GATES:
        text = "No test with a limit was made. This page tells how the model works, not whether it is good enough."
    elif state(record) == "unproved":
        text = f"Nothing forbids its use, but not everything was proved; {kept}."
    else:
        text = f"The model keeps every limit that it must keep: {kept}."
    besides = [
        f"{counted(counts[key], one, several)}"
        for key, one, several in (
            ("warns", "warning", ""),
            ("waived", "failed test that somebody answers for", "failed tests that somebody answers for"),
            ("inconclusive", "test left open for want of data", "tests left open for want of data"),
        )
        if counts.get(key)
    ]
    return f"{text} Besides: {', '.join(besides)}." if besides else text
