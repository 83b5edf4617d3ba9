"""A record as text for a terminal: the verdict, what stops promotion and what to do, then everything else, short."""

from __future__ import annotations

from collections.abc import Sequence
from io import StringIO
from typing import TYPE_CHECKING

from modelcheck.record.numbers import (
    decimals_for,
    format_count,
    format_interval,
    format_level,
    format_limit,
    format_range,
    format_value,
)
from modelcheck.record.schema import GateRecord, Record, RunVerdict
from modelcheck.report.glossary import VERDICTS
from modelcheck.report.outline import Section, gate_sentence, headline, sections, verdict_word
from modelcheck.report.text import one_line, shorten

if TYPE_CHECKING:
    from rich.console import Console
    from rich.text import Text

__all__ = ["render_terminal"]

_STYLES = {
    "stops": "bold red",
    "not_run": "yellow",
    "inconclusive": "yellow",
    "warns": "yellow",
    "error": "yellow",
    "waived": "yellow",
    "pass": "green",
    "not_applicable": "dim",
    "metric": "dim",
}
_WORD_STYLES = {
    RunVerdict.PROMOTED: "bold green",
    RunVerdict.BLOCKED: "bold red",
    RunVerdict.INCOMPLETE: "bold yellow",
    RunVerdict.NO_GATES: "bold yellow",
}
_IN_FULL = ("stops", "not_run")
_NARROWEST = 40
_MARK = "..."
_MOST = 40
_NAME = 44
_SENTENCE = 600


def render_terminal(record: Record, width: int = 80, color: bool = False, folder: str = "") -> str:
    """Render a record for a terminal.

    Parameters
    ----------
    record : Record
        What was measured.
    width : int
        Columns, at least 40. Lines that are meant to be copied are never broken.
    color : bool
        Whether to write ANSI colours. Without them the text holds no escape sequence at all.
    folder : str
        Where the reports lie, as the user would type it; empty: not said.

    Returns
    -------
    str
        Ends with a newline. Names from data are shown with control characters escaped.
    """
    from rich.console import Console
    from rich.text import Text

    out = StringIO()
    console = Console(
        file=out,
        width=max(width, _NARROWEST),
        force_terminal=color,
        color_system="standard" if color else None,
        no_color=not color,
        legacy_windows=False,
        markup=False,
        emoji=False,
        highlight=False,
        # Nothing of the surroundings may change the text: same record, same bytes.
        _environ={},
    )
    word = Text(verdict_word(record), style=_WORD_STYLES[RunVerdict(record.verdict)])
    line = headline(record)
    glue = " " if RunVerdict(record.verdict) is RunVerdict.BLOCKED else ": "
    console.print(Text.assemble((_name(record.name, 60), "bold"), ": ", word, glue, one_line(line)))
    parts = sections(record)
    for part in parts:
        if part.key in _IN_FULL:
            _print_in_full(console, part)
    _print_table(console, [part for part in parts if part.key not in (*_IN_FULL, "metric")])
    _print_metrics(console, [gate for part in parts if part.key == "metric" for gate in part.gates])
    if folder:
        console.print()
        console.print(Text(f"Reports: {_name(folder, 200)}/report.html, summary.md, record.json"), soft_wrap=True)
    # Padding on the right would break lines in logs that are narrower than the terminal was.
    return "".join(f"{text.rstrip(' ')}\n" for text in out.getvalue().splitlines())


def _name(text: str, most: int) -> str:
    return shorten(text, most, _MARK)


def _print_in_full(console: Console, part: Section) -> None:
    from rich.padding import Padding
    from rich.text import Text

    shown = part.gates[:_MOST]
    for gate in shown:
        console.print()
        word = VERDICTS[str(gate.verdict)][1]
        console.print(Text.assemble((word.upper(), _STYLES[part.key]), f"  {_name(gate.id, 160)}"))
        if gate.estimate is not None and (numbers := format_interval(gate.estimate)) not in gate_sentence(gate):
            limit = f", limit {format_limit(gate.criterion)}" if gate.criterion is not None else ""
            console.print(Padding(Text(numbers + limit), (0, 0, 0, 2)))
        console.print(Padding(Text(_name(gate_sentence(gate), _SENTENCE)), (0, 0, 0, 2)))
        for line in gate.advice:
            # Not wrapped: a broken line can't be copied.
            console.print(Text("  " + _name(line, 1000), style="cyan"), soft_wrap=True)
    if len(part.gates) > len(shown):
        console.print(f"  {len(shown)} of {format_count(len(part.gates))} gates shown, all are in record.json.")


def _print_table(console: Console, parts: Sequence[Section]) -> None:
    from rich.text import Text

    gates = [(part.key, gate) for part in parts for gate in part.gates]
    if not gates:
        return
    shown = gates[:_MOST]
    rows = []
    for key, gate in shown:
        word = VERDICTS[str(gate.verdict)][1] + (" (warns)" if key == "warns" else "")
        rows.append((Text(word, style=_STYLES[key]), gate))
    console.print()
    _print_rows(console, rows)
    for key, gate in shown:
        if key != "pass":
            console.print()
            why = _name(gate_sentence(gate), _SENTENCE)
            console.print(Text.assemble((f"{_name(gate.id, 120)}: ", _STYLES[key]), why))
            for line in gate.advice:
                console.print(Text("  " + _name(line, 1000), style="cyan"), soft_wrap=True)
    if len(gates) > len(shown):
        console.print(f"{len(shown)} of {format_count(len(gates))} gates shown, all are in record.json.")


def _print_rows(console: Console, rows: Sequence[tuple[Text, GateRecord]]) -> None:
    """Print gates one line each where all fit, else two lines each: the name, then its numbers."""
    from rich.table import Table
    from rich.text import Text

    cells = [
        (label, _name(gate.id, 120), value, interval, _limit(gate), f"n {n}" if n else "")
        for label, gate in rows
        for value, interval, n in [_numbers(gate)]
    ]
    widths = [max(Text(str(row[place])).cell_len for row in cells) for place in range(6)]
    # A few long names may fold; they don't cost all others their line.
    widths[1] = min(widths[1], _NAME)
    needed = sum(widths) + 2 * len(widths)
    table = Table(box=None, pad_edge=False, show_header=False, padding=(0, 2, 0, 0))
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold", min_width=widths[1])
    if needed <= console.width:
        table.add_column(justify="right")
        table.add_column()
        table.add_column()
        table.add_column(justify="right")
        for label, *texts in cells:
            table.add_row(label, *map(Text, texts))
    else:
        for label, name, value, interval, limit, n in cells:
            numbers = ", ".join(part for part in (value, interval, limit, n) if part)
            table.add_row(label, Text(f"{name}\n{numbers}" if numbers else name))
    console.print(table)


def _limit(gate: GateRecord) -> str:
    return "" if gate.criterion is None else format_limit(gate.criterion)


def _numbers(gate: GateRecord) -> tuple[str, str, str]:
    """Return value, interval and n; empty where nothing was measured."""
    estimate = gate.estimate
    if estimate is None:
        return "", "", ""
    decimals = decimals_for(estimate.value, estimate.low, estimate.high)
    interval = f"{format_range(estimate.low, estimate.high, decimals)} ({format_level(estimate.confidence)})"
    return format_value(estimate.value, decimals), interval, format_count(estimate.n)


def _print_metrics(console: Console, gates: Sequence[GateRecord]) -> None:
    """Print metrics without a limit."""
    from rich.text import Text

    if not gates:
        return
    console.print()
    console.print(Text(f"Measured without a limit ({format_count(len(gates))}):", style="dim"))
    _print_rows(console, [(Text(""), gate) for gate in gates[:_MOST]])
    if len(gates) > _MOST:
        console.print(f"  {_MOST} of {format_count(len(gates))} shown, all are in record.json.")
