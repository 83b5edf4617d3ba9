"""Where the candidate loses more than elsewhere: told, not judged."""

from __future__ import annotations

import numpy as np

from modelcheck.checks.context import Context
from modelcheck.checks.forest import forest_chart
from modelcheck.checks.performance.catalogue import unusable
from modelcheck.checks.performance.weakness.excess import Excess, excess_loss
from modelcheck.checks.performance.weakness.judged import FoundSlice
from modelcheck.checks.performance.weakness.looked import Looked
from modelcheck.checks.performance.weakness.places import look
from modelcheck.checks.performance.weakness.told import LONGEST, findable_of, slices_table
from modelcheck.checks.words import level, number, short, with_interval
from modelcheck.record.evidence import Evidence

__all__ = ["harder_slices"]

_STANDS_OUT = 2.0  # standard deviations
_NO_DEFECT = "A harder slice is no defect by itself: another model may find it as hard."
_NO_ROWS = "there are no rows."
_CONSTANT = "the target does not vary on these rows."


def harder_slices(context: Context) -> Evidence:
    """Search the slices on which the candidate loses more than on the other rows.

    Parameters
    ----------
    context : Context
        Of any task.

    Returns
    -------
    Evidence
        `groups` holds up to ten slices of at most half of the rows that differ from each other, with their mean loss
        less that of the other rows: wrong decisions per row, or squared error over the target's variance. `estimate` is
        the hardest one; None where nothing could be looked at. Intervals hold together for all slices that were
        eligible (at least ``max(50, 2 %)`` rows, up to three conditions). Never a finding.

    References
    ----------
    Holm, S. (1979). A simple sequentially rejective multiple test procedure. Scandinavian Journal of Statistics 6,
    65-70. Newcombe, R. G. (1998). Statistics in Medicine 17, 873-890 (differences of shares). Binder, D. A. (1983).
    International Statistical Review 51, 279-292 (weights, clusters and values).
    """
    rows = context.rows
    reason = unusable("root_mean_squared_error" if rows.task == "regression" else "accuracy", rows)
    if reason or len(rows) == 0:
        return Evidence(not_applicable=reason or _NO_ROWS)
    losses = excess_loss(rows)
    if losses is None:
        return Evidence(not_applicable=_CONSTANT)
    sums = losses.sums()
    seen = look(rows, sums, losses.goal(sums), most=len(rows) // 2, above=_STANDS_OUT)
    looked = Looked(
        slices=tuple(sorted(losses.judge(seen, context.confidence), key=_hardest)),
        eligible=seen.eligible,
        least=seen.least,
        depth=seen.depth,
        level=seen.level((1.0 - context.confidence) / 2.0),
        everywhere=np.arange(len(rows)),
        notes=seen.notes,
    )
    chart = forest_chart(
        looked.groups, metric=losses.words, overall=None, limit=context.limit, title="The hardest slices"
    )
    return Evidence(
        estimate=looked.slices[0].estimate if looked.slices else None,
        groups=looked.groups,
        looked_at=sum(looked.eligible),
        tables=slices_table(
            looked,
            losses.means,
            ("loss", "loss in the rest"),
            quantity=losses.words,
            confidence=context.confidence,
            measured="excess",
            note=_note(looked, context.confidence),
        ),
        charts=() if chart is None else (chart,),
        reading=_reading(looked, losses),
        searched=_searched(looked, losses),
        predicted_rows=len(rows),
    )


def _hardest(one: FoundSlice) -> tuple[bool, float, float]:
    """Return a key that puts the largest excess first, what proves nothing last."""
    return bool(one.estimate.unproven), -(one.corrected or 0.0), -(one.estimate.value or 0.0)


def _reading(looked: Looked, losses: Excess) -> str:
    searched = _searched(looked, losses)
    if not looked.slices:
        return f"No slice stands out as harder than the rest. {searched}" if looked.eligible else searched
    worst = looked.slices[0]
    excess = f"an excess of {with_interval(worst.estimate)}"
    if worst.corrected is None:
        excess += ", which may be chance"
    else:
        excess += f", or {number(worst.corrected)} when put right for having been chosen"
    told = f"{short(worst.words, LONGEST)}: {losses.sentence(*losses.means(worst.rows))}, {excess}"
    return f"The hardest slice is {told}. {_NO_DEFECT} {searched}"


def _searched(looked: Looked, losses: Excess) -> str:
    n = len(looked.everywhere)
    if not looked.eligible:
        notes = " ".join(looked.notes)
        text = (
            f"No slice could be looked at: no condition has at least {looked.least:,} and at most half of {n:,} rows."
        )
        return f"{text} {notes}".strip()
    values = {size: losses.findable(size, level=looked.level) for size in looked.sizes}
    told = {size: None if value is None else f"{number(value)} or more" for size, value in values.items()}
    return f"{looked.scope} Slices of more than half of the rows are left out. {findable_of(losses.words, told)}"


def _note(looked: Looked, confidence: float) -> str:
    return (
        f"The slices of at most half of the rows that stand out most, each different from those above it, of "
        f"{sum(looked.eligible):,} that were looked at. Excess: mean loss less that of all other rows. Intervals hold "
        f"for all of them together at {level(confidence)}, one-sided p-values are Holm's. Corrected: put right for the "
        f"slice having been chosen because it is large; empty where it may be chance. {_NO_DEFECT}"
    )
