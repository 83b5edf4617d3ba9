"""What the Hugging Face Hub reads of a model card: YAML between dashes, with results in its model index."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from modelcheck.record.evidence import Estimate
from modelcheck.record.plain import number
from modelcheck.record.schema import GateRecord, Record
from modelcheck.record.store import PAGE_MARK
from modelcheck.report.outline import upper_first
from modelcheck.report.text import one_line, shorten, without_folders

__all__ = ["dataset_name", "front_matter", "measured_metrics"]

# The Hub's words for what a record calls its task.
_PIPELINES = {
    "binary": ("tabular-classification", "Tabular Classification"),
    "multiclass": ("tabular-classification", "Tabular Classification"),
    "regression": ("tabular-regression", "Tabular Regression"),
    "text": ("text-classification", "Text Classification"),
}


def front_matter(record: Record) -> str:
    """Return the metadata of a model card, dashes included.

    Parameters
    ----------
    record : Record
        What was measured. Where the task is unknown or nothing was measured there is no model index, because the Hub
        wants both.

    Returns
    -------
    str
        YAML whose strings are written as JSON writes them, on one line each, so that no name can end the block or
        bring in a key.
    """
    pipeline = _PIPELINES.get(_task(record))
    known: dict[str, Any] = {"tags": ["modelcheck"]}
    metrics = [_metric(gate, estimate) for gate, estimate in measured_metrics(record)]
    if pipeline is not None:
        known["pipeline_tag"] = pipeline[0]
    if pipeline is not None and metrics:
        result = {
            "task": {"type": pipeline[0], "name": pipeline[1]},
            "dataset": _dataset(record),
            "metrics": metrics,
        }
        known["model-index"] = [{"name": shorten(record.name, 200) or "model", "results": [result]}]
    return "\n".join(["---", f"# {PAGE_MARK}", *_mapping(known), "---", ""])


def measured_metrics(record: Record) -> tuple[tuple[GateRecord, Estimate], ...]:
    """Return the metrics of the whole dataset: gates of the performance suite that are named after what they measure.

    Differences from a baseline and what a search found are no properties of the model alone.
    """
    return tuple(
        (gate, gate.estimate)
        for gate in record.gates
        if gate.suite == "performance" and gate.slice is None and gate.estimate is not None
        if gate.estimate.metric == gate.check and number(gate.estimate.value) is not None
    )


def dataset_name(known: Mapping[str, Any]) -> str:
    """Return what a table is called: its path as the configuration has it, else its name."""
    found = next((known[key] for key in ("path", "name") if isinstance(known.get(key), str) and known[key]), "dataset")
    return shorten(without_folders(found), 200)


def _task(record: Record) -> str:
    return str(record.run.get("task") or record.candidate.get("task") or "")


def _dataset(record: Record) -> dict[str, Any]:
    name = dataset_name(record.dataset)
    # The Hub means the name of a data set of its own; a plain word can't be taken for a link to one.
    known = {"name": name, "type": re.sub(r"[^A-Za-z0-9_.-]+", "-", name).strip("-.") or "dataset"}
    digest = record.dataset.get("sha256")
    return known | ({"revision": shorten(digest, 100)} if isinstance(digest, str) and digest else {})


def _metric(gate: GateRecord, one: Estimate) -> dict[str, Any]:
    args: dict[str, Any] = {
        "low": number(one.low),
        "high": number(one.high),
        "confidence": number(one.confidence),
        "n": one.n,
    }
    args |= {"clusters": one.clusters, "method": shorten(one.method, 200), "gate": shorten(gate.id, 200)}
    return {
        "type": shorten(one.metric, 100),
        "value": number(one.value),
        "name": shorten(gate.title, 100) or upper_first(shorten(one.metric, 100).replace("_", " ")),
        "args": {key: value for key, value in args.items() if value is not None},
        "verified": False,
    }


def _mapping(known: Mapping[str, Any], indent: str = "") -> Iterator[str]:
    for key, value in known.items():
        if isinstance(value, Mapping):
            yield f"{indent}{key}:"
            yield from _mapping(value, f"{indent}  ")
        elif isinstance(value, list):
            yield f"{indent}{key}:"
            yield from _items(value, indent)
        else:
            yield f"{indent}{key}: {_scalar(value)}"


def _items(values: Sequence[Any], indent: str) -> Iterator[str]:
    for value in values:
        if isinstance(value, Mapping):
            first, *rest = _mapping(value, f"{indent}  ")
            yield f"{indent}- {first.lstrip()}"
            yield from rest
        else:
            yield f"{indent}- {_scalar(value)}"


def _scalar(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        text = repr(value)
        # YAML 1.1, which most parsers still read, takes 1e-05 for text.
        return text.replace("e", ".0e") if "e" in text and "." not in text else text
    if isinstance(value, int):
        return str(value)
    # Not ASCII only: JSON would write rare characters as two halves, which YAML leaves apart.
    return json.dumps(one_line(str(value)), ensure_ascii=False)
