"""Cells that are missing: a whole column, at random, or together as they are missing in the reference."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from modelcheck.perturb.columns import one_each
from modelcheck.perturb.perturbation import SEEN, Perturbation
from modelcheck.perturb.profile import ColumnProfile, TableProfile

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["MISSING", "with_missing"]

_SHARES = (0.05, 0.1, 0.2, 0.4)


def with_missing(values: pd.Series, gone: NDArray[np.bool_]) -> pd.Series:
    """Return a column in which some cells are missing, as reading such a file would give it.

    Parameters
    ----------
    values : Series
        Any column; not modified.
    gone : ndarray of bool, shape (n_rows,)
        Which cells go missing; those that are missing already stay so.

    Returns
    -------
    Series
        Whole numbers become floating point numbers, booleans ``object``; text, dates, categories and pandas' types that
        hold missing values keep their type.

    Examples
    --------
    >>> import pandas as pd
    >>> with_missing(pd.Series([1, 2]), np.array([False, True])).tolist()
    [1.0, nan]
    """
    return values.mask(gone) if gone.any() else values


def _column(
    rows: pd.DataFrame, columns: tuple[str, ...], profile: TableProfile, severity: float, rng: Generator
) -> dict[str, pd.Series]:
    return {name: with_missing(rows[name], np.ones(len(rows), dtype=bool)) for name in columns}


def _at_random(
    rows: pd.DataFrame, columns: tuple[str, ...], profile: TableProfile, severity: float, rng: Generator
) -> dict[str, pd.Series]:
    return {name: with_missing(rows[name], rng.random(len(rows)) < severity) for name in columns}


def _pattern(
    rows: pd.DataFrame, columns: tuple[str, ...], profile: TableProfile, severity: float, rng: Generator
) -> dict[str, pd.Series]:
    seen = np.column_stack([profile.rows[name].isna().to_numpy() for name in columns])
    patterns = seen[seen.any(axis=1)]
    if not len(patterns):
        return {name: rows[name] for name in columns}
    gone = patterns[rng.integers(len(patterns), size=len(rows))]
    return {name: with_missing(rows[name], gone[:, place]) for place, name in enumerate(columns)}


def _present(column: ColumnProfile) -> bool:
    return column.missing_share < 1.0


def _all_columns(profile: TableProfile) -> list[tuple[str, ...]]:
    names = tuple(column.name for column in profile.columns.values() if _present(column))
    return [names] if len(names) > 1 else []


def _once_missing(profile: TableProfile) -> list[tuple[str, ...]]:
    names = tuple(column.name for column in profile.columns.values() if column.missing_share > 0.0)
    return [names] if names else []


MISSING: tuple[Perturbation, ...] = (
    Perturbation(
        name="missing_column",
        title="A whole column missing",
        family="missing",
        population="A source fails, and a column arrives empty.",
        support=SEEN,
        places=one_each(_present),
        make=_column,
    ),
    Perturbation(
        name="missing_at_random",
        title="Missing values in a column",
        family="missing",
        population="Some people leave a question out.",
        unit="share of the cells",
        severities=_SHARES,
        support=SEEN,
        places=one_each(_present),
        make=_at_random,
    ),
    Perturbation(
        name="missing_anywhere",
        title="Missing values in all columns",
        family="missing",
        population="Forms are filled in carelessly, here and there.",
        unit="share of the cells",
        severities=_SHARES,
        support=SEEN,
        places=_all_columns,
        make=_at_random,
    ),
    Perturbation(
        name="missing_pattern",
        title="Missing as in the reference",
        family="missing",
        population="People of whom as little is known as of those with gaps in the reference.",
        support=SEEN,
        places=_once_missing,
        make=_pattern,
    ),
)
