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

__all__ = ["render_summary"]

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
    parts = sections(record)
    lines = [
        f"<!-- {PAGE_MARK} -->",
        f"# {prose(shorten(record.name, 80))}: {verdict_word(record)}",
        "",
        prose(sentence(record)),
        "",
    ]
    if compared_with(record):
        lines += [prose(compared_with(record)), ""]
    if caution(record):
        lines += [prose(caution(record)), ""]
    judged = [part for part in parts if part.key != "metric"]
    if judged:
        lines += ["| Verdict | Gate | Value | Interval | Limit | n |", "| --- | --- | ---: | --- | --- | ---: |"]
        lines += _capped([_row(gate) for part in judged for gate in part.gates], "| | {} |  |  |  |  |")
        lines.append("")
    folds = folded(parts)
    for part in judged:
        if part.key != "pass" and folds[part.key]:
            lines += _section(part, folds[part.key])
    metrics = [gate for part in parts if part.key == "metric" for gate in part.gates]
    if metrics:
        lines += ["## Measured without a limit", "", "| Metric | Value | Interval | n |", "| --- | ---: | --- | ---: |"]
        lines += _capped([_metric(gate) for gate in metrics], "| {} | | | |")
        lines.append("")
    lines += _footer(record)
    return "\n".join(lines) + "\n"


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


def _row(gate: GateRecord) -> str:
    value, interval, n = _numbers(gate)
    limit = "none" if gate.criterion is None else format_limit(gate.criterion)
    word = VERDICTS[str(gate.verdict)][1]
    worst = worst_group(gate)
    name = code(shorten(gate.id, 160)) + (f", worst: {prose(shorten(group_words(worst), 80))}" if worst else "")
    return f"| {word} ({gate.severity}) | {name} | {value} | {interval} | {limit} | {n} |"


def _metric(gate: GateRecord) -> str:
    value, interval, n = _numbers(gate)
    return f"| {code(shorten(gate.id, 160))} | {value} | {interval} | {n} |"


def _section(part: Section, folds: Sequence[Fold]) -> list[str]:
    lines = [f"## {part.title} ({len(part.gates):,})", ""]
    for fold in folds[:_MOST]:
        gate = fold.gate
        lines += [f"### {code(shorten(gate.id, 160))}", "", prose_lines(gate_sentence(gate)), ""]
        if numbers := untold_numbers(gate):
            lines += [f"Measured: {numbers}.", ""]
        if gate.advice:
            lines += fenced("\n".join(block(line[:1500]) for line in gate.advice))
        if fold.same:
            names = ", ".join(code(shorten(other.id, 160)) for other in fold.same[:_MOST])
            more = f" and {len(fold.same) - _MOST:,} more" if len(fold.same) > _MOST else ""
            lines += [f"The same for {len(fold.same):,} other{'s' if len(fold.same) > 1 else ''}: {names}{more}.", ""]
    if len(folds) > _MOST:
        lines += [f"{_MOST} of {len(folds):,}, all in record.json.", ""]
    return lines


def _footer(record: Record) -> list[str]:
    dataset, run = record.dataset, record.run
    parts = []
    if isinstance(dataset.get("rows"), int):
        parts.append(f"{format_count(dataset['rows'])} rows")
    if run.get("profile"):
        parts.append(f"profile {prose(shorten(str(run['profile']), 40))}")
    if run.get("started"):
        parts.append(f"started {prose(shorten(str(run['started']), 40))}")
    about = f"{', '.join(parts)}. " if parts else ""
    return [f"{_capital(about)}Details: [report.html](report.html), all numbers: [record.json](record.json)."]


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
