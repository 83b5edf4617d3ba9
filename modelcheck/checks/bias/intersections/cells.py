"""The full crossing of the protected attributes: which of its cells are too small to be judged alone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from modelcheck.scoring.rows import FeatureCodes, Groups

__all__ = ["Cells", "cells_of", "features_of_groups"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Cells:
    """Combinations of all protected columns that have rows.

    Attributes
    ----------
    labels : tuple of str
        In words: ``sex = Female & race = Black``.
    codes : ndarray of int, shape (n_rows,)
        Index into `labels`.
    sizes : ndarray of int, shape (n_cells,)
        Rows of each.
    """

    labels: tuple[str, ...]
    codes: NDArray[np.intp]
    sizes: NDArray[np.intp]

    def small(self, least: int) -> NDArray[np.intp]:
        """Return the cells with fewer rows than `least`, by size."""
        few = np.flatnonzero(self.sizes < least)
        return few[np.argsort(self.sizes[few], kind="stable")]

    def rows(self, cells: NDArray[np.intp]) -> NDArray[np.intp]:
        """Return the positions of the rows of some cells together."""
        chosen = np.zeros(len(self.labels), dtype=bool)
        chosen[cells] = True
        return np.flatnonzero(chosen[self.codes])


def cells_of(groups: Mapping[str, Groups]) -> Cells:
    """Return the full crossing of several columns' groups.

    Parameters
    ----------
    groups : mapping of str to Groups
        By column, of the same rows.

    Examples
    --------
    >>> sex = Groups(labels=("F", "M"), codes=np.array([0, 0, 1], dtype=np.int32))
    >>> old = Groups(labels=("no", "yes"), codes=np.array([0, 1, 1], dtype=np.int32))
    >>> cells_of({"sex": sex, "old": old}).labels
    ('sex = F & old = no', 'sex = F & old = yes', 'sex = M & old = yes')
    """
    import pandas as pd

    joint = np.zeros(len(next(iter(groups.values())).codes), dtype=np.int64)
    names: list[str] = [""]
    for column, one in groups.items():
        # Renumbered after each column, so that no number of combinations overflows.
        codes, present = pd.factorize(joint * len(one.labels) + one.codes, sort=True)
        pairs = [divmod(at, len(one.labels)) for at in present.tolist()]
        own = [f"{column} = {label}" for label in one.labels]
        names = [f"{names[before]} & {own[code]}" if names[before] else own[code] for before, code in pairs]
        joint = codes.astype(np.int64)
    return Cells(labels=tuple(names), codes=joint, sizes=np.bincount(joint, minlength=len(names)))


def features_of_groups(groups: Mapping[str, Groups]) -> FeatureCodes:
    """Return the groups of columns as features, for a search.

    Parameters
    ----------
    groups : mapping of str to Groups
        Of single columns, with levels.
    """
    values, levels = [], []
    for one in groups.values():
        if one.levels is None:
            raise ValueError("only the groups of single columns are features; an intersection has no levels.")
        values.append(np.asarray(one.level_codes, dtype=np.uint8)[one.codes])
        levels.append(one.levels)
    return FeatureCodes(values=np.stack(values), levels=tuple(levels), edges_from="protected attributes")
