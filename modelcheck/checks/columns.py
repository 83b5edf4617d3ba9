"""The columns of scored rows, as checks ask for them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from modelcheck.scoring.rows import ScoredRows
from modelcheck.stats.design import Design

__all__ = ["decisions_of", "design_of", "lean", "scores_of"]


def design_of(rows: ScoredRows) -> Design:
    """Return the sampling design of scored rows."""
    return Design(weight=rows.weight, cluster=rows.cluster)


def lean(rows: ScoredRows) -> ScoredRows:
    """Return the rows without features, groups, strata and slices, so that subsets are cheap to take."""
    return replace(rows, groups={}, protected={}, strata=None, slices={}, features=None)


def scores_of(rows: ScoredRows) -> NDArray[np.float64]:
    """Return the scores; rows without them raise ValueError."""
    if rows.score is None:
        raise ValueError("these rows have no scores; ask unusable() first.")
    return rows.score


def decisions_of(rows: ScoredRows) -> NDArray[np.int16]:
    """Return the decisions; rows without them raise ValueError."""
    if rows.decision is None:
        raise ValueError("these rows have no decisions; ask unusable() first.")
    return rows.decision
