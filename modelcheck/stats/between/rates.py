"""One share in each of several groups of rows."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from modelcheck.stats.between.groups import GroupValues
from modelcheck.stats.between.joint import Floats
from modelcheck.stats.between.one_sided import exact_limits, survey_limits
from modelcheck.stats.between.units import spread_of_groups
from modelcheck.stats.design import Design
from modelcheck.stats.rates import EXACT, SURVEY

__all__ = ["rates_from_counts", "rates_of"]


def rates_from_counts(top: ArrayLike, bottom: ArrayLike, *, of: str = "rows", rest: bool = False) -> GroupValues:
    """Return a share of simple random rows in each group, from counts.

    Parameters
    ----------
    top, bottom : array-like of int, shape (k,)
        Successes and rows of each group, ``0 <= top <= bottom``.
    of : str
        What is counted, for the message where there is none.
    rest : bool
        Whether to append, at k + g, the rows of all groups but g.

    Returns
    -------
    GroupValues
        Limits of Clopper and Pearson; differences and ratios melded from them (`joint_limits`).

    Notes
    -----
    Largest one-sided error over the nominal one, enumerated for groups of 50/50, 50/500, 50/5,000 and 500/5,000 rows,
    shares .005 to .5 and differences of -.1 to .3, at tails of .025, .001 and .00001: melded .90, .87 and .83 in
    differences; Miettinen and Nurminen's score interval 2.1, 8.4 and 113; MOVER from the exact limits 1.2, 2.7 and
    10.8. Families of many pairs are judged far out, so the score interval judges nothing here.

    Examples
    --------
    >>> shares = rates_from_counts([30, 45, 0], [100, 100, 0])
    >>> low, high = shares.differences([1], [0], 0.95)
    >>> shares.value[:2].tolist(), low.round(3).tolist(), high.round(3).tolist(), shares.doubt[2]
    ([0.3, 0.45], [0.006], [0.289], 'there are no rows')
    """
    hits, trials = np.asarray(top, dtype=np.int64), np.asarray(bottom, dtype=np.int64)
    if rest:
        hits = np.concatenate([hits, hits.sum() - hits])
        trials = np.concatenate([trials, trials.sum() - trials])
    value = np.divide(hits, trials, out=np.full(len(hits), np.nan), where=trials > 0)

    def find(group: NDArray[Any], tail: Floats) -> tuple[Floats, Floats]:
        return exact_limits(hits[group].astype(np.float64), trials[group].astype(np.float64), tail)

    none = [not n for n in trials.tolist()]
    return GroupValues(
        value=value,
        n=trials,
        clusters=None,
        doubt=tuple(f"there are no {of}" if empty else "" for empty in none),
        needed=tuple(1 if empty else None for empty in none),
        method=EXACT,
        difference_method=f"difference melded from limits of {EXACT}",
        ratio_method=f"ratio melded from limits of {EXACT}",
        find=find,
        rest=rest,
    )


def rates_of(
    success: NDArray[np.bool_],
    within: NDArray[np.bool_] | None,
    codes: NDArray[Any],
    k: int,
    design: Design,
    *,
    of: str = "rows",
    rest: bool = False,
) -> GroupValues:
    """Return the share of successes among the rows of a set, in each group.

    Parameters
    ----------
    success : ndarray of bool, shape (n_rows,)
        Which rows count.
    within : ndarray of bool, shape (n_rows,), or None
        The set (the denominator); None: all rows.
    codes : ndarray of int, shape (n_rows,)
        Group of each row, in [0, k); rows with any other code are in no group.
    k : int
        Number of groups.
    design : Design
        Design of the rows.
    of : str
        What the set holds, for the message where a group has none of it.
    rest : bool
        Whether to append, at k + g, the rows of all groups but g (compare g with k + g only).

    Returns
    -------
    GroupValues
        Simple random rows: as `rates_from_counts`. Weights or clusters: each group's limits are those of
        `modelcheck.stats.rates.rate`; differences and ratios are melded from them with the correlation that clusters
        with rows in both groups cause.

    Examples
    --------
    >>> right = np.array([True, False, True, True, False, True])
    >>> rates_of(right, None, np.array([0, 0, 1, 1, 1, 1]), 2, Design()).value.tolist()
    [0.5, 0.75]
    """
    if design.simple:
        inside = (codes >= 0) & (codes < k)
        if within is not None:
            inside &= within
        bottom = np.bincount(codes[inside], minlength=k)
        top = np.bincount(codes[inside & success], minlength=k)
        return rates_from_counts(top, bottom, of=of, rest=rest)
    spread, correlation = spread_of_groups(success, codes, k, design, within=within, rest=rest)
    doubts = [
        design.doubt(units) if n else (f"there are no {of}", 1)
        for n, units in zip(spread.n.tolist(), spread.units.tolist(), strict=True)
    ]
    method = design.describe(SURVEY, min(spread.units[spread.units > 0], default=0))
    return GroupValues(
        value=spread.value,
        n=spread.n,
        clusters=None if design.cluster is None else spread.units,
        doubt=tuple(doubt for doubt, _ in doubts),
        needed=tuple(needed for _, needed in doubts),
        method=method,
        difference_method=f"difference melded from limits of {method}",
        ratio_method=f"ratio melded from limits of {method}",
        find=survey_limits(spread),
        rest=rest,
        correlation=correlation,
    )
