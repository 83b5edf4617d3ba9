"""A record as a model card in the form of the Hugging Face Hub: what was measured, and what nobody has declared."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from modelcheck.record.evidence import Estimate
from modelcheck.record.numbers import decimals_for, format_count, format_level, format_limit, format_range, format_value
from modelcheck.record.schema import GateRecord, Record
from modelcheck.report.cells import Cell, Grid, table_grid
from modelcheck.report.front_matter import dataset_name, front_matter, measured_metrics
from modelcheck.report.glossary import VERDICTS
from modelcheck.report.headline import caution, compared_with, sentence
from modelcheck.report.markdown import code, fenced, prose, prose_lines
from modelcheck.report.outline import gate_sentence, sections, verdict_word
from modelcheck.report.particulars import dataset_facts, model_facts, run_facts
from modelcheck.report.text import block, group_words, shorten, without_folders

__all__ = ["render_model_card"]

_MOST = 100
_OPEN = "Declared by nobody: the record knows nothing of it. Fill it in."
_LIMITATIONS = ("stops", "not_run", "inconclusive", "warns", "error", "waived")
_BY_GROUP = {"measure", "group", "value", "low", "high", "n"}
_Facts = Iterable[tuple[str, Cell]]


def render_model_card(record: Record) -> str:
    """Render a record as a model card.

    Parameters
    ----------
    record : Record
        What was measured.

    Returns
    -------
    str
        Markdown with YAML metadata, headings as in the Hub's template. Everything in it stands in the record; what
        the record doesn't know is said to be declared by nobody. Names and sentences can't bring in markup, and
        absolute paths lose their folders.
    """
    lines = [
        f"# Model Card for {prose(shorten(record.name, 80))}",
        "",
        "Written by modelcheck from the record of one run. It says what that run measured, and nothing else.",
        "",
        f"**{verdict_word(record)}**: {_told(sentence(record))}",
        "",
        *_details(record),
        *_limitations(record),
        *_training(record),
        *_evaluation(record),
        *_examination(record),
        *_reproduction(record),
    ]
    return front_matter(record) + "\n" + "\n".join(lines) + "\n"


def _details(record: Record) -> list[str]:
    task = str(record.run.get("task", ""))
    return [
        "## Model Details",
        "",
        "### Model Description",
        "",
        *_facts(model_facts(record.candidate, task)),
        *_pair("Developed by", _OPEN),
        *_pair("License", _OPEN),
        "",
        "## Uses",
        "",
        "### Direct Use",
        "",
        _OPEN,
        "",
        "### Out-of-Scope Use",
        "",
        _OPEN,
        "",
    ]


def _limitations(record: Record) -> list[str]:
    lines = ["## Bias, Risks, and Limitations", ""]
    found = [part for part in sections(record) if part.key in _LIMITATIONS]
    if not found:
        lines += ["No gate of this run failed, broke, was left open or was waived. That holds for what was tested.", ""]
    for part in found:
        lines += [f"{part.title} ({len(part.gates):,}):", ""]
        lines += [_named(gate, gate_sentence(gate)) for gate in part.gates[:_MOST]]
        lines += _more(len(part.gates), "gates")
        lines.append("")
    if caution(record):
        lines += [_told(caution(record)), ""]
    return lines


def _training(record: Record) -> list[str]:
    lines = ["## Training Details", "", "### Training Data", ""]
    if record.reference is None:
        lines += [f"No reference rows were declared. {_OPEN}", ""]
    else:
        known = "Rows that the model was trained on, or rows like them, as the configuration declares:"
        lines += [known, "", *_facts(dataset_facts(record.reference, columns_shown=True)), ""]
    return [*lines, "### Training Procedure", "", _OPEN, ""]


def _evaluation(record: Record) -> list[str]:
    dataset = record.dataset
    notes = dataset.get("notes")
    told = [f"- {_told(str(note), 400)}" for note in notes[:_MOST]] if isinstance(notes, (list, tuple)) else []
    return [
        "## Evaluation",
        "",
        "### Testing Data, Factors & Metrics",
        "",
        "#### Testing Data",
        "",
        *_facts(dataset_facts(dataset, columns_shown=True)),
        *told,
        "",
        "#### Factors",
        "",
        *_factors(record),
        "#### Metrics",
        "",
        *_metrics(record),
        "### Results",
        "",
        *_results(record),
        "#### Results by Group and Slice",
        "",
        *_by_group(record),
        "#### Summary",
        "",
        _told(" ".join(part for part in (sentence(record), compared_with(record)) if part)),
        "",
    ]


def _factors(record: Record) -> list[str]:
    columns = record.dataset.get("columns")
    named = [one for one in columns if isinstance(one, Mapping)] if isinstance(columns, (list, tuple)) else []
    protected = [str(one.get("name")) for one in named if "protected" in _list(one.get("marks"))]
    slices = list(dict.fromkeys(gate.slice for gate in record.gates if gate.slice is not None))
    lines = []
    for words, names in (("Protected columns", protected), ("Groups and slices with gates of their own", slices)):
        more = f" and {len(names) - _MOST:,} more" if len(names) > _MOST else ""
        listed = ", ".join(code(shorten(name, 80)) for name in names[:_MOST]) + more
        lines += _pair(words, listed or "none declared", ready=True)
    return [*lines, ""]


def _list(value: Any) -> Sequence[Any]:
    return value if isinstance(value, (list, tuple)) else ()


def _metrics(record: Record) -> list[str]:
    metrics = measured_metrics(record)
    if not metrics:
        return ["No metric of the whole dataset was measured.", ""]
    lines = []
    for gate, _ in metrics[:_MOST]:
        asks = f": {_told(gate.about, 600)}" if gate.about else ""
        lines.append(f"- {prose(shorten(gate.title or gate.check, 100))} ({code(shorten(gate.id, 160))}){asks}")
    return [*lines, *_more(len(metrics), "metrics"), ""]


def _results(record: Record) -> list[str]:
    metrics = measured_metrics(record)
    if not metrics:
        return ["No metric of the whole dataset was measured.", ""]
    rows = []
    for gate, one in metrics[:_MOST]:
        limit = "none" if gate.criterion is None else format_limit(gate.criterion)
        word = VERDICTS["metric" if gate.verdict is None else str(gate.verdict)][1]
        name = prose(shorten(gate.title or gate.check, 100))
        rows.append([name, *_numbers(one), prose(shorten(one.method, 200)), limit, word])
    heads = ("Metric", "Value", "Interval", "n", "Method", "Limit", "Verdict")
    return [*_table(heads, rows), *_more(len(metrics), "metrics"), ""]


def _by_group(record: Record) -> list[str]:
    found: list[tuple[GateRecord, str, Estimate]] = []
    tables: list[Grid] = []
    for gate in record.gates:
        if gate.slice is None:
            continue
        if gate.groups:
            found += [(gate, group_words(label), one) for label, one in gate.groups.items()]
        elif gate.estimate is not None:
            found.append((gate, gate.slice, gate.estimate))
        tables += [table_grid(table) for table in gate.tables if set(table.columns) >= _BY_GROUP]
    if not found and not tables:
        return ["No groups or slices were declared.", ""]
    rows = [
        [code(shorten(gate.id, 160)), prose(shorten(label, 100)), *_numbers(one), prose(shorten(one.method, 200))]
        for gate, label, one in found[:_MOST]
    ]
    lines = _table(("Gate", "Group", "Value", "Interval", "n", "Method"), rows) if rows else []
    lines += [*_more(len(found), "rows"), ""]
    for grid in tables[:_MOST]:
        cells = [[one.text if one.number else prose(one.text) for one in row] for row in grid.rows]
        lines += [*_table([prose(column) for column in grid.columns], cells), "", _told(grid.note), ""]
    return lines


def _examination(record: Record) -> list[str]:
    readings = [gate for gate in record.gates if gate.suite == "explainability" and gate.reading]
    if not readings:
        return []
    lines = [_named(gate, gate.reading) for gate in readings[:_MOST]]
    return ["## Model Examination", "", *lines, *_more(len(readings), "readings"), ""]


def _reproduction(record: Record) -> list[str]:
    command = record.run.get("command")
    lines = ["## How to Reproduce", ""]
    if isinstance(command, str) and command:
        lines += fenced(block(without_folders(shorten(command, 1000))))
    dataset = f"on {code(dataset_name(record.dataset))}" if record.dataset else "on the dataset"
    lines += [f"Run {dataset} with the versions below; every number is in record.json.", ""]
    return [*lines, *_facts(run_facts(record.run, compared=record.baseline is not None))]


def _numbers(one: Estimate) -> list[str]:
    decimals = decimals_for(one.value, one.low, one.high)
    interval = f"{format_range(one.low, one.high, decimals)} ({format_level(one.confidence)})"
    return [format_value(one.value, decimals), interval, format_count(one.n)]


def _table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    return [f"| {' | '.join(heads)} |", f"|{' --- |' * len(heads)}", *(f"| {' | '.join(row)} |" for row in rows)]


def _more(count: int, what: str) -> list[str]:
    return ["", f"{_MOST} of {format_count(count)} {what}, all in record.json."] if count > _MOST else []


def _facts(pairs: _Facts) -> list[str]:
    return [line for words, cell in pairs for line in _pair(words, cell.text)]


def _pair(words: str, text: str, *, ready: bool = False) -> list[str]:
    return [f"- **{prose(words)}:** {text if ready else _told(text)}"]


def _told(text: str, most: int = 1500) -> str:
    return prose_lines(without_folders(text), most)


def _named(gate: GateRecord, text: str) -> str:
    # Indented, so that the second line stays in its item.
    return f"- {code(shorten(gate.id, 160))}: {_told(text, 600)}".replace("\n", "\n  ")
