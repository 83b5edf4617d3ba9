"""The Brier score in parts: what calibration costs, what telling rows apart earns."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from modelcheck.stats.calibration.bins import Bins
from modelcheck.stats.design import Design

__all__ = ["BrierParts", "brier_parts"]


@dataclass(frozen=True, slots=True, kw_only=True)
class BrierParts:
    """Parts of the Brier score over bins; all in squared probability.

    Attributes
    ----------
    reliability : float
        Mean squared gap between promise and outcome in the bins: 0 is best; above 0 by chance alone.
    resolution : float
        Spread of the outcome's rate between bins: the more, the better.
    uncertainty : float
        Spread of the outcome itself, which no model changes.
    within_variance : float
        Spread of the promises within bins.
    within_covariance : float
        Twice the covariance of promise and outcome within bins.
    """

    reliability: float
    resolution: float
    uncertainty: float
    within_variance: float
    within_covariance: float

    @property
    def brier_score(self) -> float:
        """The sum of the parts: the Brier score itself, exactly."""
        between = self.reliability - self.resolution + self.uncertainty
        return between + self.within_variance - self.within_covariance


def brier_parts(outcome: NDArray[Any], score: NDArray[np.float64], bins: Bins, *, design: Design) -> BrierParts:
    """Split the Brier score into Murphy's parts and what the bins hide.

    Parameters
    ----------
    outcome : ndarray of bool, shape (n_rows,)
        What happened; at least one row.
    score : ndarray of float64, shape (n_rows,)
        Probability of yes.
    bins : Bins
        Bins of the same rows.
    design : Design
        Design of the rows; only weights matter here.

    Returns
    -------
    BrierParts

    References
    ----------
    Murphy, A. H. (1973). A new vector partition of the probability score. Journal of Applied Meteorology 12, 595-600.
    Stephenson, D. B., Coelho, C. A. S. and Jolliffe, I. T. (2008). Two extra components in the Brier score
    decomposition. Weather and Forecasting 23, 752-757.

    Examples
    --------
    >>> from modelcheck.stats.calibration.bins import equal_mass_bins
    >>> score = np.repeat([0.25, 0.75], 50)
    >>> outcome = np.arange(100) % 2 == 0
    >>> found = brier_parts(outcome, score, equal_mass_bins(score), design=Design())
    >>> found.reliability, found.resolution, found.uncertainty, found.brier_score
    (0.0625, 0.0, 0.25, 0.3125)
    """
    share, rate, promise = bins.shares(design), bins.means(outcome, design), bins.means(score, design)
    base = float(share @ rate)
    around = score - promise[bins.code]
    shared = share @ (bins.means(around * outcome, design) - bins.means(around, design) * rate)
    np.square(around, out=around)
    return BrierParts(
        reliability=float(share @ (promise - rate) ** 2),
        resolution=float(share @ (rate - base) ** 2),
        uncertainty=base * (1.0 - base),
        within_variance=float(share @ bins.means(around, design)),
        within_covariance=2.0 * float(shared),
    )
