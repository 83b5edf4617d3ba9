"""Which label of the table is which class of the model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from modelcheck.config.tables import DatasetTable
from modelcheck.data.names import closest, shown, shown_list
from modelcheck.errors import DataError

__all__ = ["MOST_CLASSES", "ClassPlan", "class_plan", "same_label"]

MOST_CLASSES = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class ClassPlan:
    """How the labels of a table become class codes.

    Attributes
    ----------
    classes : tuple
        Labels in code order; ``(negative, positive)`` for a binary task.
    place : mapping
        Table label to its index in `classes`.
    notes : tuple of str
        Matches that are not plain equality.
    """

    classes: tuple[Any, ...]
    place: Mapping[Any, int]
    notes: tuple[str, ...] = ()


def class_plan(table: DatasetTable, task: str, classes: Sequence[Any] | None, observed: Mapping[Any, int]) -> ClassPlan:
    """Match the labels of a table with the classes of a model.

    Parameters
    ----------
    table : DatasetTable
        `labels` maps table labels to model labels; `positive` names the positive one (default 1 or True).
    task : str
        ``binary`` or ``multiclass``.
    classes : sequence or None
        The model's labels in its own order; None takes them from the table.
    observed : mapping
        Table labels with their number of rows.

    Returns
    -------
    ClassPlan
        Complete: every observed label has a place.

    Raises
    ------
    DataError
        One class only, unknown labels (with counts), or no way to tell which class is positive.
    """
    name = shown(table.target)
    listing = ", ".join(f"{shown(value)} ({count:,} rows)" for value, count in list(observed.items())[:8])
    if len(observed) == 1:
        raise DataError(
            f"The target {name} has one class only: {listing}. A {task} task needs rows of at least two classes. "
            "Evaluate on rows of both, or name another target."
        )
    mapped, notes = _mapped(table, observed)
    if classes is None:
        classes = _sorted(dict.fromkeys(mapped.values()))
    elif task == "binary" and len(classes) != 2:
        raise DataError(f"The task is binary, but the model has {len(classes)} classes: {shown_list(classes)}.")
    if task == "binary" and len(classes) != 2:
        raise DataError(
            f"The task is binary, but the target {name} has {len(classes)} labels: {listing}. "
            'Set task = "multiclass" under [candidate], or join labels under [dataset] labels.'
        )
    place, found = _matched(table, mapped, classes, observed, task)
    notes += found
    if task == "binary":
        positive = _positive(table, classes, place, observed)
        order = (1 - positive, positive)
        classes = tuple(classes[index] for index in order)
        place = {value: order.index(index) for value, index in place.items()}
    if len(set(place.values())) == 1:
        raise DataError(
            f"All labels of the target {name} stand for one class: {listing}. "
            "At least two classes are needed; look at `labels` under [dataset]."
        )
    absent = [classes[index] for index in range(len(classes)) if index not in set(place.values())]
    if absent:
        notes.append(f"classes of the model without a row: {shown_list(absent)}")
    return ClassPlan(classes=tuple(classes), place=place, notes=tuple(notes))


def same_label(one: Any, other: Any) -> bool:
    """Return whether two labels are equal: text with text, and 1, 1.0 and True with each other."""
    return isinstance(one, str) == isinstance(other, str) and bool(one == other)


def _texts(value: Any) -> tuple[str, ...]:
    """Return the ways in which a label is written as text."""
    if isinstance(value, str):
        return (value,)
    if isinstance(value, bool):
        return (str(value), str(value).lower())
    if isinstance(value, float) and value.is_integer() and abs(value) < 2**53:
        return (str(int(value)), str(value))
    return (str(value), f"{value}.0") if isinstance(value, int) else (str(value),)


def _mapped(table: DatasetTable, observed: Mapping[Any, int]) -> tuple[dict[Any, Any], list[str]]:
    mapped: dict[Any, Any] = {}
    used: set[str] = set()
    for value in observed:
        key = next((text for text in _texts(value) if text in table.labels), None)
        mapped[value] = value if key is None else table.labels[key]
        used.update(() if key is None else (key,))
    idle = [key for key in table.labels if key not in used]
    names = [_texts(value)[0] for value in observed]
    if idle and not used:
        raise DataError(
            f"labels under [dataset] names {shown_list(idle)}, but the target {shown(table.target)} holds "
            f"{shown_list(observed)}.{closest(idle[0], names)}"
        )
    return mapped, [f"labels names {shown_list(idle)}, which no row has"] if idle else []


def _matched(
    table: DatasetTable, mapped: Mapping[Any, Any], classes: Sequence[Any], observed: Mapping[Any, int], task: str
) -> tuple[dict[Any, int], list[str]]:
    place: dict[Any, int] = {}
    notes: list[str] = []
    by_text: dict[Any, int] = {}
    for value, label in mapped.items():
        equal = [index for index, known in enumerate(classes) if same_label(label, known)]
        if equal:
            place[value] = equal[0]
            continue
        alike = [index for index, known in enumerate(classes) if _alike(label, known)]
        if len(alike) == 1:
            by_text[value] = alike[0]
    taken = list(by_text.values()) + list(place.values())
    for value, index in by_text.items():
        if taken.count(index) == 1:
            place[value] = index
            notes.append(f"table label {shown(value)} read as the model's {shown(classes[index])}: same text")
    unknown = [value for value in mapped if value not in place]
    if unknown and task == "binary":
        filled = _binary_rest(table, mapped, classes, place, unknown)
        if filled is not None:
            notes += [f"table label {shown(v)} stands for the model's {shown(classes[i])}" for v, i in filled.items()]
            return {**place, **filled}, notes
    if unknown:
        parts = ", ".join(f"{shown(value)} ({observed[value]:,} rows)" for value in unknown[:8])
        more = f" and {len(unknown) - 8} more" if len(unknown) > 8 else ""
        line = f'labels = {{ "{shown(_texts(unknown[0])[0])[1:-1]}" = ... }}'
        raise DataError(
            f"The target {shown(table.target)} has labels that the model doesn't know: {parts}{more}. "
            f"The model's classes: {shown_list(classes)}. Map them under [dataset]: {line}, "
            "or for a binary task name the positive one: positive = ..."
        )
    return place, notes


def _alike(label: Any, known: Any) -> bool:
    return isinstance(label, str) != isinstance(known, str) and bool(set(_texts(label)) & set(_texts(known)))


def _binary_rest(
    table: DatasetTable, mapped: Mapping[Any, Any], classes: Sequence[Any], place: Mapping[Any, int], unknown: list[Any]
) -> dict[Any, int] | None:
    """Return places for unknown labels of a two-label table, where the configuration leaves one reading only."""
    if len(mapped) != 2:
        return None
    if table.labels and len(unknown) == 1 and len(place) == 1:
        return {unknown[0]: 1 - next(iter(place.values()))}
    if table.positive is None or table.labels:
        return None
    one = next((index for index, known in enumerate(classes) if same_label(known, 1)), None)
    zero = next((index for index, known in enumerate(classes) if same_label(known, 0)), None)
    named = [value for value in mapped if _names(table.positive, value)]
    if one is None or zero is None or len(named) != 1:
        return None
    return {value: one if value == named[0] else zero for value in mapped}


def _names(word: Any, value: Any) -> bool:
    return same_label(word, value) or _alike(word, value)


def _positive(
    table: DatasetTable, classes: Sequence[Any], place: Mapping[Any, int], observed: Mapping[Any, int]
) -> int:
    """Return the index of the positive class."""
    if table.positive is None:
        ones = [index for index, known in enumerate(classes) if _names(1, known) or _names(True, known)]
        others = [known for known in classes if not (_names(1, known) or _names(True, known))]
        # Of 1 and 2 either may be meant; only with 0, -1 or False beside it is 1 the positive one.
        if len(ones) == 1 and any(_names(low, others[0]) for low in (0, -1, False)):
            return ones[0]
        raise DataError(
            f"Which label of {shown(table.target)} is positive? The labels are {shown_list(observed)}. "
            f"Name it under [dataset], for example: positive = {_toml(_sorted(observed)[-1])}"
        )
    for test in (same_label, _alike):
        found = [value for value in observed if test(table.positive, value)]
        if len(found) == 1:
            return place[found[0]]
    known = [index for index, label in enumerate(classes) if _names(table.positive, label)]
    if len(known) == 1:
        return known[0]
    raise DataError(
        f"positive = {_toml(table.positive)} is no label of the target {shown(table.target)}, which has "
        f"{shown_list(observed)}.{closest(str(table.positive), [_texts(value)[0] for value in observed])}"
    )


def _sorted(values: Mapping[Any, Any]) -> tuple[Any, ...]:
    return tuple(sorted(values, key=lambda value: (isinstance(value, str), value)))


def _toml(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return f'"{shown(value)[1:-1]}"' if isinstance(value, str) else str(value)
