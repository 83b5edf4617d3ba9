"""The verdict in four answers: what decides it, who is hit, how sure that is, what to do."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from modelcheck.record.evidence import Severity, Verdict
from modelcheck.record.numbers import decimals_for, format_count, format_range, format_value
from modelcheck.record.schema import GateRecord, Record, RunVerdict
from modelcheck.record.stopping import stops
from modelcheck.report.headline import caution
from modelcheck.report.outline import gate_sentence, is_gate, sections, worst_group
from modelcheck.report.standing import Standing, standing
from modelcheck.report.text import group_words, paragraph, shorten

__all__ = ["Brief", "BriefLine", "brief"]

_MOST = 5
_FEW = 3
_SENTENCE = 260


@dataclass(frozen=True, slots=True, kw_only=True)
class BriefLine:
    """One line: a linked name and what is said of it."""

    name: str
    anchor: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Brief:
    """What a reader in a hurry takes away.

    Attributes
    ----------
    title : str
        What the first list is about: what blocks, or what warns.
    why : tuple of BriefLine
        The gates that decide the verdict, at most 5.
    more : str
        What the list leaves out.
    hit : tuple of BriefLine
        Groups and slices of which a failing gate proves something, at most 5.
    no_hit : str
        Said instead where there is none.
    found : tuple of BriefLine
        What was then found of groups and slices without being judged.
    sure : tuple of str
        Sentences about the run's errors.
    do : str
        The next step.
    """

    title: str
    why: tuple[BriefLine, ...]
    more: str
    hit: tuple[BriefLine, ...]
    no_hit: str
    found: tuple[BriefLine, ...]
    sure: tuple[str, ...]
    do: str


def brief(record: Record, anchors: Mapping[int, str]) -> Brief:
    """Return the verdict in four answers.

    Parameters
    ----------
    record : Record
        The record.
    anchors : mapping of int to str
        Where each gate stands on the page, by the gate's identity.

    Returns
    -------
    Brief
    """
    profile = str(record.run.get("profile", ""))
    stopping = [gate for gate in record.gates if stops(gate, profile)]
    stopping.sort(key=lambda gate: gate.severity != Severity.BLOCKING)
    missing = [gate for gate in record.gates if gate.verdict == Verdict.NOT_RUN and gate.severity == Severity.BLOCKING]
    blamed = set(map(id, stopping))
    warning = [gate for gate in record.gates if gate.verdict == Verdict.FAIL and id(gate) not in blamed]
    title, told = next(
        (title, gates)
        for title, gates in (
            ("What blocks", stopping),
            ("What did not run", missing),
            ("What warns", [gate for gate in warning if gate.severity == Severity.WARNING]),
            ("", []),
        )
        if gates or not title
    )
    lines = _lines(told, anchors)
    hit = _hit([*stopping, *warning], anchors)
    return Brief(
        title=title,
        why=tuple(lines[:_MOST]),
        more=f"and {len(lines) - _MOST:,} more, in the table below" if len(lines) > _MOST else "",
        hit=hit,
        no_hit="" if hit else _nobody(record),
        found=() if hit else _found(record, anchors),
        sure=_sure(record),
        do=_next_step(record, stopping, missing),
    )


def _lines(gates: Sequence[GateRecord], anchors: Mapping[int, str]) -> list[BriefLine]:
    """Return what is said of each gate; what several gates say alike is said once."""
    alike: dict[str, list[GateRecord]] = {}
    for gate in gates:
        alike.setdefault(gate_sentence(gate), []).append(gate)
    lines = []
    for said, same in alike.items():
        more = f" (and {len(same) - 1:,} more)" if len(same) > 1 else ""
        text = _short(said)
        name = shorten(same[0].title or same[0].id, 120)
        lines.append(BriefLine(name=f"{name}{more}", anchor=anchors[id(same[0])], text=text))
    return lines


def _short(said: str) -> str:
    """Return what is said of a gate, of several places the first."""
    lines = paragraph(said, 4 * _SENTENCE).split("\n")
    more = f" And {len(lines) - 2:,} more." if len(lines) > 2 else ""
    whole = " ".join(lines[:2])
    shown = shorten(whole, _SENTENCE)
    end = shown.rfind(". ") + 1
    # Cut where a sentence ends, unless little would be left of it.
    return (f"{shown[:end]} …" if len(whole) > _SENTENCE and end > _SENTENCE // 2 else shown) + more


def _hit(gates: Sequence[GateRecord], anchors: Mapping[int, str]) -> tuple[BriefLine, ...]:
    """Return the places that failing gates name: slices of findings, else the group that is worst off."""
    lines: dict[str, BriefLine] = {}
    for gate in gates:
        if gate.verdict != Verdict.FAIL:
            continue
        named = [finding for finding in gate.findings if finding.slice]
        for finding in named[:_MOST]:
            where = shorten(group_words(str(finding.slice)), 120)
            effect = ""
            if finding.effect is not None:
                decimals = decimals_for(finding.effect, finding.low, finding.high)
                interval = format_range(finding.low, finding.high, decimals)
                effect = f"effect {format_value(finding.effect, decimals)} ({interval}), "
            text = f"{effect}n {format_count(finding.n)} ({shorten(gate.title or gate.id, 80)})"
            lines.setdefault(where, BriefLine(name=where, anchor=anchors[id(gate)], text=text))
        worst = worst_group(gate)
        # A gate of groups or of one slice says who; what else is worst may be a column or a change.
        if not named and gate.slice and gate.estimate is not None:
            where = shorten(group_words(f"{gate.slice}: {worst}" if worst else gate.slice), 120)
            text = f"n {format_count(gate.estimate.n)} ({shorten(gate.title or gate.id, 80)})"
            lines.setdefault(where, BriefLine(name=where, anchor=anchors[id(gate)], text=text))
    return tuple(lines.values())[:_MOST]


def _found(record: Record, anchors: Mapping[int, str]) -> tuple[BriefLine, ...]:
    told: dict[str, BriefLine] = {}
    for gate in record.gates:
        for finding in gate.findings if gate.verdict is None else ():
            if finding.slice:
                where = shorten(group_words(str(finding.slice)), 120)
                line = BriefLine(name=where, anchor=anchors[id(gate)], text=shorten(finding.title, 200))
                told.setdefault(where, line)
    return tuple(told.values())[:_FEW]


def _nobody(record: Record) -> str:
    if any(gate.verdict == Verdict.PASS for gate in record.gates):
        return "No failing gate names a group or a slice."
    return "Nothing was proved of any group or slice."


def _sure(record: Record) -> tuple[str, ...]:
    told = ["Each limit is judged by its interval, not by the number alone."]
    passing = [gate for gate in record.gates if gate.verdict == Verdict.PASS and is_gate(gate)]
    kept = sum(standing(gate) is Standing.KEPT for gate in passing)
    if passing:
        told.append(
            f"Of the {len(passing):,} that pass {kept:,} {'is' if kept == 1 else 'are'} proved kept; of the others no "
            "breach is proved."
        )
    default, declared = (_share(record.run.get(key)) for key in ("default_alpha", "declared_alpha"))
    if default and any(gate.verdict in (Verdict.PASS, Verdict.FAIL) for gate in record.gates):
        own = f"; the limits declared here add at most {declared}" if declared else ""
        told.append(
            f"On a model without faults the built-in gates block or warn wrongly in at most {default} of runs{own}."
        )
    undecided = [gate for gate in record.gates if gate.verdict == Verdict.INCONCLUSIVE]
    if undecided:
        told.append(f"{len(undecided):,} {'gate is' if len(undecided) == 1 else 'gates are'} left open.")
    looks = record.run.get("looks")
    if isinstance(looks, int) and not isinstance(looks, bool) and looks > 1:
        told.append(f"These rows have judged {looks:,} candidates; the best of many looks better than it is.")
    if caution(record):
        told.append(caution(record))
    return tuple(told)


def _share(value: object) -> str:
    if not isinstance(value, (int, float)) or isinstance(value, bool) or not 0 < value <= 1:
        return ""
    return f"{format_value(100.0 * value)} %"


def _next_step(record: Record, stopping: Sequence[GateRecord], missing: Sequence[GateRecord]) -> str:
    verdict = RunVerdict(record.verdict)
    if verdict is RunVerdict.BLOCKED and all(gate.verdict == Verdict.INCONCLUSIVE for gate in stopping):
        return "Give more labelled rows: the gates that stop promotion say how many, where that can be told."
    if verdict is RunVerdict.BLOCKED and all(gate.verdict == Verdict.ERROR for gate in stopping):
        return "Mend what broke, as the message says, and run again: a crash says nothing about the model's quality."
    if verdict is RunVerdict.BLOCKED:
        first = "it" if len(stopping) == 1 else "the first"
        return (
            f"Open {first}: its evidence says what was found and how to see it again. Then mend it, or have it waived."
        )
    if verdict is RunVerdict.INCOMPLETE:
        return "Run the whole plan: pytest --modelcheck without -k, -m, -x or paths."
    if verdict is RunVerdict.NO_GATES:
        return "Give at least one metric a limit, then run again."
    keys = {part.key for part in sections(record)}
    if "warns" in keys or "inconclusive" in keys:
        return "Read what warns and what was left open, then decide; nothing of it stops promotion in this profile."
    return "Nothing is left to do here; test again when the rows in use no longer look like these."
