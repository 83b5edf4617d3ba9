"""A record as Markdown: for a pull request, a chat, a job's summary."""

from __future__ import annotations

import re
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
from modelcheck.report.text import block, group_words, one_line, paragraph, shorten

__all__ = ["render_summary"]

_MOST = 100
_MARKS = re.compile(r"[\\`*_\[\]|~$]")
_LINE_START = re.compile(r"^(?=[#+=-])|^(\d+)(?=[.)])")
_ENTITIES = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}


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
        f"# {_prose(shorten(record.name, 80))}: {verdict_word(record)}",
        "",
        _prose(sentence(record)),
        "",
    ]
    if compared_with(record):
        lines += [_prose(compared_with(record)), ""]
    if caution(record):
        lines += [_prose(caution(record)), ""]
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
    name = _code(shorten(gate.id, 160)) + (f", worst: {_prose(shorten(group_words(worst), 80))}" if worst else "")
    return f"| {word} ({gate.severity}) | {name} | {value} | {interval} | {limit} | {n} |"


def _metric(gate: GateRecord) -> str:
    value, interval, n = _numbers(gate)
    return f"| {_code(shorten(gate.id, 160))} | {value} | {interval} | {n} |"


def _section(part: Section, folds: Sequence[Fold]) -> list[str]:
    lines = [f"## {part.title} ({len(part.gates):,})", ""]
    for fold in folds[:_MOST]:
        gate = fold.gate
        lines += [f"### {_code(shorten(gate.id, 160))}", "", _prose_lines(gate_sentence(gate)), ""]
        if numbers := untold_numbers(gate):
            lines += [f"Measured: {numbers}.", ""]
        if gate.advice:
            lines += _fenced("\n".join(block(line[:1500]) for line in gate.advice))
        if fold.same:
            names = ", ".join(_code(shorten(other.id, 160)) for other in fold.same[:_MOST])
            more = f" and {len(fold.same) - _MOST:,} more" if len(fold.same) > _MOST else ""
            lines += [f"The same for {len(fold.same):,} other{'s' if len(fold.same) > 1 else ''}: {names}{more}.", ""]
    if len(folds) > _MOST:
        lines += [f"{_MOST} of {len(folds):,}, all in record.json.", ""]
    return lines


def _prose_lines(text: str) -> str:
    # Two spaces at a line's end keep its break.
    return "  \n".join(_prose(line) for line in paragraph(text, 1500).split("\n"))


def _footer(record: Record) -> list[str]:
    dataset, run = record.dataset, record.run
    parts = []
    if isinstance(dataset.get("rows"), int):
        parts.append(f"{format_count(dataset['rows'])} rows")
    if run.get("profile"):
        parts.append(f"profile {_prose(shorten(str(run['profile']), 40))}")
    if run.get("started"):
        parts.append(f"started {_prose(shorten(str(run['started']), 40))}")
    about = f"{', '.join(parts)}. " if parts else ""
    return [f"{_capital(about)}Details: [report.html](report.html), all numbers: [record.json](record.json)."]


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _prose(text: str) -> str:
    """Return text that Markdown shows as it is: no markup, HTML, links or mentions."""
    escaped = _MARKS.sub(lambda match: "\\" + match[0], one_line(text))
    escaped = _LINE_START.sub(lambda match: f"{match[1] or ''}\\", escaped.lstrip())
    escaped = re.sub("[&<>]", lambda match: _ENTITIES[match[0]], escaped)
    # Addresses link themselves and names after @ call people, unless something stands in between.
    return escaped.replace("://", ":&#47;&#47;").replace("www.", "www&#46;").replace("@", "&#64;&#8203;")


def _code(text: str) -> str:
    """Return an inline code span that holds any text, pipes included, also within a table."""
    shown = one_line(text).replace("|", "\\|")
    ticks = "`" * (max((len(run) for run in re.findall("`+", shown)), default=0) + 1)
    space = " " if "`" in shown else ""
    return f"{ticks}{space}{shown}{space}{ticks}" if shown.strip() else "(empty)"


def _fenced(text: str) -> list[str]:
    fence = "`" * max(3, max((len(run) for run in re.findall("`+", text)), default=0) + 1)
    return [f"{fence}text", text, fence, ""]
