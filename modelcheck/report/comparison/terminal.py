"""A comparison as text for a terminal: the verdict then and now, what stops promotion, then everything else, short."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from modelcheck.report.comparison.comparison import Comparison, Place
from modelcheck.report.comparison.findings import FindingChange
from modelcheck.report.comparison.gates import Change, GateChange
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
from modelcheck.report.console import open_console, printed
from modelcheck.report.text import group_words, one_line, paragraph, shorten

if TYPE_CHECKING:
    from rich.console import Console

__all__ = ["render_terminal"]

_STYLES = {
    Change.NEWLY_STOPS: "bold red",
    Change.STILL_STOPS: "red",
    Change.NOT_FIXED: "yellow",
    Change.NEWLY_FAILS: "yellow",
    Change.CHANGED: "yellow",
    Change.FIXED: "green",
}
_MARK = "..."
_SENTENCE = 600
# A table of four columns needs room for two intervals side by side.
_WIDE = 160
_NAME = 44
_Row = tuple[str, str, str, str]


def render_terminal(comparison: Comparison, width: int = 80, color: bool = False) -> str:
    """Render a comparison for a terminal.

    Parameters
    ----------
    comparison : Comparison
        What became of a model.
    width : int
        Columns, at least 40.
    color : bool
        Whether to write ANSI colours. Without them the text holds no escape sequence at all.

    Returns
    -------
    str
        Ends with a newline. Names from data are shown with control characters escaped; long lists are cut, and say so.
    """
    from rich.text import Text

    console = open_console(width, color)
    style = "bold red" if comparison.worse else "bold"
    name = (_name(comparison.new.name, 60), "bold")
    console.print(Text.assemble(name, ": ", (verdicts(comparison), style), f": {headline(comparison)}"))
    for caution in comparison.cautions:
        console.print(Text(one_line(caution), style="yellow"))
    for part in gate_parts(comparison):
        _heading(console, part.title, part.count, _STYLES.get(part.change, ""))
        if part.in_full:
            _print_in_full(console, part.gates[:MOST], comparison)
        else:
            _print_rows(console, [_gate_row(gate) for gate in part.gates[:MOST]])
        _print_left_out(console, len(part.gates))
    for moves in place_parts(comparison):
        _heading(console, moves.title, f"{len(moves.places):,}")
        _print_rows(console, [_place_row(one) for one in moves.places[:MOST]])
        _print_left_out(console, len(moves.places), moves.note)
    for found in finding_parts(comparison):
        _heading(console, found.title, f"{len(found.findings):,}")
        _print_findings(console, found.findings[:MOST])
        _print_left_out(console, len(found.findings))
    _print_premises(console, comparison)
    return printed(console)


def _name(text: str, most: int) -> str:
    return shorten(text, most, _MARK)


def _heading(console: Console, title: str, count: str, style: str = "") -> None:
    from rich.text import Text

    console.print()
    console.print(Text(f"{title} ({count})", style=style or "bold"))


def _print_left_out(console: Console, count: int, note: str = "") -> None:
    for line in (left_out(count), note):
        if line:
            console.print(f"  {line}")


def _print_in_full(console: Console, gates: Sequence[GateChange], comparison: Comparison) -> None:
    from rich.padding import Padding
    from rich.text import Text

    for gate in gates:
        console.print(Padding(Text(f"{_name(gate.id, 160)}: {turn(gate, comparison)}"), (0, 0, 0, 2)))
        lines = []
        if gate.old is not None:
            lines.append(f"then {then_words(gate.old)}")
        if gate.new is not None:
            lines.append(f"now  {now_words(gate.new)}")
        for line in (*lines, changes(gate)):
            if line:
                console.print(Padding(Text(paragraph(line, _SENTENCE, _MARK)), (0, 0, 0, 4)))


def _gate_row(gate: GateChange) -> _Row:
    return _name(gate.id, 120), state_words(gate.old), state_words(gate.new), changes(gate)


def _place_row(place: Place) -> _Row:
    group = "" if place.group is None else f", {_name(group_words(place.group), 80)}"
    criterion = place.gate.latest.criterion
    old, new = (numbers(one, criterion) for one in (place.movement.old, place.movement.new))
    # What else changed about a gate is told once, at the gate.
    words = movement_words(place.movement) if place.group is not None else changes(place.gate)
    return f"{_name(place.gate.id, 120)}{group}", old, new, words


def _print_rows(console: Console, rows: Sequence[_Row]) -> None:
    """Print a table where four columns fit, else each row as a few lines."""
    from rich.padding import Padding
    from rich.table import Table
    from rich.text import Text

    if console.width < _WIDE:
        for name, old, new, words in rows:
            console.print(Padding(Text(name), (0, 0, 0, 2)))
            for line in (f"then {old}" if old else "", f"now  {new}" if new else "", words):
                if line:
                    console.print(Padding(Text(line), (0, 0, 0, 4)))
        return
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    names = max((Text(name).cell_len for name, *_ in rows), default=0)
    # A few long names may fold; they don't cost the numbers their room.
    table.add_column("  Gate", overflow="fold", header_style="dim", min_width=min(names, _NAME) + 2)
    for title in ("Then", "Now", "Change"):
        table.add_column(title, overflow="fold", header_style="dim")
    for name, *cells in rows:
        table.add_row(Text(f"  {name}"), *map(Text, cells))
    if rows:
        console.print(table)


def _print_findings(console: Console, findings: Sequence[FindingChange]) -> None:
    from rich.padding import Padding
    from rich.text import Text

    for one in findings:
        where = "" if one.latest.slice is None else f", {_name(group_words(one.latest.slice), 120)}"
        console.print(Padding(Text(f"{_name(one.gate, 120)}{where}"), (0, 0, 0, 2)))
        for line in (_name(one.latest.title, 200), effects(one)):
            console.print(Padding(Text(line), (0, 0, 0, 4)))


def _print_premises(console: Console, comparison: Comparison) -> None:
    from rich.table import Table
    from rich.text import Text

    differ = [one for one in comparison.premises if one.same is not True]
    console.print()
    if differ:
        table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
        for name in ("Differs", "Then", "Now"):
            table.add_column(name, overflow="fold")
        for one in differ[:MOST]:
            table.add_row(*map(Text, (one.label, one.old, one.new)))
        console.print(table)
        _print_left_out(console, len(differ))
    if same := [f"{one.label} {one.new}" for one in comparison.premises if one.same]:
        console.print(Text(f"The same: {', '.join(same)}.", style="dim"))
    if note := rows_note(comparison):
        console.print(Text(note, style="dim"))
