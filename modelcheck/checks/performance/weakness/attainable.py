"""Whether a linear model's faults are to be allowed for: only where the candidate isn't proved better than one."""

from __future__ import annotations

import numpy as np
from numpy.random import Generator

from modelcheck.checks.performance.weakness.avoidable import Avoidable, avoidable_loss
from modelcheck.checks.performance.weakness.challenger import Challenger, why_no_challenger
from modelcheck.checks.performance.weakness.linear import fit_linear
from modelcheck.scoring.rows import ScoredRows

__all__ = ["linear_yardstick"]

_SURE = 0.95


def linear_yardstick(rows: ScoredRows, reference: ScoredRows, *, rng: Generator) -> tuple[Challenger, Avoidable] | None:
    """Fit a linear model where the candidate may be one on purpose.

    Parameters
    ----------
    rows, reference : ScoredRows
        The evaluation rows and those to fit on, scored by the candidate, with one coding of features.
    rng : numpy.random.Generator
        Draws the rows to fit on.

    Returns
    -------
    (Challenger, Avoidable) or None
        The linear model, and the loss that it avoids. None where nothing can be fitted, and where the candidate is
        proved to lose less than it on the whole, at 95 %: such a candidate can do more, and what it loses is measured
        by more.
    """
    if why_no_challenger(reference, rows):
        return None
    linear = fit_linear(reference, rows, rng=rng)
    losses = avoidable_loss(rows, linear)
    if isinstance(losses, str):
        return None
    lead = losses.find(np.arange(len(rows)))(_SURE)
    if not lead.unproven and lead.high is not None and lead.high + losses.everywhere < 0.0:
        return None
    return linear, losses
