"""Coders of single columns: numbers, dates, levels, presence."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from modelcheck.conditions import Value
from modelcheck.data.arrow import missing_mask, plain_column
from modelcheck.data.edges import choose_edges, rounded_numbers
from modelcheck.data.groups import number_text
from modelcheck.data.levels import OTHER, Levels

__all__ = ["LevelCoder", "NumberCoder", "PresenceCoder", "present"]

MOST_LEVELS = 253
MISSING = "missing"
_EXACT = 2**53  # smaller whole numbers are the same as float64, and no other whole number rounds to them


@dataclass(frozen=True, slots=True, kw_only=True)
class NumberCoder:
    """Bins of numbers; an edge belongs to the bin above it.

    Attributes
    ----------
    edges : tuple of float
        Increasing inner edges.
    labels : tuple of str
        ``missing`` and one label per bin.
    """

    edges: tuple[float, ...]
    labels: tuple[str, ...]
    ordered: bool = True

    @staticmethod
    def takes(kind: pa.DataType) -> bool:
        """Return whether a type can be coded as numbers."""
        return bool(pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_boolean(kind))

    @classmethod
    def fit(cls, column: pa.Array) -> NumberCoder:
        """Choose edges from the values of a column."""
        numbers = _numbers(column)
        distinct, counts = np.unique(numbers[~np.isnan(numbers)], return_counts=True)
        write = _short_text if distinct.dtype == np.float32 else number_text
        edges, labels = choose_edges(distinct.tolist(), counts, write, rounded_numbers)
        return cls(edges=edges, labels=(MISSING, *labels))

    def encode(self, column: pa.Array) -> NDArray[np.uint8]:
        """Return one code per row."""
        # True and false have no order that a condition could name.
        if not self.takes(column.type) or (self.edges and pa.types.is_boolean(column.type)):
            raise TypeError(f"holds {column.type} here, but numbers where its bins come from")
        values = _numbers(column)
        edges = tuple(map(_narrow, self.edges)) if values.dtype == np.float32 else self.edges
        return place(values, edges)

    def levels(self, name: str, kind: pa.DataType) -> Levels:
        """Return the codes of a column of this name and type as conditions."""
        if not pa.types.is_float32(kind):
            return Levels(name=name, labels=self.labels, ordered=True, edges=tuple(map(_number, self.edges)))
        return Levels(
            name=name,
            labels=self.labels,
            ordered=True,
            edges=tuple(_number(_shortest(_narrow(edge))) for edge in self.edges),
            largest=float(np.finfo(np.float32).max),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class LevelCoder:
    """One code per level by frequency; what has no level is ``other``.

    Attributes
    ----------
    values : tuple
        Texts, or numbers (float); most frequent first.
    labels : tuple of str
        ``missing``, one per level, and ``other``.
    """

    values: tuple[Any, ...]
    labels: tuple[str, ...]
    ordered: bool = False

    @staticmethod
    def takes(kind: pa.DataType) -> bool:
        """Return whether a type can be coded by its values, so that a condition can name them."""
        kind = kind.value_type if pa.types.is_dictionary(kind) else kind
        return NumberCoder.takes(kind) or bool(
            pa.types.is_string(kind) or pa.types.is_date(kind) or pa.types.is_timestamp(kind)
        )

    @classmethod
    def fit(cls, column: pa.Array) -> LevelCoder:
        """Choose levels from the values of a column."""
        values = _level_values(column)
        # No condition can name infinity; it is `other`.
        there = missing_mask(values)
        there = pc.invert(there) if pa.types.is_string(values.type) else pc.fill_null(pc.is_finite(values), False)
        counted = pc.value_counts(values.filter(there))
        pairs = zip(counted.field("values").to_pylist(), counted.field("counts").to_pylist(), strict=True)
        # Ties by value: the order of rows must not matter.
        kept = [value for value, _ in sorted(pairs, key=lambda pair: (-pair[1], pair[0]))[:MOST_LEVELS]]
        return cls(values=tuple(kept), labels=(MISSING, *_level_labels(kept), OTHER))

    def encode(self, column: pa.Array) -> NDArray[np.uint8]:
        """Return one code per row."""
        text = bool(self.values) and isinstance(self.values[0], str)
        there = "text" if text else "numbers"
        if self.values and not self.takes(plain_column(column).type):
            raise TypeError(f"holds {column.type} here, but {there} where its levels come from")
        values = _level_values(column)
        if not self.values:
            return present(values).astype(np.uint8)
        if text != pa.types.is_string(values.type):
            here = "numbers" if text else "text"
            raise TypeError(f"holds {here} ({column.type}) here, but {there} where its levels come from")
        if pa.types.is_boolean(column.type) and not {0.0, 1.0}.issuperset(self.values):
            raise TypeError(f"holds {column.type} here, but other numbers than 0 and 1 where its levels come from")
        found = pc.index_in(values, value_set=pa.array(self.values, values.type))
        codes = pc.fill_null(found, len(self.values)).to_numpy(zero_copy_only=False).astype(np.uint8)
        codes += np.uint8(1)
        if column.null_count or pa.types.is_floating(values.type):
            codes *= present(values)
        return np.asarray(codes, dtype=np.uint8)

    def levels(self, name: str, kind: pa.DataType) -> Levels:
        """Return the codes of a column of this name and type as conditions."""
        values: list[Value] = [value if isinstance(value, str) else _number(value) for value in self.values]
        if pa.types.is_boolean(kind):
            values = [bool(value) for value in values]
        return Levels(name=name, labels=self.labels, ordered=False, values=tuple(values))


@dataclass(frozen=True, slots=True, kw_only=True)
class PresenceCoder:
    """Missing or present: for text, identifiers, nested values, times of day and durations."""

    labels: tuple[str, ...] = (MISSING, "present")
    ordered: bool = False

    def encode(self, column: pa.Array) -> NDArray[np.uint8]:
        """Return one code per row."""
        return present(column).astype(np.uint8)

    def levels(self, name: str, kind: pa.DataType) -> Levels:
        """Return the codes of a column of this name and type as conditions."""
        return Levels(name=name, labels=self.labels, ordered=False)


def present(column: pa.Array) -> NDArray[np.bool_]:
    """Return which values are there: neither null nor NaN."""
    return np.asarray(pc.invert(missing_mask(column)).to_numpy(zero_copy_only=False), dtype=np.bool_)


def place(values: NDArray[Any], edges: tuple[float, ...]) -> NDArray[np.uint8]:
    """Return 1 + the number of edges at or below each value, and 0 for NaN.

    Counting comparisons beats a binary search here: up to 19 vectorised passes over a cached batch, no branches.
    """
    codes = np.ones(len(values), dtype=np.uint8)
    above = np.empty(len(values), dtype=np.bool_)
    for edge in edges:
        np.greater_equal(values, values.dtype.type(edge), out=above)
        codes += above.view(np.uint8)
    np.equal(values, values, out=above)
    codes *= above.view(np.uint8)
    return codes


def _numbers(column: pa.Array) -> NDArray[np.float64]:
    if pa.types.is_boolean(column.type):
        column = column.cast(pa.uint8())
    values = column.to_numpy(zero_copy_only=False)
    # float32 is compared as it is: half the memory traffic, and its edges are its own values.
    return np.asarray(values if values.dtype == np.float32 else values.astype(np.float64, copy=False))


def _narrow(edge: float) -> float:
    """Return the edge among the numbers that float32 holds; a finite one stays finite."""
    limit = float(np.finfo(np.float32).max)
    return float(np.float32(edge if edge == np.inf else min(max(edge, -limit), limit)))


def _short_text(value: float) -> str:
    return number_text(float(str(np.float32(value))))


def _shortest(edge: float) -> float:
    """Return a number with few digits that divides float32 values as this float32 edge does."""
    for digits in range(6, 17):
        short = float(f"{edge:.{digits}g}")
        # Not above the edge for whoever compares float64, and the edge itself for whoever compares float32.
        if short <= edge and np.float32(short) == edge:
            return short
    return edge


def _number(value: float) -> float:
    """Return a float64 as a condition compares it: whole numbers are exact, also in columns of integers."""
    # From 2**53 a column of integers has to be compared as float64, as it was coded.
    return int(value) if abs(value) < _EXACT and value == int(value) else value


def _level_values(column: pa.Array) -> pa.Array:
    column = plain_column(column)
    kind = column.type
    if pa.types.is_string(kind):
        return column
    if NumberCoder.takes(kind):
        # 1 and 1.0 and true are one level, whatever file they come from.
        column = column.cast(pa.uint8()) if pa.types.is_boolean(kind) else column
        return column.cast(pa.float64(), safe=False)
    if kind == pa.timestamp("ns", getattr(kind, "tz", None)):
        # Conditions compare microseconds.
        column = column.cast(pa.timestamp("us", kind.tz), safe=False)
    return column.cast(pa.string())


def _level_labels(levels: list[Any]) -> list[str]:
    reserved = {MISSING, OTHER}
    texts = [level if isinstance(level, str) else number_text(level) for level in levels]
    return [repr(text) if text in reserved or not text else text for text in texts]
