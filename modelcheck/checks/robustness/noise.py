"""Whether small changes of numbers cost more than they would cost another model."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from modelcheck.checks.context import Context
from modelcheck.checks.performance.weakness.attainable import attainable
from modelcheck.checks.performance.weakness.challenger import Challenger
from modelcheck.checks.robustness.forest import Forest, forest_of
from modelcheck.checks.robustness.losing import Loss, any_broken, evidence_of_losses
from modelcheck.checks.robustness.measuring import Measured, measured, nothing
from modelcheck.checks.robustness.sweep.asked import Answered
from modelcheck.checks.robustness.sweep.asking import prepared, rows_of
from modelcheck.checks.robustness.sweep.measured import lesser
from modelcheck.errors import ModelError
from modelcheck.record.evidence import Evidence, Severity

__all__ = ["noise"]

_Values = NDArray[np.float64]
_SEVERITY = 0.1
_KEPT = "The growth itself keeps the limit, so no challenger had to be asked."
_DECLARED = "The limit is yours, so the growth itself is held against it."


def noise(context: Context) -> Evidence:
    """Measure what noise of a tenth of a column's robust spread costs, in all columns at once and in each.

    Noise counts over all rows that are measured: those that it can't move lose nothing, and an amount that most don't
    have stays absent.

    Parameters
    ----------
    context : Context
        Of any task, with `asking`; under a default limit with a reference where the loss grows beyond it.

    Returns
    -------
    Evidence
        Places are columns, by kind of loss: wrong decisions, Brier score, or squared error over the target's variance.
        Under a default limit that some growth is proved to exceed, what counts is the smallest of three: the growth,
        and what two challengers fitted on the reference avoid on the same noisy rows (a boosting on bins and a forest
        on the numbers). So a model whose columns carry fine detail isn't blamed for losing it. Under a declared limit
        the growth alone counts. `not_applicable` without a model to ask, without numbers, and where a challenger is
        needed and there is none.

    References
    ----------
    Hendrycks, D. and Dietterich, T. (2019). Benchmarking neural network robustness to common corruptions and
    perturbations. ICLR (severity levels, and errors relative to another model's).
    """
    found = measured(context)
    if isinstance(found, str):
        return nothing(found)
    answers = [one for one in _small_changes(found) if len(one.rows)]
    if not answers:
        return Evidence(not_applicable="no column holds numbers that vary, so there is nothing to add noise to.")
    losses = [loss for one in answers for loss in _losses(found, one, [])]
    words = _DECLARED if context.declared else _KEPT
    if not context.declared and any_broken(context, losses):
        rivals = _rivals(context)
        if isinstance(rivals, str):
            return Evidence(not_applicable=f"the loss grows, which is judged by what a challenger avoids, and {rivals}")
        losses = [
            loss for one in answers for loss in _losses(found, one, [_scores(context, rival, one) for rival in rivals])
        ]
        words = (
            "What counts is the smallest of the growth and of what each of these avoids on the same noisy rows: "
            f"{' and '.join(rival.words for rival in rivals)}."
        )
    return evidence_of_losses(
        context,
        found,
        losses,
        yardstick=words,
        severity=Severity.BLOCKING,
        advice="Smooth the model in this column: coarser splits, more rows a leaf, regularisation, or rounded inputs.",
    )


def _small_changes(found: Measured) -> list[Answered]:
    return [found.sweep.sound(one) for one in found.sweep.about("gaussian_noise", severity=_SEVERITY)]


def _rivals(context: Context) -> list[Challenger | Forest] | str:
    """Return the models that have to avoid a loss before it counts."""
    try:
        reference = context.reference if context.find_reference is None else context.find_reference()
    except ModelError as error:
        return f"the model can't answer the reference: {error}"
    context = replace(context, reference=reference)
    boosting = attainable(context)
    if isinstance(boosting, str):
        return boosting
    forest = forest_of(context)
    return [boosting.challenger] if forest is None else [boosting.challenger, forest]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Scores:
    """A rival's scores: of the changed rows, and of all sampled ones as they are."""

    changed: _Values
    clean: _Values


def _scores(context: Context, rival: Challenger | Forest, one: Answered) -> _Scores | None:
    ready = prepared(context)
    rows = rows_of(context, one)
    if isinstance(ready, str) or context.asking is None:
        return None
    if isinstance(rival, Forest):
        return _Scores(changed=rival.score(rows), clean=rival.score(ready.rows))
    codes = context.asking.codes(rows)
    if codes is None or rival.fitted is None:
        return None
    return _Scores(changed=rival.fitted.score(codes), clean=rival.score[ready.positions])


def _losses(found: Measured, one: Answered, rivals: Sequence[_Scores | None]) -> list[Loss]:
    losses = []
    for kind in found.measures.kinds:
        after = found.measures.losses(kind, one.after, one.rows)
        # Noise hits every row that is measured: what it can't move has lost nothing.
        rows = np.arange(one.question.of)
        before = found.measures.losses(kind, found.sweep.before.take(rows), rows)
        after = _in_place(before, one.rows, after)
        growth = judged = found.measures.more(kind, after, before, rows)
        for rival in rivals:
            if rival is None:
                continue
            scores = _in_place(rival.clean[rows], one.rows, rival.changed)
            theirs = found.measures.rival_losses(kind, scores, rows, found.sweep)
            if theirs is not None:
                judged = lesser(judged, found.measures.more(kind, after, theirs, rows))
        losses.append(Loss(one=one, kind=kind, growth=growth, judged=judged))
    return losses


def _in_place(everybody: _Values, rows: NDArray[np.intp], values: _Values) -> _Values:
    full = everybody.copy()
    full[rows] = values
    return full
