"""The part that one thing has in a whole: a ratio of two means of the same rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from modelcheck.record.evidence import Estimate
from modelcheck.stats.design import Design, too_few
from modelcheck.stats.linearised import Linearised, interval, undefined

__all__ = ["linearised_share", "share", "share_interval", "widened_by"]

_FEWEST = 30


def linearised_share(part: NDArray[np.float64], whole: NDArray[np.float64], design: Design) -> Linearised | None:
    """Return the mean of `part` over the mean of `whole`, with what each row adds to it.

    Parameters
    ----------
    part, whole : ndarray of float64, shape (n_rows,)
        Of each row; `whole` is not negative.
    design : Design
        Of the rows.

    Returns
    -------
    Linearised or None
        None where the whole is 0 in every row.

    References
    ----------
    Cochran, W. G. (1977). Sampling Techniques, 3rd edition, section 6.2 (ratio estimates).

    Examples
    --------
    >>> found = linearised_share(np.array([1.0, 0.0]), np.array([1.0, 3.0]), Design())
    >>> found.value, found.influence.tolist()
    (0.25, [0.375, -0.375])
    """
    mean = design.mean(whole) if len(whole) else 0.0
    if mean <= 0.0:
        return None
    value = design.mean(part) / mean
    return Linearised(value=value, influence=(part - value * whole) / mean)


def share(
    part: NDArray[np.float64],
    whole: NDArray[np.float64],
    *,
    metric: str,
    confidence: float,
    design: Design | None = None,
) -> Estimate:
    """Return the share with an interval.

    Parameters
    ----------
    part, whole : ndarray of float64, shape (n_rows,)
        Of each row, ``0 <= part <= whole``.
    metric : str
        Name of the quantity.
    confidence : float
        Level of the equal-tailed interval.
    design : Design or None
        Of the rows; None: simple random rows.

    Returns
    -------
    Estimate
        On the logit scale; unproven with fewer than 30 rows. A share of exactly 0 or 1, which no row contradicts, has
        the limits of a rate of which none (or all) of the rows are an example.

    References
    ----------
    See `linearised_share`. Clopper, C. J. and Pearson, E. S. (1934). Biometrika 26, 404-413 (shares of 0 and 1).

    Examples
    --------
    >>> import numpy as np
    >>> found = share(np.arange(40.0), np.full(40, 100.0), metric="share", confidence=0.95)
    >>> round(found.value, 3), round(found.low, 3), round(found.high, 3)
    (0.195, 0.16, 0.235)
    """
    design = Design() if design is None else design
    found = linearised_share(part, whole, design)
    if found is None:
        return undefined(metric, confidence, "nothing moves, so there is no whole to have a share of", n=len(part))
    return share_interval(found, design, metric=metric, confidence=confidence)


def share_interval(found: Linearised, design: Design, *, metric: str, confidence: float) -> Estimate:
    """Return a linearised share with the interval of `share`.

    Parameters
    ----------
    found : Linearised
        A share in [0, 1].
    design : Design
        Of the same rows.
    metric : str
        Name of the quantity.
    confidence : float
        Level of the equal-tailed interval.
    """
    from modelcheck.stats.rates import rate_from_counts

    units = design.units(len(found.influence))
    if not 1e-12 < found.value < 1.0 - 1e-12:
        return rate_from_counts(0 if found.value < 0.5 else units, units, metric=metric, confidence=confidence)
    few = too_few(units, "row") if units < _FEWEST and design.cluster is None else ""
    return interval(
        found,
        design,
        metric=metric,
        confidence=confidence,
        transform="logit",
        method="ratio of means",
        unproven=few,
        n_needed=_FEWEST if few else None,
    )


def widened_by(found: Estimate, without: Sequence[float]) -> Estimate:
    """Return a share whose interval also covers what hangs on a second sample, such as the rows of a background.

    Parameters
    ----------
    found : Estimate
        Its interval is over the rows alone.
    without : sequence of float
        The same share without each of several equal parts of the second sample; fewer than two change nothing.

    Returns
    -------
    Estimate
        Both ways are independent, so that their half-widths add as squares.

    References
    ----------
    Efron, B. and Tibshirani, R. J. (1993). An Introduction to the Bootstrap, section 11.5 (jackknife over groups of
    observations).

    Examples
    --------
    >>> found = Estimate(metric="share", value=0.3, low=0.26, high=0.34, confidence=0.95, n=100, method="ratio")
    >>> wide = widened_by(found, [0.29, 0.30, 0.31, 0.30, 0.30])
    >>> round(wide.low, 3), round(wide.high, 3)
    (0.247, 0.353)
    """
    k = len(without)
    if k < 2 or found.value is None or found.low is None or found.high is None:
        return found
    from scipy.stats import t

    each = np.asarray(without, dtype=np.float64)
    error = float(np.sqrt((k - 1.0) / k * ((each - each.mean()) ** 2).sum()))
    if error <= 0.0:
        return found
    half = float(t.ppf(0.5 * (1.0 + found.confidence), k - 1)) * error
    low = found.value - float(np.hypot(found.value - found.low, half))
    high = found.value + float(np.hypot(found.high - found.value, half))
    method = f"{found.method}, with a jackknife over {k} parts of the background"
    return replace(found, low=max(low, 0.0), high=min(high, 1.0), method=method)
