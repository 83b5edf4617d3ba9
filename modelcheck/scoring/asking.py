"""Asking the candidate again: rows of the dataset as it is given them, and its answers once they were changed."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

from modelcheck.data.dataset import Dataset
from modelcheck.data.frames import to_frame
from modelcheck.scoring.predictor import Answer, Predictor

__all__ = ["Asking"]


class Asking:
    """The candidate, for questions about rows that differ from the dataset's.

    Parameters
    ----------
    dataset : Dataset
        Whose rows are changed.
    candidate : Predictor
        Bound to the run's classes.
    """

    def __init__(self, dataset: Dataset, candidate: Predictor) -> None:
        self._dataset = dataset
        self._candidate = candidate
        self._columns = candidate.columns(dataset)

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns that the candidate is given, in their order."""
        return tuple(self._columns)

    def rows(self, positions: NDArray[np.intp]) -> pd.DataFrame:
        """Return rows of the dataset as the candidate is given them.

        Parameters
        ----------
        positions : ndarray of int, shape (n_positions,)
            Increasing; of rows in the order of the table.

        Returns
        -------
        DataFrame
            One row for each position, in their order, with `columns`; a frame of its own.
        """
        parts: list[pa.RecordBatch] = []
        seen = 0
        for batch in self._dataset.batches(self._columns):
            first, last = np.searchsorted(positions, (seen, seen + batch.num_rows))
            if first < last or not parts:
                parts.append(batch.take(pa.array(positions[first:last] - seen, type=pa.int64())))
            seen += batch.num_rows
        return to_frame(pa.Table.from_batches(parts), self._columns)

    def answer(self, rows: pd.DataFrame) -> Answer:
        """Return the candidate's answers to changed rows, validated as those to the dataset are.

        Parameters
        ----------
        rows : DataFrame
            With `columns`, of the types that `rows` gave.
        """
        return self._candidate.answer(rows, 0)
