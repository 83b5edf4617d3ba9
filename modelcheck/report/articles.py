"""The evidence of a run by suite, unfolded where somebody has to act, as much of it as a page can hold."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from modelcheck.record.numbers import format_count
from modelcheck.record.schema import GateRecord, Record
from modelcheck.report.evidence import bare, gate_view
from modelcheck.report.explained.questions import SUITES
from modelcheck.report.frame import environment
from modelcheck.report.outline import Fold, Section, folded
from modelcheck.report.room import Room
from modelcheck.report.text import shorten

if TYPE_CHECKING:
    from markupsafe import Markup

__all__ = ["ArticleGroup", "Articles", "article_groups"]

_MOST_CHARTS = 80
_OPEN = ("stops", "not_run", "inconclusive", "warns", "error", "waived")


@dataclass(frozen=True, slots=True, kw_only=True)
class ArticleGroup:
    """The evidence of one suite."""

    title: str
    question: str
    articles: tuple[Markup, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Articles:
    """All evidence on the page.

    Attributes
    ----------
    groups : tuple of ArticleGroup
        By suite.
    anchors : mapping of int to str
        Where the evidence of a gate stands, by the gate's identity; absent where the page has no room for it.
    note : str
        What is left out.
    """

    groups: tuple[ArticleGroup, ...]
    anchors: Mapping[int, str]
    note: str


def article_groups(record: Record, parts: Sequence[Section], anchors: Mapping[int, str], room: Room) -> Articles:
    """Return the evidence of a run.

    Parameters
    ----------
    record : Record
        The record.
    parts : sequence of Section
        Its gates in reading order: what stops promotion is drawn first, so that it is never what has no room.
    anchors : mapping of int to str
        The id on the page of each gate, by the gate's identity.
    room : Room
        First drawings are left out, then tables, then whole evidence, and the page says so.

    Returns
    -------
    Articles
    """
    from markupsafe import Markup

    template = environment().get_template("article.html")
    found: dict[str, list[Markup]] = {}
    where: dict[int, str] = {}
    spent = charts = left = 0
    for key, fold in _reading(parts):
        if spent >= room.evidence:
            left += 1 + len(fold.same)
            continue
        drawings = _MOST_CHARTS - charts if spent < room.drawn else 0
        own = anchors[id(fold.gate)]
        same = [other.id for other in fold.same]
        view = gate_view(fold.gate, own, drawings=drawings, opened=key in _OPEN, same=same)
        written = template.render(gate=view)
        if spent + len(written) > room.evidence:
            view = bare(view)
            written = template.render(gate=view)
        if spent + len(written) > room.evidence:
            left += 1 + len(fold.same)
            spent = room.evidence
            continue
        charts += len(view.charts)
        spent += len(written)
        found.setdefault(fold.gate.suite, []).append(Markup(written))  # noqa: S704 - the template escapes
        where |= {id(gate): own for gate in (fold.gate, *fold.same)}
    note = (
        f"The evidence of {format_count(left)} more gates is in record.json; the page has no room for it."
        if left
        else ""
    )
    return Articles(groups=tuple(_grouped(record.gates, found)), anchors=where, note=note)


def _reading(parts: Sequence[Section]) -> Iterator[tuple[str, Fold]]:
    folds = folded(parts)
    for part in parts:
        for fold in folds[part.key]:
            yield part.key, fold


def _grouped(gates: Sequence[GateRecord], found: Mapping[str, Sequence[Markup]]) -> Iterator[ArticleGroup]:
    """Give each suite its heading: the known ones in their order, then the others in the record's."""
    others = [suite for suite in dict.fromkeys(gate.suite for gate in gates) if suite not in SUITES]
    for suite in (*SUITES, *others):
        if suite in found:
            yield ArticleGroup(
                title=shorten(suite, 60).capitalize() if suite in SUITES else shorten(suite, 60) or "(no name)",
                question=SUITES.get(suite, ""),
                articles=tuple(found[suite]),
            )
