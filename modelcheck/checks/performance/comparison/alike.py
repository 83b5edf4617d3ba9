"""Two models' outputs in one form: scores against labels would be no fair race."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from modelcheck.checks.columns import decisions_of
from modelcheck.checks.performance.catalogue import METRICS
from modelcheck.checks.words import count
from modelcheck.scoring.rows import ScoredRows

__all__ = ["alike", "operating_point", "ranked_by_decisions", "same_answers"]

_FEWEST_ALIKE = 30
_LOOKED_AT = 10_000


def ranked_by_decisions(name: str, candidate: ScoredRows, baseline: ScoredRows) -> bool:
    """Return whether a metric that ranks has to rank both by their decisions, because one gives nothing else."""
    sides = (candidate, baseline)
    return (
        name in METRICS
        and METRICS[name].needs == "score"
        and all(side.decision is not None for side in sides)
        and any(side.score is None for side in sides)
    )


def alike(name: str, candidate: ScoredRows, baseline: ScoredRows) -> tuple[ScoredRows, ScoredRows]:
    """Return both sides so that a metric reads the same kind of output from each.

    Parameters
    ----------
    name : str
        A metric.
    candidate, baseline : ScoredRows
        The same rows.

    Returns
    -------
    candidate, baseline : ScoredRows
        Where `ranked_by_decisions`, both with their decisions as scores, 0 or 1 for each class; else unchanged.
    """
    if not ranked_by_decisions(name, candidate, baseline):
        return candidate, baseline
    return _by_decisions(candidate), _by_decisions(baseline)


def same_answers(candidate: ScoredRows, baseline: ScoredRows) -> str:
    """Return the fact that both give every row the same score, so that none is worse; empty where they differ.

    Parameters
    ----------
    candidate, baseline : ScoredRows
        The same rows.

    Returns
    -------
    str
        Only for scores: two unlike models may well agree on the labels of some rows, never on 30 scores. Empty also
        with fewer rows.
    """
    ours, theirs = candidate.score, baseline.score
    if len(candidate) < _FEWEST_ALIKE or ours is None or theirs is None or not np.array_equal(ours, theirs):
        return ""
    # The first rows are enough to see that the scores are many, and a constant says nothing.
    if len(np.unique(ours[:_LOOKED_AT], axis=0)) < _FEWEST_ALIKE or not _equal(candidate.decision, baseline.decision):
        return ""
    return f"candidate and baseline give the same answers to all {count(len(candidate), 'row')}: neither is worse."


def _equal(ours: NDArray[Any] | None, theirs: NDArray[Any] | None) -> bool:
    if ours is None or theirs is None:
        return ours is theirs
    return np.array_equal(ours, theirs)


def operating_point(candidate: ScoredRows, baseline: ScoredRows) -> str:
    """Return how many rows each of two binary models decides positive, where that differs by a tenth of either.

    Models that decide at different places lose in accuracy what they gain in recall, or the other way round.
    """
    if candidate.task != "binary" or candidate.decision is None or baseline.decision is None or not len(candidate):
        return ""
    shares = [
        float(np.average(side == 1, weights=candidate.weight)) for side in (candidate.decision, baseline.decision)
    ]
    if abs(shares[0] - shares[1]) <= 0.1 * max(shares):
        return ""
    ours, theirs = (f"{100.0 * share:.1f}" for share in shares)
    return f"Of 100 rows the candidate decides {ours} positive, the baseline {theirs}."


def _by_decisions(rows: ScoredRows) -> ScoredRows:
    decision = decisions_of(rows)
    ranks: NDArray[Any] = decision if rows.task == "binary" else np.eye(len(rows.classes), dtype=np.uint8)[decision]
    return replace(rows, score=ranks, probabilistic=False)
