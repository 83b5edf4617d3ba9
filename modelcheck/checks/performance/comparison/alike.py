"""Two models' outputs in one form: scores against labels would be no fair race."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from modelcheck.checks.performance.catalogue import METRICS, decisions_of
from modelcheck.scoring.rows import ScoredRows

__all__ = ["alike", "ranked_by_decisions"]


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


def _by_decisions(rows: ScoredRows) -> ScoredRows:
    decision = decisions_of(rows)
    ranks: NDArray[Any] = decision if rows.task == "binary" else np.eye(len(rows.classes), dtype=np.uint8)[decision]
    return replace(rows, score=ranks, probabilistic=False)
