"""One way in which rows get dirty, and the cells that it really changes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from modelcheck.perturb.profile import TableProfile

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["BEYOND", "SEEN", "WITHIN", "Cells", "Maker", "Perturbation", "Places", "differs", "perturb"]

# Where the changed values lie: in the reference's support, in it where the reference has such cells, or outside it.
WITHIN, SEEN, BEYOND = "within", "where seen", "beyond"

Places: TypeAlias = Callable[[TableProfile], list[tuple[str, ...]]]
Maker: TypeAlias = Callable[
    ["pd.DataFrame", tuple[str, ...], TableProfile, float, Generator], "Mapping[str, pd.Series]"
]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Cells:
    """What replaces the cells of some rows.

    Attributes
    ----------
    rows : ndarray of int, shape (n_changed,)
        Positions of the rows of which a cell really changed, increasing.
    values : mapping of str to Series
        Column to its new values in these rows, in their order, index 0 .. n_changed - 1; of the type that the whole
        column would have.
    """

    rows: NDArray[np.intp]
    values: Mapping[str, pd.Series]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Perturbation:
    """A way in which rows get dirty.

    Attributes
    ----------
    name : str
        Stable, e.g. ``gaussian_noise``.
    title : str
        For readers, e.g. ``Gaussian noise``.
    family : str
        What belongs together, e.g. ``noise``, ``units``, ``missing``, ``spelling``.
    population : str
        Whom or what it stands for: one sentence.
    unit : str
        What the severity counts, e.g. ``robust standard deviations``; empty where there are no degrees.
    severities : tuple of float
        Increasing; the first is the mildest.
    support : str
        `WITHIN`, `SEEN` (missing values are plausible where the reference has some) or `BEYOND`.
    places : callable
        From a table's profile to the columns it can be applied to: one column each, or several that change together.
    make : callable
        From rows, columns, profile, severity and generator to the new columns, each of the same length as the rows.
    other_form : bool
        Whether the new cells say the same in another type or notation, so that comparing values tells nothing: then
        every row that has a value counts as changed.
    """

    name: str
    title: str
    family: str
    population: str
    unit: str = ""
    severities: tuple[float, ...] = (1.0,)
    support: str
    places: Places
    make: Maker
    other_form: bool = False


def perturb(
    perturbation: Perturbation,
    rows: pd.DataFrame,
    columns: tuple[str, ...],
    profile: TableProfile,
    severity: float,
    rng: Generator,
) -> Cells:
    """Change cells of rows.

    Parameters
    ----------
    perturbation : Perturbation
        How.
    rows : DataFrame
        As the candidate is given them.
    columns : tuple of str
        One of the perturbation's places.
    profile : TableProfile
        Of the reference.
    severity : float
        How much, in the perturbation's unit.
    rng : numpy.random.Generator
        The only source of randomness.

    Returns
    -------
    Cells
        Rows of which no cell changed are left out, so that they can't dilute a rate.
    """
    made = perturbation.make(rows, columns, profile, severity, rng)
    changed = np.zeros(len(rows), dtype=bool)
    for name, new in made.items():
        if len(new) != len(rows):
            raise ValueError(f"{perturbation.name} made {len(new):,} values of {len(rows):,} in {name!r}.")
        before = rows[name]
        # Where the type stayed, the other form was not possible; comparing then finds that nothing changed.
        retyped = perturbation.other_form and new.dtype != before.dtype
        changed |= before.notna().to_numpy() if retyped else differs(before, new)
    at = np.flatnonzero(changed)
    return Cells(rows=at, values={name: new.iloc[at].reset_index(drop=True) for name, new in made.items()})


def differs(before: pd.Series, after: pd.Series) -> NDArray[np.bool_]:
    """Return which cells differ, shape (n_rows,); two missing values don't."""
    import pandas as pd
    from pandas.api.types import is_numeric_dtype

    gone, now_gone = before.isna().to_numpy(), after.isna().to_numpy()
    both = ~gone & ~now_gone
    found: NDArray[np.bool_] = gone != now_gone
    if not both.any():
        return found
    same_type = before.dtype == after.dtype
    if same_type and isinstance(before.dtype, pd.CategoricalDtype):
        found |= both & (before.cat.codes.to_numpy() != after.cat.codes.to_numpy())
    elif same_type and (before.dtype == "str" or (isinstance(before.dtype, np.dtype) and before.dtype != object)):
        found |= both & np.asarray(before.array != after.array, dtype=bool)
    elif is_numeric_dtype(before) and is_numeric_dtype(after):
        other = before.to_numpy(dtype=np.float64, na_value=np.nan) != after.to_numpy(dtype=np.float64, na_value=np.nan)
        found |= both & other
    else:
        found[both] = _unequal(before.to_numpy(dtype=object)[both], after.to_numpy(dtype=object)[both])
    return found


def _unequal(before: NDArray[Any], after: NDArray[Any]) -> NDArray[np.bool_]:
    try:
        return np.asarray(before != after, dtype=bool)
    except ValueError:  # cells that are arrays themselves
        pairs = zip(before, after, strict=True)
        return np.fromiter((not np.array_equal(one, other) for one, other in pairs), dtype=bool, count=len(before))
