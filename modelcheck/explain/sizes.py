"""How large attributions are on average, without what the chance of walks adds to the size of each."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["size_without_chance"]


def size_without_chance(values: NDArray[np.float64], error: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the sizes of values that were measured with errors, so that their mean is nearly that of the true sizes.

    Parameters
    ----------
    values : ndarray of float64
        Measured values.
    error : ndarray of float64, of the same shape
        Standard error of each; 0 where a value is exact.

    Returns
    -------
    ndarray of float64
        Below 0 where a value is small beside its error: the absolute value of an error is no size, and it is the mean
        that is to be right.

    Notes
    -----
    The mean size that one more error, and two more, would lead to is known (folded normal distribution); a parabola
    through these points is followed back to no error at all (simulation extrapolation, without the simulation).

    References
    ----------
    Cook, J. R. and Stefanski, L. A. (1994). Simulation-extrapolation estimation in parametric measurement error models.
    JASA 89, 1314-1328. Leone, F. C., Nelson, L. S. and Nottingham, R. B. (1961). The folded normal distribution.
    Technometrics 3, 543-550.

    Examples
    --------
    >>> import numpy as np
    >>> size_without_chance(np.array([3.0, -3.0]), np.array([0.0, 0.1])).round(3).tolist()
    [3.0, 3.0]
    """
    raw = np.abs(values)
    if not error.any():
        return raw
    return np.asarray(3.0 * raw - 3.0 * _folded(values, error) + _folded(values, np.sqrt(2.0) * error))


def _folded(mean: NDArray[np.float64], deviation: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the mean size of a normal variable."""
    from scipy.special import ndtr

    ratio = np.divide(mean, deviation, out=np.full_like(mean, np.inf), where=deviation > 0.0)
    bell = np.sqrt(2.0 / np.pi) * np.exp(-0.5 * np.minimum(ratio**2, 1e3))
    middle = deviation * bell + mean * (1.0 - 2.0 * ndtr(-ratio))
    return np.where(deviation > 0.0, middle, np.abs(mean))
