"""A record as a fragment of HTML for a notebook's cell: the verdict, what to look at, what to do next."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

from modelcheck.record.evidence import Finding, Severity
from modelcheck.record.numbers import decimals_for, format_count, format_range, format_value
from modelcheck.record.schema import GateRecord, Record
from modelcheck.report.frame import environment
from modelcheck.report.headline import caution, compared_with, sentence, state
from modelcheck.report.lines import line_of
from modelcheck.report.outline import Fold, Section, count_words, folded, sections, upper_first, verdict_word
from modelcheck.report.text import block, group_words, paragraph, shorten
from modelcheck.report.theme import colours, declared

if TYPE_CHECKING:
    from markupsafe import Markup

__all__ = ["render_notebook"]

_MOST_BYTES = 60_000
# How long lists are that have to be looked at, and those that are folded away; the first that fit.
_LENGTHS = ((20, 20), (20, 5), (10, 5), (5, 5), (2, 2), (1, 1))
_WHY = 300
_ADVICE = 900
# What a reader has to look at comes first and open, in the order of `sections`; all else is folded away.
_OPEN = ("stops", "not_run", "inconclusive", "warns", "error", "waived")
_ICONS = {"promoted": "✓", "unproved": "?", "blocked": "✕", "incomplete": "?", "no_gates": "○"}
_TONES = {
    **dict.fromkeys(("promoted", "pass"), "good"),
    **dict.fromkeys(("blocked", "stops"), "bad"),
    **dict.fromkeys(("no_gates", "not_applicable", "metric"), "none"),
}
_VARIABLES = (
    *("paper", "sheet", "ink", "soft", "line", "link", "c1"),
    *("good", "good-bg", "bad", "bad-bg", "unsure", "unsure-bg", "none", "none-bg"),
)
# Who says how the page around looks: JupyterLab, VS Code, Colab and documentation themes. The page of the classic
# notebook and of nbviewer is white and doesn't say so. Where nobody does, the reader's system decides.
_LIGHT = (
    '[data-jp-theme-light="true"]',
    ".vscode-light",
    ".vscode-high-contrast-light",
    '[theme="light"]',
    '[data-theme="light"]',
    ".rendered_html",
)
_DARK = (
    '[data-jp-theme-light="false"]',
    ".vscode-dark",
    ".vscode-high-contrast:not(.vscode-high-contrast-light)",
    '[theme="dark"]',
    '[data-theme="dark"]',
)


def render_notebook(record: Record) -> str:
    """Render the result of a scan for a notebook's cell.

    Parameters
    ----------
    record : Record
        What was measured.

    Returns
    -------
    str
        One ``<section>`` with its own style: no script, no id, nothing fetched. Its style touches nothing around it,
        and the notebook's touches nothing inside; it reads without any style as well. At most 60 KB: lists say how
        much of them is shown. Same record, same bytes.
    """
    shown = ""
    for most, most_folded in _LENGTHS:
        shown = _rendered(record, most, most_folded)
        if len(shown.encode()) <= _MOST_BYTES:
            break
    return shown


@dataclass(frozen=True, slots=True, kw_only=True)
class _Row:
    """One gate."""

    id: str
    title: str
    icon: str
    word: str
    tone: str
    severity: str
    value: str
    interval: str
    level: str
    n: str
    limit: str
    mark: Markup
    worst: str
    why: str
    advice: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _Found:
    """One finding."""

    severity: str
    title: str
    gate: str
    where: str
    effect: str
    interval: str
    n: str
    p: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _Part:
    """A list as it is shown: some of its rows, how many there are, and a note where not all are shown."""

    title: str
    count: str
    rows: Sequence[_Row | _Found]
    note: str


def _rendered(record: Record, most: int, most_folded: int) -> str:
    parts = sections(record)
    folds = folded(parts)
    lengths = {part.key: most if part.key in _OPEN else most_folded for part in parts}
    views = [(part, _part(part, folds[part.key], lengths[part.key])) for part in parts]
    attention = [part for part in parts if part.key in _OPEN]
    first = next((part.gates[0].id for part in [*attention, *parts]), "suite::check")
    found: dict[str, list[tuple[GateRecord, Finding]]] = {level: [] for level in Severity}
    for part in parts:
        for gate in part.gates:
            for finding in gate.findings:
                found[finding.severity].append((gate, finding))
    scope, css = _style()
    return (
        environment()
        .get_template("notebook.html")
        .render(
            scope=scope,
            css=css,
            name=shorten(record.name, 80),
            word=verdict_word(record),
            icon=_ICONS[state(record)],
            tone=_tone(state(record)),
            headline=sentence(record),
            compared=compared_with(record),
            caution=caution(record),
            counts=[(_tone(key), title, format_count(count)) for key, title, count in count_words(record)],
            shown=[view for part, view in views if part.key in _OPEN],
            rest=[view for part, view in views if part.key not in _OPEN],
            grave=_findings("Findings", found[Severity.BLOCKING] + found[Severity.WARNING], most),
            told=_findings("Findings that only inform", found[Severity.INFO], most_folded),
            first=json.dumps(shorten(first, 160), ensure_ascii=False),
            asked=bool(attention),
        )
        .strip()
    )


def _part(part: Section, folds: Sequence[Fold], most: int) -> _Part:
    in_full = part.key in _OPEN
    # Where nothing has to be looked at, gates are listed one by one; else equal reasons are told once.
    shown = folds if in_full or part.key == "not_applicable" else [Fold(gate=gate) for gate in part.gates]
    return _Part(
        title=part.title,
        count=format_count(len(part.gates)),
        rows=[_row(fold, part.key, told=in_full or part.key == "not_applicable") for fold in shown[:most]],
        note=_note(min(most, len(shown)), len(shown)) if shown else "The same reason as above.",
    )


def _row(fold: Fold, section: str, *, told: bool) -> _Row:
    gate = fold.gate
    line = line_of(gate)
    return _Row(
        id=shorten(gate.id, 160),
        title=line.title,
        icon=line.icon,
        word=line.word,
        tone="bad" if line.state in ("fail", "error") else _tone(line.state),
        severity=line.severity,
        value=line.value,
        interval=line.interval,
        level=line.level,
        n=line.n,
        limit="" if gate.criterion is None else line.limit,
        mark=line.mark,
        worst=line.worst,
        why=_why(fold, upper_first(gate.reason or gate.reading)) if told else "",
        advice=block("\n".join(gate.advice)[:_ADVICE]) if section == "stops" else "",
    )


def _why(fold: Fold, said: str) -> str:
    others = len(fold.same)
    same = f"\nThe same for {format_count(others)} other{'s' if others > 1 else ''}." if others else ""
    return paragraph(said, _WHY) + same


def _findings(title: str, found: Sequence[tuple[GateRecord, Finding]], most: int) -> _Part | None:
    if not found:
        return None
    rows = [_found(gate, finding) for gate, finding in found[:most]]
    return _Part(title=title, count=format_count(len(found)), rows=rows, note=_note(len(rows), len(found)))


def _found(gate: GateRecord, finding: Finding) -> _Found:
    decimals = decimals_for(finding.effect, finding.low, finding.high)
    measured, p = finding.effect is not None, finding.p_adjusted
    ends = measured and not (finding.low is None and finding.high is None)
    return _Found(
        severity=str(finding.severity),
        title=shorten(finding.title, 240),
        gate=shorten(gate.id, 160),
        where="" if finding.slice is None else shorten(group_words(finding.slice), 160),
        effect=format_value(finding.effect, decimals) if measured else "",
        interval=format_range(finding.low, finding.high, decimals) if ends else "",
        n=format_count(finding.n),
        p="" if p is None else "< 0.0001" if p < 0.0001 else format_value(p),
    )


def _note(shown: int, of: int) -> str:
    return f"{format_count(shown)} of {format_count(of)}, all in record.json." if of > shown else ""


def _tone(key: str) -> str:
    return _TONES.get(key, "unsure")


@cache
def _style() -> tuple[str, str]:
    """Return the class that scopes the style, and the style.

    The class is named after the style, so that a cell which an older version left in the notebook keeps its own.
    """
    light, dark = (declared(values, _VARIABLES, "mc-") for values in colours())
    sheet = files("modelcheck.report").joinpath("notebook.css").read_text(encoding="utf-8")
    sheet = re.sub(r"/\*.*?\*/\s*", "", sheet, flags=re.DOTALL).strip()
    # Where several of these match, the last one counts: what the page says goes before what the system says.
    looks = (
        f".mc {{ color-scheme: light; {light} }}",
        f"@media (prefers-color-scheme: dark) {{ .mc {{ color-scheme: dark; {dark} }} }}",
        f"{_within(_LIGHT)} {{ color-scheme: light; {light} }}",
        f"{_within(_DARK)} {{ color-scheme: dark; {dark} }}",
    )
    whole = "\n".join((sheet, *looks)).replace(";", " !important;")
    scope = f"mc-{hashlib.sha256(whole.encode()).hexdigest()[:8]}"
    # Three times, to go before selectors such as `.jp-RenderedHTMLCommon tbody tr:nth-child(odd)`.
    return scope, re.sub(r"\.mc\b(?!-)", f".{scope}" * 3, whole)


def _within(hosts: Sequence[str]) -> str:
    return ", ".join(f"{host} .mc" for host in hosts)
