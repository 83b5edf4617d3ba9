"""What the rows of each group, or of all others, say of a mean: spread by independent unit, and what groups share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from modelcheck.stats.between.cells import Ints, cells_of, clustered_facts, sums_by
from modelcheck.stats.between.groups import Correlation
from modelcheck.stats.between.joint import Floats
from modelcheck.stats.design import Design

__all__ = ["Spread", "spread_of_groups"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Spread:
    """What limits of a mean rest on, for each of k groups.

    Attributes
    ----------
    value : ndarray of float64, shape (k,)
        Weighted mean; nan without rows.
    n, units : ndarray of int64, shape (k,)
        Rows, and independent units (rows or clusters) that have them.
    error : ndarray of float64, shape (k,)
        Linearised standard error, as `Design.standard_error`; infinite with fewer than two units.
    skewness : ndarray of float64, shape (k,)
        Of the units' sums of influence.
    counted, rows_counted : ndarray of float64, shape (k,)
        Kish's effective number of units and of rows.
    carriers : ndarray of int64, shape (2, k)
        Units with at least one success, and with at least one failure; of outcomes only.
    """

    value: Floats
    n: Ints
    units: Ints
    error: Floats
    skewness: Floats
    counted: Floats
    rows_counted: Floats
    carriers: Ints


def spread_of_groups(
    values: NDArray[Any], codes: NDArray[Any], k: int, design: Design, *, within: NDArray[np.bool_] | None, rest: bool
) -> tuple[Spread, Correlation | None]:
    """Return the spread of a mean in each group and how the estimates are correlated.

    Parameters
    ----------
    values : ndarray of float64 or bool, shape (n_rows,)
        What is averaged; bool for outcomes.
    codes : ndarray of int, shape (n_rows,)
        Group of each row; rows with a code outside [0, k) are in none.
    k : int
        Number of groups.
    design : Design
        Design of the rows.
    within : ndarray of bool, shape (n_rows,), or None
        Rows that count (the denominator); None: all.
    rest : bool
        Whether to append, at k + g, all rows of other groups than g.

    Returns
    -------
    Spread
        Of k groups, or 2k.
    callable or None
        Correlation of pairs of estimates; None without clusters.
    """
    inside = (codes >= 0) & (codes < k)
    if within is not None:
        inside &= within
    if not inside.all():
        values, codes, design = values[inside], codes[inside], design.take(inside)
    codes = codes.astype(np.intp, copy=False)
    middle = float(values.mean()) if len(values) else 0.0
    moved = values - middle  # sums of squares then keep their digits
    outcome = values.dtype == np.bool_

    def per_side(own: NDArray[Any]) -> NDArray[Any]:
        return np.concatenate([own, _of_others(own)]) if rest else own

    n = sums_by(codes, k)
    rows = per_side(n)
    won = per_side(sums_by(codes[values], k)) if outcome else np.zeros_like(rows)
    weight, squares, total = rows.astype(np.float64), rows.astype(np.float64), per_side(sums_by(codes, k, moved))
    if design.weight is not None:
        weight, squares, total = (
            per_side(sums_by(codes, k, part)) for part in (design.weight, design.weight**2, moved * design.weight)
        )
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = total / weight
        rows_counted = weight**2 / squares
    correlation = None
    if design.cluster is None:
        facts = _independent(moved, codes, k, design.weight, mean)
        facts |= {"units": rows, "counted": rows_counted, "carriers": np.stack([won, rows - won])}
    else:
        facts, correlation = clustered_facts(cells_of(values, moved, codes, k, design), k, mean, rest=rest)
    value = mean + middle
    if outcome:  # sums of weights can miss 0 and 1 by rounding, counts can't
        whole = (won == 0) | (won == rows) | (design.weight is None)
        value = np.where(whole, won / np.maximum(rows, 1), value)
    value = np.where(rows > 0, value, np.nan)
    return _spread(value, rows, weight, rows_counted, **facts), correlation


def _of_others(own: NDArray[Any]) -> NDArray[Any]:
    # Sums from both ends: the total less the own part would lose the digits of small others.
    before = np.concatenate([np.zeros_like(own[:1]), np.cumsum(own[:-1])])
    after = np.concatenate([np.cumsum(own[:0:-1])[::-1], np.zeros_like(own[:1])])
    return np.asarray(before + after)


def _spread(
    value: Floats,
    n: Ints,
    weight: Floats,
    rows_counted: Floats,
    *,
    units: Ints,
    square: Floats,
    cube: Floats,
    counted: Floats,
    carriers: Ints,
) -> Spread:
    some = units >= 2
    with np.errstate(invalid="ignore", divide="ignore"):
        error = np.where(some, np.sqrt(square * units / np.maximum(units - 1.0, 1.0)) / weight, np.inf)
        skewness = np.where(square > 0.0, cube / units / (square / units) ** 1.5, 0.0)
    return Spread(
        value=value,
        n=n,
        units=units,
        error=error,
        skewness=skewness,
        counted=np.where(n > 0, counted, 0.0),
        rows_counted=np.where(n > 0, rows_counted, 0.0),
        carriers=carriers,
    )


def _independent(moved: Floats, codes: NDArray[Any], k: int, weight: Floats | None, mean: Floats) -> dict[str, Any]:
    # Powers about each group's own mean are sums over rows; about another mean they follow by expansion.
    own = np.nan_to_num(mean[:k])
    away = moved - own[codes]
    power = np.ones(len(moved)) if weight is None else weight.copy()
    sums = {}
    for j in (2, 3):
        if weight is not None:
            power *= weight
        part = power.copy()
        for degree in range(j + 1):
            sums[j, degree] = sums_by(codes, k, part)
            part *= away
    square, cube = sums[2, 2], sums[3, 3]
    if len(mean) > k:
        shift = own - np.nan_to_num(mean[k:])[:, None]
        np.fill_diagonal(shift, 0.0)
        others = 1.0 - np.eye(k)
        moved_square = others @ square + np.sum(shift * (2.0 * sums[2, 1] + shift * sums[2, 0]), axis=1)
        moved_cube = others @ cube + np.sum(
            shift * (3.0 * sums[3, 2] + shift * (3.0 * sums[3, 1] + shift * sums[3, 0])), axis=1
        )
        square, cube = np.concatenate([square, moved_square]), np.concatenate([cube, moved_cube])
    return {"square": square, "cube": cube}
