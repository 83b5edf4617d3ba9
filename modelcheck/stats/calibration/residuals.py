"""Whether a regression's errors are as large for high predictions as for low ones."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from modelcheck.record.evidence import Estimate
from modelcheck.stats.calibration.bins import Bins
from modelcheck.stats.design import Design, too_few
from modelcheck.stats.linearised import Linearised, interval, undefined

__all__ = ["BreuschPagan", "breusch_pagan", "spread_ratio"]

_FEWEST = 100
_RATIO = "residual_spread_ratio"


@dataclass(frozen=True, slots=True, kw_only=True)
class BreuschPagan:
    """The test's outcome.

    Attributes
    ----------
    lm : float or None
        Lagrange multiplier; chi-squared with one degree of freedom if the spread doesn't follow the prediction. None
        when predictions or squared residuals don't vary.
    p : float or None
        Its p-value.
    """

    lm: float | None
    p: float | None


def breusch_pagan(residual: NDArray[np.float64], prediction: NDArray[np.float64]) -> BreuschPagan:
    """Return Koenker's studentised Breusch-Pagan test of simple random rows.

    Parameters
    ----------
    residual, prediction : ndarray of float64, shape (n_rows,)
        Observed minus predicted, and predicted.

    Returns
    -------
    BreuschPagan
        n times the squared correlation of squared residual and prediction.

    References
    ----------
    Breusch, T. S. and Pagan, A. R. (1979). A simple test for heteroscedasticity and random coefficient variation.
    Econometrica 47, 1287-1294. Koenker, R. (1981). A note on studentizing a test for heteroscedasticity. Journal of
    Econometrics 17, 107-112. Tested against ``statsmodels.stats.diagnostic.het_breuschpagan``.

    Examples
    --------
    >>> x = np.linspace(1, 2, 100)
    >>> breusch_pagan(np.where(np.arange(100) % 2, x, -x), x).p < 1e-6
    True
    """
    from scipy.special import chdtrc

    n = len(residual)
    if n < 3:
        return BreuschPagan(lm=None, p=None)
    largest = float(np.max(np.abs(residual)))
    square: NDArray[np.float64] = np.square(residual / largest) if largest > 0.0 else np.zeros(n)
    square -= square.mean()
    across = prediction - prediction.mean()
    reach = float(np.max(np.abs(across)))
    across /= reach if reach > 0.0 else 1.0
    spread = float(square @ square) * float(across @ across)
    if not spread > 1e-24 * n * n:
        return BreuschPagan(lm=None, p=None)
    lm = n * float(square @ across) ** 2 / spread
    return BreuschPagan(lm=lm, p=float(chdtrc(1.0, lm)))


def spread_ratio(residual: NDArray[np.float64], fifths: Bins, *, confidence: float, design: Design) -> Estimate:
    """Return the root mean squared error of the highest predictions over that of the lowest.

    Parameters
    ----------
    residual : ndarray of float64, shape (n_rows,)
        Observed minus predicted.
    fifths : Bins
        Bins of the predictions; the last is compared with the first.
    confidence : float
        Level of the equal-tailed interval.
    design : Design
        Design of the rows.

    Returns
    -------
    Estimate
        Above 0; 1 is even. Interval on the log scale with linearised variance. `unproven` with fewer than 100 rows
        (clusters) at either end, measured for normal, Laplace and Student (7) errors. Without value where predictions
        are too much alike to be compared, or an end has no error.

    References
    ----------
    Goldfeld, S. M. and Quandt, R. E. (1965). Some tests for homoscedasticity. Journal of the American Statistical
    Association 60, 539-547 (comparing the two ends). Binder, D. A. (1983). International Statistical Review 51,
    279-292.

    Examples
    --------
    >>> from modelcheck.stats.calibration.bins import equal_mass_bins
    >>> x = np.linspace(1, 3, 500)
    >>> error = np.random.default_rng(0).normal(size=500) * x
    >>> found = spread_ratio(error, equal_mass_bins(x, most=5), confidence=0.95, design=Design())
    >>> 1.5 < found.low < found.value < found.high < 3.5
    True
    """
    last = len(fifths) - 1
    if last == 0:
        return undefined(_RATIO, confidence, "the predictions can't be cut into bins", n=len(residual), n_needed=None)
    square = np.square(residual)
    bottom, top = (float(part) for part in fifths.means(square, design)[[0, last]])
    if not (bottom > 0.0 and top > 0.0 and math.isfinite(top / bottom) and top / bottom > 0.0):
        return undefined(_RATIO, confidence, "one end of the predictions has no error", n=len(residual), n_needed=None)
    value = math.sqrt(top / bottom)
    share = fifths.shares(design)
    factor = np.zeros(len(fifths))
    factor[0], factor[last] = -0.5 * value / (bottom * share[0]), 0.5 * value / (top * share[last])
    level = np.zeros(len(fifths))
    level[0], level[last] = bottom, top
    square -= level[fifths.code]
    square *= factor[fifths.code]
    doubt, needed, fewest = "", None, math.inf
    for place, end in ((0, "of the lowest predictions"), (last, "of the highest predictions")):
        inside = fifths.code == place
        units = design.take(inside).units(int(fifths.rows[place]))
        fewest = min(fewest, units)
        if units < _FEWEST and not doubt:
            doubt, needed = too_few(units, "row" if design.cluster is None else "cluster", end), _FEWEST
    found = Linearised(value=value, influence=square, degrees=max(fewest - 1.0, 0.0))
    return interval(
        found,
        design,
        metric=_RATIO,
        confidence=confidence,
        transform="log",
        n=int(fifths.rows[0] + fifths.rows[last]),
        unproven=doubt,
        n_needed=needed,
    )
