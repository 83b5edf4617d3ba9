"""What the model decides, and on what data: told from the record in sentences."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from modelcheck.record.numbers import format_count, format_value
from modelcheck.record.schema import Record
from modelcheck.report.cells import Grid, grid
from modelcheck.report.encodings import number_or_none
from modelcheck.report.explained.columns import answer, described, description
from modelcheck.report.explained.right import right_sentences, suspected
from modelcheck.report.explained.sentences import counted, listed, name, percent
from modelcheck.report.text import paragraph

__all__ = ["FactsView", "facts_view"]

_MOST_COLUMNS = 20
_UNNAMED = "live object"
_MARKS = {
    "monotonic increasing": "higher must not lower the score",
    "expected increasing": "higher should raise the score",
    "expected decreasing": "higher should lower the score",
    "canary": "known to say nothing",
    "monotonic decreasing": "higher must not raise the score",
    "forbidden": "must not drive decisions",
    "control": "a legitimate reason",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class FactsView:
    """Sentences about the model, the rows, and how often it is right."""

    model: tuple[str, ...]
    data: tuple[str, ...]
    right: tuple[str, ...]
    doubts: tuple[str, ...]
    columns: Grid | None


def _purpose(record: Record) -> str:
    """Return what the decision is used for, in the words of whoever declared it; empty where nobody did."""
    text = record.candidate.get("purpose")
    return paragraph(text, 600) if isinstance(text, str) else ""


def facts_view(record: Record) -> FactsView:
    """Return what is known of the model and the rows, in sentences; what isn't recorded isn't guessed."""
    return FactsView(
        model=tuple(filter(None, (_purpose(record), _decides(record), _threshold(record), _inputs(record)))),
        data=tuple(filter(None, (_rows(record), _truth(record), _learned(record)))),
        right=right_sentences(record),
        doubts=suspected(record),
        columns=_columns(record),
    )


def _task(record: Record) -> str:
    return str(record.candidate.get("task") or record.run.get("task") or "")


def _decides(record: Record) -> str:
    target, made = record.dataset.get("target"), record.candidate.get("name")
    about = f"The model ({name(made)})" if made else "The model"
    of_what = f" {described(record, target)}" if target else " the target"
    if _task(record) == "regression":
        return f"{about} answers with a number: its estimate of{of_what}."
    labels = [item.get("label") if isinstance(item, Mapping) else item for item in _classes(record)]
    told = ", ".join(answer(record, label) for label in labels[:_MOST_COLUMNS])
    left = f" and {len(labels) - _MOST_COLUMNS:,} more" if len(labels) > _MOST_COLUMNS else ""
    either = f" Its possible answers are {told}{left}." if labels else ""
    gives = "gives a probability and decides" if record.candidate.get("gives") == "probability" else "decides"
    return f"{about} {gives} on{of_what}.{either}"


def _classes(record: Record) -> Sequence[Any]:
    known = record.candidate.get("classes") or record.dataset.get("classes")
    return known if isinstance(known, (list, tuple)) else ()


def _threshold(record: Record) -> str:
    limit = number_or_none(record.candidate.get("threshold"))
    if limit is None or _task(record) == "regression":
        return ""
    labels = [one.get("label") if isinstance(one, Mapping) else one for one in _classes(record)]
    positive = record.dataset.get("positive", labels[-1] if labels else None)
    what = f"{name(positive)}" if positive is not None else "yes"
    # The positive answer is recorded as text, whatever the classes are.
    others = [label for label in labels if str(label) != str(positive)]
    below = name(others[0]) if len(labels) == 2 and len(others) == 1 else "not"
    return f"From a probability of {format_value(limit)} on it decides {what}, below that {below}."


def _inputs(record: Record) -> str:
    names = record.candidate.get("feature_names")
    if not isinstance(names, (list, tuple)) or not names:
        return ""
    return f"It looks at {counted(len(names), 'column')}: {listed([str(one) for one in names])}."


def _rows(record: Record) -> str:
    rows = record.dataset.get("rows")
    if not isinstance(rows, int):
        return ""
    source = record.dataset.get("path") or record.dataset.get("name")
    text = f"It was tested on {counted(rows, 'row')} with known truth"
    text += f" ({name(source)})." if source and source != _UNNAMED else "."
    clusters = record.dataset.get("clusters")
    if isinstance(clusters, int) and clusters:
        text += f" They belong to {counted(clusters, 'unit')} such as persons, which counts for less than as many "
        text += "separate rows."
    return text


def _truth(record: Record) -> str:
    classes, rows = record.dataset.get("classes"), record.dataset.get("rows")
    if not isinstance(classes, (list, tuple)) or not isinstance(rows, int) or rows < 1:
        return ""
    parts = [
        f"{name(one.get('label'))} in {format_count(one['rows'])} of {format_count(rows)} rows "
        f"({percent(one['rows'] / rows).removesuffix(' (no range known)')})"
        for one in classes[:_MOST_COLUMNS]
        if isinstance(one, Mapping) and isinstance(one.get("rows"), int)
    ]
    return f"The truth is {', '.join(parts)}." if parts else ""


def _learned(record: Record) -> str:
    if record.reference is None:
        return "The rows that it learned from were not given, so nothing here compares with them."
    rows = record.reference.get("rows")
    count = f" ({counted(rows, 'row')})" if isinstance(rows, int) else ""
    source = record.reference.get("path")
    if not source or source == _UNNAMED:
        return f"It learned from rows like those given as reference{count}."
    return f"It learned from rows like those of {name(source)}{count}."


def _columns(record: Record) -> Grid | None:
    columns = record.dataset.get("columns")
    if not isinstance(columns, (list, tuple)):
        return None
    rows = []
    for column in columns:
        if isinstance(column, Mapping) and column.get("role") == "feature":
            marks = column.get("marks")
            each = marks if isinstance(marks, (list, tuple)) else ()
            marked = ", ".join(_MARKS.get(str(mark), str(mark)) for mark in each)
            named = str(column.get("name", ""))
            what = description(record, named)
            rows.append((named, what, str(column.get("kind", "")), column.get("missing_share"), marked))
    return (
        grid("What it looks at", ("column", "what it is", "kind", "missing_share", "declared"), rows) if rows else None
    )
