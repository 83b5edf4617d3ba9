"""What a change costs: flips, shifts, and growth of the loss, each paired by row."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from modelcheck.checks.columns import design_of
from modelcheck.checks.performance.weakness.matching import matched_decisions
from modelcheck.checks.robustness.sweep.asked import Answered, Sweep
from modelcheck.checks.spread import apart, spread_of
from modelcheck.perturb.outcomes import Outcomes
from modelcheck.record.evidence import Estimate
from modelcheck.scoring.rows import ScoredRows
from modelcheck.stats.holm import AtConfidence
from modelcheck.stats.linearised import undefined
from modelcheck.stats.losses import brier_losses
from modelcheck.stats.paired.changes import interval_of
from modelcheck.stats.paired.losses import compare_losses
from modelcheck.stats.paired.rates import discordance, share_difference

__all__ = ["KINDS", "Measures", "lesser"]

KINDS = {
    "errors": "share of wrong decisions",
    "brier": "Brier score",
    "squared": "squared error as a share of the target's variance",
}
_ROUNDING = 1e-9  # share of the spread under which two scores are one
_METRIC = {"errors": "error_growth", "brier": "brier_score_growth", "squared": "squared_error_growth"}


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Measures:
    """The sampled rows' truth, and what is measured against it.

    Attributes
    ----------
    rows : ScoredRows
        The sampled rows, in the sample's order, without features.
    spread : float
        Mean distance of two different rows' scores, on all rows.
    variance : float
        Of the target, on all rows; 1 for classes.
    kinds : tuple of str
        Which of `KINDS` a change may make worse.
    """

    rows: ScoredRows
    spread: float
    variance: float
    kinds: tuple[str, ...]

    @classmethod
    def of(cls, everyone: ScoredRows, sample: NDArray[np.intp]) -> Measures:
        """Take the sampled rows of all scored ones (both without features)."""
        if everyone.task == "regression":
            kinds: tuple[str, ...] = ("squared",)
            variance = float(np.var(everyone.target)) or 1.0
        else:
            variance = 1.0
            kinds = tuple(
                kind
                for kind, there in (
                    ("errors", everyone.decision is not None),
                    ("brier", everyone.score is not None and everyone.probabilistic),
                )
                if there
            )
        return cls(rows=everyone.take(sample), spread=spread_of(everyone), variance=variance, kinds=kinds)

    def moved(self, before: Outcomes, after: Outcomes) -> NDArray[np.float64]:
        """Return how far each row's output moved, 0 where by no more than rounding; in the unit of `spread`."""
        if before.score is not None and after.score is not None:
            distance = apart(before.score, after.score)
            scale = self.spread or float(np.abs(before.score).max(initial=0.0))
            distance[distance <= _ROUNDING * scale] = 0.0
            return distance
        if before.decision is None or after.decision is None:
            return np.zeros(len(before))
        return apart(before.decision, after.decision)

    def flipped(self, before: Outcomes, after: Outcomes) -> NDArray[np.bool_]:
        """Return which decisions differ; only where the score moved by more than rounding."""
        if before.decision is None or after.decision is None:
            return np.zeros(len(before), dtype=bool)
        flips: NDArray[np.bool_] = (before.decision != after.decision) & (self.moved(before, after) > 0.0)
        return flips

    def losses(self, kind: str, outcomes: Outcomes, rows: NDArray[np.intp]) -> NDArray[np.float64]:
        """Return the loss of each row.

        Parameters
        ----------
        kind : str
            One of `KINDS`.
        outcomes : Outcomes
            With an answer in every row.
        rows : ndarray of int
            Their places in the sample.

        Returns
        -------
        ndarray of float64
            Errors 0 or 1; Brier score in [0, 1] (several classes: half of the sum over classes); squared error over the
            variance of the target.
        """
        target = self.rows.target[rows]
        if kind == "errors":
            return np.not_equal(outcomes.decision, target).astype(np.float64)  # type: ignore[arg-type]
        score = outcomes.score
        if score is None:
            raise ValueError(f"{kind}: these answers have no scores.")
        if kind == "squared":
            return np.asarray((score - target) ** 2 / self.variance, dtype=np.float64)
        found = brier_losses(target, score)
        return found if score.ndim == 1 else 0.5 * found

    def growth(self, kind: str, sweep: Sweep, one: Answered) -> AtConfidence:
        """Return the mean growth of the loss by a change, as a function of the confidence.

        Parameters
        ----------
        kind : str
            One of `KINDS`.
        sweep : Sweep
            With the answers to the rows as they are.
        one : Answered
            From `Sweep.sound`.
        """
        before = self.losses(kind, sweep.before.take(one.rows), one.rows)
        return self.more(kind, self.losses(kind, one.after, one.rows), before, one.rows)

    def more(
        self, kind: str, ours: NDArray[np.float64], theirs: NDArray[np.float64], rows: NDArray[np.intp]
    ) -> AtConfidence:
        """Return by how much one loss is larger than the other in the mean, as a function of the confidence.

        Parameters
        ----------
        kind : str
            One of `KINDS`.
        ours, theirs : ndarray of float64, shape (n_rows,)
            Losses of the same rows.
        rows : ndarray of int
            Their places in the sample.
        """
        design = design_of(self.rows).take(rows)
        metric = _METRIC[kind]
        if kind == "errors":
            found = discordance(theirs == 0.0, ours == 0.0, design)
            return lambda confidence: share_difference(found, metric=metric, confidence=confidence)
        bound = 1.0 if kind == "brier" else math.inf
        changes = compare_losses(theirs.copy(), ours.copy(), design=design, bound=bound)
        if changes is None:
            return lambda confidence: undefined(metric, confidence, "there are no rows")
        return lambda confidence: interval_of(changes, metric=metric, confidence=confidence)

    def rival_losses(
        self, kind: str, score: NDArray[np.float64], rows: NDArray[np.intp], sweep: Sweep
    ) -> NDArray[np.float64] | None:
        """Return what another model loses, given its scores; None where the candidate gives no decisions to match."""
        decision = None
        if kind == "errors":
            own = sweep.before.take(rows).decision
            if own is None:
                return None
            decision = matched_decisions(score, own, weight=None)
        answers = Outcomes(state=np.zeros(len(score), dtype=np.int8), score=score, decision=decision, messages={})
        return self.losses(kind, answers, rows)


def lesser(first: AtConfidence, second: AtConfidence) -> AtConfidence:
    """Return the smaller of two quantities: proved to exceed a limit only where both are.

    References
    ----------
    Berger, R. L. (1982). Multiparameter hypothesis testing and acceptance sampling. Technometrics 24, 295-300 (the
    intersection-union test needs no correction).
    """

    def at(confidence: float) -> Estimate:
        a, b = first(confidence), second(confidence)
        if a.value is None or b.value is None:
            return a if a.value is None else b
        shown = a if a.value <= b.value else b
        doubtful = a if a.unproven else b
        return replace(
            shown,
            low=_least(a.low, b.low),
            high=_least(a.high, b.high),
            unproven=doubtful.unproven,
            n_needed=doubtful.n_needed,
        )

    return at


def _least(first: float | None, second: float | None) -> float | None:
    return None if first is None or second is None else min(first, second)
