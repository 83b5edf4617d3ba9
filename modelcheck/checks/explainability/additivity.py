"""Whether base value and attributions really add up to what the candidate answered."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from modelcheck.checks.context import Context
from modelcheck.checks.explainability.drawn import nothing, scores_of
from modelcheck.checks.explainability.explained import explained
from modelcheck.checks.judging import share_hit
from modelcheck.checks.spread import spread_of
from modelcheck.checks.words import count, number
from modelcheck.explain.choosing import score_of
from modelcheck.record.evidence import Evidence, Finding, Severity

__all__ = ["additivity"]

TOLERANCE = 0.01  # of the spread of the scores
_EXAMPLES = 5


def additivity(context: Context) -> Evidence:
    """Compare the sum of each explained row's attributions with the answer of the run's one pass over the rows.

    Parameters
    ----------
    context : Context
        With `asking`.

    Returns
    -------
    Evidence
        ``unexplained_rate``: the share of explained rows whose sum is off by over a hundredth of the mean distance of
        two rows' scores, with exact limits. An explainer whose own sums are off is not used in the first place, so what
        is left is a candidate whose answers to the same rows differ from call to call, or hang on the rows beside them.

    References
    ----------
    Lundberg, S. M. and Lee, S.-I. (2017). A unified approach to interpreting model predictions. NeurIPS 30 (local
    accuracy).
    """
    found = explained(context)
    if isinstance(found, str):
        return nothing(found)
    told = score_of(found.attributions)
    answers = scores_of(found.scored)
    answers = answers[:, None] if answers.ndim == 1 else answers
    gap = np.abs(told - answers).max(axis=1)
    spread = spread_of(context.rows) or 1.0
    tolerance = TOLERANCE * spread
    off = gap > tolerance
    estimate = share_hit(
        off, found.design, metric="unexplained_rate", confidence=context.confidence, limit=context.limit
    )
    if found.doubt and not off.any():
        # Who was lost on the way may be just those whose parts wouldn't add up.
        estimate = replace(estimate, unproven=found.doubt)
    worst = float(gap.max(initial=0.0))
    reading = (
        f"Base value and attributions add up to the answer in all {len(off):,} explained rows; the largest gap is "
        f"{number(worst)}."
        if not off.any()
        else f"In {int(off.sum()):,} of {len(off):,} explained rows the attributions don't add up to the answer: by up "
        f"to {number(worst)}. The candidate answers the same rows otherwise when it is asked again."
    )
    if found.lost:
        reading += f" {count(found.lost, 'row')} could not be explained, as the candidate gave no answer on the way."
    order = np.argsort(-gap, kind="stable")[:_EXAMPLES]
    ids = found.scored.row_id
    findings: tuple[Finding, ...] = ()
    if off.any():
        findings = (
            Finding(
                title=f"Explanations of {int(off.sum()):,} of {len(off):,} rows don't add up to the answers",
                n=len(off),
                effect=estimate.value,
                low=estimate.low,
                high=estimate.high,
                severity=Severity.BLOCKING,
                examples=tuple(
                    {
                        "row": int(row if ids is None else ids[row]),
                        "answer": float(answers[row, 0]),
                        "sum of base and attributions": float(told[row, 0]),
                    }
                    for row in order.tolist()
                    if off[row]
                ),
                reproduce="Ask the candidate twice about the rows shown, alone and among others.",
            ),
        )
    return Evidence(
        estimate=estimate,
        groups={"explained rows": estimate},
        looked_at=1,
        findings=findings,
        searched=f"Gaps of under {number(tolerance)} in the score are taken for rounding.",
        reading=reading,
        predicted_rows=found.predicted,
    )
