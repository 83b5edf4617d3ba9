"""Metrics of predicted values: errors, explained variance and bias."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from modelcheck.record.evidence import Estimate
from modelcheck.stats.design import Design
from modelcheck.stats.linearised import Linearised, undefined
from modelcheck.stats.means import mean_of, skewed_interval
from modelcheck.stats.quantiles import median

__all__ = [
    "linearise",
    "mean_absolute_error",
    "mean_bias",
    "measure",
    "median_absolute_error",
    "r2",
    "root_mean_squared_error",
]

_Values = NDArray[np.float64]


def root_mean_squared_error(
    target: _Values, prediction: _Values, *, confidence: float, design: Design | None = None
) -> Estimate:
    """Return the root of the mean squared error, in the target's unit.

    Parameters
    ----------
    target, prediction : ndarray of float, shape (n_rows,)
        Observed and predicted values, finite.
    confidence : float
        Level of the equal-tailed interval.
    design : Design or None
        Design of the rows; None: simple random rows.

    Returns
    -------
    Estimate
        The root of the mean squared error's interval (`modelcheck.stats.means.mean_of`).

    Examples
    --------
    >>> import numpy as np
    >>> round(root_mean_squared_error(np.zeros(4), np.array([1.0, -1, 1, -1]), confidence=0.95).value, 3)
    1.0
    """
    squared = mean_of(
        (prediction - target) ** 2,
        metric="root_mean_squared_error",
        confidence=confidence,
        design=design,
        lowest=0.0,
    )
    if squared.value is None:
        return squared
    return replace(
        squared,
        value=math.sqrt(squared.value),
        low=None if squared.low is None else math.sqrt(squared.low),
        high=None if squared.high is None else math.sqrt(squared.high),
        method=f"root of the mean square; {squared.method}",
    )


def mean_absolute_error(
    target: _Values, prediction: _Values, *, confidence: float, design: Design | None = None
) -> Estimate:
    """Return the mean absolute error, in the target's unit.

    Parameters
    ----------
    target, prediction, confidence, design
        As for `root_mean_squared_error`.

    Returns
    -------
    Estimate
        Interval as for `modelcheck.stats.means.mean_of`.
    """
    return mean_of(
        np.abs(prediction - target), metric="mean_absolute_error", confidence=confidence, design=design, lowest=0.0
    )


def median_absolute_error(
    target: _Values, prediction: _Values, *, confidence: float, design: Design | None = None
) -> Estimate:
    """Return the median absolute error, in the target's unit.

    Parameters
    ----------
    target, prediction, confidence, design
        As for `root_mean_squared_error`.

    Returns
    -------
    Estimate
        Distribution-free: order statistics, or Woodruff's interval with weights or clusters.
    """
    return median(np.abs(prediction - target), metric="median_absolute_error", confidence=confidence, design=design)


def r2(target: _Values, prediction: _Values, *, confidence: float, design: Design | None = None) -> Estimate:
    """Return the share of the target's variance that the predictions explain.

    Parameters
    ----------
    target, prediction, confidence, design
        As for `root_mean_squared_error`.

    Returns
    -------
    Estimate
        At most 1; below 0 when the target's mean would predict better. The interval is that of the ratio 1 - R2,
        linearised and corrected for skewness. Without value when the target is constant or has fewer than 2 rows.

    References
    ----------
    Binder (1983), International Statistical Review 51, 279-292, for the ratio; Hall (1992), JRSS B 54, 221-228, for
    skewness.

    Examples
    --------
    >>> import numpy as np
    >>> y = np.arange(50.0)
    >>> round(r2(y, y + np.tile([5.0, -5.0], 25), confidence=0.95).value, 3)
    0.88
    """
    design = Design() if design is None else design
    explained = linearise("r2", target, prediction, design=design)
    if explained is None:
        reason = "there are fewer than two rows" if len(target) < 2 else "the target is the same for every row"
        return undefined("r2", confidence, reason, n=len(target), n_needed=2)
    rest = Linearised(value=1.0 - explained.value, influence=-explained.influence)
    found = skewed_interval(
        rest, design, metric="r2", confidence=confidence, lowest=0.0, method="one minus a ratio, linearised; "
    )
    return replace(
        found,
        value=explained.value,
        low=None if found.high is None else 1.0 - found.high,
        high=None if found.low is None else 1.0 - found.low,
    )


def mean_bias(target: _Values, prediction: _Values, *, confidence: float, design: Design | None = None) -> Estimate:
    """Return the mean of predicted minus observed, in the target's unit.

    Parameters
    ----------
    target, prediction, confidence, design
        As for `root_mean_squared_error`.

    Returns
    -------
    Estimate
        Positive when predictions are too high on average. Interval as for `modelcheck.stats.means.mean_of`.
    """
    return mean_of(prediction - target, metric="mean_bias", confidence=confidence, design=design)


_MEASURES: dict[str, Callable[..., Estimate]] = {
    "root_mean_squared_error": root_mean_squared_error,
    "mean_absolute_error": mean_absolute_error,
    "median_absolute_error": median_absolute_error,
    "r2": r2,
    "mean_bias": mean_bias,
}


def measure(
    name: str, target: _Values, prediction: _Values, *, confidence: float, design: Design | None = None
) -> Estimate:
    """Return one metric of predicted values by its name.

    Parameters
    ----------
    name : str
        A function of this module, e.g. ``r2``.
    target, prediction, confidence, design
        As for `root_mean_squared_error`.

    Returns
    -------
    Estimate
        What that function returns.
    """
    _check_name(name)
    return _MEASURES[name](target, prediction, confidence=confidence, design=design)


def linearise(name: str, target: _Values, prediction: _Values, *, design: Design | None = None) -> Linearised | None:
    """Return a metric of predicted values with its influence values, for differences.

    Parameters
    ----------
    name : str
        As for `measure`, or ``mean_squared_error``; not ``median_absolute_error``, which isn't smooth.
    target, prediction : ndarray of float, shape (n_rows,)
        Observed and predicted values.
    design : Design or None
        Design of the rows.

    Returns
    -------
    Linearised or None
        None when the metric has no value.
    """
    if name == "median_absolute_error":
        raise ValueError("median_absolute_error is not smooth and has no influence values; use mean_absolute_error.")
    if name != "mean_squared_error":
        _check_name(name)
    design = Design() if design is None else design
    if len(target) == 0:
        return None
    error = prediction - target
    if name == "mean_bias":
        value = design.mean(error)
        return Linearised(value=value, influence=error - value)
    if name == "mean_absolute_error":
        np.abs(error, out=error)
        value = design.mean(error)
        return Linearised(value=value, influence=error - value)
    square = np.square(error, out=error)
    mean = design.mean(square)
    if name == "mean_squared_error":
        return Linearised(value=mean, influence=square - mean)
    if name == "root_mean_squared_error":
        root = math.sqrt(mean)
        return Linearised(value=root, influence=(square - mean) / (2.0 * root) if root > 0 else square * 0.0)
    around = (target - design.mean(target)) ** 2
    variance = design.mean(around)
    if len(target) < 2 or not variance > 0.0:
        return None
    ratio = mean / variance
    return Linearised(value=1.0 - ratio, influence=(ratio * around - square) / variance)


def _check_name(name: str) -> None:
    if name not in _MEASURES:
        raise ValueError(f"{name!r} is not a metric of predicted values; allowed are {', '.join(_MEASURES)}.")
