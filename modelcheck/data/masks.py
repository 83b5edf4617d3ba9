"""Conditions on Arrow batches: which rows a slice holds."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from functools import reduce
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from modelcheck.conditions import And, Comparison, Condition, Membership, Missing, Not, Or, Value
from modelcheck.data.arrow import missing_mask, normal_batch, normal_schema
from modelcheck.data.names import shown, with_closest
from modelcheck.errors import DataError

__all__ = ["check_condition", "evaluate"]

_COMPARE = {
    "==": pc.equal,
    "!=": pc.not_equal,
    "<": pc.less,
    "<=": pc.less_equal,
    ">": pc.greater,
    ">=": pc.greater_equal,
}
_INT64 = range(-(2**63), 2**63)


def evaluate(condition: Condition, batch: pa.RecordBatch) -> NDArray[np.bool_]:
    """Return which rows of a batch a condition holds for.

    Parameters
    ----------
    condition : Condition
        From `modelcheck.conditions.parse_condition`.
    batch : RecordBatch
        Holds at least the columns of the condition.

    Returns
    -------
    ndarray of bool, shape (n_rows,)
        A comparison with a missing value (null or NaN) is false.

    Raises
    ------
    DataError
        A column that doesn't exist, or a value that can't be compared with the column's type.

    Examples
    --------
    >>> import pyarrow as pa
    >>> from modelcheck.conditions import parse_condition
    >>> rows = pa.RecordBatch.from_pydict({"age": [70, None, 12]})
    >>> evaluate(parse_condition("age >= 65"), rows).tolist()
    [True, False, False]
    """
    _refuse_unknown(condition, batch.schema.names)
    narrow = batch.select(list(condition.columns))
    found = _mask(condition, normal_batch(narrow, normal_schema(narrow.schema)))
    return np.asarray(found.to_numpy(zero_copy_only=False), dtype=np.bool_)


def check_condition(condition: Condition, schema: pa.Schema) -> None:
    """Raise `DataError` when a condition can't be evaluated on tables of this schema; reads no rows."""
    batch = pa.RecordBatch.from_arrays([pa.array([], field.type) for field in schema], schema=schema)
    evaluate(condition, batch)


def _refuse_unknown(condition: Condition, names: Sequence[str]) -> None:
    unknown = [name for name in condition.columns if name not in names]
    if unknown:
        hints = ", ".join(with_closest(name, names) for name in unknown)
        raise DataError(f"The condition {shown(condition.text(), limit=200)} names no column of the table: {hints}.")


def _mask(condition: Condition, batch: pa.RecordBatch) -> pa.Array:
    match condition:
        case And(parts=parts):
            return reduce(pc.and_, [_mask(part, batch) for part in parts])
        case Or(parts=parts):
            return reduce(pc.or_, [_mask(part, batch) for part in parts])
        case Not(part=part):
            return pc.invert(_mask(part, batch))
        case Missing(column=column, negated=negated):
            found = missing_mask(batch.column(column))
            return pc.invert(found) if negated else found
        case Comparison(column=column, operator=operator, value=value):
            values = batch.column(column)
            return _present(_COMPARE[operator](*_comparable(column, values, operator, value)), values)
        case Membership(column=column, values=listed, negated=negated):
            values = batch.column(column)
            found = _present(_listed(column, values, listed), values)
            return pc.and_(pc.invert(found), pc.invert(missing_mask(values))) if negated else found
    raise TypeError(f"not a condition: {condition!r}")


def _listed(name: str, values: pa.Array, listed: Sequence[Value]) -> pa.Array:
    sets: dict[pa.DataType, tuple[pa.Array, list[Any]]] = {}
    for value in listed:
        same, scalar = _comparable(name, values, "==", value)
        sets.setdefault(scalar.type, (same, []))[1].append(scalar.as_py())
    # One look-up per type: long lists stay cheap.
    return reduce(pc.or_, [pc.is_in(same, value_set=pa.array(items, kind)) for kind, (same, items) in sets.items()])


def _present(found: pa.Array, values: pa.Array) -> pa.Array:
    return pc.and_(pc.fill_null(found, False), pc.invert(missing_mask(values)))


def _comparable(name: str, values: pa.Array, operator: str, value: Value) -> tuple[pa.Array, pa.Scalar]:
    if pa.types.is_dictionary(values.type):
        values = values.dictionary_decode()
    kind = values.type
    if pa.types.is_boolean(kind) and (isinstance(value, bool) or value in (0, 1)) and operator in ("==", "!="):
        return values, pa.scalar(bool(value))
    if (pa.types.is_integer(kind) or pa.types.is_floating(kind)) and not isinstance(value, str):
        return _numbers(values, value)
    if pa.types.is_string(kind) and isinstance(value, str):
        return values, pa.scalar(value)
    if (pa.types.is_date(kind) or pa.types.is_timestamp(kind)) and isinstance(value, str):
        return _dates(name, values, value)
    raise DataError(_mismatch(name, values, operator, value))


def _numbers(values: pa.Array, value: bool | int | float) -> tuple[pa.Array, pa.Scalar]:
    number = int(value) if isinstance(value, bool) else value
    if pa.types.is_integer(values.type) and isinstance(number, int) and number in _INT64:
        wide = pa.uint64() if pa.types.is_uint64(values.type) and number >= 0 else pa.int64()
        if not pa.types.is_uint64(values.type) or number >= 0:
            return values.cast(wide), pa.scalar(number, wide)
    return values.cast(pa.float64(), safe=False), pa.scalar(_float(number), pa.float64())


def _float(number: float) -> float:
    try:
        return float(number)
    except OverflowError:
        return float("inf") if number > 0 else float("-inf")


def _dates(name: str, values: pa.Array, value: str) -> tuple[pa.Array, pa.Scalar]:
    try:
        moment = datetime.datetime.fromisoformat(value)
    except ValueError as exc:
        raise DataError(
            f"Column {shown(name)} holds dates; {shown(value)} isn't one. Write for example '2026-01-31'."
        ) from exc
    zone = getattr(values.type, "tz", None)
    if moment.tzinfo is None and zone:
        moment = moment.replace(tzinfo=datetime.UTC)
    if moment.tzinfo is not None:
        moment = moment.astimezone(datetime.UTC)
    moment = moment if zone else moment.replace(tzinfo=None)
    # Microseconds hold every date that the text can name; a coarser column loses nothing.
    common = pa.timestamp("us", tz="UTC" if zone else None)
    return values.cast(common, safe=False), pa.scalar(moment, common)


def _mismatch(name: str, values: pa.Array, operator: str, value: Value) -> str:
    kind = values.type
    called = "true or false" if isinstance(value, bool) else "a number" if not isinstance(value, str) else "text"
    present = values.drop_null()
    example: Any = f", for example {shown(present[0].as_py())}" if len(present) else ""
    if pa.types.is_string(kind):
        held, mend = "text", f"Write the value in quotes: {shown(name)} {operator} {shown(str(value))}."
    elif pa.types.is_boolean(kind):
        held, mend = "true and false", "Compare it with == true or == false."
    elif pa.types.is_integer(kind) or pa.types.is_floating(kind):
        held, mend = "numbers", "Write the value without quotes."
    elif pa.types.is_date(kind) or pa.types.is_timestamp(kind):
        held, mend = "dates", "Write the value as text, such as '2026-01-31'."
    else:
        held, mend = f"values of type {kind}", "Only `is missing` and `is not missing` work for it."
    return (
        f"Column {shown(name)} holds {held}{example}; the condition compares it with {called}, {shown(value)}. {mend}"
    )
