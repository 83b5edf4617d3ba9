"""The protected attribute that a gate is about."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from modelcheck.checks.context import Context
from modelcheck.checks.words import short
from modelcheck.conditions import pandas_query
from modelcheck.scoring.rows import Groups, ScoredRows

__all__ = ["Attribute", "attribute_of"]

_UNDECLARED = "no protected attribute is declared: name columns under [dataset] protected."


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Attribute:
    """A protected attribute with the groups that have rows.

    Attributes
    ----------
    name : str
        As gates spell it, e.g. ``sex`` or ``sex*race``.
    labels : tuple of str
        The groups that have rows, in a stable order; rows without a value are the group ``(missing)``.
    codes : ndarray of int, shape (n_rows,)
        Index into `labels`.
    sizes : ndarray of int, shape (n_groups,)
        Rows of each group.
    queries : tuple of str
        Each group for ``DataFrame.query``; empty for an intersection, whose columns have groups of their own.
    """

    name: str
    labels: tuple[str, ...]
    codes: NDArray[np.intp]
    sizes: NDArray[np.intp]
    queries: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.labels)

    def where(self, place: int) -> str:
        """Return a group as a condition for people: ``sex = female``."""
        return f"{self.name} = {self.labels[place]}"

    def rows(self, place: int) -> NDArray[np.intp]:
        """Return the positions of a group's rows."""
        return np.flatnonzero(self.codes == place)

    @classmethod
    def of(cls, name: str, groups: Groups) -> Attribute:
        """Return an attribute without the groups that have no rows."""
        sizes = np.bincount(groups.codes, minlength=len(groups.labels))
        present = np.flatnonzero(sizes)
        places = np.full(len(groups.labels), -1, dtype=np.intp)
        places[present] = np.arange(len(present))
        return cls(
            name=name,
            labels=tuple(groups.labels[code] for code in present),
            codes=places[groups.codes],
            sizes=sizes[present],
            queries=_queries(groups, present),
        )


def _queries(groups: Groups, present: NDArray[np.intp]) -> tuple[str, ...]:
    if groups.levels is None:
        return ()
    codes = [groups.level_codes[code] for code in present]
    try:
        return tuple(pandas_query(groups.levels.condition(code, code)) for code in codes)
    except ValueError:
        return ()  # pandas can't name the column


def attribute_of(context: Context, rows: ScoredRows | None = None) -> Attribute | str:
    """Return the attribute that a gate is about, or why there is nobody to compare.

    Parameters
    ----------
    context : Context
        `by` names the attribute.
    rows : ScoredRows or None
        Rows to group instead of the context's, such as those that a baseline scored too.

    Returns
    -------
    Attribute or str
        With at least two groups; else the reason, as a sentence.
    """
    if context.by is None:
        return _UNDECLARED
    found = Attribute.of(context.by, (context.rows if rows is None else rows).groups[context.by])
    if len(found) < 2:
        only = f"every row is in the group {short(found.labels[0])}" if len(found) else "there are no rows"
        return f"{short(context.by)} doesn't vary here: {only}, so there is nobody to compare."
    return found
