"""A limit for a metric that has to hold in every slice that can be found."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from functools import partial

import numpy as np
from numpy.typing import NDArray

from modelcheck.checks.columns import lean
from modelcheck.checks.context import Context
from modelcheck.checks.forest import forest_chart
from modelcheck.checks.performance.catalogue import estimate, unusable
from modelcheck.checks.performance.readings import reading
from modelcheck.checks.performance.weakness.floors import FLOORS, Floor
from modelcheck.checks.performance.weakness.judged import FoundSlice
from modelcheck.checks.performance.weakness.looked import Looked
from modelcheck.checks.performance.weakness.places import look_and_judge
from modelcheck.checks.performance.weakness.told import LONGEST, examples_of, findable_of, reproduce, slices_table
from modelcheck.checks.words import number, short, spoken
from modelcheck.record.evidence import Estimate, Evidence, Finding, Severity
from modelcheck.scoring.rows import ScoredRows
from modelcheck.stats.holm import AtConfidence

__all__ = ["every_slice"]

_NEAR = 1.0  # standard errors: few slices, or few rows that count, prove a breach that isn't far beyond the limit


def every_slice(context: Context) -> Evidence:
    """Search the slices in which a metric breaks the limit that a user set for every slice.

    Parameters
    ----------
    context : Context
        The check's name ends with the metric, e.g. ``every_slice.accuracy``; `limit` is the metric's smallest allowed
        value (accuracy, recall, precision) or its largest (error rates, errors of values).

    Returns
    -------
    Evidence
        `groups` holds the slices that the search chose, with the metric in its own unit and by its own interval; those
        proved to break the limit at ``(1 - confidence) / 2``, adjusted over all slices that were eligible (at least
        ``max(50, 2 %)`` rows, up to three conditions), are `findings`. Not applicable without a limit, or where the
        metric isn't.

    Raises
    ------
    ValueError
        A metric that can't be held in every slice.

    References
    ----------
    Holm, S. (1979). A simple sequentially rejective multiple test procedure. Scandinavian Journal of Statistics 6,
    65-70.
    """
    metric = context.name.rpartition(".")[2]
    if metric not in FLOORS:
        raise ValueError(f"{metric!r} can't be held in every slice; allowed are {', '.join(FLOORS)}.")
    floor, rows, limit = FLOORS[metric], context.rows, context.limit
    if limit is None:
        return Evidence(not_applicable=f"no limit is set: give `{floor.side}`.")
    reason = unusable(metric, rows)
    if reason:
        return Evidence(not_applicable=reason)
    if rows.task != "regression" and floor.mean_loss(limit) >= 1.0:
        return Evidence(proved=f"no {spoken(metric).lower()} can break a limit of {number(limit)}")
    overall = estimate(metric, rows, context.confidence)
    if overall.value is None or not math.isfinite(overall.value):
        return Evidence(estimate=overall, reading=reading(metric, overall, rows), predicted_rows=len(rows))
    measure = _measure(metric, rows)
    looked = look_and_judge(
        rows,
        floor.sums(rows, limit),
        floor.goal,
        measure,
        limit=limit,
        confidence=context.confidence,
        above=_NEAR,
        side=floor.side,
    )
    groups = looked.groups
    if looked.eligible and not groups:
        # No slice with a value beyond the limit can be judged: what there is to say is said of all rows.
        groups = {"all rows": measure(looked.everywhere)(1.0 - 2.0 * looked.level)}
    findable = {size: floor.findable(rows, size, limit=limit, level=looked.level) for size in looked.sizes}
    blind = not looked.broken and all(value is None for value in findable.values())
    chart = forest_chart(
        groups, metric=spoken(metric), overall=overall, limit=limit, title="The slices nearest to the limit"
    )
    return Evidence(
        estimate=next(iter(groups.values()), None),
        # A search that could not have found anything is no reason to pass.
        groups={} if blind else groups,
        looked_at=sum(looked.eligible),
        findings=tuple(_finding(one, floor, rows) for one in looked.broken),
        tables=slices_table(
            looked,
            lambda positions: (),
            (),
            quantity=_named(floor),
            confidence=context.confidence,
            measured=metric,
        ),
        charts=() if chart is None else (chart,),
        reading=_reading(looked, floor, rows, overall),
        searched=_searched(looked, floor, findable),
        predicted_rows=len(rows),
    )


def _measure(metric: str, rows: ScoredRows) -> Callable[[NDArray[np.intp]], AtConfidence]:
    narrow = lean(rows)
    return lambda positions: partial(estimate, metric, narrow.take(positions))


def _named(floor: Floor) -> str:
    name = spoken(floor.metric).lower()
    return f"{'an' if name[0] in 'aeiou' else 'a'} {name}"


def _reading(looked: Looked, floor: Floor, rows: ScoredRows, overall: Estimate) -> str:
    everywhere = f"On all rows: {_said(floor, overall, rows)}"
    name = spoken(floor.metric).lower()
    if not looked.broken:
        return f"In no slice is the {name} proved to break the limit. {everywhere}"
    worst = looked.broken[0]
    what = "1 slice breaks the limit" if len(looked.broken) == 1 else f"{len(looked.broken)} slices break the limit"
    inside = _said(floor, worst.estimate, lean(rows).take(worst.rows))
    return f"{what}. Where {short(worst.words, LONGEST)}: {inside} {everywhere}"


def _said(floor: Floor, found: Estimate, rows: ScoredRows) -> str:
    said = reading(floor.metric, found, rows)
    return said[:1].lower() + said[1:]


def _searched(looked: Looked, floor: Floor, findable: Mapping[int, float | None]) -> str:
    if not looked.eligible:
        return looked.why_none
    worse = "or less" if floor.side == "min" else "or more"
    told = {size: None if value is None else f"{number(value)} {worse}" for size, value in findable.items()}
    rate = f"(as many of them {floor.about} as everywhere)" if floor.about else ""
    return f"{looked.scope} {findable_of(_named(floor), told, rate)}"


def _finding(one: FoundSlice, floor: Floor, rows: ScoredRows) -> Finding:
    allowed = "at least" if floor.side == "min" else "at most"
    loss, counted = floor.loss(rows), floor.counted(rows)
    return Finding(
        title=(
            f"{spoken(floor.metric)} {number(one.estimate.value)} where {one.words} "
            f"({allowed} {number(one.limit)} in every slice)"
        ),
        slice=one.words,
        n=len(one.rows),
        effect=one.corrected,
        low=one.estimate.low,
        high=one.estimate.high,
        p_adjusted=one.p_adjusted,
        severity=Severity.BLOCKING,
        # Rows that the metric isn't about come last.
        examples=examples_of(rows, one, loss if counted is None else np.where(counted, loss, -1.0)),
        reproduce=reproduce(one, floor.metric, floor.side, one.limit),
    )
