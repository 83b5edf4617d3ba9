"""Guesses about columns, by name first and by values second; each comes with its reason."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from modelcheck.config.slices import name_problem
from modelcheck.config.toml_text import shorten, toml_key, toml_value
from modelcheck.scaffold.columns import Column

__all__ = ["guess_positive", "guess_protected", "guess_roles"]

_PROTECTED = frozenset(
    ("sex", "gender", "race", "ethnicity", "ethnic", "age", "religion", "disability", "disabled", "nationality")
)
# Words that may follow: the attribute's coding, not another thing.
_CODINGS = frozenset(("code", "coded", "cat", "category", "group", "band", "bucket", "label", "desc", "years", "yrs"))
# Words before it that make it the age of a thing, or a summary of several people.
_THINGS = frozenset(
    (
        *("housing", "house", "home", "building", "property", "vehicle", "car", "account", "loan", "credit", "policy"),
        *("company", "firm", "equipment", "machine", "item", "product", "device", "site", "domain", "page", "battery"),
        *("median", "mean", "average", "avg", "min", "max", "std", "total"),
    )
)
_POSITIVE = ("yes", "true", "positive", "pos", "bad", "fraud", "default", "churn", "1", ">50k", "y", "t")
_NUMBERED = frozenset(("0", "1", "true", "false"))
_WEIGHTS = frozenset(("weight", "weights", "wt", "fnlwgt"))
_AGES = (25, 45, 65)
_FEW_NUMBERS = 10
_MOST_GROUPS = 50


def _names_protected(column: Column) -> bool:
    """Return whether a name ends in a protected attribute, e.g. ``age_cat`` but not ``housing_median_age``."""
    words = list(column.word_list)
    while words and (words[-1] in _CODINGS or words[-1].isdigit()):
        words.pop()
    return bool(words) and words[-1] in _PROTECTED and not _THINGS & set(words[:-1])


def guess_positive(target: Column, classes: Sequence[Any] | None) -> str:
    """Return the line that names the positive class of a binary target.

    Parameters
    ----------
    target : Column
        The target.
    classes : sequence or None
        The model's classes, when it names them.
    """
    labels = target.values
    if {str(label) for label in labels} <= {"0", "1", "0.0", "1.0", "False", "True"}:
        return "# positive = 1  # the default: 1 or true"
    for word in _POSITIVE:
        for label in labels:
            if str(label).strip().lower().rstrip(".") == word:
                return _positive(label, labels, "guessed from its name")
    if classes is not None and len(classes) == 2 and classes[1] in labels:
        return _positive(labels[labels.index(classes[1])], labels, "the model's second class")
    return _positive(labels[-1], labels, "guessed: the rarer label")


def coded_labels(target: Column, classes: Sequence[Any] | None) -> str:
    """Return what is to be checked where the model knows 0 and 1 and the table two words; empty otherwise.

    Whoever numbers labels in sorted order (LightGBM, LabelEncoder) may have made the positive one 0, and nothing in the
    file says so: every answer would be read upside down.
    """
    labels = sorted(map(str, target.values))
    if classes is None or {str(one) for one in classes} != {"0", "1"} or len(labels) != 2:
        return ""
    words = [toml_value(value) for value in target.values if isinstance(value, str)]
    positive = guess_positive(target, classes).partition("=")[2].partition("  #")[0].strip()
    if len(words) != 2 or positive not in words or {one.strip().lower() for one in labels} & _NUMBERED:
        return ""
    if positive != min(words):
        return ""
    other = max(words)
    first, second = (toml_key(value) for value in labels)
    return (
        f"the model's classes are 0 and 1, and the target's {positive} and {other}: as it stands, {positive} is taken "
        f"for 1. LightGBM and LabelEncoder number labels in sorted order, which makes {positive} 0; where yours were, "
        f"uncomment: labels = {{ {first} = 0, {second} = 1 }}"
    )


def _positive(label: object, labels: Sequence[object], why: str) -> str:
    others = ", ".join(toml_value(other) for other in labels if other != label)
    return f"positive = {toml_value(label)}  # {why}; the other is {shorten(others, 60) or 'absent'}"


def guess_protected(columns: Sequence[Column]) -> list[str]:
    """Return the lines that name protected attributes, recognised by name; what was left out is said."""
    lines: list[str] = []
    chosen: list[str] = []
    bands: list[str] = []
    for column in columns:
        if not _names_protected(column) or column.kind == "other":
            continue
        shown = shorten(toml_value(column.name))
        distinct = len(column.values)
        cuts = _cuts(column) if column.numeric and distinct > _FEW_NUMBERS else []
        if problem := name_problem(column.name):
            lines.append(f"# {shown} looks protected, but can't be part of a gate's id: {problem}.")
        elif distinct < 2:
            lines.append(f"# {shown} looks protected, but has {distinct} value: there is nothing to compare.")
        elif cuts:
            chosen.append(column.name)
            bands.append(f"{toml_key(column.name)} = {toml_value(cuts)}")
        elif distinct <= _MOST_GROUPS:
            chosen.append(column.name)
        else:
            lines.append(f"# {shown} looks protected, but its {distinct:,} values are too many groups.")
    if not chosen:
        return [*lines, '# protected = ["sex"]  # shows every metric by these groups; none was recognised by its name']
    lines.append(f"protected = {toml_value(chosen)}  # recognised by name; every metric is also shown by these groups")
    if bands:
        lines.append(f"bands = {{ {', '.join(bands)} }}  # cut points that make groups of numbers")
    return lines


def _cuts(column: Column) -> list[float]:
    """Return cut points inside the column's range."""
    low, high = column.low, column.high
    if low is None or high is None:
        return []
    return [cut for cut in (_AGES if "age" in column.words else ((low + high) / 2,)) if low < cut <= high]


def guess_roles(columns: Sequence[Column], features: Collection[str]) -> list[str]:
    """Return the lines for key, cluster, weight and time."""
    lines: list[str] = []
    names = [column for column in columns if column.tells_apart and column.name not in features and column.values]
    key = next((column for column in names if len(column.values) == column.rows), None)
    unit = next((column for column in names if 1 < len(column.values) < column.rows), None)
    if key is not None:
        lines.append(f"key = {toml_value(key.name)}  # another value in every row, so it is no feature")
    if unit is not None:
        share = f"{len(unit.values):,} values in {unit.rows:,} rows"
        lines.append(f"cluster = {toml_value(unit.name)}  # {share}: rows of one value count as dependent")
    for column in columns:
        if column.words & _WEIGHTS and column.low is not None and column.low > 0:
            lines.append(f"# weight = {toml_value(column.name)}  # only if it says how many units a row stands for")
        if column.kind == "date":
            lines.append(f"# time = {toml_value(column.name)}  # if it says when the row was observed")
    return lines
