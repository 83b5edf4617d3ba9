"""Effects that were chosen because they are large, put right for that."""

from __future__ import annotations

import math

__all__ = ["conditional_likelihood", "unselected"]


def unselected(value: float, error: float, threshold: float) -> float:
    """Return an effect corrected for having been reported only because it exceeds a threshold.

    Parameters
    ----------
    value : float
        The effect as seen.
    error : float
        Its standard error, at least 0.
    threshold : float
        What it had to exceed to be reported, in the same unit.

    Returns
    -------
    float
        The mean of the value and of the conditional maximum likelihood estimate; 0 where the threshold isn't exceeded,
        far above it the value itself.

    Notes
    -----
    Of effects that just exceed their threshold the value is too large on the average and the conditional estimate too
    small, by about as much: +.026 and -.025, +.017 and -.027, +.020 and -.012 in three simulations. Their mean
    comes out between -.005 and +.004. ``tests/quality/test_selected_effects.py`` measures it.

    References
    ----------
    Zhong, H. and Prentice, R. L. (2008). Bias-reduced estimators and confidence intervals for odds ratios in
    genome-wide association studies. Biostatistics 9, 621-634 (the conditional estimate, and means of it and the one
    seen).

    Examples
    --------
    >>> round(unselected(0.2, 0.01, 0.06), 3), round(unselected(0.065, 0.01, 0.06), 3)
    (0.2, 0.057)
    """
    if value > 0.0 and error > 0.0 and math.isfinite(error) and value <= threshold:
        return 0.0
    return (max(value, 0.0) + conditional_likelihood(value, error, threshold)) / 2.0


def conditional_likelihood(value: float, error: float, threshold: float) -> float:
    """Return the effect at which a normal estimate, given that it exceeds a threshold, has `value` for its mean.

    Parameters
    ----------
    value, error, threshold
        As for `unselected`.

    Returns
    -------
    float
        The conditional maximum likelihood estimate, in [0, `value`]: 0 at the threshold, the value far above it.

    Examples
    --------
    >>> round(conditional_likelihood(0.065, 0.01, 0.06), 3)
    0.049
    """
    from scipy.optimize import brentq
    from scipy.special import log_ndtr

    if not (error > 0.0 and math.isfinite(error)) or value <= 0.0:
        return max(value, 0.0)
    z, cut = value / error, threshold / error
    if z <= cut:
        return 0.0

    def surplus(mean: float) -> float:
        # Mean of a normal variable with this mean that exceeds `cut`, less what was seen.
        distance = cut - mean
        log_hazard = -0.5 * distance * distance - 0.5 * math.log(2.0 * math.pi) - float(log_ndtr(-distance))
        return mean + math.exp(log_hazard) - z

    if surplus(0.0) >= 0.0:
        return 0.0
    return float(brentq(surplus, 0.0, z)) * error
