"""A record as text for a terminal: the verdict, what stops promotion and what to do, then everything else, short."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from modelcheck.record.numbers import (
    decimals_for,
    format_count,
    format_level,
    format_limit,
    format_measured,
    format_range,
)
from modelcheck.record.schema import GateRecord, Record
from modelcheck.report.console import open_console, printed
from modelcheck.report.explained.presence import has_explanation
from modelcheck.report.glossary import VERDICTS
from modelcheck.report.headline import caution, compared_with, state, verdict_line
from modelcheck.report.outline import Fold, folded, gate_sentence, is_gate, sections, untold_numbers, worst_group
from modelcheck.report.text import group_words, one_line, paragraph, shorten

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
    "promoted": "bold green",
    "blocked": "bold red",
}
# In this order; metrics and what was not run come after.
_IN_FULL = ("stops", "inconclusive", "warns", "error", "waived")
_FEW = 3
_MARK = "..."
_MOST = 40
_NAME = 44
_SENTENCE = 1200


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
    from rich.text import Text

    console = open_console(width, color)
    word, line = verdict_line(record)
    shown = Text(word, style=_WORD_STYLES.get(state(record), "bold yellow"))
    console.print(Text.assemble((_name(record.name, 60), "bold"), ": ", shown, one_line(line)))
    if compared_with(record):
        console.print(Text(one_line(compared_with(record)), style="dim"))
    if caution(record):
        console.print(Text(one_line(caution(record)), style="yellow"))
    parts = sections(record)
    folds = folded(parts)
    found = {part.key: part.gates for part in parts}
    for key in _IN_FULL:
        _print_in_full(console, key, folds.get(key, ()))
    _print_passing(console, found.get("pass", ()))
    _print_in_full(console, "not_applicable", folds.get("not_applicable", ()))
    _print_metrics(console, found.get("metric", ()))
    _print_not_run(console, found.get("not_run", ()))
    if folder:
        console.print()
        explained = "explainability.html, " if has_explanation(record) else ""
        pages = f"Reports: {_name(folder, 200)}/report.html, {explained}summary.md, record.json"
        console.print(Text(pages), soft_wrap=True)
    return printed(console)


def _name(text: str, most: int) -> str:
    return shorten(text, most, _MARK)


def _print_in_full(console: Console, key: str, folds: Sequence[Fold]) -> None:
    from rich.padding import Padding
    from rich.text import Text

    for fold in folds[:_MOST]:
        gate = fold.gate
        console.print()
        word = VERDICTS[str(gate.verdict)][1] + (" (warns)" if key == "warns" else "")
        worst = f" (worst: {_worst(gate)})" if _worst(gate) else ""
        console.print(
            Text.assemble((word.upper() if key == "stops" else word, _STYLES[key]), f"  {_name(gate.id, 160)}{worst}")
        )
        if numbers := untold_numbers(gate):
            limit = f", limit {format_limit(gate.criterion)}" if gate.criterion is not None else ""
            console.print(Padding(Text(numbers + limit), (0, 0, 0, 2)))
        console.print(Padding(Text(paragraph(gate_sentence(gate), _SENTENCE, _MARK)), (0, 0, 0, 2)))
        for line in _to_do(gate, key):
            for part in paragraph(line, 1000, _MARK).split("\n"):
                # Not wrapped: a broken line can't be copied.
                console.print(Text(f"  {part}", style="cyan"), soft_wrap=True)
        if fold.same:
            console.print(Padding(Text(_the_same(fold.same)), (0, 0, 0, 2)))
    if len(folds) > _MOST:
        console.print(f"  {_MOST} of {format_count(len(folds))} gates shown, all are in record.json.")


def _to_do(gate: GateRecord, key: str) -> Sequence[str]:
    """Return the lines to copy; how to waive is told where something has to be waived."""
    places = [place for place, line in enumerate(gate.advice) if line.startswith("waive:")]
    return gate.advice[: places[0]] if places and key != "stops" else gate.advice


def _the_same(gates: Sequence[GateRecord]) -> str:
    """Name the gates that say nothing else; metrics without a limit are only counted."""
    named = [gate for gate in gates if is_gate(gate)]
    metrics = len(gates) - len(named)
    parts = []
    if named:
        names = ", ".join(_name(gate.id, 120) for gate in named[:_MOST])
        more = f" and {len(named) - _MOST:,} more" if len(named) > _MOST else ""
        parts.append(f"{len(named):,} other gate{'' if len(named) == 1 else 's'}: {names}{more}")
    if metrics:
        parts.append(f"{metrics:,} metric{'' if metrics == 1 else 's'} without a limit")
    return f"The same for {'; and for '.join(parts)}."


def _print_passing(console: Console, gates: Sequence[GateRecord]) -> None:
    from rich.text import Text

    if not gates:
        return
    console.print()
    _print_rows(console, [(Text(VERDICTS["pass"][1], style=_STYLES["pass"]), gate) for gate in gates[:_MOST]])
    if len(gates) > _MOST:
        console.print(f"{_MOST} of {format_count(len(gates))} gates shown, all are in record.json.")


def _print_not_run(console: Console, gates: Sequence[GateRecord]) -> None:
    """Say in a line or two what was planned and not run; metrics without a limit are only counted."""
    from rich.text import Text

    if not gates:
        return
    console.print()
    by_reason: dict[str, list[GateRecord]] = {}
    named = [gate for gate in gates if is_gate(gate)]
    for gate in named:
        by_reason.setdefault(_why_not_run(gate), []).append(gate)
    if len(by_reason) > _FEW:
        by_reason = {"": named}
    for why, alike in by_reason.items():
        names = ", ".join(_name(gate.id, 120) for gate in alike[:_FEW])
        more = f" and {len(alike) - _FEW:,} more" if len(alike) > _FEW else ""
        count = "1 gate was" if len(alike) == 1 else f"{len(alike):,} gates were"
        console.print(Text(f"{count} not run{f' ({why})' if why else ''}: {names}{more}.", style=_STYLES["not_run"]))
    if metrics := len(gates) - len(named):
        count = "1 metric without a limit was" if metrics == 1 else f"{metrics:,} metrics without a limit were"
        console.print(Text(f"{count} not run{' either' if named else ''}.", style="dim"))


def _why_not_run(gate: GateRecord) -> str:
    # What was planned and not run says so; only the cause is news.
    match = re.search(r"not run \((.+)\)\.?$", gate.reason)
    return _name(match[1] if match else gate.reason.removesuffix("."), 120)


def _worst(gate: GateRecord) -> str:
    return _name(group_words(worst_group(gate)), 60)


def _print_rows(console: Console, rows: Sequence[tuple[Text, GateRecord]], prefix: str = "") -> None:
    """Print gates one line each where all fit, else two lines each: the name without `prefix`, then its numbers."""
    from rich.table import Table
    from rich.text import Text

    cells = [
        (
            label,
            _name(gate.id.removeprefix(prefix), 120),
            value,
            interval,
            _limit(gate),
            f"n {n}" if n else "",
            _tail(gate),
        )
        for label, gate in rows
        for value, interval, n in [_numbers(gate)]
    ]
    widths = [max(Text(str(row[place])).cell_len for row in cells) for place in range(7)]
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
        table.add_column()
        for label, *texts in cells:
            table.add_row(label, *map(Text, texts))
    else:
        for label, name, value, interval, limit, n, worst in cells:
            numbers = ", ".join(part for part in (value, interval, limit, n, worst) if part)
            table.add_row(label, Text(f"{name}\n{numbers}" if numbers else name))
    console.print(table)


def _tail(gate: GateRecord) -> str:
    return f"worst: {_worst(gate)}" if _worst(gate) else ""


def _limit(gate: GateRecord) -> str:
    return "" if gate.criterion is None else format_limit(gate.criterion)


def _numbers(gate: GateRecord) -> tuple[str, str, str]:
    """Return value, interval and n; empty where nothing was measured."""
    estimate = gate.estimate
    if estimate is None:
        return "", "", ""
    decimals = decimals_for(estimate.value, estimate.low, estimate.high)
    interval = f"{format_range(estimate.low, estimate.high, decimals)} ({format_level(estimate.confidence)})"
    return format_measured(estimate, gate.criterion, decimals), interval, format_count(estimate.n)


def _print_metrics(console: Console, gates: Sequence[GateRecord]) -> None:
    """Print metrics without a limit."""
    from rich.text import Text

    if not gates:
        return
    console.print()
    suites = {gate.suite for gate in gates}
    # One suite is told once: its name before each metric would cost each its line.
    prefix = f"{gates[0].suite}::" if len(suites) == 1 else ""
    where = f", suite {_name(gates[0].suite, 60)}" if prefix else ""
    console.print(Text(f"Measured without a limit ({format_count(len(gates))}{where}):", style="dim"))
    _print_rows(console, [(Text(""), gate) for gate in gates[:_MOST]], prefix)
    if len(gates) > _MOST:
        console.print(f"  {_MOST} of {format_count(len(gates))} shown, all are in record.json.")
