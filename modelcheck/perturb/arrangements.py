"""The same rows handed over in another way: order, batches, copies, columns, index. No answer may depend on it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Arrangement", "arrangements"]

_SINGLE = 10  # rows handed over one by one
_BATCH = 7


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Arrangement:
    """A way of handing rows over.

    Attributes
    ----------
    name : str
        Stable, e.g. ``reversed_rows``.
    title : str
        For readers.
    population : str
        Whom or what it stands for: one sentence.
    frames : tuple of DataFrame
        Each is one call of the model; none is empty.
    positions : tuple of ndarray of int
        For each frame the position in the original rows of each of its rows.
    """

    name: str
    title: str
    population: str
    frames: tuple[pd.DataFrame, ...]
    positions: tuple[NDArray[np.intp], ...]

    def __len__(self) -> int:
        """Rows in all frames."""
        return sum(len(one) for one in self.positions)


def arrangements(rows: pd.DataFrame, rng: Generator) -> tuple[Arrangement, ...]:
    """Hand the same rows over in all ways that are possible.

    Parameters
    ----------
    rows : DataFrame, shape (n_rows, n_columns)
        As the candidate is given them; not modified. At most a few hundred: all arrangements together have about ten
        times as many.
    rng : numpy.random.Generator
        Shuffles, and chooses the rows that are handed over alone.

    Returns
    -------
    tuple of Arrangement
        None for no rows; those that need several rows or columns only where there are several.

    Examples
    --------
    >>> import pandas as pd
    >>> made = arrangements(pd.DataFrame({"a": [1, 2, 3]}), np.random.default_rng(0))
    >>> made[0].name, made[0].frames[0]["a"].tolist(), made[0].positions[0].tolist()
    ('reversed_rows', [3, 2, 1], [2, 1, 0])
    """
    if not len(rows):
        return ()
    return (*_orders(rows, rng), *_batches(rows, rng), *_columns(rows, rng), _other_index(rows))


def _orders(rows: pd.DataFrame, rng: Generator) -> list[Arrangement]:
    every = np.arange(len(rows))
    found = [_taken("duplicated_rows", "Every row twice", "A retry sends some requests again in the same batch.",
                    rows, [np.repeat(every, 2)])]  # fmt: skip
    if len(rows) < 2:
        return found
    return [
        _taken("reversed_rows", "Rows in reverse order", "The newest row comes first.", rows, [every[::-1].copy()]),
        _taken("shuffled_rows", "Rows shuffled", "A database returns rows in any order.", rows,
               [rng.permutation(every)]),
        *found,
    ]  # fmt: skip


def _batches(rows: pd.DataFrame, rng: Generator) -> list[Arrangement]:
    if len(rows) < 2:
        return []
    every = np.arange(len(rows))
    alone = np.sort(rng.permutation(every)[:_SINGLE])
    found = [
        _taken("single_rows", "Rows one by one", "A service answers one request at a time.", rows,
               np.array_split(alone, len(alone))),
        _taken("two_halves", "Rows in two halves", "A job is split between two machines.", rows,
               np.array_split(every, 2)),
    ]  # fmt: skip
    if len(rows) > _BATCH:
        parts = np.array_split(every, range(_BATCH, len(rows), _BATCH))
        found.append(
            _taken("batches_of_7", "Rows in batches of 7", "A queue is emptied a few requests at a time.", rows, parts)
        )
    return found


def _columns(rows: pd.DataFrame, rng: Generator) -> list[Arrangement]:
    columns = list(rows.columns)
    found = []
    if len(columns) > 1:
        shuffled = [columns[place] for place in rng.permutation(len(columns)).tolist()]
        found += [
            _whole("reversed_columns", "Columns in reverse order", "Another tool wrote the file.",
                   rows[columns[::-1]].copy()),
            _whole("shuffled_columns", "Columns shuffled", "A service sends fields in any order.",
                   rows[shuffled].copy()),
        ]  # fmt: skip
    more = rows.copy()
    more.insert(0, _free("record_number", columns), np.arange(1, len(rows) + 1))
    more[_free("remark", columns)] = "none"
    found.append(_whole("extra_columns", "Extra columns", "The table has grown since the model was fitted.", more))
    return found


def _other_index(rows: pd.DataFrame) -> Arrangement:
    import pandas as pd

    other = rows.copy()
    # Labels in no order: who aligns by them mixes rows up.
    other.index = pd.Index(1_000 + 3 * np.arange(len(rows))[::-1])
    return _whole("other_index", "Another index", "Rows that were filtered or joined keep their old labels.", other)


def _free(name: str, columns: Sequence[Any]) -> str:
    while name in columns:
        name += "_"
    return name


def _taken(
    name: str, title: str, population: str, rows: pd.DataFrame, positions: Sequence[NDArray[np.intp]]
) -> Arrangement:
    return Arrangement(
        name=name,
        title=title,
        population=population,
        frames=tuple(rows.iloc[one].reset_index(drop=True) for one in positions),
        positions=tuple(positions),
    )


def _whole(name: str, title: str, population: str, frame: pd.DataFrame) -> Arrangement:
    return Arrangement(
        name=name, title=title, population=population, frames=(frame,), positions=(np.arange(len(frame)),)
    )
