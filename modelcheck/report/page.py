"""A record as one self-contained HTML page: verdict first, then why, then what to do."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from urllib.parse import quote

from modelcheck.record.numbers import format_count
from modelcheck.record.schema import Record, RunVerdict
from modelcheck.report.against import against_view
from modelcheck.report.articles import article_groups
from modelcheck.report.brief import brief
from modelcheck.report.explained.presence import has_explanation
from modelcheck.report.findings import findings_view
from modelcheck.report.frame import environment, frame, script
from modelcheck.report.glossary import GLOSSARY
from modelcheck.report.headline import sentence, state
from modelcheck.report.lines import Line, LineGroup, line_groups
from modelcheck.report.opened import open_sections
from modelcheck.report.outline import count_words, sections, verdict_word
from modelcheck.report.provenance import at_a_glance, data_view, provenance_view
from modelcheck.report.readiness import readiness_view
from modelcheck.report.room import MOST_BYTES, ROOMS, Room
from modelcheck.report.text import paragraph, shorten, unique_anchors

__all__ = ["render_html", "render_index"]

_MOST_SUITES = 40  # to choose from: more of them are found by their words


def render_html(record: Record) -> str:
    """Render the report of one model.

    Parameters
    ----------
    record : Record
        What was measured.

    Returns
    -------
    str
        A whole HTML document, at most 1 MB: nothing fetched, complete without its script, readable in light, dark and
        print. Same record, same bytes.
    """
    # A record may hold one gate twice; the page tells gates apart by identity.
    record = replace(record, gates=tuple(map(replace, record.gates)))
    html = ""
    for room in ROOMS:
        html = _rendered(record, room)
        if len(html.encode()) <= MOST_BYTES:
            break
    return html


def _rendered(record: Record, room: Room) -> str:
    from markupsafe import Markup

    parts = sections(record)
    anchors = dict(zip(map(id, record.gates), unique_anchors(gate.id for gate in record.gates), strict=True))
    articles = article_groups(record, parts, anchors, room)
    # Where a gate's evidence stands, or else its line in the table.
    written = {**anchors, **articles.anchors}
    row = environment().get_template("row.html")

    def write(line: Line, group: LineGroup) -> Markup:
        return Markup(row.render(line=line, group=group))  # noqa: S704 - the template escapes

    return (
        environment()
        .get_template("report.html")
        .render(
            **frame(f"{shorten(record.name, 80)}: {verdict_word(record)}"),
            **script(),
            name=shorten(record.name, 80),
            word=verdict_word(record),
            state=state(record),
            headline=sentence(record),
            brief=brief(record, written),
            counts=count_words(record),
            facts=at_a_glance(record),
            groups=line_groups(parts, anchors, articles.anchors, write, room.lines),
            suites=list(dict.fromkeys(shorten(gate.suite, 40) for gate in record.gates))[:_MOST_SUITES],
            findings=findings_view(record, written, room),
            articles=articles,
            against=against_view(record, written),
            opened=open_sections(parts, written, room.reasons),
            crashed=any(part.key == "stops" or part.key == "error" for part in parts),
            readiness=readiness_view(record, written),
            data=data_view(record, room.columns),
            provenance=provenance_view(record, room.columns),
            glossary=GLOSSARY,
            asked=_asked(record, room.columns),
            explained=has_explanation(record),
        )
    )


def render_index(records: Sequence[Record]) -> str:
    """Render the page that leads to the reports of several models.

    Parameters
    ----------
    records : sequence of Record
        In the order of the run; each report lies in ``NAME/report.html`` beside this page.

    Returns
    -------
    str
        A whole HTML document.
    """
    rows = [
        {
            "name": shorten(record.name, 80),
            "folder": quote(shorten(record.name, 200), safe=""),
            "explained": has_explanation(record),
            "word": verdict_word(record),
            "state": state(record),
            "headline": sentence(record),
            "rows": format_count(record.dataset["rows"]) if isinstance(record.dataset.get("rows"), int) else "n/a",
            "profile": shorten(str(record.run.get("profile", "n/a")), 40),
        }
        for record in records
    ]
    good = sum(RunVerdict(record.verdict) is RunVerdict.PROMOTED for record in records)
    title = f"{good} of {len(rows)} models may be promoted"
    return environment().get_template("index.html").render(**frame(title), rows=rows)


def _asked(record: Record, most: int) -> list[tuple[str, str]]:
    """Return what the checks ask, each once, in the order of the gates."""
    texts = {f"{gate.suite}: {gate.check.replace('_', ' ')}": gate.about for gate in record.gates if gate.about}
    told = [(shorten(check, 80), paragraph(text, 600)) for check, text in texts.items()]
    left = len(told) - most
    return told if left <= 0 else [*told[:most], ("and more", f"{left:,} further checks, all in record.json.")]
