"""The smallest drop that the rows of a comparison would show."""

from __future__ import annotations

from typing import cast

import numpy as np

from modelcheck.checks.columns import decisions_of, design_of, scores_of
from modelcheck.checks.performance.catalogue import METRICS
from modelcheck.checks.performance.comparison.discordant import shares_of
from modelcheck.record.evidence import Estimate
from modelcheck.scoring.rows import ScoredRows
from modelcheck.stats.losses import log_losses
from modelcheck.stats.paired.decisions import step_of_decisions
from modelcheck.stats.paired.losses import step_of_errors
from modelcheck.stats.paired.ranks import RankingName, compared_classes, step_of_ranks
from modelcheck.stats.power import half_width, smallest_drop, standard_error

__all__ = ["findable_drop", "shown_as_broken"]

_BRIER = {1: 1.0, 2: 2.0}  # largest squared error, by the number of axes of the scores


def findable_drop(
    name: str, candidate: ScoredRows, baseline: ScoredRows, found: Estimate, margin: float
) -> float | None:
    """Return the smallest true drop that these rows would show broken beyond a margin with 80 % power.

    Parameters
    ----------
    name, candidate, baseline
        As for `paired`.
    found : Estimate
        From `paired`.
    margin : float
        How much worse the candidate may be, at least 0.

    Returns
    -------
    float or None
        From `modelcheck.stats.power.smallest_drop`, the margin included, at the confidence of `found`. None where
        `found` is unproven, where the drop would exceed the metric's own scale, and for the median absolute error,
        which no row moves by a step of its own.

    Notes
    -----
    The drop is thought to consist of losses alone, on top of the changes that there are, in steps as large as one row
    could take: right to wrong, first to last of its class, the largest error or loss seen. Such a drop was found in 82
    to 100 % of samples (two classes and values, mostly 2,000 rows; several classes, weights and clusters were not
    measured). It is no promise for every drop of that size. Where decisions are reversed both ways, more for the worse
    than for the better, the rows that are gained add spread too, and a drop as large was found in 19 to 40 % (accuracy,
    F1, precision, balanced accuracy); of rankings, losses and errors under noise in 84 to 100 %. Errors larger than
    any seen can leave R2 and RMSE unproven, and a drop made of them was found in 21 to 56 %.
    ``tests/quality/test_regression_rates.py`` holds accuracy and ROC AUC to the 80 %, for losses alone.
    """
    known = _step(name, candidate, baseline)
    return None if known is None else shown_as_broken(found, margin, *known)


def shown_as_broken(found: Estimate, margin: float, step: float, most: float) -> float | None:
    """Return the smallest true drop that would be shown broken beyond `margin`, for `findable_drop`.

    Parameters
    ----------
    found : Estimate
        The difference.
    margin : float
        How much worse the candidate may be.
    step : float
        How much of the drop one row brings.
    most : float
        The largest drop that makes sense.

    Returns
    -------
    float or None
    """
    widths = [half_width(found, "low"), half_width(found, "high")]
    known = [width for width in widths if width is not None]
    if found.unproven or not known:
        return None
    error = standard_error(max(known), found.confidence)
    drop = smallest_drop(error, step, margin=margin, confidence=found.confidence)
    return drop if drop <= most else None


def _step(name: str, candidate: ScoredRows, baseline: ScoredRows) -> tuple[float, float] | None:
    """Return how much of a drop one row can bring, and the largest drop that makes sense."""
    target, design, needs, n = candidate.target, design_of(candidate), METRICS[name].needs, len(candidate)
    if n == 0:
        return None
    if needs == "decision":
        if name in shares_of(candidate):
            code = shares_of(candidate)[name]
            rows = None if code is None else target == code
            inside = n if rows is None else int(np.count_nonzero(rows))
            return (1.0 / design.take(rows).effective_units(inside), 1.0) if inside else None
        decided, classes = (decisions_of(candidate), decisions_of(baseline)), len(candidate.classes)
        step = step_of_decisions(name, target, *decided, classes, design=design)
        return None if step is None else (step, 1.0)
    if needs == "score":
        ranked = cast(RankingName, name)
        several = candidate.task == "multiclass"
        counted = compared_classes(ranked, target, len(candidate.classes), design) if several else [1]
        known = len(counted) > 1 if several else 0 < np.count_nonzero(target == 1) < n
        return (step_of_ranks(ranked, target, counted, design), 1.0) if known else None
    ours, theirs = scores_of(candidate), scores_of(baseline)
    if name == "median_absolute_error":
        return None
    if needs == "value":
        return step_of_errors(name, target, ours, theirs, design=design)
    # Squared errors of probabilities have a largest one; the logarithm's largest is that of the worst answer seen.
    most = _BRIER[ours.ndim]
    if name == "log_loss":
        most = max(float(log_losses(target, score).max()) for score in (ours, theirs))
    return most / design.effective_units(n), most
