"""Effects that were chosen because they are large, put right for that."""

from __future__ import annotations

import math

__all__ = ["unselected"]


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
        The conditional maximum likelihood estimate: the effect at which a normal estimate, given that it exceeds the
        threshold, has `value` for its mean; in [0, `value`]. Far above the threshold it is the value itself, at the
        threshold it is 0.

    References
    ----------
    Zhong, H. and Prentice, R. L. (2008). Bias-reduced estimators and confidence intervals for odds ratios in
    genome-wide association studies. Biostatistics 9, 621-634. Its bias is measured in
    ``tests/quality/test_selected_effects.py``.

    Examples
    --------
    >>> round(unselected(0.2, 0.01, 0.06), 3), round(unselected(0.065, 0.01, 0.06), 3)
    (0.2, 0.049)
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
