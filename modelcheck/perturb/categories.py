"""Categories that are another one: an unseen one, another drawn by frequency, the rarest."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from modelcheck.perturb.columns import coded, one_each, taken
from modelcheck.perturb.perturbation import BEYOND, WITHIN, Perturbation
from modelcheck.perturb.profile import ColumnProfile, TableProfile

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["CATEGORIES", "other_level", "unseen_level"]

_SHARES = (0.05, 0.1, 0.2, 0.4, 1.0)
_NEW = ("Other", "New", "Unknown", "Miscellaneous")


def other_level(levels: NDArray[np.intp], shares: NDArray[np.float64], rng: Generator) -> NDArray[np.intp]:
    """Draw for every cell a level other than its own, by the levels' shares among the others.

    Parameters
    ----------
    levels : ndarray of int, shape (n_cells,)
        Each cell's own level; -1 where it has none of them.
    shares : ndarray of float64, shape (n_levels,)
        How frequent each level is, >= 0; they needn't add up to 1.
    rng : numpy.random.Generator
        The only source of randomness.

    Returns
    -------
    ndarray of int, shape (n_cells,)
        Its own level where there is no other.

    Examples
    --------
    >>> other_level(np.array([0, 1]), np.array([0.9, 0.1]), np.random.default_rng(0)).tolist()
    [1, 0]
    """
    draws = rng.random(len(levels))
    if len(shares) < 2:
        return levels
    ends = np.cumsum(shares)
    known = levels >= 0
    own = np.where(known, shares[levels], 0.0)
    begins = np.where(known, ends[levels] - own, np.inf)
    # The cell's own level is cut out of the line on which the draw falls.
    at = draws * (ends[-1] - own)
    drawn: NDArray[np.intp] = np.searchsorted(ends, np.where(at >= begins, at + own, at), side="right")
    np.minimum(drawn, len(shares) - 1, out=drawn)
    # Rounding may let a draw fall on the border of its own level.
    same = drawn == levels
    drawn[same] = np.where(drawn[same] > 0, drawn[same] - 1, 1)
    return drawn


def unseen_level(column: ColumnProfile, seen: list[Any]) -> Any:
    """Return a level that looks like one of a column's and isn't: another word, or the next whole number.

    Parameters
    ----------
    column : ColumnProfile
        A category.
    seen : list
        All values that occur in the reference or in the rows to be changed; more than the profile may hold.

    Returns
    -------
    str or int or float
        Of the sort of the levels; text is in capitals or small letters where all of the levels are.
    """
    known = [*column.levels, *seen]
    numbers = [one for one in known if isinstance(one, (int, float)) and not isinstance(one, bool)]
    if len(numbers) == len(known):
        # Exact for whole numbers of any size, as Python's are.
        highest = max(numbers)
        return highest + 1 if isinstance(highest, int) else float(math.floor(highest) + 1)
    words = [one for one in known if isinstance(one, str) and one.upper() != one.lower()]
    capitals = bool(words) and all(word.isupper() for word in words)
    small = bool(words) and all(word.islower() for word in words)
    names = {str(one).strip().lower() for one in known}
    for new in (*_NEW, *(f"New {count}" for count in range(2, len(known) + 3))):
        if new.lower() not in names:
            return new.upper() if capitals else new.lower() if small else new
    raise AssertionError("there are more names than levels")


def _unseen(
    rows: pd.DataFrame, columns: tuple[str, ...], profile: TableProfile, severity: float, rng: Generator
) -> dict[str, pd.Series]:
    made = {}
    for name in columns:
        codes, different = coded(rows[name])
        new = unseen_level(profile.columns[name], [*different, *coded(profile.rows[name])[1]])
        made[name] = taken(rows[name], np.where(codes >= 0, 0, -1), [new])
    return made


def _swapped(
    rows: pd.DataFrame, columns: tuple[str, ...], profile: TableProfile, severity: float, rng: Generator
) -> dict[str, pd.Series]:
    made = {}
    for name in columns:
        column = profile.columns[name]
        codes, own = _own_levels(rows[name], column)
        hit = (rng.random(len(rows)) < severity) & (codes >= 0)
        drawn = other_level(own, column.shares, rng)
        made[name] = taken(rows[name], np.where(hit, drawn, -1), column.levels)
    return made


def _own_levels(values: pd.Series, column: ColumnProfile) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return codes of a column, and its cells' places among the reference's levels (-1: none of them)."""
    codes, different = coded(values)
    place = {level: at for at, level in enumerate(column.levels)}
    places = np.array([*(place.get(one, -1) for one in different), -1], dtype=np.intp)
    return codes, places[codes]


def _rare(
    rows: pd.DataFrame, columns: tuple[str, ...], profile: TableProfile, severity: float, rng: Generator
) -> dict[str, pd.Series]:
    made = {}
    for name in columns:
        present = rows[name].notna().to_numpy()
        made[name] = taken(rows[name], np.where(present, 0, -1), profile.columns[name].levels[-1:])
    return made


def _levels(column: ColumnProfile) -> bool:
    return column.kind in ("category", "boolean") and len(column.levels) > 1


CATEGORIES: tuple[Perturbation, ...] = (
    Perturbation(
        name="unseen_category",
        title="Unseen category",
        family="categories",
        population="A new product, job or region that the model was never shown.",
        support=BEYOND,
        places=one_each(lambda column: column.kind == "category" and len(column.levels) > 1),
        make=_unseen,
    ),
    Perturbation(
        name="swapped_category",
        title="Another category",
        family="categories",
        population="Somebody picks the wrong entry of a list, a frequent one more easily than a rare one.",
        unit="share of the cells",
        severities=_SHARES,
        support=WITHIN,
        places=one_each(_levels),
        make=_swapped,
    ),
    Perturbation(
        name="rare_category",
        title="The rarest category",
        family="categories",
        population="People of the rarest sort that the profile of the reference lists.",
        support=WITHIN,
        places=one_each(_levels),
        make=_rare,
    ),
)
