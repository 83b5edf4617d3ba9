"""What makes a row the same row in another run: its key, or its content and how often that came before."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from modelcheck.data.arrow import missing_mask, plain_column
from modelcheck.data.names import shown, shown_list
from modelcheck.data.row_hashes import hash_rows, hash_texts, stir
from modelcheck.errors import BaselineError, DataError

__all__ = ["RowKeyReader", "RowKeys", "content_columns"]


@dataclass(frozen=True, slots=True, kw_only=True)
class RowKeys:
    """A name of 128 bits for each row of a table; no two rows share one.

    Attributes
    ----------
    values : ndarray of uint64, shape (n_rows, 2)
        The names.
    kind : str
        ``key``: made from the key column. ``content``: made from `columns`, and for rows of equal content from their
        number among those (design: never content alone).
    columns : tuple of str
        The columns that count as a row's content. Empty where the table holds nothing else beside its key.
    content : ndarray of uint64, shape (n_rows, 2), or None
        With a key column: hash of what else the row held, so that a row that changed since is known. Equal rows have
        equal hashes here. None where `values` come from the content.
    repeats : int
        Rows whose content came before in the table; they are told apart by their order. 0 with a key column.
    """

    values: NDArray[np.uint64]
    kind: str
    columns: tuple[str, ...] = ()
    content: NDArray[np.uint64] | None = None
    repeats: int = 0

    def __len__(self) -> int:
        return len(self.values)


def content_columns(names: Iterable[str], key: str | None, leave_out: Iterable[str]) -> tuple[str, ...]:
    """Return the columns that are a row's content: all but the key and those left out, in the order they are hashed."""
    return tuple(sorted(set(names) - {key, *leave_out}))


class RowKeyReader:
    """Collects row keys over batches.

    Names don't depend on how a table is stored or batched, on the order of its columns, nor (but for rows of equal
    content) of its rows: the width of integers, categories or text, null or NaN or empty text, and whole numbers as
    integers or floats make no difference. Names of columns and all values do.

    Parameters
    ----------
    key : str or None
        The key column; None: the content is the key.
    leave_out : sequence of str
        Columns that are no part of the content, such as the truth and stored scores. The key is none either.
    columns : sequence of str or None
        The content is these columns, whatever others a table has: rows then bear the names they had when the table had
        these alone. None: all but `leave_out`.
    ties : str or None
        A column that orders rows of equal content before they are numbered, so that their order in the table doesn't
        matter where it differs.

    Examples
    --------
    >>> import pyarrow as pa
    >>> reader = RowKeyReader(None)
    >>> reader.update(pa.RecordBatch.from_pydict({"a": [1, 2, 1]}))
    >>> keys = reader.finish()
    >>> len(set(map(tuple, keys.values.tolist()))), keys.repeats
    (3, 1)
    """

    def __init__(
        self,
        key: str | None,
        leave_out: Sequence[str] = (),
        ties: str | None = None,
        columns: Sequence[str] | None = None,
    ) -> None:
        self._key = key
        self._columns = None if columns is None else tuple(sorted(columns))
        self._ties = ties
        self._tied = _Hashes(1)
        self._leave_out = frozenset(leave_out)
        self._rows = 0
        self._content = _Hashes(2)
        self._named = _Hashes(2)
        # A repeated key is told by its value, which its hash has lost.
        self._texts: list[pa.Array] = []

    def update(self, batch: pa.RecordBatch) -> None:
        """Add the next rows.

        Raises
        ------
        DataError
            A row without a key, or no column that content could come from.
        BaselineError
            One of `columns` is not in the table.
        """
        if self._columns is None:
            self._columns = content_columns(batch.schema.names, self._key, self._leave_out)
        names = self._columns
        gone = set(names).difference(batch.schema.names)
        if gone:
            raise BaselineError(f"Rows are told by columns that the table doesn't have: {shown_list(sorted(gone))}.")
        if not names and self._key is None:
            raise DataError(
                "No column is left to tell rows by: the table holds nothing but its target and stored scores. Add a "
                'column that names each row, and write key = "..." under [dataset].'
            )
        self._content.extend(hash_rows(batch, names))
        if self._ties is not None and self._key is None:
            self._tied.extend(hash_rows(batch, [self._ties])[:, :1])
        if self._key is not None:
            self._add_keys(self._key, batch)
        self._rows += batch.num_rows

    def finish(self) -> RowKeys:
        """Return the keys of all rows; once, because what was collected is freed on the way.

        Raises
        ------
        DataError
            With a key column: values that occur more than once, with counts, the first of them and its rows.
        """
        columns = self._columns or ()
        content = self._content.finish()
        if self._key is None:
            rows, numbers = _repeats(content, None if self._ties is None else self._tied.finish()[:, 0])
            content[rows] = stir(content[rows], numbers)
            return RowKeys(values=content, kind="content", columns=columns, repeats=len(rows))
        values = self._named.finish()
        rows, _ = _repeats(values)
        if len(rows):
            raise self._repeated_key(self._key, values, rows)
        self._texts.clear()
        return RowKeys(values=values, kind="key", columns=columns, content=content)

    def _add_keys(self, name: str, batch: pa.RecordBatch) -> None:
        column = batch.column(name)
        missing = missing_mask(column).to_numpy(zero_copy_only=False)
        if missing.any():
            raise DataError(
                f"The key column {shown(name)} is missing in row {self._rows + int(missing.argmax()) + 1:,} (counted "
                f"from 1) and in {int(missing.sum()):,} of the {len(column):,} rows around it. Every row needs a key: "
                "repair these rows, or remove `key` under [dataset]; rows are then told apart by their content."
            )
        texts = _key_texts(column)
        self._texts.append(texts)
        self._named.extend(hash_texts(texts))

    def _repeated_key(self, name: str, values: NDArray[np.uint64], rows: NDArray[np.intp]) -> DataError:
        again = int(rows.min())
        first = int((values == values[again]).all(axis=1).argmax())
        value = pa.chunked_array(self._texts)[again].as_py()
        return DataError(
            f"The key column {shown(name)} repeats values: {len(rows):,} of {len(values):,} rows have a key that an "
            f"earlier row has; the first is {shown(value)} in rows {first + 1:,} and {again + 1:,} (counted from 1). A "
            "key names one row: remove the repeated rows, name another column, or remove `key` under [dataset]; rows "
            "are then told apart by their content."
        )


def _key_texts(column: pa.Array) -> pa.Array:
    """Return keys as text, the same for one value however it is stored: 7, 7.0 and "7", or true and 1, are one key."""
    column = plain_column(column)
    kind = column.type
    if pa.types.is_string(kind):
        return column
    if pa.types.is_boolean(kind):
        return column.cast(pa.int8()).cast(pa.string())
    if pa.types.is_floating(kind):
        return _number_texts(column)
    if pa.types.is_date32(kind):
        return column.cast(pa.string())
    if pa.types.is_date(kind) or pa.types.is_timestamp(kind):
        # Without its zone the text needs no table of zones; it is an instant either way.
        texts = column.cast(pa.timestamp("ms" if pa.types.is_date(kind) else kind.unit)).cast(pa.string())
        # A moment at midnight is its date, as a table of dates would have it.
        return pc.replace_substring_regex(_without_fraction(texts), " 00:00:00$", "")
    if pa.types.is_time(kind):
        return _without_fraction(column.cast(pa.string()))
    if pa.types.is_integer(kind):
        return column.cast(pa.string())
    return pa.array([repr(value) for value in column.to_pylist()], pa.string())


def _number_texts(column: pa.Array) -> pa.Array:
    values = column.to_numpy(zero_copy_only=False).astype(np.float64)
    whole = (values == np.trunc(values)) & (values >= -(2.0**63)) & (values < 2.0**63)
    texts = pa.array(np.where(whole, values, 0.0).astype(np.int64)).cast(pa.string())
    if whole.all():
        return texts
    if pa.types.is_float16(column.type):
        column = column.cast(pa.float32())
    return pc.if_else(pa.array(whole), texts, column.cast(pa.string()))


def _without_fraction(texts: pa.Array) -> pa.Array:
    """Return times without zeros that only their unit brings along."""
    return pc.replace_substring_regex(texts, r"(\.[0-9]*[1-9])0+$|\.0+$", r"\1")


class _Hashes:
    """Rows of hashes that grow in place: the system moves large blocks without holding them twice."""

    def __init__(self, width: int) -> None:
        self._values = np.empty((0, width), dtype=np.uint64)
        self._rows = 0

    def extend(self, values: NDArray[np.uint64]) -> None:
        end = self._rows + len(values)
        if end > len(self._values):
            # Nobody else holds the array before `finish`.
            self._values.resize((max(end, len(self._values) * 5 // 4), values.shape[1]), refcheck=False)
        self._values[self._rows : end] = values
        self._rows = end

    def finish(self) -> NDArray[np.uint64]:
        self._values.resize((self._rows, self._values.shape[1]), refcheck=False)
        return self._values


def _repeats(
    values: NDArray[np.uint64], ties: NDArray[np.uint64] | None = None
) -> tuple[NDArray[np.intp], NDArray[np.uint64]]:
    """Return rows whose value came before (in the order of `ties`, then of the rows), and how often (1, 2, ...)."""
    first = np.sort(values[:, 0])
    twice = first[1:][first[1:] == first[:-1]]
    if not len(twice):
        # The ordinary table: one sort of half of the bits settles it.
        return np.zeros(0, dtype=np.intp), np.zeros(0, dtype=np.uint64)
    rows = np.flatnonzero(np.isin(values[:, 0], twice))
    order = (values[rows, 1], values[rows, 0])
    rows = rows[np.lexsort(order if ties is None else (ties[rows], *order))]
    same = np.zeros(len(rows), dtype=np.bool_)
    same[1:] = (values[rows[1:]] == values[rows[:-1]]).all(axis=1)
    place = np.arange(len(rows))
    # lexsort keeps the order of equal rows: their number is the distance from the first of them.
    numbers = place - np.maximum.accumulate(np.where(same, 0, place))
    return rows[same], numbers[same].astype(np.uint64)
