"""Values of other rows: what a column is worth when it says nothing about its own row."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from modelcheck.perturb.columns import taken
from modelcheck.perturb.perturbation import WITHIN, Perturbation
from modelcheck.perturb.profile import TableProfile

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["DONORS", "donated"]


def donated(values: pd.Series, donors: pd.Series, chosen: NDArray[np.intp]) -> pd.Series:
    """Return a column with the values of chosen donors.

    Parameters
    ----------
    values : Series, shape (n_rows,)
        Gives type and index.
    donors : Series, shape (n_donors,)
        Values of other rows; they may be missing.
    chosen : ndarray of int, shape (n_rows,)
        Position of each cell's donor.

    Returns
    -------
    Series
        Of the type of `values` where that can hold the donors' values; a ``category`` has new categories at its end.

    Examples
    --------
    >>> import pandas as pd
    >>> donated(pd.Series([1, 2]), pd.Series([5.0, 6.5]), np.array([1, 1])).tolist()
    [6.5, 6.5]
    """
    import pandas as pd

    if isinstance(values.dtype, pd.CategoricalDtype) and donors.dtype != values.dtype:
        donors = donors if isinstance(donors.dtype, pd.CategoricalDtype) else donors.astype("category")
        codes = donors.cat.codes.to_numpy().astype(np.intp)[chosen]
        return taken(values, codes, donors.cat.categories.tolist()).mask(codes < 0)
    if isinstance(donors.dtype, pd.CategoricalDtype) and donors.dtype != values.dtype:
        donors = donors.astype(donors.cat.categories.dtype)
    given = donors.iloc[chosen]
    if donors.dtype != values.dtype:
        given = pd.concat([values, given]).iloc[len(values) :]
    return given.set_axis(values.index)


def _donor(
    rows: pd.DataFrame, columns: tuple[str, ...], profile: TableProfile, severity: float, rng: Generator
) -> dict[str, pd.Series]:
    if not len(profile.rows):
        return {name: rows[name] for name in columns}
    chosen = rng.integers(len(profile.rows), size=len(rows))
    return {name: donated(rows[name], profile.rows[name], chosen) for name in columns}


def _places(profile: TableProfile) -> list[tuple[str, ...]]:
    """Every column that varies."""
    return [(column.name,) for column in profile.columns.values() if column.kind != "constant"]


DONORS: tuple[Perturbation, ...] = (
    Perturbation(
        name="donor_value",
        title="Another row's value",
        family="donor",
        population="Rows were joined wrongly: a column holds what belongs to somebody else.",
        support=WITHIN,
        places=_places,
        make=_donor,
    ),
)
