"""What a model file says of its answers, held against what the configuration declares."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from modelcheck.config.tables import ModelTable
from modelcheck.errors import ModelError

__all__ = ["Settled", "Tells", "settle"]

Tells = Literal["probability", "label", "value", "share", "raw"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Settled:
    """Task, output and classes that file and configuration agree on; see `NativeModel`."""

    task: str | None
    gives: str
    classes: tuple[Any, ...] | None


def settle(
    title: str,
    tells: Tells,
    *,
    objective: str,
    outputs: int,
    stored: tuple[Any, ...] | None = None,
    usual: tuple[Any, ...] | None = None,
    table: ModelTable,
    task: str | None,
) -> Settled:
    """Settle what a model's answers are.

    Parameters
    ----------
    title : str
        Subject of the messages, e.g. ``The XGBoost model income.json``.
    tells : str
        What the library's answer is: ``probability`` of classes, ``label``, ``value``, ``share`` (a value from 0 to 1,
        which may be a probability), or ``raw``: a number whose meaning the file doesn't tell.
    objective : str
        What the file says about it, for messages.
    outputs : int
        Classes, where it gives probabilities or labels; else numbers for each row.
    stored : tuple or None
        Labels that lie in the file.
    usual : tuple or None
        Labels that the library itself works with, where the file has none: 0 to k - 1.
    table : ModelTable
        `output` and `classes` are taken from it.
    task : str or None
        The declared task.

    Returns
    -------
    Settled
        What everything else goes by.

    Raises
    ------
    ModelError
        File and declarations contradict each other, or something has to be declared.
    """
    declared = table.output
    if tells == "raw" and declared not in ("probability", "value"):
        raise ModelError(
            f"{title} {objective}: its answers may be margins, which are no probabilities. If they are what is to be "
            'judged, say so beside the model: output = "value" (task = "regression") or output = "probability" '
            "(they lie in 0 to 1). Else turn them into probabilities in a function of the rows, "
            '"package.module:function".'
        )
    if tells == "raw" or (tells == "value" and declared == "probability") or (tells == "share" and declared):
        tells = "value" if declared == "value" else "probability"
        outputs = max(outputs, 2)
    elif tells == "share":
        tells = "value" if task in (None, "regression") else "probability"
        outputs = max(outputs, 2)
    if declared not in (None, tells):
        raise ModelError(
            f'{title} {objective}: it gives a {tells}, and output = "{declared}" is declared. Remove the line.'
        )
    if tells == "value":
        return _value(title, objective, task)
    found = "binary" if outputs == 2 else "multiclass"
    if task not in (None, found):
        raise ModelError(
            f"{title} {objective}: it is a classifier of {outputs} classes, but the declared task is {task!r}. "
            f'Allowed here: task = "{found}".'
        )
    return Settled(task=found, gives=tells, classes=_classes(title, outputs, stored, usual, table.classes))


def _value(title: str, objective: str, task: str | None) -> Settled:
    if task not in (None, "regression"):
        raise ModelError(
            f"{title} {objective}: it gives values, but the declared task is {task!r}. A model with an objective of "
            "one's own is often saved under such a name; its raw margins are no probabilities. Turn them into "
            'probabilities in a function of the rows, "package.module:function"; or write task = "regression".'
        )
    return Settled(task="regression", gives="value", classes=None)


def _classes(
    title: str,
    outputs: int,
    stored: tuple[Any, ...] | None,
    usual: tuple[Any, ...] | None,
    declared: tuple[Any, ...],
) -> tuple[Any, ...]:
    if stored is not None and declared and list(stored) != list(declared):
        raise ModelError(
            f"{title} has the classes {list(stored)!r} in its file, and classes = {list(declared)!r} is declared. "
            "Remove `classes`; where the table's labels are others, map them with `labels` under [dataset]."
        )
    found = stored or declared or usual
    if not found:
        example = '["no", "yes"]' if outputs == 2 else '["a", "b", ...]'
        raise ModelError(
            f"{title} gives probabilities of {outputs} classes and doesn't name them. Name them beside the model, in "
            f"the order of the probabilities: classes = {example}."
        )
    if len(found) != outputs:
        where = "declared" if found is declared else "in its file"
        raise ModelError(
            f"{title} gives answers for {outputs} classes, and {len(found)} are {where}: {list(found)!r}. Allowed: "
            f"{outputs} labels, in the order of the probabilities."
        )
    return tuple(found)
