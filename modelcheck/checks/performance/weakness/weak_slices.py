"""Where the candidate loses what another model, fitted on the reference, would not."""

from __future__ import annotations

import math
from typing import Any

from numpy.typing import NDArray

from modelcheck.checks.context import Context
from modelcheck.checks.forest import forest_chart
from modelcheck.checks.performance.catalogue import unusable
from modelcheck.checks.performance.weakness.attainable import attainable
from modelcheck.checks.performance.weakness.avoidable import Avoidable
from modelcheck.checks.performance.weakness.both import AvoidableByBoth
from modelcheck.checks.performance.weakness.challenger import Challenger
from modelcheck.checks.performance.weakness.judged import FoundSlice
from modelcheck.checks.performance.weakness.looked import Looked
from modelcheck.checks.performance.weakness.places import look_and_judge
from modelcheck.checks.performance.weakness.told import LONGEST, examples_of, findable_of, reproduce, slices_table
from modelcheck.checks.words import number, short
from modelcheck.record.evidence import Evidence, Finding, Severity

__all__ = ["weak_slices"]

_LIMIT = 0.05


def weak_slices(context: Context) -> Evidence:
    """Search the slices on which the candidate loses more than a challenger fitted on the reference.

    A harder slice is no defect: there everybody loses. But what a boosting on the same columns avoids could be avoided.

    Parameters
    ----------
    context : Context
        With a reference. `limit` is the avoidable loss that is allowed (None: 0.05), in wrong decisions per row or in
        squared error over the target's variance.

    Returns
    -------
    Evidence
        `groups` holds the slices that the search chose, with the candidate's mean loss less the challenger's; those
        proved to break the limit at ``(1 - confidence) / 2``, adjusted over all slices that were eligible (at least
        ``max(50, 2 %)`` rows, up to three conditions), are `findings`. Not applicable without a reference.

    References
    ----------
    Sagadeeva, S. and Boehm, M. (2021). SliceLine: fast, linear-algebra-based slice finding for ML model debugging.
    SIGMOD 2021, 2290-2299. Holm, S. (1979). Scandinavian Journal of Statistics 6, 65-70. Error rates and power are
    measured in ``tests/quality/test_weak_slices.py``.
    """
    rows = context.rows
    reason = unusable("root_mean_squared_error" if rows.task == "regression" else "accuracy", rows)
    if reason:
        return Evidence(not_applicable=reason)
    measured = attainable(context)
    if isinstance(measured, str):
        return Evidence(not_applicable=measured)
    losses = measured.losses
    limit = _LIMIT if context.limit is None else context.limit
    looked = look_and_judge(
        rows, losses.sums(), losses.goal(limit), losses.find, limit=limit, confidence=context.confidence
    )
    groups = looked.groups
    if looked.eligible and not groups:
        # Nowhere is the mean beyond the limit: what there is to say is said of all rows.
        groups = {"all rows": losses.find(looked.everywhere)(context.confidence)}
    chart = forest_chart(groups, metric=losses.words, overall=None, limit=limit, title="The weakest slices")
    return Evidence(
        estimate=next(iter(groups.values()), None),
        groups=groups,
        looked_at=sum(looked.eligible),
        findings=tuple(_finding(one, losses, measured.challenger, limit) for one in looked.broken),
        tables=slices_table(
            looked, losses.means, ("candidate", "challenger"), quantity=losses.words, confidence=context.confidence
        ),
        charts=() if chart is None else (chart,),
        reading=_reading(looked, losses, measured.words),
        searched=_searched(looked, losses, limit),
        predicted_rows=len(rows),
    )


def _reading(looked: Looked, losses: Avoidable | AvoidableByBoth, words: str) -> str:
    ours, theirs = losses.means(looked.everywhere)
    everywhere = f"On all rows {losses.sentence(ours, theirs)}. {words}"
    if losses.everywhere > 0.0:
        everywhere += f" Slices are judged beyond the {number(losses.everywhere)} that is avoidable on all rows."
    if not looked.broken:
        return f"No slice is proved to lose more than the challenger by over the limit. {everywhere}"
    worst = looked.broken[0]
    what = "1 weak slice" if len(looked.broken) == 1 else f"{len(looked.broken)} weak slices"
    return f"{what}. Where {short(worst.words, LONGEST)} {losses.sentence(*losses.means(worst.rows))}. {everywhere}"


def _searched(looked: Looked, losses: Avoidable | AvoidableByBoth, limit: float) -> str:
    if not looked.eligible:
        return looked.why_none
    drops = {size: losses.findable(size, limit=limit, level=looked.level) for size in looked.sizes}
    told = {size: f"{number(drop)} or more" if drop <= losses.most else None for size, drop in drops.items()}
    return f"{looked.scope} {findable_of(losses.words, told)}"


def _finding(one: FoundSlice, losses: Avoidable | AvoidableByBoth, challenger: Challenger, limit: float) -> Finding:
    rows = losses.rows
    theirs = losses.means(one.rows)[1]
    if rows.task == "regression":
        metric, side, proposed = "root_mean_squared_error", "max", losses.unit(theirs + limit)
        answers: dict[str, NDArray[Any]] = {"challenger": challenger.score}
    else:
        metric, side, proposed = "accuracy", "min", math.floor(100.0 * max(1.0 - theirs - limit, 0.0)) / 100.0
        answers = {} if challenger.decision is None else {"challenger": challenger.decision}
    return Finding(
        title=f"Weak slice: {losses.sentence(*losses.means(one.rows))} where {one.words}",
        slice=one.words,
        n=len(one.rows),
        effect=one.corrected,
        low=one.estimate.low,
        high=one.estimate.high,
        p_adjusted=one.p_adjusted,
        severity=Severity.BLOCKING,
        examples=examples_of(rows, one, losses.step, answers),
        reproduce=reproduce(one, metric, side, proposed),
    )
