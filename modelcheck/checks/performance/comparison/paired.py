"""Candidate against baseline on the same rows: the paired difference of any metric."""

from __future__ import annotations

from dataclasses import replace
from typing import cast

import numpy as np

from modelcheck.checks.columns import decisions_of, design_of, scores_of
from modelcheck.checks.performance.catalogue import METRICS, estimate, unusable
from modelcheck.checks.performance.comparison.alike import alike, ranked_by_decisions
from modelcheck.checks.performance.comparison.discordant import discordant_pairs
from modelcheck.checks.words import count, short
from modelcheck.record.evidence import Estimate
from modelcheck.scoring.rows import ScoredRows
from modelcheck.stats.average_precision import average_precision_macro
from modelcheck.stats.holm import AtConfidence
from modelcheck.stats.linearised import undefined
from modelcheck.stats.losses import brier_losses, log_losses
from modelcheck.stats.paired.auc import compare_rankings, ranking_difference
from modelcheck.stats.paired.changes import Changes, interval_of
from modelcheck.stats.paired.decisions import compare_decisions
from modelcheck.stats.paired.losses import compare_errors, compare_losses
from modelcheck.stats.paired.ranks import RankingName, compared_classes
from modelcheck.stats.paired.rates import share_difference
from modelcheck.stats.ranking import roc_auc_ovr

__all__ = [
    "comparison",
    "incomparable",
    "paired",
    "sides",
]

_NAMED = 5
_BRIER = {1: 1.0, 2: 2.0}  # largest squared error, by the number of axes of the scores


def incomparable(name: str, candidate: ScoredRows, baseline: ScoredRows) -> str:
    """Return why a metric of two models can't be compared; empty when it can.

    Parameters
    ----------
    name : str
        A key of `modelcheck.checks.performance.catalogue.METRICS`.
    candidate, baseline : ScoredRows
        The same rows in the same order, scored by each model.

    Returns
    -------
    str

    Raises
    ------
    ValueError
        When there is no such metric.
    """
    own = "" if ranked_by_decisions(name, candidate, baseline) else unusable(name, candidate)
    if own:
        return own
    if METRICS[name].higher_is_better is None:
        return f"{name} is best at zero, so neither model's is better by its sign."
    if candidate.task != baseline.task:
        return f"the candidate's task is {candidate.task}, the baseline's {baseline.task}."
    if candidate.classes != baseline.classes:
        return f"the candidate's classes are {candidate.classes}, the baseline's {baseline.classes}."
    if len(candidate) != len(baseline):
        return f"the candidate has {len(candidate):,} rows, the baseline {len(baseline):,}; both must have the same."
    other = "" if ranked_by_decisions(name, candidate, baseline) else unusable(name, baseline)
    return f"baseline: {other}" if other else ""


def paired(name: str, candidate: ScoredRows, baseline: ScoredRows, confidence: float) -> Estimate:
    """Return by how much the candidate is better than the baseline.

    Parameters
    ----------
    name : str
        A key of `modelcheck.checks.performance.catalogue.METRICS` with a better direction.
    candidate, baseline : ScoredRows
        The same rows in the same order, scored by each model; `incomparable` is empty for them. Weights and clusters
        are the candidate's.
    confidence : float
        Level of the equal-tailed interval.

    Returns
    -------
    Estimate
        Metric ``<name>_difference``: above 0 when the candidate is better, for losses and error rates too. Without
        value when one of the two has none. For ROC AUC and average precision, where one of the two gives labels only,
        both are ranked by their decisions and the method says so.
    """
    return comparison(name, candidate, baseline)(confidence)


def comparison(name: str, candidate: ScoredRows, baseline: ScoredRows, *, lower: bool = True) -> AtConfidence:
    """Return the paired difference as a function of the confidence; the rows are read once.

    Parameters
    ----------
    name, candidate, baseline
        As for `paired`.
    lower : bool
        False where only the upper limit is read, as a p-value does: with few misranked rows the lower limit of a
        ranking's difference sorts the rows again at each confidence.

    Returns
    -------
    callable
        ``(confidence) -> Estimate``.
    """
    if len(candidate) != len(baseline):
        raise ValueError(f"comparison: {len(candidate)} rows against {len(baseline)}; ask incomparable() first.")
    metric, needs = f"{name}_difference", METRICS[name].needs
    if len(candidate) == 0:
        return lambda confidence: undefined(metric, confidence, "there are no rows")
    if needs == "score":
        return _of_rankings(name, metric, candidate, baseline, lower)
    if needs == "decision":
        return _of_decisions(name, metric, candidate, baseline)
    return _of_changes(_losses(name, candidate, baseline), name, metric, len(candidate))


def sides(name: str, candidate: ScoredRows, baseline: ScoredRows, confidence: float) -> tuple[Estimate, Estimate]:
    """Return each model's own value of what `paired` takes the difference of.

    Parameters
    ----------
    name, candidate, baseline, confidence
        As for `paired`.

    Returns
    -------
    candidate, baseline : Estimate
        As `modelcheck.checks.performance.catalogue.estimate`, but where one model gives labels only both are ranked by
        their decisions, and a mean over classes leaves out those that the difference leaves out for having too few rows
        (scikit-learn's, and so the metric's own gate, does not).
    """
    ours, theirs = alike(name, candidate, baseline)
    if METRICS[name].needs == "score" and candidate.task == "multiclass" and len(candidate):
        design, ranked = design_of(candidate), cast(RankingName, name)
        classes = compared_classes(ranked, candidate.target, len(candidate.classes), design)
        if len(classes) > 1:
            mean = roc_auc_ovr if name == "roc_auc" else average_precision_macro
            one, two = (
                mean(side.target, scores_of(side), confidence=confidence, design=design, classes=classes)
                for side in (ours, theirs)
            )
            return one, two
    return estimate(name, ours, confidence), estimate(name, theirs, confidence)


def _of_rankings(name: str, metric: str, candidate: ScoredRows, baseline: ScoredRows, lower: bool) -> AtConfidence:
    by_decisions = ranked_by_decisions(name, candidate, baseline)
    ours, theirs = (scores_of(side) for side in alike(name, candidate, baseline))
    found = compare_rankings(cast(RankingName, name), candidate.target, ours, theirs, design=design_of(candidate))
    if found is None:
        return _without_value(name, metric, len(candidate))
    words = f"both ranked by their decisions; {found.changes.method}" if by_decisions else found.changes.method
    if candidate.task == "multiclass":
        words += _left_out(candidate, found.classes)
    found = replace(found, changes=replace(found.changes, method=words))
    return lambda confidence: ranking_difference(found, metric=metric, confidence=confidence, lower=lower)


def _left_out(rows: ScoredRows, classes: tuple[int, ...]) -> str:
    """Name the classes whose few rows are no part of a mean over classes."""
    sizes = np.bincount(rows.target, minlength=len(rows.classes))
    few = [
        f"{short(str(name))} ({count(size, 'row')})"
        for code, (name, size) in enumerate(zip(rows.classes, sizes.tolist(), strict=True))
        if size and code not in classes
    ]
    more = f" and {len(few) - _NAMED:,} more" if len(few) > _NAMED else ""
    return f", without {', '.join(few[:_NAMED])}{more}" if few else ""


def _of_decisions(name: str, metric: str, candidate: ScoredRows, baseline: ScoredRows) -> AtConfidence:
    known = discordant_pairs(name, candidate, baseline)
    if known is not None:
        counts, of = known
        return lambda confidence: share_difference(counts, metric=metric, confidence=confidence, of=of)
    changes = compare_decisions(
        name,
        candidate.target,
        decisions_of(candidate),
        decisions_of(baseline),
        len(candidate.classes),
        sign=1 if METRICS[name].higher_is_better else -1,
        design=design_of(candidate),
    )
    return _of_changes(changes, name, metric, len(candidate))


def _losses(name: str, candidate: ScoredRows, baseline: ScoredRows) -> Changes | None:
    design = design_of(candidate)
    ours, theirs = scores_of(candidate), scores_of(baseline)
    if METRICS[name].needs == "value":
        return compare_errors(name, candidate.target, ours, theirs, design=design)
    losses = log_losses if name == "log_loss" else brier_losses
    bound = np.inf if name == "log_loss" else _BRIER[ours.ndim]
    return compare_losses(losses(candidate.target, ours), losses(candidate.target, theirs), design=design, bound=bound)


def _of_changes(changes: Changes | None, name: str, metric: str, n: int) -> AtConfidence:
    if changes is None:
        return _without_value(name, metric, n)
    return lambda confidence: interval_of(changes, metric=metric, confidence=confidence)


def _without_value(name: str, metric: str, n: int) -> AtConfidence:
    return lambda confidence: undefined(metric, confidence, f"{name} has no value on these rows", n=n)
