"""What one way of deciding gains over another on the same rows."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from modelcheck.record.evidence import Estimate
from modelcheck.stats.decisions import row_benefits
from modelcheck.stats.design import Design
from modelcheck.stats.linearised import Linearised, undefined
from modelcheck.stats.paired.changes import Changes, gather, interval_of
from modelcheck.stats.paired.largest import heaviest_unit

__all__ = ["gain_over_alike", "mean_gain"]

_METRIC = "net_benefit_gain"


def mean_gain(
    gains: NDArray[np.float64], *, largest: float, metric: str, confidence: float, design: Design | None = None
) -> Estimate:
    """Return the mean of what each row gains where one way of deciding takes the place of another.

    Parameters
    ----------
    gains : ndarray of float64, shape (n_rows,)
        0 where both decide alike.
    largest : float
        The most that one row can gain or lose, above 0.
    metric : str
        Name of the mean.
    confidence : float
        Level of the equal-tailed interval.
    design : Design or None
        Design of the rows; None: simple random rows.

    Returns
    -------
    Estimate
        As `modelcheck.stats.paired.changes.interval_of`: an interval with width even where no row is decided otherwise.

    Examples
    --------
    >>> found = mean_gain(np.repeat([1.0, -1.0, 0.0], [30, 10, 960]), largest=1.0, metric="gain", confidence=0.95)
    >>> round(found.value, 3), round(found.low, 4), round(found.high, 4)
    (0.02, 0.0074, 0.034)
    """
    design = Design() if design is None else design
    if not len(gains):
        return undefined(metric, confidence, "there are no rows")
    return interval_of(_gathered(gains.copy(), largest, design), metric=metric, confidence=confidence)


def gain_over_alike(
    positive: NDArray[np.bool_],
    decided: NDArray[np.bool_],
    threshold: float,
    *,
    confidence: float,
    design: Design | None = None,
) -> Estimate:
    """Return the net benefit of decisions less that of the better of treating all and treating none.

    Parameters
    ----------
    positive, decided : ndarray of bool, shape (n_rows,)
        Which rows are positive, and which are decided positive.
    threshold : float
        Threshold probability, in [0, 1).
    confidence : float
        Level of the equal-tailed interval.
    design : Design or None
        Design of the rows; None: simple random rows.

    Returns
    -------
    Estimate
        In true positives a row. The smaller of two paired differences; its lower limit is the smaller of their lower
        limits (both must be exceeded), its upper limit the smaller of their upper limits at half the error each (one
        suffices, so the two share it).

    References
    ----------
    Vickers, A. J. and Elkin, E. B. (2006). Medical Decision Making 26, 565-574 (the quantity). Berger, R. L. (1982).
    Multiparameter hypothesis testing and acceptance sampling. Technometrics 24, 295-300 (the lower limit:
    intersection-union).

    Examples
    --------
    >>> positive = np.arange(200) % 4 == 0
    >>> found = gain_over_alike(positive, np.arange(200) % 8 < 2, 0.25, confidence=0.95)
    >>> round(found.value, 3)
    0.083
    """
    design = Design() if design is None else design
    if not len(positive):
        return undefined(_METRIC, confidence, "there are no rows")
    worth = row_benefits(positive, threshold)
    largest = max(1.0, threshold / (1.0 - threshold))
    over_none = _gathered(np.where(decided, worth, 0.0), largest, design)
    np.negative(worth, out=worth)
    worth[decided] = 0.0
    both = over_none, _gathered(worth, largest, design)
    stricter = 1.0 - (1.0 - confidence) / 2.0
    found = [interval_of(one, metric=_METRIC, confidence=confidence) for one in both]
    shared = [interval_of(one, metric=_METRIC, confidence=stricter) for one in both]
    smaller = found[int(both[1].value < both[0].value)]
    return replace(
        smaller,
        low=min((one.low for one in found if one.low is not None), default=None),
        high=min((one.high for one in shared if one.high is not None), default=None),
        method=f"{smaller.method}, the smaller of the gains over treating all and treating none",
    )


def _gathered(gains: NDArray[np.float64], largest: float, design: Design) -> Changes:
    """Sum up gains, which are overwritten.

    The largest step is the largest possible one: many cheap changes say nothing of a rare expensive one.
    """
    value = design.mean(gains)
    gains -= value
    step = (largest + abs(value)) * heaviest_unit(design, len(gains))
    return gather(Linearised(value=value, influence=gains), design, largest=step, bound=largest)
