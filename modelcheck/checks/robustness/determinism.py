"""Whether the same rows get the same answers when the candidate is asked again."""

from __future__ import annotations

import numpy as np

from modelcheck.checks.columns import design_of
from modelcheck.checks.context import Context
from modelcheck.checks.judging import share_hit
from modelcheck.checks.robustness.examples import said
from modelcheck.checks.robustness.measuring import Measured, measured, nothing
from modelcheck.checks.robustness.sweep.asking import positions_of
from modelcheck.checks.words import count, number
from modelcheck.record.evidence import Evidence, Finding, Severity

__all__ = ["UNSTEADY", "determinism", "unsteady"]

UNSTEADY = 1e-5  # share of the spread by which sums in another order, or on another device, may differ
_EXAMPLES = 5


def unsteady(found: Measured) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    """Return which sampled rows get another answer when they are asked again, unchanged and in the same order.

    Parameters
    ----------
    found : Measured
        The run's answers.

    Returns
    -------
    ndarray of bool, shape (n_sampled,)
        A score that moved by more than 1e-5 of the spread, or another decision without a score.
    """
    moved = found.measures.moved(found.sweep.before, found.sweep.again)
    other: np.ndarray[tuple[int], np.dtype[np.bool_]] = moved > UNSTEADY * (found.measures.spread or 1.0)
    return other


def determinism(context: Context) -> Evidence:
    """Ask about the same rows twice.

    Parameters
    ----------
    context : Context
        Of any task, with `asking`.

    Returns
    -------
    Evidence
        ``unsteady_rate``: the share of the sampled rows that get another answer the second time, with exact limits.
        Every rate of flips in this suite is net of it.
    """
    found = measured(context)
    if isinstance(found, str):
        return nothing(found)
    other = unsteady(found)
    hit, n = int(other.sum()), len(other)
    estimate = share_hit(
        other,
        design_of(found.measures.rows),
        metric="unsteady_rate",
        confidence=context.confidence,
        limit=context.limit,
    )
    if not hit:
        fact = f"The same {n:,} rows get the same answers twice."
        return Evidence(
            estimate=estimate,
            groups={"asked again": estimate},
            looked_at=1,
            searched=fact,
            reading=fact,
            predicted_rows=2 * n,
        )
    flips = int(found.measures.flipped(found.sweep.before, found.sweep.again).sum())
    examples = []
    for row in np.flatnonzero(other)[:_EXAMPLES].tolist():
        example = {"row": int(positions_of(context, found.sweep.positions[[row]])[0])}
        example |= said("first", found, context, found.sweep.before, row)
        examples.append(example | said("again", found, context, found.sweep.again, row))
    reading = (
        f"{hit:,} of {n:,} rows get another answer when the candidate is asked again, unchanged and in the same order; "
        f"{count(flips, 'decision')} flip{'s' if flips == 1 else ''}. A gate can't hold for a model that answers by "
        "chance: "
        "two runs of the same candidate may end otherwise."
    )
    return Evidence(
        estimate=estimate,
        groups={"asked again": estimate},
        looked_at=1,
        searched=f"{n:,} rows were asked twice.",
        findings=(
            Finding(
                title=f"{number(100.0 * hit / n)} of 100 rows get another answer when asked again",
                n=n,
                effect=hit / n,
                low=estimate.low,
                high=estimate.high,
                severity=Severity.BLOCKING,
                examples=tuple(examples),
                reproduce=(
                    "Ask about the rows shown twice.\nFix the model's random state, or switch off sampling and dropout."
                ),
            ),
        ),
        reading=reading,
        predicted_rows=2 * n,
    )
