"""What happened less what was promised, slice by slice."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from modelcheck.checks.columns import design_of
from modelcheck.record.evidence import Estimate
from modelcheck.scoring.rows import ScoredRows
from modelcheck.slices.beyond import Beyond
from modelcheck.stats.calibration.slope import log_odds, recalibration
from modelcheck.stats.dependence import correlation_within, expected_error
from modelcheck.stats.design import FEWEST_CLUSTERS, Design, student_quantile, too_few
from modelcheck.stats.holm import AtConfidence
from modelcheck.stats.rates import clopper_pearson

__all__ = ["Promised", "promised_rates"]

_METRIC = "calibration_residual"
_EXACT = "exact limits of the rate, less the mean promise"
_LINEARISED = "linearised, with at least the error expected of the promises"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Promised:
    """Promised probabilities after one recalibration of all rows, and what came of them.

    Attributes
    ----------
    outcome : ndarray of bool, shape (n_rows,)
        Two classes: positive rows. More: rows whose decision is right.
    promise : ndarray of float64, shape (n_rows,)
        Its probability, as recalibrated.
    rows : ScoredRows
        Scored by the candidate.
    """

    outcome: NDArray[np.bool_]
    promise: NDArray[np.float64]
    rows: ScoredRows

    def sums(self) -> NDArray[np.float64]:
        """Return what `goal` wants summed: the residual of each row and its variance, by weight."""
        residual, variance = self.outcome - self.promise, self.promise * (1.0 - self.promise)
        if self.rows.weight is None:
            return np.stack([residual, variance])
        weight = self.rows.weight / self.rows.weight.mean()
        return np.stack([residual * weight, variance * weight * weight])

    @staticmethod
    def goal(limit: float) -> Beyond:
        """Return the objective: standard errors beyond the limit, on either side."""
        return Beyond(limit=limit, sides=2)

    def sign(self, positions: NDArray[np.intp]) -> int:
        """Return 1 where more came than was promised, -1 where less did."""
        return 1 if self.residual(positions) >= 0.0 else -1

    def find(self, positions: NDArray[np.intp]) -> AtConfidence:
        """Return the size of the mean residual of some rows as a function of the level of its interval.

        Notes
        -----
        Independent rows: of all ways to deal out a mean promise, equal shares give the count of what came the heaviest
        tails beyond one either side of its mean, so the binomial limits of the rate hold for unequal promises too.

        Weights or clusters: the linearised standard error, but at least the one that the promises let one expect with
        the correlation that rows of one cluster have in the whole table. With outcomes that are the same in all rows of
        a cluster the linearised error alone gave a false finding in 4 of 10 searches (200 clusters of 10 rows).

        References
        ----------
        Hoeffding, W. (1956). On the distribution of the number of successes in independent trials. Annals of
        Mathematical Statistics 27, 713-721.
        """
        sign = self.sign(positions)
        outcome, promise = self.outcome[positions], self.promise[positions]
        design = design_of(self.rows).take(positions)
        n = len(positions)
        if not design.simple:
            residual = sign * (outcome - promise)
            mean = design.mean(residual)
            # A few clusters that all came out alike show no spread, which proves nothing.
            error = max(design.standard_error(residual - mean), self._expected_error(promise, design))
            units = design.units(n)
            doubt = too_few(units, "cluster") if design.cluster is not None and units < FEWEST_CLUSTERS else ""
            degrees = max(min(float(units), design.effective_units(n)) - 1.0, 1.0)

            def linearised(confidence: float) -> Estimate:
                reach = student_quantile(0.5 + confidence / 2.0, degrees) * error
                return Estimate(
                    metric=_METRIC,
                    value=mean,
                    low=max(mean - reach, -1.0),
                    high=min(mean + reach, 1.0),
                    confidence=confidence,
                    n=n,
                    clusters=None if design.cluster is None else units,
                    method=design.describe(_LINEARISED, units),
                    unproven=doubt,
                    n_needed=FEWEST_CLUSTERS if doubt else None,
                )

            return linearised
        hits, expected = int(np.count_nonzero(outcome)), float(promise.mean())

        def exact(confidence: float) -> Estimate:
            limits = sorted(sign * (end - expected) for end in clopper_pearson(hits, n, confidence))
            return Estimate(
                metric=_METRIC,
                value=sign * (hits / n - expected),
                low=limits[0],
                high=limits[1],
                confidence=confidence,
                n=n,
                method=_EXACT,
            )

        return exact

    def findable(self, n: int, *, limit: float, level: float) -> float:
        """Return the smallest mean residual that a slice of `n` rows would have shown with 80 % power, at most 1.

        Residuals are taken to be spread in the slice as they are everywhere.
        """
        from scipy.special import ndtri

        design = design_of(self.rows)
        share = design.effective_units(len(self.rows)) / len(self.rows)
        variance = design.mean((self.outcome - self.promise) ** 2)
        reach = float(-ndtri(level) + ndtri(0.8)) * float(np.sqrt(variance / (n * share)))
        return min(limit + reach, 1.0)

    def means(self, positions: NDArray[np.intp]) -> tuple[float, float]:
        """Return what came and what was promised, on some rows."""
        design = design_of(self.rows).take(positions)
        return design.mean(self.outcome[positions].astype(np.float64)), design.mean(self.promise[positions])

    def _expected_error(self, promise: NDArray[np.float64], design: Design) -> float:
        whole = design_of(self.rows)
        correlation = correlation_within(self.outcome - self.promise, _spread(self.promise), whole)
        return expected_error(_spread(promise) / design.total(np.ones(len(promise))), correlation, design)

    def residual(self, positions: NDArray[np.intp]) -> float:
        """Return the mean of outcome less promise, on some rows."""
        came, promised = self.means(positions)
        return came - promised


def _spread(promise: NDArray[np.float64]) -> NDArray[np.float64]:
    found: NDArray[np.float64] = np.sqrt(promise * (1.0 - promise))
    return found


def promised_rates(rows: ScoredRows) -> Promised | None:
    """Return promises and outcomes of a classification with probabilities.

    Parameters
    ----------
    rows : ScoredRows
        Scored by the candidate.

    Returns
    -------
    Promised or None
        Promises are put right for all rows together by Cox's line first: probabilities that are wrong everywhere are
        what ``performance.calibration`` is about, here it is what is left in a slice. None without probabilities, and
        where no finite line fits.
    """
    if rows.task == "regression" or rows.score is None or not rows.probabilistic or len(rows) == 0:
        return None
    if rows.score.ndim == 1:
        outcome, score = rows.target == 1, rows.score
    else:
        likeliest = np.argmax(rows.score, axis=1)
        outcome, score = likeliest == rows.target, rows.score[np.arange(len(rows)), likeliest]
    line = recalibration(outcome, score, confidence=0.95, design=design_of(rows))
    if line.slope.value is None or line.intercept.value is None:
        return None
    from scipy.special import expit

    promise = expit(line.intercept.value + line.slope.value * log_odds(score))
    return Promised(outcome=outcome, promise=np.asarray(promise), rows=rows)
