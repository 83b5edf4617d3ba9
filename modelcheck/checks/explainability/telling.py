"""How much of one column another one tells: rows that are alike in the one, compared in the other."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from modelcheck.stats.rates import clopper_pearson

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Seen", "Telling", "seen_of", "telling"]

CONFIDENCE = 0.996
_FEW_LEVELS = 20  # a column of more numbers is a quantity, and near misses count less than far ones
_FEWEST_PAIRS = 30
_LEAST_REPEATED = 0.1
_COMMON = 0.5


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Seen:
    """A column as it is compared.

    Attributes
    ----------
    level : ndarray of int, shape (n_rows,)
        Equal where the values are; missing values are a level.
    place : ndarray of float64, shape (n_rows,), or None
        Rank among all rows, missing values first; None where values have no order.
    levels : int
        How many levels there are.
    """

    level: NDArray[np.intp]
    place: NDArray[np.float64] | None
    levels: int

    @property
    def quantity(self) -> bool:
        """Whether it is compared by places in its order, not by being equal."""
        return self.place is not None and self.levels > _FEW_LEVELS

    @property
    def repeated(self) -> float:
        """Return the part of the rows whose level another row has."""
        return float((np.bincount(self.level)[self.level] > 1).mean()) if len(self.level) else 0.0

    def apart(self) -> float:
        """Return the mean distance of two different rows; 0 where all are alike."""
        n = len(self.level)
        if n < 2 or self.levels < 2:
            return 0.0
        if self.quantity and self.place is not None:
            return float(np.var(self.place, ddof=1))
        size = np.bincount(self.level).astype(np.float64)
        return 1.0 - float((size * (size - 1.0)).sum()) / (n * (n - 1.0))

    def distances(self, one: NDArray[np.intp], other: NDArray[np.intp]) -> NDArray[np.float64]:
        """Return half the squared distance of places, or 1 for other levels."""
        if self.quantity and self.place is not None:
            return np.asarray(0.5 * (self.place[one] - self.place[other]) ** 2)
        return np.asarray(self.level[one] != self.level[other], dtype=np.float64)


@dataclass(frozen=True, slots=True, kw_only=True)
class Telling:
    """How much a column tells of another.

    Attributes
    ----------
    value : float
        0 (nothing) to 1 (exactly).
    low, high : float
        Limits at 99.6 %; 0 and 1 where the rows say nothing.
    in_order : bool
        Whether that is by what lies near in the order of numbers, not by equal values.
    """

    value: float
    low: float
    high: float
    in_order: bool = False


_UNKNOWN = Telling(value=0.0, low=0.0, high=1.0)


def seen_of(values: pd.Series[Any]) -> Seen:
    """Return a column as it is compared.

    Parameters
    ----------
    values : Series
        Of any type.
    """
    import pandas as pd
    from pandas.api.types import is_bool_dtype, is_datetime64_any_dtype, is_numeric_dtype
    from scipy.stats import rankdata

    try:
        level, known = pd.factorize(values, use_na_sentinel=False)
    except TypeError:  # lists and the like
        level, known = pd.factorize(values.astype(str), use_na_sentinel=False)
    place: NDArray[np.float64] | None = None
    if (is_numeric_dtype(values) and not is_bool_dtype(values)) or is_datetime64_any_dtype(values):
        numbers = values.astype("int64") if is_datetime64_any_dtype(values) else values
        plain = numbers.to_numpy(dtype=np.float64, na_value=np.nan)
        if not np.iscomplexobj(plain):
            place = rankdata(np.where(values.isna(), -np.inf, plain))
    return Seen(level=np.asarray(level, dtype=np.intp), place=place, levels=len(known))


def telling(by: Seen, of: Seen, rng: np.random.Generator) -> Telling:
    """Return how much a column tells of another.

    Parameters
    ----------
    by, of : Seen
        Which column tells, and which one is told; of the same independent rows.
    rng : numpy.random.Generator
        Draws the order of rows that are alike.

    Returns
    -------
    Telling
        1 less the mean distance of two rows that are next to each other in one column over that of any two rows, in the
        other column. Of a category that is the share of its Gini impurity that is told (Goodman and Kruskal's tau), of
        a quantity the share of the variance of its ranks. Rows are next to each other where they have the same
        value; of numbers also where no other value lies between, and the larger of both counts. No level is merged and
        nothing is fitted, so an exact copy has 1 however many levels there are, and noise has 0 on average.

        What can't be compared leaves limits open: levels of words that no second row has may tell anything. Limits
        hold for the other column's frequencies as they are; exact for categories (each row is in two pairs, which
        counts as one), with the errors' correlation from pair to pair for quantities.

    References
    ----------
    Goodman, L. A. and Kruskal, W. H. (1954). Measures of association for cross classifications. Journal of the American
    Statistical Association 49, 732-764. Chatterjee, S. (2021). A new coefficient of correlation. Journal of the
    American Statistical Association 116, 2009-2022 (neighbours in one column, compared in the other). von Neumann, J.
    (1941). Distribution of the ratio of the mean square successive difference to the variance. Annals of Mathematical
    Statistics 12, 367-395.

    Examples
    --------
    >>> import pandas as pd
    >>> zips = pd.Series([f"Z{place % 90}" for place in range(400)])
    >>> copy = zips.str[1:].astype(int) * 7 % 90
    >>> telling(seen_of(copy), seen_of(zips), np.random.default_rng(0)).value
    1.0
    """
    apart = of.apart()
    if apart <= 0.0:
        return _UNKNOWN
    shuffled = rng.permutation(len(by.level))
    order = shuffled[np.argsort(by.level[shuffled], kind="stable")]
    one, other = order[:-1], order[1:]
    same = by.level[one] == by.level[other]
    alike = _told(of, one[same], other[same], apart)
    if by.place is None:
        # Rows whose level nobody shares are neither told nor not told.
        part = by.repeated
        return replace(alike, value=part * alike.value, low=part * alike.low, high=1.0 - part * (1.0 - alike.high))
    # Neighbours of the same value may be rows of one person, whom any number tells apart.
    order = shuffled[np.argsort(by.place[shuffled], kind="stable")]
    one, other = order[:-1], order[1:]
    step = by.level[one] != by.level[other]
    near = replace(_told(of, one[step], other[step], apart), in_order=True)
    if by.repeated < _LEAST_REPEATED or same.sum() < _FEWEST_PAIRS:
        # Codes that hardly ever repeat could be anything where the other column's don't repeat either.
        unknown = not of.quantity and of.repeated < _COMMON
        return replace(near, high=1.0) if unknown else near
    if step.sum() < _FEWEST_PAIRS or alike.value >= near.value:
        return alike
    return replace(near, low=max(near.low, alike.low), high=max(near.high, alike.high))


def _told(of: Seen, one: NDArray[np.intp], other: NDArray[np.intp], apart: float) -> Telling:
    distance = of.distances(one, other)
    m = len(distance)
    if m < 2:
        return _UNKNOWN
    mean = float(distance.mean())
    if of.quantity:
        from scipy.special import ndtri

        off = distance - mean
        spread = float((off**2).mean())
        serial = 2.0 * float((off[1:] * off[:-1]).mean())
        half = float(ndtri(0.5 + 0.5 * CONFIDENCE)) * np.sqrt(max(spread + serial, spread) / m)
        low, high = (mean - half, mean + half) if m >= _FEWEST_PAIRS else (0.0, apart)
    else:
        low, high = clopper_pearson(0.5 * float(distance.sum()), 0.5 * m, CONFIDENCE)
    value, least, most = (min(max(1.0 - one / apart, 0.0), 1.0) for one in (mean, high, low))
    return Telling(value=value, low=least, high=most)
