"""Which column holds the truth, and which task its values make."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from modelcheck.config.toml_text import shorten, toml_value
from modelcheck.errors import DataError
from modelcheck.scaffold.columns import Column

__all__ = ["MOST_CLASSES", "Target", "guess_target"]

MOST_CLASSES = 100

_TARGETS = ("target", "label", "y", "outcome", "class", "response", "truth", "labels", "y_true", "ground_truth")
# Words for an outcome that are hardly ever a feature's name.
_OUTCOMES = frozenset(
    ("survived", "default", "defaulted", "churn", "churned", "fraud", "converted", "diagnosis", "recidivism")
)
# Words for a quantity that people predict; features bear them too, so they only go before a mere last column.
_AMOUNTS = frozenset(("price", "value", "amount", "income", "salary", "wage", "cost", "charges", "revenue", "sales"))
_FEW_NUMBERS = 10
_UNSURE = "; not sure, so check it"


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """The column that most likely holds the truth.

    Attributes
    ----------
    column : Column
        The column.
    why : str
        Why this one.
    task : str
        ``binary``, ``multiclass`` or ``regression``.
    task_why : str
        Why this task.
    """

    column: Column
    why: str
    task: str
    task_why: str


def guess_target(
    columns: Sequence[Column],
    *,
    features: Collection[str] = (),
    task: str | None = None,
    classes: Sequence[Any] | None = None,
) -> Target:
    """Return the column that most likely holds the truth, and the task.

    Parameters
    ----------
    columns : sequence of Column
        All columns of the table, but those with a role already.
    features : collection of str
        Columns that the model says it uses; empty when it doesn't say.
    task : str or None
        What the model says.
    classes : sequence or None
        The model's classes, when it names them.

    Returns
    -------
    Target

    Raises
    ------
    DataError
        No column could be a target, or its values are too many to be classes.
    """
    possible = [column for column in columns if column.name.strip() and column.values and column.kind != "date"]
    unused = [column for column in possible if column.name not in features]
    if not unused:
        raise DataError("No column could be the target: each is empty, a date, nested, or used by the model.")
    fitting = [column for column in unused if _fits(column, task, classes)]
    doubt = ""
    if not fitting and (task == "regression" or classes is not None):
        lacks = "holds numbers" if task == "regression" else "holds the model's classes"
        doubt = f"; not sure, so check it: no column that the model doesn't use {lacks}"
    column, why, named = _choose(fitting or unused, features, task)
    chosen, task_why = (task, "the model says so") if task else _task_of(column)
    _refuse_many_classes(column, chosen, classes, named)
    if doubt:
        why = why.removesuffix(_UNSURE) + doubt
    return Target(column=column, why=why, task=chosen, task_why=task_why)


def _fits(column: Column, task: str | None, classes: Sequence[Any] | None) -> bool:
    """Return whether the model could have learnt this column."""
    if task == "regression":
        return column.numeric
    if classes is not None:
        return {str(value) for value in column.values} <= {str(label) for label in classes}
    return True


def _choose(columns: Sequence[Column], features: Collection[str], task: str | None) -> tuple[Column, str, bool]:
    """Return a column, why, and whether its name told."""
    for word in _TARGETS:
        for column in columns:
            if column.name.strip().lower() == word:
                return column, "guessed from its name", True
    rest = [column for column in columns if not column.tells_apart] or list(columns)
    for column in rest:
        if column.words & {*_TARGETS[:5], *_OUTCOMES}:
            return column, "guessed from its name", True
    if features and len(rest) == 1:
        what = {"regression": "numeric column", None: "column"}.get(task, "column with the model's classes")
        return rest[0], f"the only {what} that the model doesn't use", False
    plausible = [column for column in rest if not _prose(column)]
    last = (plausible or rest)[-1]
    if task in (None, "regression") and len(last.values) != 2:
        amounts = [column for column in rest if column.numeric and column.words & _AMOUNTS]
        if amounts and last not in amounts:
            return amounts[-1], f"guessed from its name{_UNSURE}", True
    used = " that the model doesn't use" if features else ""
    return last, f"guessed: the last column{used}{_UNSURE}", False


def _prose(column: Column) -> bool:
    return not column.numeric and len(column.values) > MOST_CLASSES


def _task_of(target: Column) -> tuple[str, str]:
    """Return the task that the target's values suggest, and why."""
    distinct = len(target.values)
    if distinct == 2:
        return "binary", "the target has two values"
    if target.numeric and not (distinct <= _FEW_NUMBERS and all(float(value).is_integer() for value in target.values)):
        return "regression", f"the target is numeric with {distinct:,} different values"
    return "multiclass", f"the target has {distinct:,} different value{'' if distinct == 1 else 's'}"


def _refuse_many_classes(column: Column, task: str, classes: Sequence[Any] | None, named: bool) -> None:
    """Raise where the likeliest target is a text per row, or where the first row was taken for the names."""
    shown = shorten(toml_value(column.name), 80)
    distinct = len(column.values)
    mend = "Does the file lack a line of column names? Then add one; else write the configuration by hand."
    if task != "regression" and distinct > max(MOST_CLASSES, len(classes or ())):
        raise DataError(
            f"The likeliest target is the column {shown}, and its {distinct:,} different values are too many for "
            f"classes (at most {MOST_CLASSES}). {mend}"
        )
    if not named and column.name in map(str, column.values):
        raise DataError(
            f"The likeliest target is the column {shown}, and that name is also one of its values: the first row was "
            f"taken for the names. {mend}"
        )
