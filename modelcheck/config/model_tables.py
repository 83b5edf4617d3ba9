"""``[candidate]`` and ``[baseline]`` from TOML."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from modelcheck.config.addresses import is_http
from modelcheck.config.fields import Fields, as_number, kind_of
from modelcheck.config.http_table import read_http
from modelcheck.config.locations import check_file, check_model_path, check_object, is_object
from modelcheck.config.tables import (
    ISOLATION,
    MOST_RETRAINED,
    OUTPUTS,
    TASKS,
    BaselineTable,
    CandidateTable,
    ModelTable,
)
from modelcheck.config.toml_text import shorten, toml_value
from modelcheck.config.trust import is_exact_name, read_trust

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
    purpose = fields.text("purpose")
    retrained = _read_retrained(fields, folder, model=common["model"])
    interval, lower, upper = _read_interval(fields, task)
    served = _read_served(fields, folder, score="score" in fields.values)
    onnx = fields.text("onnx")
    requirements = fields.text("requirements")
    for key, named in (("onnx", onnx), ("requirements", requirements)):
        if named is not None and "score" in fields.values:
            fields.wrong(key, "has no meaning with `score`: no model is loaded.")
        elif named is not None:
            check_file(fields, key, named, folder)
    fields.close()
    return CandidateTable(
        **common,
        task=task,
        threshold=threshold,
        purpose=purpose,
        retrained=retrained,
        served=served,
        onnx=onnx,
        requirements=requirements,
        interval=interval,
        lower=lower,
        upper=upper,
    )


def _read_served(fields: Fields, folder: Path, *, score: bool) -> ModelTable | None:
    """Read where the same model is served: an address alone, or a table with the keys of a model."""
    if not fields.has("served"):
        return None
    given = fields.values["served"]
    inner = fields.inside("served", {"model": fields.text("served")}) if isinstance(given, str) else None
    inner = inner or fields.table("served")
    if inner is None:
        return None
    if score:
        fields.wrong("served", "has no meaning with `score`: there is no model to hold a service against.")
    served = ModelTable(**_read_common(inner, folder))
    inner.close()
    if served.score is not None:
        inner.wrong("score", "is no model; name the service, a file or a function that answers for the candidate.")
    return served


def _read_retrained(fields: Fields, folder: Path, *, model: str | None) -> tuple[str, ...]:
    """Read the models of other seeds, none of which is the candidate."""
    named = fields.texts("retrained")
    if named and "score" in fields.values:
        fields.wrong(
            "retrained", "has no meaning with `score`: reasons are compared, and a column of answers has none."
        )
        return ()
    if len(named) > MOST_RETRAINED:
        fields.wrong("retrained", f"names {len(named)} models; at most {MOST_RETRAINED} are explained again.")
        return ()
    if model in named:
        fields.wrong("retrained", "names the candidate itself; name the same recipe trained with other seeds.")
    for one in named:
        check_model_path(fields, "retrained", one, folder)
    return named


def _read_interval(fields: Fields, task: str | None) -> tuple[float | None, str | None, str | None]:
    """Read the level of a regression's intervals, and the columns of their ends beside a `score` column."""
    interval = fields.number("interval", low=0.0, high=1.0, open_ends=True)
    lower, upper = fields.text("lower"), fields.text("upper")
    if interval is not None and task in ("binary", "multiclass"):
        fields.wrong("interval", f'is for regression; the task here is "{task}".')
    columns = [key for key in ("lower", "upper") if key in fields.values]
    if columns and "score" not in fields.values:
        fields.wrong(columns[0], "needs `score`: a model gives its intervals itself, by `predict_interval`.")
    elif columns and len(columns) < 2:
        fields.wrong(columns[0], "stands alone; give `lower` and `upper`, the columns with both ends.")
    elif columns and "interval" not in fields.values:
        fields.wrong(columns[0], "needs `interval`: the level that the intervals promise, e.g. 0.9.")
    elif "score" in fields.values and "interval" in fields.values and not columns:
        fields.wrong("interval", "needs `lower` and `upper` beside `score`: the columns with both ends.")
    if lower is not None and lower == upper:
        fields.wrong("upper", "is the same column as `lower`.")
    return interval, lower, upper


def read_baseline(fields: Fields, folder: Path) -> BaselineTable:
    """Read the champion that the candidate is compared with; see `read_candidate`."""
    store = fields.text("store")
    if store is not None:
        for key in ("model", "score", "prepare", "output", "trusted", "trust", "classes", "columns", "factory", "http"):
            if fields.has(key):
                fields.wrong(key, "has no meaning beside `store`: the accepted baseline's outputs lie there.")
        # os.path, because pathlib raises at names that no file system takes.
        if not _lies_below(store, folder):
            fields.wrong("store", "must be a folder below this configuration's own, links resolved.")
        elif os.path.exists(folder / store) and not os.path.isdir(folder / store):
            fields.wrong("store", "is a file; name the folder of the accepted baseline.")
        fields.close(advice={"task": _SHARED, "threshold": _SHARED})
        return BaselineTable(store=store)
    common = _read_common(fields, folder)
    fields.close(advice={"task": _SHARED, "threshold": _SHARED})
    return BaselineTable(**common)


def _lies_below(store: str, folder: Path) -> bool:
    if "\0" in store or Path(store).is_absolute() or ".." in Path(store).parts:
        return False
    own, place = (Path(os.path.realpath(path)) for path in (folder, folder / store))
    return own in place.parents


def _read_common(fields: Fields, folder: Path) -> dict[str, Any]:
    model = fields.text("model")
    score = fields.text("score")
    prepare = fields.text("prepare")
    output = fields.text("output", choices=OUTPUTS)
    trusted = fields.texts("trusted")
    isolation = fields.text("isolation", choices=ISOLATION) or "process"
    trust_file, trust = read_trust(fields, folder, trusted)
    classes = _read_classes(fields)
    columns = fields.texts("columns")
    factory = fields.text("factory")
    http = read_http(fields, model)
    both = "model" in fields.values and "score" in fields.values
    if both or ("model" not in fields.values and "score" not in fields.values):
        fields.wrong(
            "" if not both else "score",
            f"{'stands beside `model`' if both else 'names no model'}; exactly one is needed: `model` (a file, "
            '"package.module:object" or an http address) or `score` (the column that holds the predictions).',
        )
    if model is not None:
        check_model_path(fields, "model", model, folder)
        if is_http(model):
            for key in ("trusted", "isolation"):
                if key in fields.values:
                    fields.wrong(key, "is for model files; a served model runs where it is served.")
    if prepare is not None:
        check_object(fields, "prepare", prepare)
    if factory is not None:
        check_object(fields, "factory", factory)
        if model is not None and is_object(model):
            fields.wrong("factory", "builds the network for a file of weights; here `model` is an object already.")
    for name in trusted:
        _check_trusted(fields, name)
    if score is not None and not both:
        for key in ("prepare", "trusted", "trust", "columns", "factory"):
            if fields.values.get(key):
                fields.wrong(key, "has no meaning with `score`: no model is loaded.")
    return {
        "model": model,
        "score": score,
        "prepare": prepare,
        "output": output,
        "classes": classes,
        "columns": columns,
        "factory": factory,
        "trusted": trusted,
        "http": http,
        "isolation": isolation,
        "trust_file": trust_file,
        "trust": trust,
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
    if not is_exact_name(name):
        fields.wrong(
            "trusted",
            f"must hold exact import names; {shorten(toml_value(name), 60)} is none.",
            'Write each as "package.module.Name", without wildcards; whole packages can\'t be trusted.',
        )
