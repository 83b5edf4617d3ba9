"""One-sided limits of many groups at any tail probability: exact and survey limits of shares, limits of means."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from modelcheck.stats.between.joint import Floats, OneSided
from modelcheck.stats.between.units import Spread
from modelcheck.stats.rates import FEWEST_CARRIERS

__all__ = ["exact_limits", "mean_limits", "spread_known", "survey_limits"]

_NO_SPREAD = 1e-12
_FARTHEST = 700.0  # of a logarithm
_MIDDLE = 1e-4  # nearer to one half the ratio of two quantiles is all rounding


def exact_limits(successes: Floats, trials: Floats, tail: Floats) -> tuple[Floats, Floats]:
    """Return Clopper and Pearson's limits of many shares.

    Parameters
    ----------
    successes, trials, tail : ndarray of float64, of shapes that broadcast
        Counts (need not be whole) and the probability of each tail, in (0, 1).

    Returns
    -------
    low, high : ndarray of float64
        As `modelcheck.stats.rates.clopper_pearson`; nan without trials.

    Examples
    --------
    >>> low, high = exact_limits(np.array([8.0, 0.0]), np.array([10.0, 20.0]), np.array(0.025))
    >>> low.round(4).tolist(), high.round(4).tolist()
    ([0.4439, 0.0], [0.9748, 0.1684])
    """
    from scipy.special import betainccinv, betaincinv

    successes, trials, tail = np.broadcast_arrays(successes, trials, tail)
    failures = trials - successes
    low = np.where(trials > 0.0, 0.0, np.nan)
    high = np.where(trials > 0.0, 1.0, np.nan)
    some = successes > 0.0
    low[some] = betaincinv(successes[some], failures[some] + 1.0, tail[some])
    some = failures > 0.0
    high[some] = betainccinv(successes[some] + 1.0, failures[some], tail[some])
    return low, high


def survey_limits(spread: Spread) -> OneSided:
    """Return the limits of shares of weighted or clustered rows, as `modelcheck.stats.rates.rate` finds them.

    Parameters
    ----------
    spread : Spread
        What is known of each group, with its `carriers`.

    Returns
    -------
    callable
    """
    share, n = spread.value, spread.n.astype(np.float64)
    carriers = np.where(share <= 0.5, spread.carriers[0], spread.carriers[1]).astype(np.float64)
    varied = (spread.units >= 2) & (share > 0.0) & (share < 1.0)
    trusted = varied & (carriers >= FEWEST_CARRIERS)
    moved = varied & (spread.error > 0.0)
    effective = np.where(varied, n, np.minimum(spread.counted, n))
    effective[moved] = (share * (1.0 - share))[moved] / spread.error[moved] ** 2
    effective = np.minimum(effective, np.where(trusted, spread.rows_counted, spread.counted))
    degrees = np.maximum(np.where(trusted, np.minimum(spread.counted, carriers), spread.counted) - 1.0, 1.0)
    most = np.where(trusted, n, np.inf)
    wide = trusted & spread_known(spread)

    def find(group: NDArray[Any], tail: Floats) -> tuple[Floats, Floats]:
        group, tail = np.broadcast_arrays(group, tail)
        aside = np.minimum(tail, 1.0 - tail)
        aside = np.minimum(aside, 0.5 - _MIDDLE)
        with np.errstate(invalid="ignore"):
            shrink = _student(aside, np.maximum(n - 1.0, 1.0)[group]) / _student(aside, degrees[group])
        trials = effective[group] * np.where(n[group] < 2, 1.0, shrink * shrink)
        trials = np.minimum(trials, most[group])
        low, high = exact_limits(share[group] * trials, trials, tail)
        skewed = _skewed(spread, group, tail)
        use = wide[group]
        low = np.where(use, np.maximum(np.minimum(low, skewed[0]), 0.0), low)
        return low, np.where(use, np.minimum(np.maximum(high, skewed[1]), 1.0), high)

    return find


def mean_limits(spread: Spread, lowest: float, highest: float) -> OneSided:
    """Return the limits of means, as `modelcheck.stats.means.mean_of` finds them.

    Parameters
    ----------
    spread : Spread
        What is known of each group.
    lowest, highest : float
        Bounds of the mean; ``lowest = 0`` takes the values as losses.

    Returns
    -------
    callable
        nan for groups without spread.
    """
    known = spread_known(spread)

    def find(group: NDArray[Any], tail: Floats) -> tuple[Floats, Floats]:
        group, tail = np.broadcast_arrays(group, tail)
        low, high = _skewed(spread, group, tail)
        if lowest == 0.0:
            value, error = spread.value[group], spread.error[group]
            some = value > 0.0
            quantile = -_student(tail, np.maximum(spread.units - 1.0, 1.0)[group])
            span = np.divide(quantile * error, value, out=np.zeros(value.shape), where=some)
            span = np.clip(span, -_FARTHEST, _FARTHEST)
            low = np.where(some, value * np.exp(-span), low)
            high = np.where(some, np.maximum(high, value * np.exp(span)), high)
        low, high = np.maximum(low, lowest), np.minimum(high, highest)
        return np.where(known[group], low, np.nan), np.where(known[group], high, np.nan)

    return find


def spread_known(spread: Spread) -> NDArray[np.bool_]:
    """Return which groups show a spread, shape (n_groups,): without one an interval has no width."""
    with np.errstate(invalid="ignore"):
        some = np.isfinite(spread.error) & (spread.error > _NO_SPREAD * np.abs(spread.value))
    return np.asarray(some & (spread.units >= 2))


def _skewed(spread: Spread, group: NDArray[Any], tail: Floats) -> tuple[Floats, Floats]:
    # Hall's transformation turned back, as in modelcheck.stats.means, of many groups at once.
    units = np.maximum(spread.units, 2.0)[group]
    quantile = -_student(tail, units - 1.0)
    a = spread.skewness[group] / np.sqrt(units)
    value, error = spread.value[group], np.where(np.isfinite(spread.error), spread.error, 0.0)[group]
    plain = np.abs(a) < 1e-6
    safe = np.where(plain, 1.0, a)
    turned: Callable[[Floats], Floats] = lambda t: np.where(  # noqa: E731
        plain, t, 3.0 / safe * (np.cbrt(1.0 + safe * (t - safe / 6.0)) - 1.0)
    )
    return value - error * turned(quantile), value - error * turned(-quantile)


def _student(tail: Floats, degrees: Floats) -> Floats:
    from scipy.special import stdtrit

    return np.asarray(stdtrit(degrees, tail), dtype=np.float64)
