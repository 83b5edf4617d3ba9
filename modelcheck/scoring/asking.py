"""Asking a model again: rows as it is given them, and its answers once they were changed."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

from modelcheck.data.dataset import Dataset
from modelcheck.data.frames import to_frame
from modelcheck.scoring.predictor import Answer, Predictor
from modelcheck.scoring.progress import Tally

if TYPE_CHECKING:
    from modelcheck.data.coding import Coding
    from modelcheck.models.stages import Stages, StagesElsewhere

__all__ = ["Asking"]


class Asking:
    """A model, for questions about rows that differ from the dataset's.

    Parameters
    ----------
    dataset : Dataset
        Whose rows are changed.
    predictor : Predictor
        Bound to the run's classes.
    reference : Dataset or None
        What the model was trained on.
    coding : Coding or None
        How the run codes features.
    classes : tuple
        The run's classes, ``(negative, positive)`` for a binary task; empty for values.
    tally : Tally or None
        Counts the rows that are asked about.
    """

    def __init__(
        self,
        dataset: Dataset,
        predictor: Predictor,
        *,
        reference: Dataset | None = None,
        coding: Coding | None = None,
        classes: tuple[Any, ...] = (),
        tally: Tally | None = None,
    ) -> None:
        self._dataset = dataset
        self._predictor = predictor
        self._reference = reference
        self._coding = coding
        self._classes = classes
        self._tally = tally or Tally()
        self._columns = predictor.columns(dataset)

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns that the model is given, in their order."""
        return tuple(self._columns)

    @property
    def sha256(self) -> str:
        """Hash of the file that the model was loaded from; empty where it was no file."""
        return str(self._predictor.facts().get("sha256") or "")

    @property
    def by_position(self) -> bool:
        """Whether the model is handed columns without names, so that their order can't be left open."""
        return bool(self._predictor.facts().get("by_position"))

    @property
    def score_column(self) -> int:
        """Which column of the model's own probabilities is the score of a binary task."""
        known = self._predictor.classes
        return 1 if known is None or not self._classes else list(known).index(self._classes[-1])

    @property
    def stages(self) -> Stages | StagesElsewhere | None:
        """The model taken apart, for explainers that look inside; None where only its answers are known."""
        return self._predictor.stages()

    @property
    def class_order(self) -> tuple[int, ...]:
        """Place in the model's own order of each of the run's classes; empty for values."""
        known = self._predictor.classes
        if known is None:
            return tuple(range(len(self._classes)))
        return tuple(list(known).index(label) for label in self._classes)

    @property
    def kinds(self) -> dict[str, str]:
        """Kind of each of `columns` that is a feature, in their order; what the reference says, else the dataset."""
        schema = self._dataset.schema(self._predictor.feature_names)
        features = set(schema.features)
        source = self._source()
        return {name: source.kind_of(name) for name in self._columns if name in features and name in source.columns}

    @property
    def support(self) -> str:
        """Whose rows say what a plausible input is: ``reference`` or ``dataset``."""
        return "dataset" if self._reference is None else "reference"

    def support_rows(self, also: Sequence[str] = ()) -> pd.DataFrame:
        """Return the rows that say what a plausible input is, with the features as columns.

        Parameters
        ----------
        also : sequence of str
            Columns beside the features; those that the table lacks are left out.

        Returns
        -------
        DataFrame
            All rows of the reference (of the dataset where there is none); of a larger table than 200,000 rows those
            whose keyed hash is smallest.
        """
        source, features = self._source(), tuple(self.kinds)
        more = [name for name in dict.fromkeys(also) if name not in features and name in source.columns]
        return to_frame(source.sample().table, (*features, *more))

    def support_positions(self) -> NDArray[np.int64]:
        """Return where `support_rows` stand in their table, increasing."""
        return self._source().sample().positions

    def rows(self, positions: NDArray[np.intp]) -> pd.DataFrame:
        """Return rows of the dataset as the model is given them.

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

    def column(self, name: str) -> pd.Series:
        """Return one column of the dataset, all rows, whether or not the model is given it."""
        return to_frame(pa.Table.from_batches(list(self._dataset.batches((name,)))), (name,))[name]

    def answer(self, rows: pd.DataFrame) -> Answer:
        """Return the model's answers to changed rows, validated as those to the dataset are.

        Parameters
        ----------
        rows : DataFrame
            With `columns`.

        Raises
        ------
        ModelRaised
            The model raised an exception.
        ModelError
            It gave something that is no prediction.
        """
        started = time.perf_counter()
        try:
            return self._predictor.answer(rows, 0)
        finally:
            # Rows that raised were asked about as well, and took their time.
            self._tally.predicted(len(rows), time.perf_counter() - started)

    def codes(self, rows: pd.DataFrame) -> NDArray[np.uint8] | None:
        """Return the codes of changed rows, as the run's features are coded.

        Parameters
        ----------
        rows : DataFrame
            With the features, of types that the coding takes.

        Returns
        -------
        ndarray of uint8, shape (n_features, n_rows), or None
            None where nothing was coded.
        """
        if self._coding is None:
            return None
        table = pa.Table.from_pandas(rows[list(self._coding.names)], preserve_index=False).combine_chunks()
        batches = table.to_batches()
        return self._coding.encode(batches[0]) if batches else np.zeros((len(self._coding.names), 0), dtype=np.uint8)

    def _source(self) -> Dataset:
        return self._dataset if self._reference is None else self._reference
