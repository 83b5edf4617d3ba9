"""The coder of dates, whether a column stores them as such or as text."""

from __future__ import annotations

import datetime
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from modelcheck.data.bins import MISSING, place
from modelcheck.data.edges import choose_edges
from modelcheck.data.kinds import parse_dates
from modelcheck.data.levels import OTHER, Levels

__all__ = ["DateCoder"]

_SECOND = 1_000_000
_DAY = 86_400 * _SECOND
_EPOCH = datetime.datetime(1970, 1, 1, tzinfo=datetime.UTC)
# What a condition can write: the years 1 to 9999, in microseconds since 1970.
_WRITABLE = (-62_135_596_800 * _SECOND, 253_402_300_800 * _SECOND - 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class DateCoder:
    """Bins of dates.

    Text is compared as text, as conditions do; texts of ISO 8601 in one form sort by date. Text that doesn't begin
    with a digit is ``other``.

    Attributes
    ----------
    edges : tuple of int
        Inner edges for stored dates: microseconds since 1970, UTC.
    texts : tuple of str
        The same edges for dates in text.
    labels : tuple of str
        ``missing``, one label per bin, and ``other``.
    """

    edges: tuple[int, ...]
    texts: tuple[str, ...]
    labels: tuple[str, ...]
    ordered: bool = True

    @classmethod
    def fit(cls, column: pa.Array) -> DateCoder:
        """Choose edges from the values of a column."""
        if pa.types.is_string(column.type):
            counted = pc.value_counts(column.drop_null())
            order = pc.sort_indices(counted.field("values"))
            distinct = counted.field("values").take(order).to_pylist()
            counts = counted.field("counts").take(order).to_numpy()
            texts, labels = choose_edges(distinct, counts, str)
            edges = tuple(sorted(_microseconds_of_text(texts)))
        else:
            moments = _microseconds(column).drop_null().to_numpy()
            writable = (moments >= _WRITABLE[0]) & (moments <= _WRITABLE[1])
            values, counts = np.unique(moments[writable], return_counts=True)
            edges, labels = choose_edges(values.tolist(), counts, _date_text, _date_texts)
            texts = tuple(map(_iso, edges))
        return cls(edges=edges, texts=texts, labels=(MISSING, *labels, OTHER))

    def encode(self, column: pa.Array) -> NDArray[np.uint8]:
        """Return one code per row."""
        kind = column.type
        if pa.types.is_string(kind):
            return self._encode_text(column)
        if not (pa.types.is_date(kind) or pa.types.is_timestamp(kind)):
            raise TypeError(f"holds {kind} here, but dates where its bins come from")
        moments = _microseconds(column)
        codes = place(pc.fill_null(moments, 0).to_numpy(zero_copy_only=False), self.edges)
        if moments.null_count:
            codes[pc.is_null(moments).to_numpy(zero_copy_only=False)] = 0
        return codes

    def levels(self, name: str, kind: pa.DataType) -> Levels:
        """Return the codes of a column of this name and type as conditions."""
        if pa.types.is_string(kind):
            return Levels(name=name, labels=self.labels, ordered=True, edges=self.texts, text=True)
        zoned = getattr(kind, "tz", None) is not None
        edges = tuple(_iso(edge, zoned=zoned) for edge in self.edges)
        return Levels(name=name, labels=self.labels, ordered=True, edges=edges)

    def _encode_text(self, column: pa.Array) -> NDArray[np.uint8]:
        coded = pc.dictionary_encode(column)
        values = coded.dictionary
        # One more place: missing cells.
        codes = np.ones(len(values) + 1, dtype=np.uint8)
        for edge in self.texts:
            codes[:-1] += pc.greater_equal(values, pa.scalar(edge)).to_numpy(zero_copy_only=False).view(np.uint8)
        date = pc.and_(pc.greater_equal(values, pa.scalar("0")), pc.less(values, pa.scalar(":")))
        codes[:-1][~date.to_numpy(zero_copy_only=False)] = len(self.labels) - 1
        codes[-1] = 0
        found: NDArray[np.uint8] = codes[pc.fill_null(coded.indices, len(values)).to_numpy(zero_copy_only=False)]
        return found


def _microseconds(column: pa.Array) -> pa.Array:
    # Nanoseconds are cut off, as conditions do.
    zone = getattr(column.type, "tz", None)
    return column.cast(pa.timestamp("us", zone), safe=False).cast(pa.int64())


def _microseconds_of_text(texts: tuple[str, ...]) -> list[int]:
    seconds = parse_dates(pa.array(texts, pa.string())).drop_null().to_pylist()
    return [round(value * _SECOND) for value in seconds]


def _iso(moment: int, *, zoned: bool = False) -> str:
    """Return a moment as a condition writes it, with a zone for columns that have one."""
    found = _EPOCH + datetime.timedelta(microseconds=moment)
    if zoned:
        return found.isoformat()
    return found.date().isoformat() if moment % _DAY == 0 else found.replace(tzinfo=None).isoformat()


def _date_text(moment: int) -> str:
    return _iso(moment).replace("T", " ")


def _date_texts(moments: list[int]) -> list[str]:
    """Return moments without fractions of seconds, unless some would read alike."""
    short = [_date_text(moment - moment % _SECOND) for moment in moments]
    return short if len(set(short)) == len(short) else [_date_text(moment) for moment in moments]
