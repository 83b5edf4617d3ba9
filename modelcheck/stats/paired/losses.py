"""Errors of two models on the same rows: paired differences of mean losses, of RMSE, of R2 and of median errors."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from modelcheck.stats import regression
from modelcheck.stats.design import Design, too_few
from modelcheck.stats.linearised import Linearised
from modelcheck.stats.means import FEWEST_UNITS
from modelcheck.stats.paired.changes import Changes, gather, subtract
from modelcheck.stats.paired.largest import FEWEST_CHANGED, largest_change
from modelcheck.stats.quantiles import linearise_median

__all__ = ["compare_errors", "compare_losses", "step_of_errors"]

_SAME = 1e-9
_TIED = 0.2
_Values = NDArray[np.float64]


def compare_losses(
    ours: _Values, theirs: _Values, *, design: Design | None = None, bound: float = math.inf
) -> Changes | None:
    """Compare the mean losses of two models on the same rows.

    Parameters
    ----------
    ours, theirs : ndarray of float64, shape (n_rows,)
        Losses of the first and of the second model, at least 0. `theirs` is overwritten.
    design : Design or None
        Design of the rows; None: simple random rows.
    bound : float
        The largest loss there can be.

    Returns
    -------
    Changes or None
        Mean of `theirs` less `ours`: above 0 when the first model is better. None without rows. A row can add as much
        as the largest difference seen or, where fewer than 10 rows (clusters) differ, the largest loss seen. A doubt
        under 30 rows, and under 10 times the squared skewness of the differences.

    Examples
    --------
    >>> import numpy as np
    >>> from modelcheck.stats.paired.changes import interval_of
    >>> losses = np.linspace(0.0, 1.0, 1001) ** 2
    >>> same = compare_losses(losses, losses.copy())
    >>> round(interval_of(same, metric="brier_score_difference", confidence=0.95).high, 4)
    0.0037
    """
    design = Design() if design is None else design
    if len(ours) == 0:
        return None
    most = max(float(ours.max()), float(theirs.max()))
    step = np.subtract(theirs, ours, out=theirs)
    changed = np.abs(step) > _SAME * most
    value = design.mean(step)
    step -= value
    return _gathered(Linearised(value=value, influence=step), changed, most, design, "", bound)


def compare_errors(
    name: str, target: _Values, first: _Values, second: _Values, *, design: Design | None = None
) -> Changes | None:
    """Compare a metric of predicted values of two models on the same rows.

    Parameters
    ----------
    name : str
        ``root_mean_squared_error``, ``mean_absolute_error``, ``median_absolute_error`` or ``r2``.
    target, first, second : ndarray of float64, shape (n_rows,)
        Observed values and both models' predictions.
    design : Design or None
        Design of the rows; None: simple random rows.

    Returns
    -------
    Changes or None
        Above 0 when the first model is better. None when the metric has no value. Doubts as for `compare_losses`.

    Notes
    -----
    Errors of the root and of R2 are linearised; a row can add as much as a row that is off by the largest error
    seen. The median is linearised with the density of errors at the median by Hall and Sheather's rule. Rounded data
    let it move in steps only: where more than one row and more than .2 / sqrt(n) of them share the median error of a
    side the difference is a doubt (at .3 / sqrt(n) up to 4.8 % of samples miss in a tail of 2.5 %, at .6 / sqrt(n) up
    to 12 %).

    Gross errors that hit fewer than about 1 row in n / 3.7 may be in none of the rows (in more than 2.5 % of samples;
    n / 5.8 for the .3 % of a 99.4 % interval). Where fewer than 10 rows changed the interval allows for one. Behind
    general jitter it does not, since what did change looks harmless, and R2 and RMSE can pass a model that breaks its
    margin on such rows alone. With errors of 15 standard deviations in .5 % of 500 rows R2 passes in 2.0 % of samples
    (.4 % at 99.4 %) and RMSE in 5.8 % (3.2 %); 91 % are unproven, being skewed.

    Measured in ``tests/quality`` for normal and Student (6) errors. Errors with gross outliers hide their size: with
    lognormal ones (sd of the log .8, correlation .9, the first model worse by 20 to 30 %) the lower limit of R2 at
    95 % lies too high in 3.3 % of samples at 1,000 rows, 4.2 % at 200 and 8.5 % at 60 (that of RMSE in 1.3, 1.1 and
    4.1 %), most others being unproven.

    References
    ----------
    Binder (1983), International Statistical Review 51, 279-292. Hall, P. and Sheather, S. J. (1988), On the
    distribution of a Studentized quantile, Journal of the Royal Statistical Society B 50, 381-391.

    Examples
    --------
    >>> import numpy as np
    >>> y = np.arange(50.0)
    >>> found = compare_errors("mean_absolute_error", y, y + 1.0, y + np.tile([1.0, -3.0], 25))
    >>> found.value
    1.0
    """
    design = Design() if design is None else design
    if len(target) == 0:
        return None
    if name in ("mean_absolute_error", "median_absolute_error"):
        ours, theirs = np.abs(first - target), np.abs(second - target)
        if name == "mean_absolute_error":
            return compare_losses(ours, theirs, design=design)
        changed = np.abs(theirs - ours) > _SAME * max(float(ours.max()), float(theirs.max()))
        middles = [linearise_median(errors, design=design) for errors in (ours, theirs)]
        # A row that crosses the median moves it by twice what it adds on either side.
        possible = 2.0 * max(float(np.abs(side.influence).max()) for side in middles)
        tied = max(_tied(errors, side.value, design) for errors, side in zip((ours, theirs), middles, strict=True))
        return _gathered(
            subtract(middles[0], middles[1], sign=-1),
            changed,
            possible,
            design,
            "medians by Hall and Sheather's density, ",
            math.inf,
            bounded=True,
            doubt=f"{tied:,} rows share the median error, a step too coarse for this interval" if tied else "",
        )
    a, b = (regression.linearise(name, target, prediction, design=design) for prediction in (first, second))
    if a is None or b is None:
        return None
    most = _largest_error(target, first, second)
    changed = np.abs(first - second) > _SAME * most
    if name == "r2":
        possible = most * most / _spread(target, design)
    else:
        root = max(a.value, b.value)
        possible = most * most / (2.0 * root) if root > 0.0 else 0.0
    difference = subtract(a, b, sign=1 if name == "r2" else -1)
    return _gathered(difference, changed, possible, design, "linearised, ", math.inf)


def step_of_errors(
    name: str, target: _Values, first: _Values, second: _Values, *, design: Design | None = None
) -> tuple[float, float] | None:
    """Return how much of a metric one row takes with it that comes to be off by the largest error seen.

    Parameters
    ----------
    name, target, first, second, design
        As for `compare_errors`, but not ``median_absolute_error``, which moves with the number of rows that cross it
        and not with the size of their errors.

    Returns
    -------
    (step, most) or None
        The step is the row's share of the drop, over the effective number of rows: the cautious one for
        `modelcheck.stats.power.smallest_drop`. `most` is the largest drop that makes sense: 1 for R2, else
        the largest error seen. None when the metric has no value.

    Notes
    -----
    The worst that either model is known to do to a row is the largest error seen; errors larger than that make a drop
    harder to find than the step says.

    Examples
    --------
    >>> y = np.arange(100.0)
    >>> step_of_errors("mean_absolute_error", y, y + 2.0, y + 1.0)
    (0.02, 2.0)
    """
    design = Design() if design is None else design
    if len(target) == 0:
        return None
    counted, most = design.effective_units(len(target)), _largest_error(target, first, second)
    if name == "mean_absolute_error":
        return most / counted, most
    if name == "r2":
        spread = _spread(target, design)
        return (most * most / spread / counted, 1.0) if spread > 0.0 else None
    root = math.sqrt(max(design.mean((side - target) ** 2) for side in (first, second)))
    return (most * most / (2.0 * root) / counted if root > 0.0 else 0.0), most


def _tied(errors: _Values, median: float, design: Design) -> int:
    """Return how many rows share the median error, where they are so many that it moves in coarse steps; else 0."""
    same = _SAME * float(errors.max())
    # Between two steps the median is the mean of both, and nobody's error.
    middle = float(errors[errors <= median + same].max())
    here = np.abs(errors - middle) <= same
    tied = int(np.count_nonzero(here))
    coarse = design.mean(here) > _TIED / math.sqrt(design.effective_units(len(errors)))
    return tied if tied > 1 and coarse else 0


def _largest_error(target: _Values, first: _Values, second: _Values) -> float:
    return max(float(np.abs(prediction - target).max()) for prediction in (first, second))


def _spread(target: _Values, design: Design) -> float:
    return design.mean((target - design.mean(target)) ** 2)


def _gathered(
    difference: Linearised,
    changed: NDArray[np.bool_],
    possible: float,
    design: Design,
    statistic: str,
    bound: float,
    *,
    bounded: bool = False,
    doubt: str = "",
) -> Changes:
    rows = len(changed)
    units = design.units(rows)
    needed = None
    if units < FEWEST_UNITS and design.cluster is None:
        doubt, needed = too_few(units, "row"), FEWEST_UNITS
    enough = design.take(changed).units(int(np.count_nonzero(changed))) >= FEWEST_CHANGED
    return gather(
        difference,
        design,
        largest=largest_change(difference.influence, changed, design, possible=possible),
        statistic=statistic,
        bound=bound,
        unproven=doubt,
        n_needed=needed,
        skewed=enough and not bounded,
    )
