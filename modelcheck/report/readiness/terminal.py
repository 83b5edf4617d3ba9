"""The ML Test Score for a terminal: the score and what would raise it first, then all items."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from modelcheck.report.console import open_console, printed
from modelcheck.report.readiness.proof import declared, foundation, headline, points, result, shown_gates, state, sums
from modelcheck.report.readiness.rubric import SOURCE
from modelcheck.report.readiness.scoring import Readiness, Scored
from modelcheck.report.readiness.steps import steps, what_it_takes
from modelcheck.report.text import paragraph, shorten

if TYPE_CHECKING:
    from rich.console import Console
    from rich.text import Text

__all__ = ["render_terminal"]

_STYLES = {"pass": "green", "fail": "bold red", "inconclusive": "yellow", "not_applicable": "dim"}
_SENTENCE = 600
_MARK = "..."


def render_terminal(readiness: Readiness, width: int = 80, color: bool = False) -> str:
    """Render a score for a terminal.

    Parameters
    ----------
    readiness : Readiness
        A score.
    width : int
        Columns, at least 40.
    color : bool
        Whether to write ANSI colours. Without them the text holds no escape sequence at all.

    Returns
    -------
    str
        Ends with a newline. What comes from files is shown with control characters escaped.
    """
    from rich.text import Text

    console = open_console(width, color)
    console.print(Text.assemble((shorten(readiness.name, 60, _MARK), "bold"), ": ", (headline(readiness), "bold")))
    console.print(Text(sums(readiness)))
    if cheapest := steps(readiness):
        console.print()
        console.print(Text("To raise it, cheapest first:", style="bold"))
        told = [f"{', '.join(one.items)} (+{points(one.gain)}): {one.text}" for one in cheapest]
        _print_rows(
            console,
            [(f"{number}.", Text(paragraph(text, _SENTENCE, _MARK))) for number, text in enumerate(told, 1)],
        )
    for section in readiness.sections:
        console.print()
        console.print(Text(f"{section.title}: {points(section.points)} of 7", style="bold"))
        _print_rows(console, [_row(one) for one in section.items])
    console.print()
    for line in (readiness.basis, foundation(readiness), f"Rubric: {SOURCE}"):
        console.print(Text(line, style="dim"))
    return printed(console)


def _print_rows(console: Console, rows: Sequence[tuple[str | Text, ...]]) -> None:
    from rich.table import Table

    table = Table(box=None, show_header=False, pad_edge=False, padding=(0, 2, 0, 0))
    for _ in rows[0][:-1]:
        table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    for first, *others in rows:
        table.add_row(f"  {first}", *others)
    console.print(table)


def _row(one: Scored) -> tuple[str | Text, ...]:
    from rich.text import Text

    # The icon would need an encoding that not every log has; the word says the same.
    name, _, word = state(one)
    told = Text(one.item.title)
    for line in _lines(one):
        told.append(f"\n{paragraph(line, _SENTENCE, _MARK)}", style="dim")
    return one.item.id, Text(word, style=_STYLES[name]), told


def _lines(one: Scored) -> list[str]:
    gates, more = shown_gates(one)
    lines = [f"{shorten(gate.id, 120, _MARK)} {result(gate)}" for gate in gates]
    if more:
        lines.append(more)
    how, evidence, by = declared(one)
    if how and not one.doubt:
        lines.append(f"{how}: {evidence} ({by})")
    if todo := what_it_takes(one):
        lines.append(todo)
    return lines
