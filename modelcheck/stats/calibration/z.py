"""Spiegelhalter's test of whether the squared errors are those that the promises imply."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from modelcheck.stats.design import Design

__all__ = ["Spiegelhalter", "spiegelhalter"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Spiegelhalter:
    """The test's outcome.

    Attributes
    ----------
    z : float or None
        Standard normal for a calibrated model; above 0 the errors are larger than promised. None when the promises are
        all 0, 0.5 or 1 (or there are too few clusters), which leaves nothing to test.
    p : float or None
        Two-sided p-value.
    method : str
        Where the standard error is from.
    """

    z: float | None
    p: float | None
    method: str


def spiegelhalter(outcome: NDArray[Any], score: NDArray[np.float64], *, design: Design | None = None) -> Spiegelhalter:
    """Test whether the Brier score is as large as it would be if the promises were true.

    Parameters
    ----------
    outcome : ndarray of bool, shape (n_rows,)
        What happened.
    score : ndarray of float64, shape (n_rows,)
        Probability of yes, in [0, 1].
    design : Design or None
        Design of the rows; None: simple random rows. With weights or clusters the variance is the design's own
        (linearised), and with clusters p is Student's.

    Returns
    -------
    Spiegelhalter

    References
    ----------
    Spiegelhalter, D. J. (1986). Probabilistic prediction in patient management and clinical trials. Statistics in
    Medicine 5, 421-433.

    Examples
    --------
    >>> outcome = np.arange(100) % 10 < 3
    >>> round(spiegelhalter(outcome, np.full(100, 0.2)).z, 2)
    2.5
    """
    from scipy.special import ndtr, stdtr

    design = Design() if design is None else design
    n = len(score)
    lean: NDArray[np.float64] = 1.0 - 2.0 * score
    excess: NDArray[np.float64] = np.subtract(outcome, score, dtype=np.float64)
    excess *= lean
    if design.simple:
        method, degrees = "variance promised by the model", math.inf
        np.square(lean, out=lean)
        lean *= score
        lean *= 1.0 - score
        error = math.sqrt(float(lean.sum())) / n if n else 0.0
    else:
        units = design.units(n)
        method = design.describe("linearised variance", units)
        degrees = math.inf if design.cluster is None else units - 1.0
        value = design.mean(excess) if n else 0.0
        error = design.standard_error(excess - value) if units > 1 and not design.doubt(units)[0] else 0.0
    if not (error > 0.0 and math.isfinite(error)):
        return Spiegelhalter(z=None, p=None, method=method)
    z = design.mean(excess) / error
    tail = ndtr(-abs(z)) if math.isinf(degrees) else stdtr(degrees, -abs(z))
    return Spiegelhalter(z=z, p=2.0 * float(tail), method=method)
