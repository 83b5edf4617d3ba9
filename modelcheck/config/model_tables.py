"""``[candidate]`` and ``[baseline]`` from TOML."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from modelcheck.config.fields import Fields, as_number, kind_of
from modelcheck.config.locations import check_model_path, check_object, is_object
from modelcheck.config.tables import OUTPUTS, TASKS, BaselineTable, CandidateTable
from modelcheck.config.toml_text import shorten, toml_value

__all__ = ["read_baseline", "read_candidate"]

_SHARED = "belongs to [candidate] and holds for the baseline too; leave it out here."


def read_candidate(fields: Fields, folder: Path) -> CandidateTable:
    """Read the model under test.

    Parameters
    ----------
    fields : Fields
        The table; mistakes are noted there.
    folder : Path
        Folder of the configuration.

    Returns
    -------
    CandidateTable
        Only meaningful when no mistake was noted.
    """
    common = _read_common(fields, folder)
    task = fields.text("task", choices=TASKS)
    threshold = fields.number("threshold", low=0.0, high=1.0)
    if threshold is not None and task in ("multiclass", "regression"):
        fields.wrong("threshold", f'decides binary tasks only; the task here is "{task}".')
    fields.close()
    return CandidateTable(**common, task=task, threshold=threshold)


def read_baseline(fields: Fields, folder: Path) -> BaselineTable:
    """Read the champion that the candidate is compared with; see `read_candidate`."""
    common = _read_common(fields, folder)
    fields.close(advice={"task": _SHARED, "threshold": _SHARED})
    return BaselineTable(**common)


def _read_common(fields: Fields, folder: Path) -> dict[str, Any]:
    model = fields.text("model")
    score = fields.text("score")
    prepare = fields.text("prepare")
    output = fields.text("output", choices=OUTPUTS)
    trusted = fields.texts("trusted")
    classes = _read_classes(fields)
    both = "model" in fields.values and "score" in fields.values
    if both or ("model" not in fields.values and "score" not in fields.values):
        fields.wrong(
            "" if not both else "score",
            f"{'stands beside `model`' if both else 'names no model'}; exactly one is needed: `model` (a file or "
            '"package.module:object") or `score` (the column that holds the predictions).',
        )
    if model is not None:
        check_model_path(fields, "model", model, folder)
    if prepare is not None:
        check_object(fields, "prepare", prepare)
    for name in trusted:
        _check_trusted(fields, name)
    if score is not None and not both:
        for key in ("prepare", "trusted"):
            if fields.values.get(key):
                fields.wrong(key, "has no meaning with `score`: no model is loaded.")
    return {
        "model": model,
        "score": score,
        "prepare": prepare,
        "output": output,
        "classes": classes,
        "trusted": trusted,
    }


def _read_classes(fields: Fields) -> tuple[Any, ...]:
    if not fields.has("classes"):
        return ()
    value = fields.values["classes"]
    if not isinstance(value, list):
        fields.wrong("classes", f"must be a list of class labels, not {kind_of(value)}.")
        return ()
    bad = [item for item in value if not isinstance(item, (str, bool)) and as_number(item) is None]
    if bad:
        fields.wrong("classes", f"must hold texts, numbers, true or false; not {shorten(toml_value(bad[0]), 40)}.")
        return ()
    if len(value) < 2 or len(set(value)) < len(value):
        fields.wrong("classes", "must hold at least two labels, each once, in the order of the probability columns.")
        return ()
    return tuple(value)


def _check_trusted(fields: Fields, name: str) -> None:
    # One rule for all: a prefix would trust whatever a package brings along, loaders included.
    if "." not in name or not is_object(name.replace(".", ":", 1)):
        fields.wrong(
            "trusted",
            f"must hold exact import names; {shorten(toml_value(name), 60)} is none.",
            'Write each as "package.module.Name", without wildcards; whole packages can\'t be trusted.',
        )
