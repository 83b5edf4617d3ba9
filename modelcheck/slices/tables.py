"""Tables, arrays and codes as features to search."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from modelcheck.data.coding import Coding, fit_coding
from modelcheck.data.kinds import guess_kind
from modelcheck.data.sample import Sample, draw_sample
from modelcheck.data.source import MemorySource
from modelcheck.slices.axes import Feature

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

__all__ = ["features_of"]


def features_of(table: Any) -> list[Feature]:
    """Return the columns of a table as features.

    Parameters
    ----------
    table : DataFrame, mapping of str to array, ndarray of shape (n_rows, n_features), or sequence of Feature
        Numbers and dates become bins at quantiles, categories and booleans their levels, text and identifiers missing
        against present. Columns of an array are named ``x0``, ``x1``, ...

    Returns
    -------
    list of Feature

    Raises
    ------
    ValueError
        No column, columns of different lengths or of the same name, or something else than a table.

    Examples
    --------
    >>> [feature.name for feature in features_of({"age": [20, 30], "sex": ["f", "m"]})]
    ['age', 'sex']
    """
    import pandas as pd

    if isinstance(table, Sequence) and table and all(isinstance(one, Feature) for one in table):
        return _agreeing(list(table))
    if isinstance(table, np.ndarray):
        if table.ndim != 2:
            raise ValueError(f"an array of features must have the shape (n_rows, n_features), not {table.shape}.")
        table = pd.DataFrame(table, columns=[f"x{place}" for place in range(table.shape[1])]).infer_objects()
    elif isinstance(table, Mapping):
        _refuse_twice(table)
        lengths = {str(name): len(values) for name, values in table.items()}
        if len(set(lengths.values())) > 1:
            raise ValueError(f"the columns have different lengths: {lengths}.")
        table = pd.DataFrame({str(name): values for name, values in table.items()})
    if not isinstance(table, pd.DataFrame):
        raise ValueError(
            f"features must be a DataFrame, a mapping of names to arrays, a two-dimensional array or features with "
            f"codes, not {type(table).__name__}."
        )
    if table.shape[1] == 0:
        raise ValueError("there is no feature to make conditions of: the table has no columns.")
    _refuse_twice(table.columns)
    return _coded(table)


def _refuse_twice(names: Iterable[Any]) -> None:
    # 1 and "1" are the same name in a condition.
    twice = sorted(name for name, times in Counter(map(str, names)).items() if times > 1)
    if twice:
        raise ValueError(f"column names must differ; more than once: {', '.join(twice)}.")


def _agreeing(features: list[Feature]) -> list[Feature]:
    _refuse_twice([feature.name for feature in features])
    lengths = {feature.name: len(feature.codes) for feature in features}
    if len(set(lengths.values())) > 1:
        raise ValueError(f"the features have different lengths: {lengths}.")
    return features


class _Rows:
    """A table in memory as the coding of features wants it."""

    def __init__(self, table: pa.Table) -> None:
        self._source = MemorySource(table)
        self._sample = draw_sample(self._source)
        self.columns = self._source.columns

    def sample(self) -> Sample:
        return self._sample

    def kind_of(self, name: str) -> str:
        column = self._sample.table.column(name).combine_chunks()
        return guess_kind(name, column, self._sample.positions).kind

    def codes(self, coding: Coding) -> NDArray[np.uint8]:
        found = np.empty((len(coding.names), self._sample.rows), dtype=np.uint8)
        seen = 0
        for batch in self._source.batches():
            found[:, seen : seen + batch.num_rows] = coding.encode(batch)
            seen += batch.num_rows
        return found


def _coded(frame: pd.DataFrame) -> list[Feature]:
    import pyarrow as pa

    rows = _Rows(pa.Table.from_pandas(frame.rename(columns=str), preserve_index=False))
    coding = fit_coding(rows, rows.columns, from_name="dataset")
    codes = rows.codes(coding)
    return [
        Feature(name=levels.name, codes=codes[place], size=len(levels.labels), order=levels.order, levels=levels)
        for place, levels in enumerate(coding.levels)
    ]
