"""Score intervals of the difference and the ratio of two independent shares, for many pairs at once."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike, NDArray

from modelcheck.stats.design import student_quantile

__all__ = ["miettinen_nurminen", "score_ratio"]

Floats = NDArray[np.float64]
_STEPS = 200
_EXACT = 1e-11
_LEAST = 1e-300
_BEYOND = 1e6
_FARTHEST = 60.0  # of a ratio's logarithm from a rough first guess; no limit of any use lies so far


def miettinen_nurminen(
    x1: ArrayLike, n1: ArrayLike, x2: ArrayLike, n2: ArrayLike, confidence: float
) -> tuple[Floats, Floats]:
    """Return score limits of differences of two independent shares, first less second.

    Parameters
    ----------
    x1, x2 : array-like of float, shape (n_pairs,) or broadcast to it
        Successes, in [0, n].
    n1, n2 : array-like of float
        Trials, above 0.
    confidence : float
        Level of the equal-tailed interval, in (0, 1).

    Returns
    -------
    low, high : ndarray of float64
        In [-1, 1]: all differences that the score test with the restricted maximum likelihood estimate and the
        variance times N / (N - 1), N = n1 + n2, doesn't reject.

    References
    ----------
    Miettinen, O. and Nurminen, M. (1985). Comparative analysis of two rates. Statistics in Medicine 4, 213-226.
    Tested against the limits in Newcombe, R. G. (1998), Statistics in Medicine 17, 873-890, table II, and against a
    numerical maximum of the likelihood (statsmodels 0.15 has a wrong coefficient in the cubic: up to .02 off).

    Examples
    --------
    >>> low, high = miettinen_nurminen(56, 70, 48, 80, 0.95)
    >>> round(float(low), 4), round(float(high), 4)
    (0.0528, 0.3382)
    """
    x1, n1, x2, n2 = np.broadcast_arrays(*(np.asarray(x, dtype=np.float64) for x in (x1, n1, x2, n2)))
    quantile = student_quantile(0.5 + confidence / 2.0, np.inf)
    return _invert(_difference_score, (x1, n1, x2, n2), quantile, np.full(x1.shape, -1.0), np.full(x1.shape, 1.0))


def score_ratio(x1: ArrayLike, n1: ArrayLike, x2: ArrayLike, n2: ArrayLike, confidence: float) -> tuple[Floats, Floats]:
    """Return score limits of ratios of two independent shares, first over second.

    Parameters
    ----------
    x1, x2 : array-like of float, shape (n_pairs,) or broadcast to it
        Successes, in [0, n].
    n1, n2 : array-like of float
        Trials, above 0.
    confidence : float
        Level of the equal-tailed interval, in (0, 1).

    Returns
    -------
    low, high : ndarray of float64
        Not negative. `low` is 0 without successes on the first side, `high` is infinite without successes on the
        second. The variance is times N / (N - 1), N = n1 + n2, as Miettinen and Nurminen have it; without that factor
        the limits are Koopman's.

    References
    ----------
    Koopman, P. A. R. (1984). Confidence intervals for the ratio of two binomial proportions. Biometrics 40, 513-517.
    Miettinen, O. and Nurminen, M. (1985). Statistics in Medicine 4, 213-226. Tested against
    ``statsmodels.stats.proportion.confint_proportions_2indep(compare="ratio", method="score")``.

    Examples
    --------
    >>> low, high = score_ratio([36, 0], [40, 40], [16, 16], [80, 80], 0.95)
    >>> low.round(3).tolist(), high.round(3).tolist()
    ([2.935, 0.0], [7.166, 0.448])
    """
    x1, n1, x2, n2 = np.broadcast_arrays(*(np.asarray(x, dtype=np.float64) for x in (x1, n1, x2, n2)))
    quantile = student_quantile(0.5 + confidence / 2.0, np.inf)
    guess = np.log((x1 + 0.5) / (n1 + 1.0)) - np.log((x2 + 0.5) / (n2 + 1.0))
    low, high = _invert(_ratio_score, (x1, n1, x2, n2), quantile, guess - _FARTHEST, guess + _FARTHEST)
    return np.where(x1 > 0, np.exp(low), 0.0), np.where(x2 > 0, np.exp(high), np.inf)


def _invert(
    score: Callable[..., Floats], counts: tuple[Floats, ...], quantile: float, least: Floats, most: Floats
) -> tuple[Floats, Floats]:
    low = _falls_to(lambda at, *own: score(at, *own) - quantile, counts, least, most)
    return low, _falls_to(lambda at, *own: score(at, *own) + quantile, counts, least, most)


def _falls_to(find: Callable[..., Floats], counts: tuple[Floats, ...], least: Floats, most: Floats) -> Floats:
    """Return where falling functions reach 0, or the end of the range that they stay on the side of."""
    from scipy.optimize.elementwise import find_root

    at_least, at_most = find(least, *counts), find(most, *counts)
    between = (at_least > 0.0) & (at_most < 0.0)
    answer = np.where(at_least <= 0.0, least, most)
    if np.any(between):
        found = find_root(
            find,
            (least[between], most[between]),
            args=tuple(x[between] for x in counts),
            tolerances={"xatol": _EXACT, "xrtol": _EXACT},
            maxiter=_STEPS,
        )
        answer[between] = found.x
    return answer


def _signed(difference: Floats, variance: Floats) -> Floats:
    # Beyond any quantile all are alike, and the search for roots needs finite numbers.
    error = np.sqrt(np.maximum(variance, _LEAST))
    return np.clip(difference / error, -_BEYOND, _BEYOND)


def _difference_score(at: Floats, x1: Floats, n1: Floats, x2: Floats, n2: Floats) -> Floats:
    # The restricted estimate of the second share is a root of a cubic, written down by Miettinen and Nurminen.
    both = n1 + n2
    l2 = (n1 + 2.0 * n2) * at - both - x1 - x2
    l1 = (n2 * at - both - 2.0 * x2) * at + x1 + x2
    l0 = x2 * at * (1.0 - at)
    third = l2 / (3.0 * both)
    q = third**3 - l1 * l2 / (6.0 * both * both) + l0 / (2.0 * both)
    size = np.sqrt(np.maximum(third * third - l1 / (3.0 * both), 0.0))
    size = np.where(q >= 0.0, size, -size)
    with np.errstate(divide="ignore", invalid="ignore"):
        angle = np.where(size == 0.0, 0.0, q / size**3)
    angle = (np.pi + np.arccos(np.clip(angle, -1.0, 1.0))) / 3.0
    second = np.clip(2.0 * size * np.cos(angle) - third, np.maximum(0.0, -at), np.minimum(1.0, 1.0 - at))
    first = np.clip(second + at, 0.0, 1.0)
    variance = (first * (1.0 - first) / n1 + second * (1.0 - second) / n2) * both / (both - 1.0)
    return _signed(x1 / n1 - x2 / n2 - at, variance)


def _ratio_score(log_at: Floats, x1: Floats, n1: Floats, x2: Floats, n2: Floats) -> Floats:
    # The restricted estimate is a root of a quadratic; the smaller one, in the form that doesn't cancel.
    at = np.exp(log_at)
    both = n1 + n2
    a = both * at
    b = n1 * at + x1 + n2 + x2 * at
    c = x1 + x2
    root = np.sqrt(np.maximum(b * b - 4.0 * a * c, 0.0))
    second = np.clip(2.0 * c / (b + root), 0.0, np.minimum(1.0, 1.0 / at))
    first = np.clip(second * at, 0.0, 1.0)
    variance = (first * (1.0 - first) / n1 + at * at * second * (1.0 - second) / n2) * both / (both - 1.0)
    return _signed(x1 / n1 - at * x2 / n2, variance)
