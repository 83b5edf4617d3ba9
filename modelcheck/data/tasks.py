"""The task that a target column suggests, where the configuration and the model are silent."""

from __future__ import annotations

import math
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from modelcheck.config.tables import DatasetTable
from modelcheck.data.classes import MOST_CLASSES
from modelcheck.data.names import closest, shown, shown_list
from modelcheck.data.source import Readable
from modelcheck.errors import DataError

__all__ = ["infer_task"]

_MOST_INTEGER_CLASSES = 10


def infer_task(dataset: Readable, table: DatasetTable) -> tuple[str, str]:
    """Return the task and why.

    Parameters
    ----------
    dataset : Dataset or TableSource
        Read once, the target column only, and only as far as needed.
    table : DatasetTable
        `positive` and `labels` say more than the values do.

    Returns
    -------
    task : str
        ``binary``, ``multiclass`` or ``regression``.
    reason : str
        For the record.

    Raises
    ------
    DataError
        No such column, no values, one value only, dates, or text with more than 1,000 different values.
    """
    target = shown(table.target)
    if table.target not in dataset.columns:
        hint = closest(table.target, dataset.columns)
        raise DataError(f"There is no target column {target}.{hint} The columns are {shown_list(dataset.columns)}.")
    if table.positive is not None:
        return "binary", f"positive = {shown(table.positive)} is declared"
    if table.labels:
        names = list(dict.fromkeys(table.labels.values()))
        if len(names) != 2 and len(table.labels) > 1:
            return "multiclass", f"labels declares {len(names)} classes"
        return "binary", "labels declares two classes"
    values: dict[Any, None] = {}
    kind: pa.DataType | None = None
    for batch in dataset.batches([table.target]):
        column = batch.column(0)
        kind = column.type.value_type if pa.types.is_dictionary(column.type) else column.type
        values.update(dict.fromkeys(pc.unique(column).to_pylist()))
        if len(values) > MOST_CLASSES + 2:
            break
    return _from_values([value for value in values if value is not None and value == value], kind, target)


def _from_values(values: list[Any], kind: pa.DataType | None, target: str) -> tuple[str, str]:
    count = len(values)
    if count == 0:
        raise DataError(f"The target {target} has no value in any row. Every row needs a label.")
    if count == 1:
        raise DataError(
            f"The target {target} has the value {shown(values[0])} in every row. "
            "At least two different labels are needed."
        )
    if pa.types.is_date(kind) or pa.types.is_timestamp(kind):
        raise DataError(f"The target {target} holds dates; labels are text, numbers or true and false.")
    if count == 2:
        return "binary", f"the target has two values, {shown_list(values)}"
    numeric = all(isinstance(value, int | float) for value in values)
    if not numeric and count > MOST_CLASSES:
        raise DataError(
            f"The target {target} holds text with more than {MOST_CLASSES:,} different values, too many for classes. "
            "Name another target."
        )
    if not numeric:
        return "multiclass", f"the target has {count} text values"
    if any(not math.isfinite(value) or value != int(value) for value in values):
        return "regression", "the target holds fractions"
    if count <= _MOST_INTEGER_CLASSES:
        rule = f"more than {_MOST_INTEGER_CLASSES} would be a regression"
        return "multiclass", f"the target has {count} different whole numbers ({rule})"

    some = f"more than {MOST_CLASSES:,}" if count > MOST_CLASSES else str(count)
    return "regression", f"the target has {some} different whole numbers"
