"""What a column holds, guessed from a sample of its values, with the reason."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from modelcheck.data.arrow import missing_mask, plain_column
from modelcheck.data.names import shown

__all__ = ["KINDS", "Guess", "guess_kind", "parse_dates"]

KINDS = ("number", "integer", "boolean", "category", "date", "text", "identifier", "constant")

_FEW = 10
_ENOUGH = 50
_UNIQUE = 0.95
_LONG = 40
_ID_NAME = re.compile(r"(?:^|[_\W])(?:id|ids|key|uuid|guid|index|rowid|row_?number|ssn)$|[a-z](?:ID|Id|UUID)$|^ID$")
_CODE_NAME = re.compile(r"(?:^|[_\W])(?:code|codes|cd|type|category|region|zip|zipcode|postcode)$|[a-z](?:Code|Type)$")
_ISO = r"^\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?(?:Z|[+-]\d{2}:?\d{2})?)?$"


@dataclass(frozen=True, slots=True, kw_only=True)
class Guess:
    """A kind with its reason.

    Attributes
    ----------
    kind : str
        One of `KINDS`.
    reason : str
        One phrase for the record.
    distinct : int
        Different values in the sample, without missing ones.
    missing_share : float
        Share of null or NaN in the sample, in [0, 1].
    """

    kind: str
    reason: str
    distinct: int
    missing_share: float


def guess_kind(name: str, column: pa.Array, positions: NDArray[np.int64] | None = None) -> Guess:
    """Guess what a column holds.

    Rules, first match wins:

    - no value or one value: constant
    - Arrow booleans, numbers that are only 0 and 1: boolean
    - dates and timestamps, text that is ISO 8601 throughout: date
    - dictionaries (pandas and polars categories): category
    - whole numbers: identifier when all differ and either the name says so (``..._id``, ``key``, ``uuid``) or they
      count up evenly row by row; category when at most 10 differ and the name says code (``..._code``, ``type``,
      ``region``, ``zip``); else integer. Few whole numbers alone make no category: counts and grades have an order.
    - other numbers: number
    - text: with at least 50 values of which 95 % differ, text when long (over 40 letters or 4 words on average), else
      identifier; text when over 50 differ and they are long; else category

    Parameters
    ----------
    name : str
        The column's name.
    column : pyarrow.Array
        Values of the sample.
    positions : ndarray of int64 or None
        Their rows in the table; None means 0, 1, ...

    Returns
    -------
    Guess
        Never fails: unknown types are text.
    """
    rows = len(column)
    valid = pc.invert(missing_mask(column))
    values = column.filter(valid)
    share = 1.0 - len(values) / rows if rows else 0.0
    kind = values.type
    if pa.types.is_nested(kind) and not pa.types.is_dictionary(kind):
        return Guess(kind="text", reason=f"nested values ({kind})", distinct=len(values), missing_share=share)
    if pa.types.is_dictionary(kind):
        values = values.dictionary_decode()
    distinct = int(pc.count_distinct(values).as_py()) if len(values) else 0
    places = np.arange(rows) if positions is None else positions
    if distinct <= 1:
        reason = "one value" if distinct else "no value"
        found, reason = "constant", f"{reason} in {rows:,} rows"
    elif pa.types.is_dictionary(kind):
        found, reason = "category", "stored as a category"
    elif pa.types.is_string(kind):
        found, reason = _text_kind(values, distinct)
    else:
        found, reason = _plain_kind(name, values, distinct, places, valid)
    return Guess(kind=found, reason=reason, distinct=distinct, missing_share=share)


def _plain_kind(
    name: str, values: pa.Array, distinct: int, places: NDArray[np.int64], valid: pa.Array
) -> tuple[str, str]:
    kind = values.type
    if pa.types.is_boolean(kind):
        return "boolean", "true and false"
    if pa.types.is_date(kind) or pa.types.is_timestamp(kind):
        return "date", f"stored as {kind}"
    if pa.types.is_time(kind) or pa.types.is_duration(kind):
        return "number", f"stored as {kind}"
    if not (pa.types.is_integer(kind) or pa.types.is_floating(kind)):
        return "text", f"stored as {kind}"
    numbers = values.to_numpy(zero_copy_only=False)
    if pa.types.is_floating(kind) and not _whole(numbers):
        return "number", f"{distinct:,} different numbers"
    if distinct == 2 and set(np.unique(numbers).tolist()) == {0, 1}:
        return "boolean", "only 0 and 1"
    if distinct == len(numbers) and distinct >= _ENOUGH:
        if _ID_NAME.search(name[-200:]):
            return "identifier", "whole numbers that all differ, and the name"
        steps = np.diff(numbers.astype(np.float64)) / np.diff(places[valid.to_numpy(zero_copy_only=False)])
        if steps[0] != 0 and bool((steps == steps[0]).all()):
            return "identifier", f"counts up by {shown(steps[0].item())} from row to row"
    if distinct <= _FEW and _CODE_NAME.search(name[-200:]):
        return "category", f"{distinct} different whole numbers, and the name says code"
    return "integer", f"{distinct:,} different whole numbers"


def _whole(numbers: NDArray[Any]) -> bool:
    # Most columns of fractions show one at once; only whole ones are looked at in full.
    if not bool((np.floor(numbers[:1000]) == numbers[:1000]).all()):
        return False
    return bool(np.isfinite(numbers).all() and (np.floor(numbers) == numbers).all())


def _text_kind(values: pa.Array, distinct: int) -> tuple[str, str]:
    if parse_dates(values.slice(0, 100)).null_count == 0 and parse_dates(values).null_count == 0:
        return "date", "text that is ISO 8601 throughout"
    letters = float(pc.mean(pc.utf8_length(values)).as_py())
    words = 1.0 + float(pc.mean(pc.count_substring(values.slice(0, 5_000), " ")).as_py())
    long = letters > _LONG or words > 4
    size = f"{letters:.0f} letters and {words:.1f} words on average"
    if len(values) >= _ENOUGH and distinct >= _UNIQUE * len(values):
        if long:
            return "text", f"{distinct:,} different texts of {size}"
        return "identifier", f"{distinct:,} of {len(values):,} values differ"
    if distinct > _ENOUGH and long:
        return "text", f"{distinct:,} different texts of {size}"
    return "category", f"{distinct:,} different texts"


def parse_dates(values: pa.Array) -> pa.Array:
    """Return dates as seconds since 1970 (float64); null where a text isn't an ISO 8601 date.

    Parameters
    ----------
    values : pyarrow.Array
        Dates, timestamps, or text such as ``2026-01-31`` or ``2026-01-31T12:00:00Z``.

    Returns
    -------
    pyarrow.Array
        Times without a zone count as UTC.
    """
    values = plain_column(values)
    kind = values.type
    if pa.types.is_string(kind):
        fits = pc.fill_null(pc.match_substring_regex(values, _ISO), False)
        values = pc.if_else(fits, values, pa.scalar(None, kind))
        try:
            zoned = pc.match_substring_regex(values, r"(?:Z|[+-]\d{2}:?\d{2})$")
            # A plain date also ends in -dd; only a time can carry a zone.
            timed = pc.and_(pc.greater(pc.utf8_length(values), 10), zoned)
            if pc.any(timed).as_py():
                with_zone = pc.if_else(timed, values, pc.binary_join_element_wise(values, pa.scalar("Z"), ""))
                with_zone = pc.if_else(pc.equal(pc.utf8_length(values), 10), _midnight(values), with_zone)
                values = with_zone.cast(pa.timestamp("us", tz="UTC"))
            else:
                values = values.cast(pa.timestamp("us"), safe=False)
        except pa.ArrowInvalid:
            return _one_by_one(values)
        kind = values.type
    if pa.types.is_date(kind):
        values, kind = values.cast(pa.timestamp("ms")), pa.timestamp("ms")
    scale = {"s": 1.0, "ms": 1e3, "us": 1e6, "ns": 1e9}[kind.unit]
    return pc.divide(values.cast(pa.int64()).cast(pa.float64(), safe=False), scale)


def _midnight(values: pa.Array) -> pa.Array:
    return pc.binary_join_element_wise(values, pa.scalar("T00:00:00Z"), "")


def _one_by_one(values: pa.Array) -> pa.Array:
    """Parse texts of the right form of which some aren't dates, such as 2026-02-31."""
    import datetime

    seconds: dict[str, float | None] = {}
    for text in pc.unique(values).to_pylist():
        if text is None:
            continue
        try:
            moment = datetime.datetime.fromisoformat(text)
        except ValueError:
            seconds[text] = None
            continue
        moment = moment if moment.tzinfo else moment.replace(tzinfo=datetime.UTC)
        seconds[text] = moment.timestamp()
    found = [None if text is None else seconds[text] for text in values.to_pylist()]
    return pa.array([value if value is not None and math.isfinite(value) else None for value in found], pa.float64())
