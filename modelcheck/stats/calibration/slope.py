"""Cox's recalibration: the straight line between promised and observed log odds."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from modelcheck.record.evidence import Estimate
from modelcheck.stats.design import Design, too_few
from modelcheck.stats.linearised import Linearised, interval, undefined

__all__ = ["FEWEST_OF_A_CLASS", "Recalibration", "log_odds", "recalibration"]

FEWEST_OF_A_CLASS = 20
_EDGE = 1e-6
_BLOCK = 1 << 15
_FIRST_LOOK = 20_000
_MOST_STEPS = 60
_NEAR = 1e-10
_SEPARATED = "the scores separate the outcomes, so no finite line fits best"


@dataclass(frozen=True, slots=True, kw_only=True)
class Recalibration:
    """The line ``logit(rate) = intercept + slope logit(promise)``.

    Attributes
    ----------
    slope : Estimate
        1 is calibrated; below 1 the promises are too extreme, above 1 too timid.
    intercept : Estimate
        0 is calibrated, given the slope.
    at_edge : int
        Rows whose promise was moved to 1e-6 or 1 - 1e-6, for its log odds to be finite.
    """

    slope: Estimate
    intercept: Estimate
    at_edge: int


def recalibration(
    outcome: NDArray[Any], score: NDArray[np.float64], *, confidence: float, design: Design | None = None
) -> Recalibration:
    """Fit a logistic regression of the outcome on the log odds that were promised.

    Parameters
    ----------
    outcome : ndarray of bool, shape (n_rows,)
        What happened.
    score : ndarray of float64, shape (n_rows,)
        Probability of yes, in [0, 1].
    confidence : float
        Level of the equal-tailed intervals.
    design : Design or None
        Design of the rows; None: simple random rows.

    Returns
    -------
    Recalibration
        Maximum likelihood by Newton's method; intervals from linearised (sandwich) variances, which hold for any curve
        of truth, not only for a line. Without value where no finite line fits best: one outcome only, one score
        only, or scores that separate the outcomes. `unproven` with fewer than 20 rows (clusters) of either outcome.

    References
    ----------
    Cox, D. R. (1958). Two further applications of a model for binary regression. Biometrika 45, 562-565. White, H.
    (1982). Maximum likelihood estimation of misspecified models. Econometrica 50, 1-25.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> z = rng.normal(size=20_000)
    >>> outcome = rng.random(20_000) < 1 / (1 + np.exp(-z))
    >>> found = recalibration(outcome, 1 / (1 + np.exp(-2 * z)), confidence=0.95)
    >>> found.slope.low < 0.5 < found.slope.high, found.intercept.low < 0 < found.intercept.high
    (True, True)
    """
    from scipy.special import expit

    design = Design() if design is None else design
    n = len(score)
    at_edge = int(np.count_nonzero((score < _EDGE) | (score > 1.0 - _EDGE)))
    yes = int(np.count_nonzero(outcome))
    if n == 0 or yes in (0, n):
        reason = "there are no rows" if n == 0 else "there is one outcome only"
        return _none(reason, confidence, n, at_edge)
    x = log_odds(score)
    if float(x.min()) == float(x.max()):
        return _none("all scores are equal", confidence, n, at_edge)
    line = np.array([0.0, 1.0])
    if n > 4 * _FIRST_LOOK:
        # A first look at evenly spaced rows saves most of the steps over all of them.
        few = slice(None, None, n // _FIRST_LOOK)
        first = _fit(outcome[few], x[few], None if design.weight is None else design.weight[few], line)
        line = line if first is None else first[0]
    fitted = _fit(outcome, x, design.weight, line)
    if fitted is None:
        return _none(_SEPARATED, confidence, n, at_edge)
    line, bread = fitted
    # The log odds become the influence on the slope, in place.
    steps = np.empty(n)
    for start, stop in _blocks(n):
        here = x[start:stop].copy()
        deviation = outcome[start:stop] - expit(line[0] + line[1] * here)
        steps[start:stop] = deviation * (bread[0, 0] + bread[0, 1] * here)
        x[start:stop] = deviation * (bread[1, 0] + bread[1, 1] * here)
    slope = _told(line[1], x, "calibration_slope", outcome, design, confidence)
    intercept = _told(line[0], steps, "calibration_intercept", outcome, design, confidence)
    return Recalibration(slope=slope, intercept=intercept, at_edge=at_edge)


def log_odds(score: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return ``log(p / (1 - p))`` of probabilities moved into [1e-6, 1 - 1e-6], shape (n_rows,).

    Examples
    --------
    >>> log_odds(np.array([0.5, 1.0])).round(2).tolist()
    [0.0, 13.82]
    """
    from scipy.special import logit

    inside = np.clip(score, _EDGE, 1.0 - _EDGE, dtype=np.float64)
    found: NDArray[np.float64] = logit(inside, out=inside)
    return found


def _blocks(n: int) -> Iterator[tuple[int, int]]:
    return ((start, min(start + _BLOCK, n)) for start in range(0, n, _BLOCK))


def _sums(
    outcome: NDArray[Any], x: NDArray[np.float64], weight: NDArray[np.float64] | None, line: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Mean gradient and mean information of the log likelihood at a line."""
    from scipy.special import expit

    gradient, information, mass = np.zeros(2), np.zeros(3), 0.0
    for start, stop in _blocks(len(x)):
        here, heavy = x[start:stop], None if weight is None else weight[start:stop]
        fitted = expit(line[0] + line[1] * here)
        deviation, spread = outcome[start:stop] - fitted, fitted * (1.0 - fitted)
        if heavy is not None:
            deviation *= heavy
            spread *= heavy
        mass += float(stop - start if heavy is None else heavy.sum())
        across = spread * here
        gradient += deviation.sum(), float(np.dot(deviation, here))
        information += spread.sum(), across.sum(), float(np.dot(across, here))
    mean: NDArray[np.float64] = information[[0, 1, 1, 2]].reshape(2, 2) / mass
    return gradient / mass, mean


def _fit(
    outcome: NDArray[Any], x: NDArray[np.float64], weight: NDArray[np.float64] | None, line: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]] | None:
    """Return the best line and the inverse information there; None where there is no finite one."""
    gradient, information = _sums(outcome, x, weight, line)
    scale = float(np.max(np.abs(x)))
    for _ in range(_MOST_STEPS):
        determinant = float(np.linalg.det(information))
        if not determinant > 1e-14 * scale * scale * max(float(information[0, 0]) ** 2, 1e-12):
            return None
        inverse: NDArray[np.float64] = np.linalg.inv(information).astype(np.float64, copy=False)
        step = inverse @ gradient
        gain = float(step @ gradient)
        if gain < _NEAR**2:
            return line, inverse
        # A step that climbs over the top and as far down again would swing for ever: it is halved.
        for _ in range(_MOST_STEPS):
            ahead, curved = _sums(outcome, x, weight, line + step)
            if float(ahead @ step) >= -0.5 * gain:
                break
            step, gain = step / 2.0, gain / 2.0
        line, gradient, information = line + step, ahead, curved
    return None


def _told(
    value: float, influence: NDArray[np.float64], metric: str, outcome: NDArray[Any], design: Design, confidence: float
) -> Estimate:
    doubt, needed = "", None
    happened = outcome.astype(bool)
    for what, chosen in (("with the outcome", happened), ("without the outcome", ~happened)):
        units = design.take(chosen).units(int(np.count_nonzero(chosen)))
        if units < FEWEST_OF_A_CLASS and not doubt:
            doubt = too_few(units, "row" if design.cluster is None else "cluster", what)
            needed = FEWEST_OF_A_CLASS
    return interval(
        Linearised(value=float(value), influence=influence),
        design,
        metric=metric,
        confidence=confidence,
        method="logistic regression, sandwich variance",
        unproven=doubt,
        n_needed=needed,
    )


def _none(reason: str, confidence: float, n: int, at_edge: int) -> Recalibration:
    slope, intercept = (
        undefined(metric, confidence, reason, n=n, n_needed=None)
        for metric in ("calibration_slope", "calibration_intercept")
    )
    return Recalibration(slope=slope, intercept=intercept, at_edge=at_edge)
