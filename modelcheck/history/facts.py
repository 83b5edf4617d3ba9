"""What is known about an accepted model besides its outputs, and the same as JSON."""

from __future__ import annotations

import datetime
import hashlib
import json
import math
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from modelcheck.errors import BaselineError
from modelcheck.history.bounded import MOST_TEXT, bounded_texts, candidate_facts
from modelcheck.history.files import shown, want
from modelcheck.record.plain import number, plain

__all__ = ["BaselineFacts", "Measured", "facts_digest", "facts_from_json", "facts_json"]

_MOST_CLASSES = 1_000
_MOST_METRICS = 10_000
# What the numbers in the file of outputs mean; the rest is told, and nothing is computed with it.
_MEANING = ("name", "task", "classes", "threshold", "key_kind", "columns")


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """A gate's estimate when the baseline was accepted.

    Attributes
    ----------
    value, low, high : float or None
        The estimate and its interval.
    """

    value: float | None
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class BaselineFacts:
    """Who was accepted, when, and on which rows.

    Attributes
    ----------
    name : str
        The model's name in the configuration.
    task : str
        ``binary``, ``multiclass`` or ``regression``.
    classes : tuple of str, int, float or bool
        Labels in code order, ``(negative, positive)`` for a binary task; empty for a regression.
    threshold : float or None
        What the decisions were made with; None: the model's own.
    created : str
        ISO 8601 with its offset.
    versions : mapping of str to str
        Of Python, modelcheck and libraries.
    commit : str or None
        Of the repository; None outside git.
    clean : bool or None
        Whether the work tree was that commit's; None when that isn't known.
    candidate : mapping
        The record's facts about the model: name, sha256, ...
    dataset : mapping
        The record's facts about the rows: at least ``sha256`` and ``rows``.
    key_kind : str
        ``key`` or ``content``: how rows are named.
    columns : tuple of str
        The columns that a row's content was hashed over. May be empty where a key names rows.
    metrics : mapping of str to Measured
        By gate id.
    """

    name: str
    task: str
    classes: tuple[Any, ...] = ()
    threshold: float | None = None
    created: str
    versions: Mapping[str, str] = field(default_factory=dict)
    commit: str | None = None
    clean: bool | None = None
    candidate: Mapping[str, Any]
    dataset: Mapping[str, Any]
    key_kind: str
    columns: tuple[str, ...]
    metrics: Mapping[str, Measured] = field(default_factory=dict)


def facts_json(facts: BaselineFacts) -> dict[str, Any]:
    """Return the facts as plain JSON."""
    return {
        "name": facts.name,
        "task": facts.task,
        "classes": plain(facts.classes),
        "threshold": number(facts.threshold),
        "created": facts.created,
        "versions": plain(facts.versions),
        "commit": facts.commit,
        "clean": facts.clean,
        "candidate": plain(facts.candidate),
        "dataset": plain(facts.dataset),
        "key_kind": facts.key_kind,
        "columns": list(facts.columns),
        "metrics": {
            gate: {"value": number(one.value), "low": number(one.low), "high": number(one.high)}
            for gate, one in facts.metrics.items()
        },
    }


def facts_digest(facts: BaselineFacts) -> str:
    """Return a hash of what gives stored outputs their meaning, by which they know their own facts again.

    It guards against a file that was edited or put together from two, not against somebody who writes both files anew.

    Returns
    -------
    str
        64 hexadecimal digits.
    """
    told = facts_json(facts)
    meaning = {key: told[key] for key in _MEANING} | {"sha256": told["dataset"]["sha256"]}
    return hashlib.sha256(json.dumps(meaning, sort_keys=True).encode()).hexdigest()


def facts_from_json(data: Any) -> BaselineFacts:
    """Return the facts that `facts_json` wrote.

    Parameters
    ----------
    data : dict
        Parsed JSON. Unknown keys are ignored, and of what is only told (candidate, versions) everything that isn't of
        the kind and size that was written; see `modelcheck.history.bounded`.

    Returns
    -------
    BaselineFacts
        Checked: what is wrong is named by its key.

    Raises
    ------
    BaselineError
        A key is missing or of the wrong kind.
    """
    task = _word(data, "task", ("binary", "multiclass", "regression"))
    key_kind = _word(data, "key_kind", ("key", "content"))
    dataset = {
        "name": _text_or_none(data, "dataset.name"),
        "sha256": _text(data, "dataset.sha256"),
        "rows": want(data, "dataset.rows", int, "a whole number"),
    }
    return BaselineFacts(
        name=_text(data, "name"),
        task=task,
        classes=_classes(want(data, "classes", list, "a list"), task),
        threshold=_finite(data, "threshold"),
        created=_moment(want(data, "created", str, "a date and time")),
        versions=bounded_texts(want(data, "versions", dict, "an object")),
        commit=_text_or_none(data, "commit"),
        clean=want(data, "clean", (bool, type(None)), "true, false or null"),
        candidate=candidate_facts(want(data, "candidate", dict, "an object")),
        dataset=dataset,
        key_kind=key_kind,
        columns=_columns(want(data, "columns", list, "a list"), key_kind),
        metrics=_metrics(want(data, "metrics", dict, "an object")),
    )


def _text(data: Any, key: str) -> str:
    want(data, key, str, "text")
    return _text_or_none(data, key) or ""


def _text_or_none(data: Any, key: str) -> str | None:
    value: str | None = want(data, key, (str, type(None)), "text")
    if value is not None and len(value) > MOST_TEXT:
        raise BaselineError(f"{key} has {len(value):,} characters, at most {MOST_TEXT} were expected")
    return value


def _columns(names: list[Any], key_kind: str) -> tuple[str, ...]:
    plain_names = all(isinstance(name, str) for name in names)
    if not plain_names or len(set(names)) < len(names) or (key_kind == "content" and not names):
        raise BaselineError(f"columns is {shown(names)}, a list of different names was expected")
    return tuple(names)


def _metrics(data: dict[str, Any]) -> dict[str, Measured]:
    if len(data) > _MOST_METRICS:
        raise BaselineError(f"metrics has {len(data):,} entries, at most {_MOST_METRICS:,} were expected")
    return {gate: _measured(one, gate) for gate, one in data.items() if len(gate) <= MOST_TEXT}


def _measured(data: Any, gate: str) -> Measured:
    if not isinstance(data, dict):
        raise BaselineError(f"metrics of {shown(gate)} is {shown(data)}, an object was expected")
    return Measured(value=_finite(data, "value"), low=_finite(data, "low"), high=_finite(data, "high"))


def _word(data: Any, key: str, words: tuple[str, ...]) -> str:
    expected = "one of " + ", ".join(words)
    word: str = want(data, key, str, expected)
    if word not in words:
        raise BaselineError(f"{key} is {shown(word)}, {expected} was expected")
    return word


def _finite(data: Any, key: str) -> float | None:
    value = want(data, key, (int, float, type(None)), "a finite number or null")
    # A bool is an int to Python, and an int may be too large for a float.
    if isinstance(value, bool) or (value is not None and not abs(value) <= sys.float_info.max):
        raise BaselineError(f"{key} is {shown(value)}, a finite number or null was expected")
    return None if value is None else float(value)


def _moment(text: str) -> str:
    try:
        datetime.datetime.fromisoformat(text)
    except ValueError as error:
        raise BaselineError(f"created is {shown(text)}, a date and time was expected") from error
    return text


def _classes(labels: list[Any], task: str) -> tuple[Any, ...]:
    few, many = {"binary": (2, 2), "multiclass": (2, _MOST_CLASSES), "regression": (0, 0)}[task]
    plain_labels = all(isinstance(label, (str, int, float)) for label in labels)
    if not (plain_labels and few <= len(set(labels)) == len(labels) <= many and all(map(_is_label, labels))):
        raise BaselineError(
            f"classes is {shown(labels)}, a list of {few if few == many else f'{few} to {many:,}'} different labels "
            f"was expected for a {task} task"
        )
    return tuple(labels)


def _is_label(label: Any) -> bool:
    return not isinstance(label, float) or math.isfinite(label)
