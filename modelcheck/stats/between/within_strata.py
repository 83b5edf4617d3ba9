"""Two groups of rows compared within strata, for any design of the rows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from modelcheck.record.evidence import Estimate
from modelcheck.stats.between.joint import Floats
from modelcheck.stats.between.mantel_haenszel import FEWEST_OUTCOMES, pooled_difference, pooled_ratio
from modelcheck.stats.design import Design, too_few
from modelcheck.stats.linearised import Linearised, interval, undefined

__all__ = ["pooled_difference_of", "pooled_ratio_of"]

_FEWEST_ROWS = 10
_APART = "no stratum has rows of both groups"


def pooled_difference_of(
    success: NDArray[np.bool_],
    first: NDArray[np.bool_],
    second: NDArray[np.bool_],
    strata: NDArray[Any],
    design: Design,
    *,
    metric: str,
    confidence: float,
) -> Estimate:
    """Return the pooled difference of two groups' shares within strata, first less second.

    Parameters
    ----------
    success : ndarray of bool, shape (n_rows,)
        Which rows count.
    first, second : ndarray of bool, shape (n_rows,)
        The rows of each group; no row is in both.
    strata : ndarray of int, shape (n_rows,)
        Stratum code of each row, not negative.
    design : Design
        Design of the rows.
    metric : str
        Name of the difference.
    confidence : float
        Level of the equal-tailed interval, in (0, 1).

    Returns
    -------
    Estimate
        Simple random rows: `pooled_difference`. Weights or clusters: the same pooled difference of weighted counts,
        linearised over the rows of strata with both groups, Student's t with the units that carry the rarer outcome.
        `unproven` with fewer than 10 such units in either group, and where strata hold fewer than 10 of its rows on
        average: their totals are then too few to linearise.

    References
    ----------
    Greenland, S. and Robins, J. M. (1985). Biometrics 41, 55-68. Binder, D. A. (1983). International Statistical Review
    51, 279-292.

    Examples
    --------
    >>> rows = np.arange(400)
    >>> found = pooled_difference_of(
    ...     rows % 5 < 2, rows % 2 == 0, rows % 2 == 1, rows // 200, Design(), metric="d", confidence=0.95
    ... )
    >>> round(found.value, 3), round(found.low, 3), round(found.high, 3)
    (0.0, -0.098, 0.098)
    """
    if design.simple:
        return pooled_difference(*_counts(success, first, second, strata), metric=metric, confidence=confidence)
    table = _gather(success, first, second, strata, design)
    if table is None:
        return undefined(metric, confidence, _APART)
    one, two, both, hits = table.one, table.two, table.one + table.two, table.x1 + table.x2
    scale = float(np.sum(one * two / both))
    value = float(np.sum((table.x1 * two - table.x2 * one) / both)) / scale
    # What a unit of weight adds to the pooled difference: by group, for a success and for any row.
    found = table.linearised(
        value,
        (two / both / scale, -one / both / scale),
        ((-two * hits - value * two**2) / both**2 / scale, (one * hits - value * one**2) / both**2 / scale),
    )
    return interval(
        found,
        table.design,
        metric=metric,
        confidence=confidence,
        method="Mantel-Haenszel difference, linearised variance",
        unproven=table.doubt,
        n_needed=FEWEST_OUTCOMES if table.doubt and not table.sparse else None,
    )


def pooled_ratio_of(
    success: NDArray[np.bool_],
    first: NDArray[np.bool_],
    second: NDArray[np.bool_],
    strata: NDArray[Any],
    design: Design,
    *,
    metric: str,
    confidence: float,
) -> Estimate:
    """Return the pooled ratio of two groups' shares within strata, first over second.

    Parameters
    ----------
    success, first, second, strata, design, metric, confidence
        As for `pooled_difference_of`.

    Returns
    -------
    Estimate
        Simple random rows: `pooled_ratio`. Weights or clusters: as `pooled_difference_of`, on the log scale. Without
        value where the second group has no success.

    References
    ----------
    Greenland, S. and Robins, J. M. (1985). Biometrics 41, 55-68.

    Examples
    --------
    >>> rows = np.arange(400)
    >>> found = pooled_ratio_of(
    ...     rows % 5 < 2, rows % 2 == 0, rows % 2 == 1, rows // 200, Design(), metric="r", confidence=0.95
    ... )
    >>> round(found.value, 3), round(found.low, 3), round(found.high, 3)
    (1.0, 0.784, 1.276)
    """
    if design.simple:
        return pooled_ratio(*_counts(success, first, second, strata), metric=metric, confidence=confidence)
    table = _gather(success, first, second, strata, design)
    if table is None:
        return undefined(metric, confidence, _APART)
    one, two, both = table.one, table.two, table.one + table.two
    bottom = float(np.sum(table.x2 * one / both))
    if bottom <= 0.0:
        return undefined(metric, confidence, "the second group has no success", n=len(table.side))
    value = float(np.sum(table.x1 * two / both)) / bottom
    plain = (table.x1 + value * table.x2) / both**2 / bottom
    found = table.linearised(value, (two / both / bottom, -value * one / both / bottom), (-two * plain, one * plain))
    return interval(
        found,
        table.design,
        metric=metric,
        confidence=confidence,
        transform="log",
        method="Mantel-Haenszel ratio, linearised variance",
        unproven=table.doubt,
        n_needed=FEWEST_OUTCOMES if table.doubt and not table.sparse else None,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Table:
    """Rows of strata that have both groups, and their weighted sums by stratum."""

    success: NDArray[np.bool_]
    side: NDArray[np.bool_]  # whether a row is of the second group
    strata: NDArray[Any]
    design: Design
    x1: Floats
    one: Floats
    x2: Floats
    two: Floats
    carriers: int
    doubt: str
    sparse: bool

    def linearised(
        self, value: float, for_success: tuple[Floats, Floats], for_row: tuple[Floats, Floats]
    ) -> Linearised:
        """Return a statistic from its derivatives by the weight of successes and of rows, by group and stratum."""
        place = self.side * len(self.one) + self.strata
        influence = np.concatenate(for_success)[place]
        influence *= self.success
        influence += np.concatenate(for_row)[place]
        influence *= len(self.side) if self.design.weight is None else float(np.sum(self.design.weight))
        return Linearised(value=value, influence=influence, degrees=max(self.carriers - 1.0, 1.0))


def _counts(
    success: NDArray[np.bool_], first: NDArray[np.bool_], second: NDArray[np.bool_], strata: NDArray[Any]
) -> tuple[NDArray[Any], NDArray[Any], NDArray[Any], NDArray[Any]]:
    size = int(strata.max()) + 1 if len(strata) else 1
    x1, n1, x2, n2 = (
        np.bincount(strata[rows], minlength=size) for rows in (first & success, first, second & success, second)
    )
    return x1, n1, x2, n2


def _gather(
    success: NDArray[np.bool_],
    first: NDArray[np.bool_],
    second: NDArray[np.bool_],
    strata: NDArray[Any],
    design: Design,
) -> _Table | None:
    _, n1, _, n2 = _counts(success, first, second, strata)
    used = (n1 > 0) & (n2 > 0)
    if not used.any():
        return None
    rows = np.flatnonzero((first | second) & used[strata])
    side, success, design = second[rows], success[rows], design.take(rows)
    strata = (np.cumsum(used) - 1)[strata[rows]]
    size = int(np.count_nonzero(used))
    place = side * size + strata
    weight = np.bincount(place, weights=design.weight, minlength=2 * size).astype(np.float64)
    won = design.weight[success] if design.weight is not None else None
    hits = np.bincount(place[success], weights=won, minlength=2 * size).astype(np.float64)
    carriers = min(
        design.take(part).units(int(np.count_nonzero(part)))
        for part in (side & success, side & ~success, ~side & success, ~side & ~success)
    )
    sparse = min(n1[used].sum(), n2[used].sum()) < _FEWEST_ROWS * size
    doubt = ""
    if carriers < FEWEST_OUTCOMES:
        noun = "row" if design.cluster is None else "cluster"
        doubt = too_few(carriers, noun, "with the rarer outcome in one group")
    elif sparse:
        doubt = f"{size:,} strata hold fewer than {_FEWEST_ROWS} rows of one group on average"
    return _Table(
        success=success,
        side=side,
        strata=strata,
        design=design,
        x1=hits[:size],
        one=weight[:size],
        x2=hits[size:],
        two=weight[size:],
        carriers=carriers,
        doubt=doubt,
        sparse=bool(sparse and carriers >= FEWEST_OUTCOMES),
    )
