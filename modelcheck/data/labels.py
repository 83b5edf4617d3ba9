"""The target column as class codes or values, by rules that never guess between two readings."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from modelcheck.config.tables import DatasetTable
from modelcheck.data.arrow import missing_mask, plain_column
from modelcheck.data.classes import MOST_CLASSES, ClassPlan, class_plan
from modelcheck.data.names import shown, shown_list
from modelcheck.data.tasks import infer_task
from modelcheck.errors import DataError

__all__ = ["MOST_CLASSES", "LabelReader", "Labels", "infer_task"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Labels:
    """The truth, as statistics need it.

    Attributes
    ----------
    target : ndarray, shape (n_rows,)
        int16 codes into `classes`, or float64 values for regression.
    classes : tuple
        The model's labels in code order, ``(negative, positive)`` for a binary task; empty for regression.
    counts : tuple of int
        Rows of each class; empty for regression.
    table_labels : tuple of tuple
        For each class the labels of the table that stand for it; empty for regression.
    notes : tuple of str
        How labels were matched wherever that isn't plain equality.
    """

    target: NDArray[Any]
    classes: tuple[Any, ...] = ()
    counts: tuple[int, ...] = ()
    table_labels: tuple[tuple[Any, ...], ...] = ()
    notes: tuple[str, ...] = ()


class LabelReader:
    """Collects the target column over batches.

    Parameters
    ----------
    table : DatasetTable
        Names `target`, and perhaps `positive` and `labels`.
    task : str
        ``binary``, ``multiclass`` or ``regression``.
    classes : tuple or None
        The model's labels; None when only the table knows them (plain function, score column).

    Examples
    --------
    >>> import pyarrow as pa
    >>> reader = LabelReader(DatasetTable(path="", target="y", positive="yes"), "binary", None)
    >>> reader.update(pa.RecordBatch.from_pydict({"y": ["yes", "no", "no"]}))
    >>> labels = reader.finish()
    >>> labels.classes, labels.target.tolist()
    (('no', 'yes'), [1, 0, 0])
    """

    def __init__(self, table: DatasetTable, task: str, classes: Sequence[Any] | None = None) -> None:
        self._table = table
        self._task = task
        self._classes = None if classes is None else tuple(_plain(value) for value in classes)
        self._chunks: list[NDArray[Any]] = []
        self._values: dict[tuple[bool, Any], int] = {}
        self._rows = 0
        self._bad = {"missing": 0, "infinite": 0}
        self._first_bad: int | None = None

    def update(self, batch: pa.RecordBatch) -> None:
        """Add the next rows.

        Raises
        ------
        DataError
            A text target for a regression, or more than 1,000 different labels for a classification.
        """
        column = plain_column(batch.column(self._table.target))
        self._look_for_bad(column)
        self._rows += len(column)
        if self._task == "regression":
            self._chunks.append(self._numbers(column))
        else:
            self._chunks.append(self._codes(column))

    def finish(self) -> Labels:
        """Return the labels of all rows.

        Raises
        ------
        DataError
            Missing or infinite labels, labels that the model doesn't know, one class only, or classes that can't be
            told apart; each with counts and the line that mends it.
        """
        name = shown(self._table.target)
        if not self._rows:
            raise DataError("The table has zero rows. A dataset needs at least one row with a label.")
        if self._first_bad is not None:
            kinds = " and ".join(f"{count:,} {kind}" for kind, count in self._bad.items() if count)
            raise DataError(
                f"The target {name} has {kinds} of {self._rows:,} labels; the first is in row {self._first_bad + 1:,} "
                "(counted from 1). Every row needs a label: remove these rows or repair them."
            )
        if self._task == "regression":
            target = np.concatenate(self._chunks)
            same = bool((target == target[0]).all())
            note = f"every row has the target {target[0]:g}: R2 and comparisons can't be computed"
            return Labels(target=target, notes=(note,) if same else ())
        codes = np.concatenate(self._chunks)
        counts = np.bincount(codes, minlength=len(self._values)).tolist()
        observed = {value: count for (_, value), count in zip(self._values, counts, strict=True)}
        plan = class_plan(self._table, self._task, self._classes, observed)
        return _labels(plan, codes, list(observed), counts)

    def _look_for_bad(self, column: pa.Array) -> None:
        bad = missing_mask(column)
        self._bad["missing"] += int(pc.sum(bad).as_py() or 0)
        if pa.types.is_floating(column.type):
            infinite = pc.fill_null(pc.is_inf(column), False)
            self._bad["infinite"] += int(pc.sum(infinite).as_py() or 0)
            bad = pc.or_(bad, infinite)
        place = pc.index(bad, True).as_py()
        if place >= 0 and self._first_bad is None:
            self._first_bad = self._rows + place

    def _numbers(self, column: pa.Array) -> NDArray[np.float64]:
        kind = column.type
        if not (pa.types.is_integer(kind) or pa.types.is_floating(kind)):
            present = column.drop_null()
            example = f", for example {shown(present[0].as_py())}" if len(present) else ""
            raise DataError(
                f"The target {shown(self._table.target)} holds {kind}{example}; a regression needs numbers. "
                'Name another target, or set task = "binary" or "multiclass" under [candidate].'
            )
        return np.asarray(column.to_numpy(zero_copy_only=False), dtype=np.float64).copy()

    def _codes(self, column: pa.Array) -> NDArray[np.int32]:
        kind = column.type
        if not (_is_label_type(kind)):
            raise DataError(
                f"The target {shown(self._table.target)} holds {kind}; labels are text, numbers or true and false."
            )
        coded = pc.dictionary_encode(column)
        own = np.zeros(len(coded.dictionary) + 1, dtype=np.int32)
        for place, value in enumerate(coded.dictionary.to_pylist()):
            value = _plain(value)
            # NaN and null are counted apart; they never become a class.
            if value is not None and value == value:
                own[place] = self._values.setdefault((isinstance(value, bool), value), len(self._values))
        if len(self._values) > MOST_CLASSES:
            some = shown_list([value for _, value in list(self._values)[:3]])
            raise DataError(
                f"The target {shown(self._table.target)} has more than {MOST_CLASSES:,} different labels "
                f"({some}, ...), "
                'too many for a classification. Set task = "regression" under [candidate], or name another target.'
            )
        indices = pc.fill_null(coded.indices, len(coded.dictionary)).to_numpy(zero_copy_only=False)
        return np.asarray(own[indices], dtype=np.int32)


def _is_label_type(kind: pa.DataType) -> bool:
    return bool(
        pa.types.is_string(kind) or pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_boolean(kind)
    )


def _labels(plan: ClassPlan, codes: NDArray[Any], values: list[Any], counts: list[int]) -> Labels:
    places = np.array([plan.place[value] for value in values], dtype=np.int16)
    totals = [0] * len(plan.classes)
    names: list[list[Any]] = [[] for _ in plan.classes]
    for value, count in zip(values, counts, strict=True):
        totals[plan.place[value]] += count
        names[plan.place[value]].append(value)
    return Labels(
        target=places[codes],
        classes=plan.classes,
        counts=tuple(totals),
        table_labels=tuple(tuple(group) for group in names),
        notes=plan.notes,
    )


def _plain(value: Any) -> Any:
    """Return a numpy scalar as its Python value; whole floats stay floats, 1 and 1.0 compare equal anyway."""
    return value.item() if isinstance(value, np.generic) else value
