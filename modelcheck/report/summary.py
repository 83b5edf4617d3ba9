"""A record as Markdown: for a pull request, a chat, a job's summary."""

from __future__ import annotations

from collections.abc import Sequence

from modelcheck.record.numbers import (
    decimals_for,
    format_count,
    format_level,
    format_limit,
    format_measured,
    format_range,
)
from modelcheck.record.schema import GateRecord, Record
from modelcheck.record.store import PAGE_MARK
from modelcheck.report.glossary import VERDICTS
from modelcheck.report.headline import caution, compared_with, sentence
from modelcheck.report.lines import note_of
from modelcheck.report.markdown import code, fenced, prose, prose_lines
from modelcheck.report.outline import (
    Fold,
    Section,
    folded,
    gate_sentence,
    sections,
    untold_numbers,
    verdict_word,
    worst_group,
)
from modelcheck.report.text import block, group_words, shorten

__all__ = ["render_summary", "summary_parts"]

_MOST = 100


def render_summary(record: Record) -> str:
    """Render a record as Markdown.

    Parameters
    ----------
    record : Record
        What was measured.

    Returns
    -------
    str
        GitHub-flavoured Markdown. Names and sentences can't bring in markup, links, mentions or HTML.
    """
    return "".join(summary_parts(record))


def summary_parts(record: Record, folder: str | None = None) -> tuple[str, ...]:
    """Return the summary in pieces that can be left out from the end: verdict, table, gate by gate, metrics, footer.

    Parameters
    ----------
    record : Record
        What was measured.
    folder : str, optional
        Where the pages lie, for a reader who isn't beside them; without it the last part links to them.

    Returns
    -------
    tuple of str
        Whole lines, at least two parts; put together they are the summary.
    """
    parts = sections(record)
    pieces = [_head(record)]
    judged = [part for part in parts if part.key != "metric"]
    if judged:
        lines = ["| Verdict | Gate | Value | Interval | Limit | n |", "| --- | --- | ---: | --- | --- | ---: |"]
        lines += _capped([_row(gate, part.key) for part in judged for gate in part.gates], "| | {} |  |  |  |  |")
        pieces.append([*lines, ""])
    folds = folded(parts)
    for part in judged:
        if part.key != "pass" and folds[part.key]:
            pieces += _section(part, folds[part.key])
    metrics = [gate for part in parts if part.key == "metric" for gate in part.gates]
    if metrics:
        lines = ["## Measured without a limit", "", "| Metric | Value | Interval | n |", "| --- | ---: | --- | ---: |"]
        lines += _capped([_metric(gate) for gate in metrics], "| {} | | | |")
        pieces.append([*lines, ""])
    pieces.append(_footer(record, folder))
    return tuple("\n".join(lines) + "\n" for lines in pieces)


def _head(record: Record) -> list[str]:
    lines = [f"<!-- {PAGE_MARK} -->", f"# {prose(shorten(record.name, 80))}: {verdict_word(record)}", ""]
    for text in (sentence(record), compared_with(record), caution(record)):
        lines += [prose(text), ""] if text else []
    return lines


def _capped(rows: list[str], template: str) -> list[str]:
    if len(rows) <= _MOST:
        return rows
    return [*rows[:_MOST], template.format(f"{_MOST} of {format_count(len(rows))}, all in record.json")]


def _numbers(gate: GateRecord) -> tuple[str, str, str]:
    estimate = gate.estimate
    if estimate is None:
        return "n/a", "n/a", "n/a"
    decimals = decimals_for(estimate.value, estimate.low, estimate.high)
    interval = f"{format_range(estimate.low, estimate.high, decimals)} ({format_level(estimate.confidence)})"
    return format_measured(estimate, gate.criterion, decimals), interval, format_count(estimate.n)


def _row(gate: GateRecord, section: str) -> str:
    value, interval, n = _numbers(gate)
    limit = "none" if gate.criterion is None else format_limit(gate.criterion)
    word = VERDICTS[str(gate.verdict)][1]
    worst = worst_group(gate)
    name = code(shorten(gate.id, 160)) + (f", worst: {prose(shorten(group_words(worst), 80))}" if worst else "")
    # An open question stops promotion only where it stands among what stops it.
    does = "doesn't stop" if section == "inconclusive" else note_of(gate)
    return f"| {word} ({gate.severity}{f', {does}' if does else ''}) | {name} | {value} | {interval} | {limit} | {n} |"


def _metric(gate: GateRecord) -> str:
    value, interval, n = _numbers(gate)
    return f"| {code(shorten(gate.id, 160))} | {value} | {interval} | {n} |"


def _section(part: Section, folds: Sequence[Fold]) -> list[list[str]]:
    """Return the lines of a section, one list a gate; the first begins with the heading."""
    pieces = []
    for fold in folds[:_MOST]:
        gate = fold.gate
        lines = [f"### {code(shorten(gate.id, 160))}", "", prose_lines(gate_sentence(gate)), ""]
        if numbers := untold_numbers(gate):
            lines += [f"Measured: {numbers}.", ""]
        if gate.advice:
            lines += fenced("\n".join(block(line[:1500]) for line in gate.advice))
        if fold.same:
            names = ", ".join(code(shorten(other.id, 160)) for other in fold.same[:_MOST])
            more = f" and {len(fold.same) - _MOST:,} more" if len(fold.same) > _MOST else ""
            lines += [f"The same for {len(fold.same):,} other{'s' if len(fold.same) > 1 else ''}: {names}{more}.", ""]
        pieces.append(lines)
    pieces[0] = [f"## {part.title} ({len(part.gates):,})", "", *pieces[0]]
    if len(folds) > _MOST:
        pieces.append([f"{_MOST} of {len(folds):,}, all in record.json.", ""])
    return pieces


def _footer(record: Record, folder: str | None) -> list[str]:
    dataset, run = record.dataset, record.run
    parts = []
    if isinstance(dataset.get("rows"), int):
        parts.append(f"{format_count(dataset['rows'])} rows")
    if run.get("profile"):
        parts.append(f"profile {prose(shorten(str(run['profile']), 40))}")
    if run.get("started"):
        parts.append(f"started {prose(shorten(str(run['started']), 40))}")
    about = f"{', '.join(parts)}. " if parts else ""
    if folder is None:
        where = "Details: [report.html](report.html), all numbers: [record.json](record.json)."
    else:
        where = f"Details and all numbers: report.html and record.json in {code(shorten(folder, 200))}."
    return [f"{_capital(about)}{where}"]


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
