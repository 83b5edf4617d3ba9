"""What a search is to maximise: arguments checked, losses turned into sums and an objective."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from modelcheck.slices.asked import OBJECTIVES, Asked
from modelcheck.slices.beyond import Among
from modelcheck.slices.objectives import Effect, Excess, Objective, Significance, SliceLine, Totals

__all__ = ["goal_of", "refuse_arguments"]

_MOST_BINS = 20


def goal_of(asked: Asked, objective: str, alpha: float) -> tuple[NDArray[np.float64] | None, Objective | None]:
    """Return what is summed, shape (n_sums, n_rows), and the objective; None where no slice can stand out."""
    loss, design = asked.judged_rows()
    if not len(loss):
        return None, None
    if design.weight is not None:
        # Sums of weighted deviations from the mean: far from 0 where heavy rows lose much.
        moved = (
            (asked.loss - design.mean(loss)) * asked.design.weight if asked.design.weight is not None else asked.loss
        )
        values = moved if asked.among is None else np.where(asked.among, moved, 0.0)
        loss = values if asked.among is None else values[asked.among]
    else:
        values = asked.loss
    totals = Totals.of(loss)
    if totals.spread <= 1e-12 * max(abs(totals.mean), totals.largest) or totals.spread == 0.0:
        return None, None
    goals: dict[str, Objective] = {
        "significance": Significance(totals=totals),
        "excess": Excess(totals=totals),
        "effect": Effect(totals=totals),
        "sliceline": SliceLine(totals=totals, alpha=alpha),
    }
    if asked.among is None:
        return values[None, :], goals[objective]
    return np.stack([asked.among.astype(np.float64), values]), Among(objective=goals[objective])


def refuse_arguments(
    depth: int,
    top: int,
    objective: str,
    alpha: float,
    bins: int,
    fine_bins: int,
    max_overlap: float,
    tolerance: float,
    confirm: float,
    confidence: float,
    permutations: int,
) -> None:
    """Refuse arguments of `modelcheck.slices.find` that are out of range.

    Raises
    ------
    ValueError
        The first that is: what it is, and what is allowed.
    """
    if objective not in OBJECTIVES:
        raise ValueError(f"objective is {objective!r}; allowed are {', '.join(map(repr, OBJECTIVES))}.")
    counts: tuple[tuple[str, Any], ...] = (("depth", depth), ("top", top), ("permutations", permutations))
    for name, given in counts:
        if not isinstance(given, int | np.integer) or isinstance(given, bool) or given < 1:
            raise ValueError(f"{name} is {given!r}; it must be a whole number of at least 1.")
    for name, number in (("bins", bins), ("fine_bins", fine_bins)):
        if not 2 <= number <= _MOST_BINS:
            raise ValueError(f"{name} is {number!r}; allowed are 2 to {_MOST_BINS}.")
    if fine_bins < bins:
        raise ValueError(
            f"fine_bins is {fine_bins!r}, below bins = {bins!r}; the fine bins are those of few conditions."
        )
    for name, share, allowed in (
        ("alpha", alpha, 0.0 < alpha <= 1.0),
        ("max_overlap", max_overlap, 0.0 <= max_overlap <= 1.0),
        ("tolerance", tolerance, 0.0 <= tolerance < 1.0),
        ("confirm", confirm, 0.0 <= confirm < 1.0),
        ("confidence", confidence, 0.0 < confidence < 1.0),
    ):
        if not allowed:
            raise ValueError(f"{name} is {share!r}; it must lie between 0 and 1.")
