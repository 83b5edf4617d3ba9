"""A record as one self-contained HTML page: verdict first, then why, then what to do."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from modelcheck.record.numbers import format_count, format_duration
from modelcheck.record.schema import Record
from modelcheck.record.store import PAGE_MARK
from modelcheck.report.cells import facts, grid
from modelcheck.report.evidence import GateView, gate_view
from modelcheck.report.glossary import GLOSSARY
from modelcheck.report.outline import Section, sections, sentence, verdict_word
from modelcheck.report.text import anchor, block, shorten

if TYPE_CHECKING:
    from jinja2 import Environment

__all__ = ["render_html", "render_index"]

_OPEN = ("not_run", "inconclusive", "waived", "not_applicable")
_MOST_COLUMNS = 100
_SCHEMA = ("name", "role", "marks", "kind", "reason", "declared", "distinct", "missing_share")


def render_html(record: Record) -> str:
    """Render the report of one model.

    Parameters
    ----------
    record : Record
        What was measured.

    Returns
    -------
    str
        A whole HTML document: no script, nothing fetched, readable in light, dark and print. Same record, same bytes.
    """
    parts = sections(record)
    viewed = list(_viewed(parts))
    return (
        _environment()
        .get_template("report.html")
        .render(
            **_frame(f"{shorten(record.name, 80)}: {verdict_word(record)}"),
            name=shorten(record.name, 80),
            word=verdict_word(record),
            state=str(record.verdict),
            headline=sentence(record),
            counts=[(part.key, part.title, len(part.gates)) for part in parts],
            facts=_at_a_glance(record),
            sections=viewed,
            open_sections=[part for part in viewed if part[0] in _OPEN],
            data=_data(record),
            provenance=_provenance(record),
            glossary=GLOSSARY,
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
            "link": f"{quote(shorten(record.name, 200), safe='')}/report.html",
            "word": verdict_word(record),
            "state": str(record.verdict),
            "headline": sentence(record),
            "rows": _rows_of(record.dataset),
            "profile": shorten(str(record.run.get("profile", "n/a")), 40),
        }
        for record in records
    ]
    good = sum(row["state"] == "promoted" for row in rows)
    title = f"{good} of {len(rows)} models may be promoted"
    return _environment().get_template("index.html").render(**_frame(title), rows=rows)


def _viewed(parts: Sequence[Section]) -> Iterator[tuple[str, str, list[GateView]]]:
    """View the gates of each section, charts drawn in reading order and anchors kept unique."""
    taken: set[str] = set()
    charts = 0
    for part in parts:
        views = []
        for gate in part.gates:
            plain = name = anchor(gate.id)
            number = 2
            while name in taken:
                name = f"{plain}-{number}"
                number += 1
            taken.add(name)
            view = gate_view(gate, part.key, name, charts_drawn=charts)
            charts += len(view.charts)
            views.append(view)
        yield part.key, part.title, views


def _frame(title: str) -> dict[str, str]:
    css = _style()
    digest = base64.b64encode(hashlib.sha256(css.encode()).digest()).decode()
    return {"title": title, "css": css, "css_hash": digest, "mark": PAGE_MARK}


def _rows_of(dataset: Mapping[str, Any]) -> str:
    rows = dataset.get("rows")
    return format_count(rows) if isinstance(rows, int) else "n/a"


def _at_a_glance(record: Record) -> list[tuple[str, str]]:
    run, pairs = record.run, []
    for words, part in (("Candidate", record.candidate), ("Baseline", record.baseline), ("Dataset", record.dataset)):
        if part is None:
            pairs.append((words, "none declared"))
        elif part:
            pairs.append((words, _label(part, _NAMES[words])))
    rows = record.dataset.get("rows")
    if isinstance(rows, int):
        pairs.append(("Rows", format_count(rows)))
    pairs += [(key.capitalize(), _moment(str(run[key]))) for key in ("profile", "started") if run.get(key)]
    if isinstance(run.get("duration_s"), (int, float)):
        pairs.append(("Took", format_duration(float(run["duration_s"]))))
    return pairs


def _moment(text: str) -> str:
    """Return an ISO time as people write it; anything else as it is."""
    match = re.fullmatch(r"(\d{4}-\d\d-\d\d)T(\d\d:\d\d)[\d:.]*(\+00:00|Z)?", text)
    return f"{match[1]} {match[2]}{' UTC' if match[3] else ''}" if match else shorten(text, 60)


# What a person knows a model or a table by, best first; a model's file says which one, its name what it is.
_NAMES = {
    "Candidate": ("source", "name", "class"),
    "Baseline": ("source", "name", "class"),
    "Dataset": ("path", "name"),
}


def _label(part: Mapping[str, Any], keys: Sequence[str]) -> str:
    known = [shorten(str(part[key]), 80) for key in keys if part.get(key)]
    return f"{known[0]} ({known[1]})" if len(known) > 1 and keys[0] == "source" else (known or ["see below"])[0]


def _data(record: Record) -> dict[str, Any]:
    dataset = record.dataset
    columns: Sequence[Any] = next(
        (dataset[key] for key in ("columns", "schema") if isinstance(dataset.get(key), (list, tuple)) and dataset[key]),
        [],
    )
    described = [column for column in columns if isinstance(column, Mapping)]
    names = [key for key in _SCHEMA if any(key in column for column in described)]
    rows = [[column.get(key) for key in names] for column in described]
    notes = dataset.get("notes")
    listed = [shorten(str(note), 400) for note in notes] if isinstance(notes, (list, tuple)) else []
    return {
        "facts": facts(dataset, leave_out=("columns", "schema", "notes") if described else ("notes",)),
        "grid": grid("Columns as they were understood", names, rows, most=_MOST_COLUMNS) if rows else None,
        "notes": listed[:_MOST_COLUMNS],
        "notes_left": max(len(listed) - _MOST_COLUMNS, 0),
        "reference": facts(record.reference, leave_out=("columns", "schema", "notes")),
    }


def _provenance(record: Record) -> dict[str, Any]:
    predicted = sum(gate.predicted_rows for gate in record.gates)
    seconds = sum(gate.duration_s for gate in record.gates if gate.duration_s > 0)
    return {
        "run": facts(record.run, leave_out=("command",)),
        "command": shorten(str(record.run.get("command", "")), 1000),
        "candidate": facts(record.candidate),
        "baseline": facts(record.baseline),
        "cost": (
            f"the {len(record.gates):,} gates used {predicted:,} predicted rows (a row counts once for each gate) "
            f"and {format_duration(seconds)}"
        ),
        "schema": record.schema,
    }


@cache
def _style() -> str:
    return files("modelcheck.report").joinpath("page.css").read_text(encoding="utf-8").strip()


@cache
def _environment() -> Environment:
    from jinja2 import Environment, PackageLoader, StrictUndefined
    from markupsafe import Markup

    def harmless(value: object) -> object:
        # The last gate before the page: whatever a template prints loses its power over terminals and text direction.
        return block(value) if isinstance(value, str) and not isinstance(value, Markup) else value

    return Environment(
        loader=PackageLoader("modelcheck.report", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=harmless,
        trim_blocks=True,
        lstrip_blocks=True,
    )
