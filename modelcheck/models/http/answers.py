"""From what a service answered to labels, probabilities or values; what it means is never guessed from numbers."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from modelcheck.config.http_words import ALL, AnswerPath
from modelcheck.errors import ModelError
from modelcheck.models.http.client import Reply
from modelcheck.models.http.failures import excerpt

__all__ = ["Answers", "answers_at", "as_array", "parsed", "taken_from_records"]

_SHOWN = 8
_LARGEST = 2**63 - 1
_NAMES = {
    "probability": ("probability", "probabilities", "predict_proba", "proba", "scores", "score"),
    "label": ("label", "labels", "prediction", "predictions", "predict", "class"),
    "value": ("value", "values", "prediction", "predictions", "predict", "score"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Answers:
    """What one request brought.

    Attributes
    ----------
    values : list
        One item for each row: a number, a label, or a list of probabilities.
    marks : mapping of str to str
        What the service says of the version that answered.
    """

    values: list[Any]
    marks: Mapping[str, str] = field(default_factory=dict)


def parsed(reply: Reply, secrets: tuple[str, ...] = ()) -> Any:
    """Return an answer's JSON.

    Parameters
    ----------
    reply : Reply
        With a status of success.
    secrets : tuple of str
        Taken out of what is quoted.

    Raises
    ------
    ModelError
        It is of another type, packed, no JSON, or nested too deeply.
    """
    kind = reply.headers.get("content-type", "").partition(";")[0].strip().lower()
    said = f"It begins {excerpt(reply.body, secrets)!r}." if reply.body else "It is empty."
    packed = reply.headers.get("content-encoding", "identity").strip().lower()
    if packed not in ("", "identity"):
        raise ModelError(f"The service's answer is packed ({packed[:40]!r}), which was not asked for.")
    if kind and kind != "application/json" and not kind.endswith("+json"):
        hint = " A page in place of JSON is often a sign-in or a gateway's own." if kind == "text/html" else ""
        raise ModelError(f"The service answered {kind[:80]!r} instead of JSON. {said}{hint}")
    try:
        return json.loads(reply.body.decode("utf-8"))
    except RecursionError as error:
        raise ModelError(f"The service's answer is nested too deeply to be read. {said}") from error
    except ValueError as error:
        raise ModelError(
            f"The service's answer is no JSON, or only a part of it ({str(error)[:120]}). {said}"
        ) from error


def answers_at(answer: Any, path: AnswerPath | None, defaults: Sequence[str] = ("predictions",)) -> list[Any]:
    """Return the list of answers within an answer.

    Parameters
    ----------
    answer : object
        Parsed JSON.
    path : AnswerPath or None
        Where they lie; None: under one of `defaults`, or the whole of it.
    defaults : sequence of str
        Names that are tried where no path is declared.

    Returns
    -------
    list
        One item for each row, if the service kept to it.

    Raises
    ------
    ModelError
        There is nothing at the path, or no list.

    Examples
    --------
    >>> from modelcheck.config.http_words import parse_answer
    >>> answers_at({"predictions": [{"score": 0.5}]}, parse_answer("predictions[*].score"))
    [0.5]
    """
    if path is None:
        found = answer
        if isinstance(answer, dict):
            name = next((name for name in defaults if name in answer), None)
            if name is None:
                raise ModelError(
                    f"The service's answer has no {defaults[0]!r}; {_holds(answer)}. Say where the answers lie: "
                    'answer = "NAME" in the table http.'
                )
            found = answer[name]
        return _a_list(found, "The service's answer")
    steps = path.steps
    each = steps.index(ALL) if ALL in steps else len(steps)
    found = _followed(answer, steps[:each], path.text)
    items = _a_list(found, f"What lies at {path.text!r} in the service's answer")
    return [_followed(item, steps[each + 1 :], path.text) for item in items]


def taken_from_records(values: list[Any], gives: str, classes: tuple[Any, ...] | None) -> list[Any]:
    """Return rows' answers where a service gave an object for each of them.

    Parameters
    ----------
    values : list
        One item for each row.
    gives : str
        ``probability``, ``label`` or ``value``.
    classes : tuple or None
        Labels in the order of probabilities; objects may be keyed by them.

    Raises
    ------
    ModelError
        The objects hold nothing of a known name.
    """
    if not values or not isinstance(values[0], dict):
        return values
    first = values[0]
    keys: tuple[str, ...] = ()
    if gives == "probability" and classes is not None:
        named = tuple(str(label) for label in classes)
        keys = named if all(name in first for name in named) else ()
    if not keys:
        known = [name for name in _NAMES[gives] if name in first]
        only = list(first) if len(first) == 1 else []
        if not known and not only:
            raise ModelError(
                f"The service gave an object for each row, and which entry is the {gives} isn't known; {_holds(first)}."
                ' Name it: answer = "predictions[*].NAME" in the table http.'
            )
        keys = ((known or only)[0],)
    try:
        return [item[keys[0]] if len(keys) == 1 else [item[key] for key in keys] for item in values]
    except (KeyError, TypeError, IndexError) as error:
        raise ModelError(
            f"The service's objects for single rows differ: not each has {', '.join(keys)[:200]}."
        ) from error


def as_array(values: list[Any]) -> NDArray[Any]:
    """Return answers as an array: numbers as such, anything mixed as objects, so that 1 and "1" stay apart.

    Raises
    ------
    ModelError
        Rows have lists of different lengths, or objects.
    """
    if any(isinstance(item, dict) for item in values):
        raise ModelError("The service gave objects where labels or numbers are needed.")
    kinds = {type(item) for item in values}
    lists = list in kinds
    if lists and len({len(item) if isinstance(item, list) else -1 for item in values}) > 1:
        raise ModelError("The service gave lists of different lengths for single rows. Each needs the same one.")
    flat = [item for row in values for item in row] if lists else values
    if any(isinstance(item, int) and abs(item) > _LARGEST for item in flat):
        raise ModelError(f"The service gave whole numbers beyond {_LARGEST:,}.")
    if lists:
        # None is a probability that is missing: NaN is what the check of answers looks for.
        if any(not isinstance(item, (int, float)) and item is not None for item in flat):
            raise ModelError("The service gave lists for single rows that hold more than numbers.")
        return np.array([[np.nan if item is None else item for item in row] for row in values], dtype=np.float64)
    if kinds <= {int, float} and kinds:
        return np.array(values)
    if kinds <= {int, float, type(None)} and kinds & {int, float}:
        return np.array([np.nan if item is None else item for item in values], dtype=np.float64)
    if kinds <= {bool} and kinds:
        return np.array(values)
    array = np.empty(len(values), dtype=object)
    array[:] = values
    return array


def _followed(found: Any, steps: Sequence[str | int], text: str) -> Any:
    for step in steps:
        if isinstance(step, int):
            if not isinstance(found, list) or step >= len(found):
                raise ModelError(f"The service's answer has nothing at {text!r}: [{step}] {_holds(found)}.")
            found = found[step]
        else:
            if not isinstance(found, dict) or step not in found:
                raise ModelError(f"The service's answer has nothing at {text!r}: no {step!r}; {_holds(found)}.")
            found = found[step]
    return found


def _a_list(found: Any, what: str) -> list[Any]:
    if not isinstance(found, list):
        raise ModelError(f"{what} is no list with one item for each row; {_holds(found)}.")
    return found


def _holds(found: Any) -> str:
    if isinstance(found, dict):
        names = ", ".join(excerpt(str(name)[:40]) for name in list(found)[:_SHOWN])
        more = f" and {len(found) - _SHOWN} more" if len(found) > _SHOWN else ""
        return f"it holds {names}{more}" if found else "it is empty"
    if isinstance(found, list):
        return f"there is a list of {len(found):,}"
    words = {str: "a text", bool: "true or false", int: "a number", float: "a number", type(None): "null"}
    return f"there is {words.get(type(found), 'something else')}"
