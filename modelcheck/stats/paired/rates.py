"""Two shares of the same rows: discordant pairs, McNemar's test and the interval of their difference."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from modelcheck.record.evidence import Estimate
from modelcheck.stats.design import Design, student_quantile
from modelcheck.stats.linearised import Linearised, undefined
from modelcheck.stats.paired.changes import Changes, gather, interval_of
from modelcheck.stats.paired.largest import largest_change
from modelcheck.stats.rates import clopper_pearson

__all__ = ["Discordant", "discordance", "mcnemar", "share_difference", "tango"]

_METHOD = "the wider of Tango's score interval and MOVER from exact limits of the discordant pairs"
_STEPS = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Discordant:
    """What the comparison of two shares of the same rows rests on.

    Attributes
    ----------
    gained : int
        Rows that only the first side has right.
    lost : int
        Rows that only the second side has right.
    n : int
        All rows, those included on which both agree.
    changes : Changes or None
        The weighted or clustered difference; None for simple random rows, where the counts say all.
    """

    gained: int
    lost: int
    n: int
    changes: Changes | None = None


def discordance(right_a: NDArray[np.bool_], right_b: NDArray[np.bool_], design: Design | None = None) -> Discordant:
    """Count on which rows two answers differ.

    Parameters
    ----------
    right_a, right_b : ndarray of bool, shape (n_rows,)
        Which rows each side has right.
    design : Design or None
        Design of the rows; None: simple random rows.

    Returns
    -------
    Discordant

    Examples
    --------
    >>> import numpy as np
    >>> found = discordance(np.array([True, True, False, True]), np.array([True, False, False, False]))
    >>> found.gained, found.lost, found.n
    (2, 0, 4)
    """
    design = Design() if design is None else design
    gained = int(np.count_nonzero(right_a > right_b))
    lost = int(np.count_nonzero(right_a < right_b))
    n = len(right_a)
    if design.simple or n == 0:
        return Discordant(gained=gained, lost=lost, n=n)
    step = np.subtract(right_a, right_b, dtype=np.float64)
    value = design.mean(step) if gained or lost else 0.0
    step -= value
    largest = largest_change(step, right_a != right_b, design, possible=1.0)
    changes = gather(Linearised(value=value, influence=step), design, largest=largest, bound=1.0)
    return Discordant(gained=gained, lost=lost, n=n, changes=changes)


def share_difference(found: Discordant, *, metric: str, confidence: float, of: str = "rows") -> Estimate:
    """Return the difference of two shares of the same rows, first less second.

    Parameters
    ----------
    found : Discordant
        From `discordance`.
    metric : str
        Name of the difference.
    confidence : float
        Level of the equal-tailed interval.
    of : str
        What is counted, for the message when there is none.

    Returns
    -------
    Estimate
        Simple random rows: the wider of Tango's score interval and MOVER from the Clopper-Pearson limits of the
        shares gained and lost. Weights or clusters: `modelcheck.stats.paired.changes.interval_of`.

    Notes
    -----
    Tango's interval alone misses in up to 5.3 % of samples in one tail of 2.5 %, where few pairs are discordant
    (enumerated for n 200, 1,000 and 10,000, .2 to 60 expected discordant pairs); the wider of both at most 2.6 %.

    References
    ----------
    Tango, T. (1998), Statistics in Medicine 17, 891-908. Newcombe, R. G. (1998), Statistics in Medicine 17,
    2635-2650 (paired differences from limits of the parts). Zou and Donner (2008), Statistics in Medicine 27,
    1693-1702.

    Examples
    --------
    >>> same = share_difference(Discordant(gained=0, lost=0, n=1000), metric="accuracy_difference", confidence=0.95)
    >>> round(same.low, 4), round(same.high, 4)
    (-0.0038, 0.0038)
    """
    if found.n == 0:
        return undefined(metric, confidence, f"there are no {of}")
    if found.changes is not None:
        return interval_of(found.changes, metric=metric, confidence=confidence)
    n = found.n
    value = (found.gained - found.lost) / n
    low, high = tango(found.gained, found.lost, n, confidence)
    up, down = found.gained / n, found.lost / n
    up_low, up_high = clopper_pearson(found.gained, n, confidence)
    down_low, down_high = clopper_pearson(found.lost, n, confidence)
    low = min(low, value - math.hypot(up - up_low, down_high - down))
    high = max(high, value + math.hypot(up_high - up, down - down_low))
    return Estimate(
        metric=metric,
        value=value,
        low=max(low, -1.0),
        high=min(high, 1.0),
        confidence=confidence,
        n=n,
        method=_METHOD,
    )


def tango(gained: int, lost: int, n: int, confidence: float) -> tuple[float, float]:
    """Return Tango's score interval of the difference of two shares of the same rows.

    Parameters
    ----------
    gained, lost : int
        Discordant pairs in favour of the first and of the second side.
    n : int
        Pairs, at least 1.
    confidence : float
        Level of the equal-tailed interval.

    Returns
    -------
    low, high : float
        All differences that the score test with the restricted maximum likelihood estimate of the discordant
        shares doesn't reject; in [-1, 1]. Without discordant pairs its width is not zero.

    References
    ----------
    Tango, T. (1998). Equivalence test and confidence interval for the difference in proportions for the
    paired-sample design. Statistics in Medicine 17, 891-908.

    Examples
    --------
    >>> [round(limit, 4) for limit in tango(1, 0, 44, 0.95)]
    [-0.0594, 0.1181]
    """
    square = student_quantile(0.5 + confidence / 2.0, math.inf) ** 2

    def rejected(difference: float) -> bool:
        b = (2.0 * n - gained + lost) * difference - gained - lost
        c = -lost * difference * (1.0 - difference)
        share = (math.sqrt(max(b * b - 8.0 * n * c, 0.0)) - b) / (4.0 * n)
        variance = n * (2.0 * share + difference * (1.0 - difference))
        return bool((gained - lost - n * difference) ** 2 > square * variance)

    limits = []
    for far in (-1.0, 1.0):
        outside, inside = far, (gained - lost) / n
        for _ in range(_STEPS):
            middle = (outside + inside) / 2.0
            if rejected(middle):
                outside = middle
            else:
                inside = middle
        limits.append(inside)
    return limits[0], limits[1]


def mcnemar(gained: int, lost: int) -> tuple[float, float]:
    """Return the two-sided p-values of McNemar's test that both shares are the same.

    Parameters
    ----------
    gained, lost : int
        Discordant pairs in favour of the first and of the second side.

    Returns
    -------
    exact, mid_p : float
        The exact binomial p-value, and Lancaster's mid-p, which counts the observed outcome half. 1 without
        discordant pairs.

    References
    ----------
    McNemar, Q. (1947), Psychometrika 12, 153-157. Fagerland, M. W., Lydersen, S. and Laake, P. (2013), The McNemar
    test for binary matched-pairs data: mid-p and asymptotic are better than exact conditional, BMC Medical Research
    Methodology 13, 91.

    Examples
    --------
    >>> [round(p, 4) for p in mcnemar(1, 7)]
    [0.0703, 0.0391]
    """
    pairs = gained + lost
    if pairs == 0:
        return 1.0, 1.0
    from scipy.stats import binom, binomtest

    exact = float(binomtest(min(gained, lost), pairs, 0.5).pvalue)
    if gained == lost:
        return exact, 1.0 - float(binom.pmf(gained, pairs, 0.5)) / 2.0  # both tails meet in the observed outcome
    return exact, exact - float(binom.pmf(min(gained, lost), pairs, 0.5))
