"""Every feature as one small integer per row: quantile bins, levels, or missing against present."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from modelcheck.data.bins import LevelCoder, NumberCoder, PresenceCoder
from modelcheck.data.date_bins import DateCoder
from modelcheck.data.levels import Levels
from modelcheck.data.names import shown
from modelcheck.data.sample import Sample
from modelcheck.errors import DataError

__all__ = ["MISSING_CODE", "Coder", "Coding", "fit_coding"]

MISSING_CODE = 0


class Coder(Protocol):
    """Codes one column: 0 is missing, 1, 2, ... are `labels[1]`, `labels[2]`, ..."""

    @property
    def labels(self) -> tuple[str, ...]: ...  # noqa: D102

    @property
    def ordered(self) -> bool: ...  # noqa: D102

    def encode(self, column: pa.Array) -> NDArray[np.uint8]:
        """Return one code per row."""
        ...

    def levels(self, name: str, kind: pa.DataType) -> Levels:
        """Return the codes of a column of this name and type as conditions."""
        ...


class Coded(Protocol):
    """What `fit_coding` needs of a dataset."""

    def sample(self) -> Sample: ...

    def kind_of(self, name: str) -> str: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Coding:
    """How the features of a table are coded; the same for every table that is compared.

    Attributes
    ----------
    names : tuple of str
        Features, in order.
    coders : tuple of Coder
        One per feature.
    types : tuple of pyarrow.DataType
        Of the columns that bins and levels come from.
    edges_from : str
        Which rows bins and levels come from: starts with ``reference`` or ``dataset (first pass``.
    """

    names: tuple[str, ...]
    coders: tuple[Coder, ...]
    types: tuple[pa.DataType, ...]
    edges_from: str

    @property
    def labels(self) -> tuple[tuple[str, ...], ...]:
        """Readable name of each code, per feature; the first is always ``missing``."""
        return tuple(coder.labels for coder in self.coders)

    @property
    def ordered(self) -> tuple[bool, ...]:
        """Whether codes 1, 2, ... have an order, per feature."""
        return tuple(coder.ordered for coder in self.coders)

    @property
    def levels(self) -> tuple[Levels, ...]:
        """What the codes mean, per feature, as conditions on the table that bins and levels come from."""
        return tuple(map(_levels, self.coders, self.names, self.types))

    def levels_in(self, schema: pa.Schema) -> tuple[Levels, ...]:
        """Return the same for another table, which may store numbers, dates or truth values as other types.

        Parameters
        ----------
        schema : Schema
            Of a table that `encode` takes.

        Returns
        -------
        tuple of Levels
            One per feature.
        """
        return tuple(map(_levels, self.coders, self.names, [schema.field(name).type for name in self.names]))

    def encode(self, batch: pa.RecordBatch) -> NDArray[np.uint8]:
        """Return the codes of a batch.

        Parameters
        ----------
        batch : RecordBatch
            Holds at least the features.

        Returns
        -------
        ndarray of uint8, shape (n_features, n_rows)
            0 is missing; a category that was not seen before is ``other``.

        Raises
        ------
        DataError
            A feature that is absent, or of another type than where the bins came from.
        """
        codes = np.empty((len(self.names), batch.num_rows), dtype=np.uint8)
        for place, (name, coder) in enumerate(zip(self.names, self.coders, strict=True)):
            index = batch.schema.get_field_index(name)
            if index < 0:
                raise DataError(f"The table lacks the feature {shown(name)}, for which bins exist ({self.edges_from}).")
            try:
                codes[place] = coder.encode(batch.column(index))
            except TypeError as exc:
                raise DataError(f"Feature {shown(name)}: {exc} (bins come from: {self.edges_from}).") from exc
        return codes


def fit_coding(dataset: Coded, features: Sequence[str], *, from_name: str) -> Coding:
    """Choose bins and levels for every feature.

    Numbers and dates get at most 20 bins with edges at quantiles (every edge is a value of the table; a value that many
    rows share counts for one bin at most), or one code per value when at most 20 differ. Categories get one code per
    level by frequency, up to 253; the rest is ``other``. What no condition can compare (nested values, times of day,
    durations) is coded as missing or present only; so are text and identifiers.

    Parameters
    ----------
    dataset : Dataset
        The reference if there is one, else the dataset.
    features : sequence of str
        Columns of it.
    from_name : str
        ``reference`` or ``dataset``, for `Coding.edges_from`.

    Returns
    -------
    Coding
        Edges are exact for tables of up to 200,000 rows, else from the 200,000 rows whose keyed hash is smallest;
        `edges_from` says which.
    """
    sample = dataset.sample()
    coders = tuple(_fit(name, dataset.kind_of(name), sample) for name in features)
    rows = "" if sample.whole else sample.text
    if from_name == "dataset":
        came = f"dataset (first pass{', ' + rows if rows else ''})"
    else:
        came = from_name + (f" ({rows})" if rows else "")
    types = tuple(sample.table.schema.field(name).type for name in features)
    return Coding(names=tuple(features), coders=coders, types=types, edges_from=came)


def _levels(coder: Coder, name: str, kind: pa.DataType) -> Levels:
    return coder.levels(name, kind)


def _fit(name: str, kind: str, sample: Sample) -> Coder:
    column = sample.table.column(name).combine_chunks()
    if kind == "constant":
        # The dataset may hold what the sample doesn't: code by type, not by the single value.
        kind = "category" if pa.types.is_string(column.type) or pa.types.is_dictionary(column.type) else "number"
    if kind in ("boolean", "category") and LevelCoder.takes(column.type):
        return LevelCoder.fit(column)
    if kind in ("number", "integer") and NumberCoder.takes(column.type):
        return NumberCoder.fit(column)
    if kind == "date":
        return DateCoder.fit(column)
    return PresenceCoder()
