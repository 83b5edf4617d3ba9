"""What is known about an accepted model besides its outputs, and the same as JSON."""

from __future__ import annotations

import datetime
import math
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from modelcheck.errors import BaselineError
from modelcheck.history.files import shown, want
from modelcheck.record.plain import number, plain

__all__ = ["BaselineFacts", "Measured", "facts_from_json", "facts_json"]

_MOST_CLASSES = 1_000


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
    candidate : mapping
        The record's facts about the model: name, sha256, ...
    dataset : mapping
        The record's facts about the rows: at least ``sha256`` and ``rows``.
    key_kind : str
        ``key`` or ``content``: how rows are named.
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
    candidate: Mapping[str, Any]
    dataset: Mapping[str, Any]
    key_kind: str
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
        "candidate": plain(facts.candidate),
        "dataset": plain(facts.dataset),
        "key_kind": facts.key_kind,
        "metrics": {
            gate: {"value": number(one.value), "low": number(one.low), "high": number(one.high)}
            for gate, one in facts.metrics.items()
        },
    }


def facts_from_json(data: Any) -> BaselineFacts:
    """Return the facts that `facts_json` wrote.

    Parameters
    ----------
    data : dict
        Parsed JSON. Unknown keys are ignored.

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
    versions = want(data, "versions", dict, "an object")
    want(data, "dataset.sha256", str, "text")
    want(data, "dataset.rows", int, "a whole number")
    return BaselineFacts(
        name=want(data, "name", str, "text"),
        task=task,
        classes=_classes(want(data, "classes", list, "a list"), task),
        threshold=_finite(data, "threshold"),
        created=_moment(want(data, "created", str, "a date and time")),
        versions={name: str(version) for name, version in versions.items()},
        commit=want(data, "commit", (str, type(None)), "text"),
        candidate=want(data, "candidate", dict, "an object"),
        dataset=want(data, "dataset", dict, "an object"),
        key_kind=_word(data, "key_kind", ("key", "content")),
        metrics={gate: _measured(one, gate) for gate, one in want(data, "metrics", dict, "an object").items()},
    )


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
