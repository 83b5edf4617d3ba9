"""Two models' outputs in one form: scores against labels would be no fair race."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from modelcheck.checks.performance.catalogue import METRICS, decisions_of
from modelcheck.scoring.rows import ScoredRows

__all__ = ["comparable"]


def comparable(name: str, candidate: ScoredRows, baseline: ScoredRows) -> tuple[ScoredRows, ScoredRows]:
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
        For a metric that ranks, where one side gives labels only, both with their decisions as scores: 0 or 1 for each
        class. Else unchanged.
    """
    if METRICS[name].needs != "score" or (candidate.score is not None and baseline.score is not None):
        return candidate, baseline
    if candidate.decision is None or baseline.decision is None:
        return candidate, baseline
    return _by_labels(candidate), _by_labels(baseline)


def _by_labels(rows: ScoredRows) -> ScoredRows:
    decision = decisions_of(rows)
    if rows.task == "binary":
        return replace(rows, score=decision.astype(np.float64), probabilistic=False)
    ranks = np.zeros((len(rows), len(rows.classes)))
    ranks[np.arange(len(rows)), decision] = 1.0
    return replace(rows, score=ranks, probabilistic=False)
