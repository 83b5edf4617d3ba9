"""A comparison as Markdown: for a pull request, a chat, a job's summary."""

from __future__ import annotations

from collections.abc import Sequence

from modelcheck.record.store import PAGE_MARK
from modelcheck.report.comparison.comparison import Comparison, Place
from modelcheck.report.comparison.findings import FindingChange
from modelcheck.report.comparison.gates import GateChange
from modelcheck.report.comparison.headline import headline, verdicts
from modelcheck.report.comparison.parts import MOST, finding_parts, gate_parts, left_out, place_parts
from modelcheck.report.comparison.words import (
    changes,
    effects,
    movement_words,
    now_words,
    numbers,
    rows_note,
    state_words,
    then_words,
    turn,
)
from modelcheck.report.markdown import code, prose, prose_lines
from modelcheck.report.text import group_words, shorten

__all__ = ["render_summary"]

_SENTENCE = 600
_HEAD = ["| Gate | Then | Now | Change |", "| --- | --- | --- | --- |"]


def render_summary(comparison: Comparison) -> str:
    """Render a comparison as Markdown.

    Parameters
    ----------
    comparison : Comparison
        What became of a model.

    Returns
    -------
    str
        GitHub-flavoured Markdown. Names and sentences can't bring in markup, links, mentions or HTML; long lists are
        cut, and say so.
    """
    lines = [
        f"<!-- {PAGE_MARK} -->",
        f"# {prose(shorten(comparison.new.name, 80))}: {verdicts(comparison)}",
        "",
        prose(_capital(headline(comparison))),
        "",
    ]
    if comparison.cautions:
        lines += [f"- {prose(one)}" for one in comparison.cautions] + [""]
    for part in gate_parts(comparison):
        lines += [f"## {part.title} ({part.count})", ""]
        if part.in_full:
            for gate in part.gates[:MOST]:
                lines += _in_full(gate, comparison)
        else:
            lines += [*_HEAD, *(_gate_row(gate) for gate in part.gates[:MOST]), ""]
        lines += _left_out(len(part.gates))
    for moves in place_parts(comparison):
        lines += [f"## {moves.title} ({len(moves.places):,})", ""]
        if moves.places:
            lines += [*_HEAD, *(_place_row(one) for one in moves.places[:MOST]), ""]
        lines += _left_out(len(moves.places), moves.note)
    for found in finding_parts(comparison):
        lines += [f"## {found.title} ({len(found.findings):,})", "", *map(_finding, found.findings[:MOST]), ""]
        lines += _left_out(len(found.findings))
    return "\n".join([*lines, *_premises(comparison)]) + "\n"


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _left_out(count: int, note: str = "") -> list[str]:
    return [part for line in (left_out(count), note) if line for part in (line, "")]


def _in_full(gate: GateChange, comparison: Comparison) -> list[str]:
    lines = [f"### {code(shorten(gate.id, 160))}", "", f"{_capital(prose(turn(gate, comparison)))}."]
    if gate.old is not None:
        lines += ["", prose_lines(f"Then: {then_words(gate.old)}", _SENTENCE)]
    if gate.new is not None:
        lines += ["", prose_lines(f"Now: {now_words(gate.new)}", _SENTENCE)]
    if words := changes(gate):
        lines += ["", f"Change: {prose(shorten(words, _SENTENCE), inside=True)}."]
    return [*lines, ""]


def _row(name: str, *cells: str) -> str:
    return "| " + " | ".join([name, *(prose(shorten(cell, _SENTENCE), inside=True) for cell in cells)]) + " |"


def _gate_row(gate: GateChange) -> str:
    return _row(code(shorten(gate.id, 160)), state_words(gate.old), state_words(gate.new), changes(gate))


def _place_row(place: Place) -> str:
    group = "" if place.group is None else f", {prose(shorten(group_words(place.group), 80))}"
    criterion = place.gate.latest.criterion
    old, new = (numbers(one, criterion) for one in (place.movement.old, place.movement.new))
    words = movement_words(place.movement) if place.group is not None else changes(place.gate)
    return _row(f"{code(shorten(place.gate.id, 160))}{group}", old, new, words)


def _finding(one: FindingChange) -> str:
    where = "" if one.latest.slice is None else f", {prose(shorten(group_words(one.latest.slice), 120))}"
    said = f"{prose(shorten(one.latest.title, 200))}: {prose(effects(one), inside=True)}"
    return f"- {code(shorten(one.gate, 160))}{where}: {said}"


def _premises(comparison: Comparison) -> list[str]:
    differ: Sequence[str] = [
        f"| {' | '.join(prose(text, inside=True) for text in (one.label, one.old, one.new))} |"
        for one in comparison.premises
        if one.same is not True
    ]
    lines = ["## The two runs", ""]
    if differ:
        lines += ["| Differs | Then | Now |", "| --- | --- | --- |", *differ[:MOST], "", *_left_out(len(differ))]
    if same := [f"{one.label} {one.new}" for one in comparison.premises if one.same]:
        lines += [prose(f"The same: {', '.join(same)}."), ""]
    note = rows_note(comparison)
    return [*lines, prose(note)] if note else lines
