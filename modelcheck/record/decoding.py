"""Plain JSON back into evidence; whatever has the wrong shape is named by its path."""

from __future__ import annotations

import datetime
import math
from collections.abc import Callable
from enum import StrEnum
from typing import Any, TypeVar

from modelcheck.errors import RecordError
from modelcheck.record.evidence import Burden, Chart, Criterion, Estimate, Finding, Severity, Table

__all__ = ["Reader", "read_chart", "read_criterion", "read_estimate", "read_finding", "read_table"]

_T = TypeVar("_T")
_Word = TypeVar("_Word", bound=StrEnum)
_ABSENT = object()
_MEND = "Run `pytest --modelcheck` again to write a new one."


class Reader:
    """Typed access to one JSON object; unknown keys are left alone, so that newer minor fields do no harm.

    Parameters
    ----------
    data : object
        What the JSON parser returned.
    where : str
        Path of the object within the record, e.g. ``gates[2].estimate``; empty for the record itself.
    """

    __slots__ = ("_data", "where")

    def __init__(self, data: Any, where: str = "") -> None:
        if not isinstance(data, dict):
            raise RecordError(_wrong(where or "the record", data, "an object"))
        self._data = data
        self.where = where

    def path(self, key: str) -> str:
        """Return the path of a key within the record."""
        return f"{self.where}.{key}" if self.where else key

    def _get(self, key: str, default: Any) -> Any:
        value = self._data.get(key, default)
        if value is _ABSENT:
            raise RecordError(
                f"The record has no {self.path(key)}. It was cut off, edited, or isn't a modelcheck record. {_MEND}"
            )
        return value

    def present(self, key: str) -> bool:
        """Return whether a key is there and not null."""
        return self._data.get(key) is not None

    def _fail(self, key: str, value: Any, expected: str) -> RecordError:
        return RecordError(_wrong(self.path(key), value, expected))

    def text(self, key: str, default: Any = _ABSENT) -> str:
        """Return a string."""
        value = self._get(key, default)
        if not isinstance(value, str):
            raise self._fail(key, value, "text")
        return value

    def text_or_none(self, key: str) -> str | None:
        """Return a string, or None where it is null or absent."""
        return None if self._data.get(key) is None else self.text(key)

    def number(self, key: str, default: Any = _ABSENT) -> float:
        """Return a finite number."""
        value = self._get(key, default)
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            raise self._fail(key, value, "a number")
        try:
            result = float(value)
        except OverflowError as error:
            raise self._fail(key, value, "a finite number") from error
        if not math.isfinite(result):
            raise self._fail(key, value, "a finite number")
        return result

    def number_or_none(self, key: str) -> float | None:
        """Return a finite number, or None where it is null or absent."""
        return None if self._data.get(key) is None else self.number(key)

    def whole(self, key: str, default: Any = _ABSENT) -> int:
        """Return a whole number of at least zero."""
        value = self._get(key, default)
        if isinstance(value, bool) or not isinstance(value, int) or value < 0:
            raise self._fail(key, value, "a whole number of at least 0")
        return value

    def whole_or_none(self, key: str) -> int | None:
        """Return a whole number, or None where it is null or absent."""
        return None if self._data.get(key) is None else self.whole(key)

    def word(self, key: str, words: type[_Word], default: Any = _ABSENT) -> _Word:
        """Return one word of a fixed list."""
        value = self._get(key, default)
        if not isinstance(value, str) or value not in list(words):
            raise self._fail(key, value, "one of " + ", ".join(words))
        return words(value)

    def day(self, key: str) -> datetime.date:
        """Return a day that was written as ``YYYY-MM-DD``."""
        value = self.text(key)
        try:
            return datetime.date.fromisoformat(value)
        except ValueError:
            raise self._fail(key, value, "a day such as 2027-01-31") from None

    def mapping(self, key: str, default: Any = _ABSENT) -> dict[str, Any]:
        """Return an object as a dict."""
        value = self._get(key, default)
        if not isinstance(value, dict):
            raise self._fail(key, value, "an object")
        return value

    def mapping_or_none(self, key: str) -> dict[str, Any] | None:
        """Return an object as a dict, or None where it is null or absent."""
        return None if self._data.get(key) is None else self.mapping(key)

    def items(self, key: str, default: Any = _ABSENT) -> list[Any]:
        """Return a list."""
        value = self._get(key, default)
        if not isinstance(value, list):
            raise self._fail(key, value, "a list")
        return value

    def texts(self, key: str, default: Any = _ABSENT) -> tuple[str, ...]:
        """Return a list of strings."""
        values = self.items(key, default)
        for place, value in enumerate(values):
            if not isinstance(value, str):
                raise self._fail(f"{key}[{place}]", value, "text")
        return tuple(values)

    def mappings(self, key: str, default: Any = _ABSENT) -> tuple[dict[str, Any], ...]:
        """Return a list of objects."""
        values = self.items(key, default)
        for place, value in enumerate(values):
            if not isinstance(value, dict):
                raise self._fail(f"{key}[{place}]", value, "an object")
        return tuple(values)

    def part(self, key: str, read: Callable[[Reader], _T]) -> _T | None:
        """Return one nested part, or None where it is null or absent."""
        value = self._data.get(key)
        return None if value is None else read(Reader(value, self.path(key)))

    def parts(self, key: str, read: Callable[[Reader], _T], default: Any = _ABSENT) -> tuple[_T, ...]:
        """Return a list of nested parts."""
        values = self.items(key, default)
        return tuple(read(Reader(value, self.path(f"{key}[{place}]"))) for place, value in enumerate(values))


def _wrong(where: str, value: Any, expected: str) -> str:
    shown = repr(value)
    shown = shown if len(shown) <= 60 else shown[:57] + "..."
    return f"The record can't be read: {where} is {shown}, {expected} was expected. {_MEND}"


def read_estimate(source: Reader) -> Estimate:
    """Return the estimate that `estimate_json` wrote."""
    return Estimate(
        metric=source.text("metric"),
        value=source.number_or_none("value"),
        low=source.number_or_none("low"),
        high=source.number_or_none("high"),
        confidence=source.number("confidence"),
        n=source.whole("n"),
        clusters=source.whole_or_none("clusters"),
        method=source.text("method"),
        resolution=source.number_or_none("resolution"),
        unproven=source.text("unproven", ""),
        n_needed=source.whole_or_none("n_needed"),
    )


def read_criterion(source: Reader) -> Criterion:
    """Return the criterion that `criterion_json` wrote; `alpha` follows from the confidence."""
    return Criterion(
        min=source.number_or_none("min"),
        max=source.number_or_none("max"),
        margin=source.number_or_none("margin"),
        confidence=source.number("confidence", 0.95),
        burden=source.word("burden", Burden),
        resolution=source.number_or_none("resolution"),
        reason=source.text("reason", ""),
    )


def read_finding(source: Reader) -> Finding:
    """Return the finding that `finding_json` wrote."""
    return Finding(
        title=source.text("title"),
        slice=source.text_or_none("slice"),
        n=source.whole("n", 0),
        effect=source.number_or_none("effect"),
        low=source.number_or_none("low"),
        high=source.number_or_none("high"),
        p_adjusted=source.number_or_none("p_adjusted"),
        severity=source.word("severity", Severity, "info"),
        examples=source.mappings("examples", []),
        reproduce=source.text("reproduce", ""),
    )


def read_table(source: Reader) -> Table:
    """Return the table that `table_json` wrote; every row has one cell a column."""
    columns = source.texts("columns")
    rows = source.items("rows")
    for place, row in enumerate(rows):
        if not isinstance(row, list) or len(row) != len(columns):
            raise RecordError(_wrong(source.path(f"rows[{place}]"), row, f"a list of {len(columns)} cells"))
    return Table(
        name=source.text("name"), columns=columns, rows=tuple(tuple(row) for row in rows), note=source.text("note", "")
    )


def read_chart(source: Reader) -> Chart:
    """Return the chart that `chart_json` wrote."""
    return Chart(
        name=source.text("name"),
        kind=source.text("kind"),
        title=source.text("title"),
        x=source.text("x", ""),
        y=source.text("y", ""),
        reading=source.text("reading", ""),
        data=source.mappings("data", []),
        reference=source.mapping("reference", {}),
    )
