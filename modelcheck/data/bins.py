"""Coders of single columns: numbers, dates, levels, presence."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from modelcheck.data.arrow import missing_mask, plain_column
from modelcheck.data.groups import number_text
from modelcheck.data.kinds import parse_dates

__all__ = ["DateCoder", "LevelCoder", "NumberCoder", "PresenceCoder"]

MOST_BINS = 20
MOST_LEVELS = 253
_MISSING = "missing"
_OTHER = "other"


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
        return bool(
            pa.types.is_integer(kind)
            or pa.types.is_floating(kind)
            or pa.types.is_boolean(kind)
            or pa.types.is_time(kind)
            or pa.types.is_duration(kind)
        )

    @classmethod
    def fit(cls, column: pa.Array) -> NumberCoder:
        """Choose edges from the values of a column."""
        numbers = _numbers(column)
        edges, labels = _binned(numbers[~np.isnan(numbers)], number_text)
        return cls(edges=edges, labels=(_MISSING, *labels))

    def encode(self, column: pa.Array) -> NDArray[np.uint8]:
        """Return one code per row."""
        if not self.takes(column.type):
            raise TypeError(f"holds {column.type} here, but numbers where its bins come from")
        return _place(_numbers(column), self.edges)


@dataclass(frozen=True, slots=True, kw_only=True)
class DateCoder:
    """Bins of dates; text that isn't a date is ``other``."""

    edges: tuple[float, ...]
    labels: tuple[str, ...]
    ordered: bool = True

    @classmethod
    def fit(cls, column: pa.Array) -> DateCoder:
        """Choose edges from the values of a column."""
        seconds = parse_dates(column).drop_null().to_numpy(zero_copy_only=False)
        edges, labels = _binned(seconds, _date_text)
        return cls(edges=edges, labels=(_MISSING, *labels, _OTHER))

    def encode(self, column: pa.Array) -> NDArray[np.uint8]:
        """Return one code per row."""
        kind = column.type
        if not (pa.types.is_string(kind) or pa.types.is_date(kind) or pa.types.is_timestamp(kind)):
            raise TypeError(f"holds {kind} here, but dates where its bins come from")
        seconds = parse_dates(column)
        codes = _place(seconds.to_numpy(zero_copy_only=False).astype(np.float64, copy=False), self.edges)
        if seconds.null_count > column.null_count:
            wrong = pc.and_(pc.is_null(seconds), pc.is_valid(column)).to_numpy(zero_copy_only=False)
            codes[wrong] = len(self.labels) - 1
        return codes


@dataclass(frozen=True, slots=True, kw_only=True)
class LevelCoder:
    """One code per level by frequency; what has no level is ``other``.

    Attributes
    ----------
    levels : tuple
        Texts, numbers (float) or booleans, most frequent first.
    labels : tuple of str
        ``missing``, one per level, and ``other``.
    """

    levels: tuple[Any, ...]
    labels: tuple[str, ...]
    ordered: bool = False

    @classmethod
    def fit(cls, column: pa.Array) -> LevelCoder:
        """Choose levels from the values of a column."""
        values = _level_values(column)
        counted = pc.value_counts(values.filter(pc.invert(missing_mask(values))))
        pairs = zip(counted.field("values").to_pylist(), counted.field("counts").to_pylist(), strict=True)
        # Ties by value: the order of rows must not matter.
        levels = [value for value, _ in sorted(pairs, key=lambda pair: (-pair[1], pair[0]))[:MOST_LEVELS]]
        return cls(levels=tuple(levels), labels=(_MISSING, *_level_labels(levels), _OTHER))

    def encode(self, column: pa.Array) -> NDArray[np.uint8]:
        """Return one code per row."""
        values = _level_values(column)
        if not self.levels:
            return np.where(_present(values), np.uint8(1), np.uint8(0)).astype(np.uint8)
        text = isinstance(self.levels[0], str)
        if text != pa.types.is_string(values.type):
            here, there = ("numbers", "text") if text else ("text", "numbers")
            raise TypeError(f"holds {here} ({column.type}) here, but {there} where its levels come from")
        found = pc.index_in(values, value_set=pa.array(self.levels, values.type))
        codes = pc.fill_null(found, len(self.levels)).to_numpy(zero_copy_only=False).astype(np.uint8)
        codes += np.uint8(1)
        if column.null_count or pa.types.is_floating(values.type):
            codes *= _present(values)
        return np.asarray(codes, dtype=np.uint8)


@dataclass(frozen=True, slots=True, kw_only=True)
class PresenceCoder:
    """Missing or present: for text, identifiers and nested values."""

    labels: tuple[str, ...] = (_MISSING, "present")
    ordered: bool = False

    def encode(self, column: pa.Array) -> NDArray[np.uint8]:
        """Return one code per row."""
        return np.asarray(_present(column), dtype=np.uint8)


def _present(column: pa.Array) -> NDArray[np.bool_]:
    return np.asarray(pc.invert(missing_mask(column)).to_numpy(zero_copy_only=False), dtype=np.bool_)


def _numbers(column: pa.Array) -> NDArray[np.float64]:
    kind = column.type
    if pa.types.is_boolean(kind):
        column = column.cast(pa.uint8())
    elif pa.types.is_time(kind) or pa.types.is_duration(kind):
        column = column.cast(pa.int32() if pa.types.is_time32(kind) else pa.int64())
    values = column.to_numpy(zero_copy_only=False)
    # float32 is compared as it is: half the memory traffic, and its edges are its own values.
    return np.asarray(values if values.dtype == np.float32 else values.astype(np.float64, copy=False))


def _level_values(column: pa.Array) -> pa.Array:
    column = plain_column(column)
    kind = column.type
    if pa.types.is_string(kind):
        return column
    if pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_boolean(kind):
        # 1 and 1.0 and true are one level, whatever file they come from.
        column = column.cast(pa.uint8()) if pa.types.is_boolean(kind) else column
        return column.cast(pa.float64(), safe=False)
    return column.cast(pa.string())


def _level_labels(levels: list[Any]) -> list[str]:
    reserved = {_MISSING, _OTHER}
    texts = [level if isinstance(level, str) else number_text(level) for level in levels]
    return [repr(text) if text in reserved or not text else text for text in texts]


def _place(values: NDArray[Any], edges: tuple[float, ...]) -> NDArray[np.uint8]:
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


def _binned(values: NDArray[Any], write: Callable[[float], str]) -> tuple[tuple[float, ...], list[str]]:
    if not len(values):
        return (), ["present"]
    distinct, counts = np.unique(values, return_counts=True)
    if len(distinct) <= MOST_BINS:
        return tuple(distinct[1:].tolist()), _unlike([write(value) for value in distinct.tolist()], distinct.tolist())
    edges = distinct[_starts(counts)].tolist()
    names = _unlike([_rounded(edge, edges, write) for edge in edges], edges)
    middle = [f"{low} to {high}" for low, high in pairwise(names)]
    return tuple(edges), [f"< {names[0]}", *middle, f">= {names[-1]}"]


def _starts(counts: NDArray[Any]) -> NDArray[np.intp]:
    """Return which distinct values begin a bin, so that bins weigh the same.

    A value that many rows share counts for one bin at most: where 92 % of the rows are zero, the other bins still
    divide the rest. Without such values these are the plain quantiles.
    """
    weights = counts.astype(np.float64)
    for _ in range(100):
        capped = np.minimum(weights, weights.sum() / MOST_BINS)
        if np.array_equal(capped, weights):
            break
        weights = capped
    before = np.cumsum(weights) - weights
    wanted = np.arange(1, MOST_BINS) * (weights.sum() / MOST_BINS)
    starts = np.searchsorted(before, wanted * (1.0 - 1e-9), side="left")
    return np.unique(starts[starts < len(counts)])


def _rounded(edge: float, edges: list[float], write: Callable[[float], str]) -> str:
    if write is not number_text:
        return str(write(edge))
    # Four digits read well; more only where edges lie closer together.
    gap = min((abs(edge - other) for other in edges if other != edge), default=abs(edge))
    digits = 4
    while digits < 17 and abs(float(f"{edge:.{digits}g}") - edge) > gap / 20:
        digits += 1
    return number_text(float(f"{edge:.{digits}g}"))


def _unlike(texts: list[str], values: list[float]) -> list[str]:
    return texts if len(set(texts)) == len(texts) else [repr(value) for value in values]


def _date_text(seconds: float) -> str:
    try:
        moment = datetime.datetime(1970, 1, 1, tzinfo=datetime.UTC) + datetime.timedelta(seconds=seconds)
    except OverflowError:
        return repr(seconds)
    form = "%Y-%m-%d" if seconds % 86_400 == 0 else "%Y-%m-%d %H:%M:%S"
    return moment.strftime(form)
