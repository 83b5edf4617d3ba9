"""A record as one self-contained HTML page: verdict first, then why, then what to do."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any
from urllib.parse import quote

from modelcheck.record.evidence import Verdict
from modelcheck.record.numbers import format_count, format_duration
from modelcheck.record.plain import number
from modelcheck.record.schema import GateRecord, Record, RunVerdict
from modelcheck.report.cells import grid
from modelcheck.report.evidence import GateView, gate_view
from modelcheck.report.explained.presence import has_explanation
from modelcheck.report.frame import environment, frame
from modelcheck.report.glossary import GLOSSARY
from modelcheck.report.headline import caution, sentence, state
from modelcheck.report.outline import Section, count_words, folded, sections, verdict_word
from modelcheck.report.particulars import dataset_facts, model_facts, run_facts
from modelcheck.report.text import anchor, paragraph, shorten

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
        environment()
        .get_template("report.html")
        .render(
            **frame(f"{shorten(record.name, 80)}: {verdict_word(record)}"),
            name=shorten(record.name, 80),
            word=verdict_word(record),
            state=state(record),
            headline=sentence(record),
            caution=caution(record),
            counts=count_words(record),
            facts=_at_a_glance(record),
            sections=viewed,
            open_sections=[(title, _by_reason(gates)) for key, title, gates in viewed if key in _OPEN],
            crashed=any(gate.verdict == Verdict.ERROR for gate in record.gates),
            data=_data(record),
            provenance=_provenance(record),
            glossary=GLOSSARY,
            asked=_asked(record),
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
            "rows": _rows_of(record.dataset),
            "profile": shorten(str(record.run.get("profile", "n/a")), 40),
        }
        for record in records
    ]
    good = sum(RunVerdict(record.verdict) is RunVerdict.PROMOTED for record in records)
    title = f"{good} of {len(rows)} models may be promoted"
    return environment().get_template("index.html").render(**frame(title), rows=rows)


def _asked(record: Record) -> list[tuple[str, str]]:
    """Return what the checks ask, each once, in the order of the gates."""
    texts = {gate.check: gate.about for gate in record.gates if gate.about}
    return [(shorten(check.replace("_", " "), 80), paragraph(text, 600)) for check, text in texts.items()]


def _viewed(parts: Sequence[Section]) -> Iterator[tuple[str, str, list[GateView]]]:
    """View the gates of each section, charts drawn in reading order, anchors kept unique, equal reasons told once."""
    taken: set[str] = set()
    first: dict[tuple[str, str], str] = {}
    folds = folded(parts)
    charts = 0
    for part in parts:
        views = []
        heads = iter(folds[part.key])
        head = next(heads, None)
        for gate in part.gates:
            if head is None or head.gate is not gate:
                views.append(replace(gate_view(gate, part.key, first[_alike(gate)]), folded=True))
                continue
            plain = name = anchor(gate.id)
            number = 2
            while name in taken:
                name = f"{plain}-{number}"
                number += 1
            taken.add(name)
            first.setdefault(_alike(gate), name)
            same = [other.id for other in head.same]
            view = gate_view(gate, part.key, name, charts_drawn=charts, same=same)
            charts += len(view.charts)
            views.append(view)
            head = next(heads, None)
        yield part.key, part.title, views


def _alike(gate: GateRecord) -> tuple[str, str]:
    return str(gate.verdict), gate.reason


def _by_reason(views: Sequence[GateView]) -> list[tuple[str, list[GateView]]]:
    """Return the reasons of open gates, each with its gates."""
    found: dict[str, list[GateView]] = {}
    for view in views:
        found.setdefault(view.reason, []).append(view)
    return list(found.items())


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
    took = run.get("duration_s")
    if isinstance(took, (int, float)) and (seconds := number(took)) is not None:
        pairs.append(("Took", format_duration(seconds)))
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
    listed = [paragraph(str(note), 400) for note in notes] if isinstance(notes, (list, tuple)) else []
    return {
        "facts": dataset_facts(dataset, columns_shown=bool(described)),
        "grid": grid("Columns as they were understood", names, rows, most=_MOST_COLUMNS) if rows else None,
        "notes": listed[:_MOST_COLUMNS],
        "notes_left": max(len(listed) - _MOST_COLUMNS, 0),
        "reference": dataset_facts(record.reference, columns_shown=True),
    }


def _provenance(record: Record) -> dict[str, Any]:
    predicted = sum(gate.predicted_rows for gate in record.gates)
    seconds = sum(gate.duration_s for gate in record.gates if gate.duration_s > 0)
    task = str(record.run.get("task", ""))
    return {
        "run": run_facts(record.run, compared=record.baseline is not None),
        "command": shorten(str(record.run.get("command", "")), 1000),
        "candidate": model_facts(record.candidate, task),
        "baseline": model_facts(record.baseline, task),
        "cost": (
            f"{format_count(predicted)} predicted rows (a row counts once for each gate that used it) and "
            f"{format_duration(seconds)} in {len(record.gates):,} gates and metrics"
        ),
        "schema": record.schema,
    }
