"""What a worker says about its model, read as the word of a stranger."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from modelcheck.errors import ModelError
from modelcheck.models.protocol import ModelDescription

__all__ = ["described", "describing"]

_LABELS = (str, bool, int, float)
_MOST = 100_000


def describing(description: ModelDescription) -> dict[str, Any]:
    """Return a description as JSON can hold it.

    Raises
    ------
    ModelError
        A class label is no plain value.
    """
    for label in description.classes or ():
        if label is not None and not isinstance(label, _LABELS):
            raise ModelError(
                f"The model has the class label {label!r:.80} ({type(label).__name__}), which can't be sent between "
                "its worker and the run. Allowed: text, numbers, true and false; or write "
                'isolation = "none" beside the model.'
            )
    return {
        "name": description.name,
        "kind": description.kind,
        "task": description.task,
        "classes": None if description.classes is None else list(description.classes),
        "feature_names": None if description.feature_names is None else list(description.feature_names),
        "gives": description.gives,
        "decides_by_probability": description.decides_by_probability,
        "by_position": description.by_position,
        "versions": dict(description.versions),
        "notes": list(description.notes),
    }


def described(told: Any) -> ModelDescription:
    """Return the description that was sent.

    Parameters
    ----------
    told : object
        From a process in which the model has run.

    Returns
    -------
    ModelDescription
        Without what the run knows itself: source, hash, size, format.

    Raises
    ------
    ModelError
        It is no description.
    """
    try:
        return ModelDescription(
            name=_text(told["name"]),
            kind=_one_of(told["kind"], ("estimator", "function")),
            source="",
            task=None if told["task"] is None else _one_of(told["task"], ("binary", "multiclass", "regression")),
            classes=None if told["classes"] is None else tuple(_label(one) for one in _many(told["classes"])),
            feature_names=(
                None if told["feature_names"] is None else tuple(_text(one) for one in _many(told["feature_names"]))
            ),
            gives=_one_of(told["gives"], ("probability", "label", "value")),
            decides_by_probability=told["decides_by_probability"] is True,
            by_position=told["by_position"] is True,
            versions=_versions(told["versions"]),
            notes=tuple(_text(one) for one in _many(told["notes"])),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise ModelError("The model's worker sent something that is no description of a model.") from error


def _many(value: Any) -> list[Any]:
    if not isinstance(value, list) or len(value) > _MOST:
        raise TypeError("no list")
    return value


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError("no text")
    return value


def _label(value: Any) -> Any:
    if value is not None and not isinstance(value, _LABELS):
        raise TypeError("no label")
    return value


def _one_of(value: Any, allowed: tuple[str, ...]) -> str:
    if value not in allowed:
        raise ValueError("none of these")
    return str(value)


def _versions(value: Any) -> Mapping[str, str]:
    if not isinstance(value, dict):
        raise TypeError("no table")
    return {_text(name): _text(version) for name, version in value.items()}
