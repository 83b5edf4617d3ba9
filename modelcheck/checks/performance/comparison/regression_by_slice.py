"""Whether the candidate is worse than the baseline for anybody: every group and every declared slice."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from modelcheck.checks.context import Context
from modelcheck.checks.performance.comparison.alike import operating_point, same_answers
from modelcheck.checks.performance.comparison.overlap import doubt_of_overlap
from modelcheck.checks.performance.comparison.paired import incomparable, level_of_limit
from modelcheck.checks.performance.comparison.places import PairedPlace, paired_places
from modelcheck.checks.performance.everywhere import note_on_baseline
from modelcheck.checks.performance.forest import forest_chart
from modelcheck.checks.performance.words import count, level, number, short, with_interval
from modelcheck.record.evidence import Estimate, Evidence, Finding, Severity, Table
from modelcheck.stats.holm import holm_adjusted, proved_below, stepdown_intervals

__all__ = ["FEWEST_ROWS", "regression_by_slice"]

FEWEST_ROWS = 50
_MARGIN = 0.03
_UNIT = {"regression": "mean squared error, as a share of the target's variance,"}
_NOTHING = (
    "no protected attribute and no slice is declared: name some under [dataset] protected, or as conditions under "
    "[slices]."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Judged:
    """One place that has rows enough: its adjusted interval and p-value."""

    place: PairedPlace
    estimate: Estimate
    p_adjusted: float | None

    def breaks(self, limit: float) -> bool:
        return proved_below(self.estimate, limit)


def regression_by_slice(context: Context) -> Evidence:
    """Compare candidate and baseline in every group of every protected attribute and in every declared slice.

    Parameters
    ----------
    context : Context
        With a baseline; `limit` is minus the margin (None: -0.03). Classes are compared by accuracy, values by the mean
        squared error over the variance of the target on all compared rows, so that one margin suits every target.

    Returns
    -------
    Evidence
        `groups` holds the paired difference of every place with at least 50 rows, above 0 where the candidate is
        better. The intervals are Holm's: those that lie below the limit are the places that Holm's test calls worse
        by more than the margin, at ``(1 - confidence) / 2`` for all together. `estimate` is the worst, and `findings`
        are the places called worse. Smaller places stand in the table. Not applicable without a baseline, or where
        no attribute and no slice is declared.

    References
    ----------
    Holm, S. (1979). A simple sequentially rejective multiple test procedure. Scandinavian Journal of Statistics 6,
    65-70. False alarms and power are measured in ``tests/quality/test_slice_rates.py``.
    """
    rows, baseline = context.compared, context.baseline
    if baseline is None:
        return Evidence(not_applicable=context.baseline_note)
    if not rows.groups and not rows.slices:
        return Evidence(not_applicable=_NOTHING)
    name = "root_mean_squared_error" if rows.task == "regression" else "accuracy"
    reason = incomparable(name, rows, baseline)
    if reason:
        return Evidence(not_applicable=reason.replace(name, "regression_by_slice", 1))
    limit = -_MARGIN if context.limit is None else context.limit
    doubt = doubt_of_overlap(context)
    places = paired_places(rows, baseline)
    judged = _judge([place for place in places if place.n >= FEWEST_ROWS], limit, context.confidence)
    worse = sorted((one for one in judged if one.breaks(limit)), key=lambda one: one.estimate.value or 0.0)
    groups = {one.place.label: one.estimate for one in judged if not one.estimate.unproven}
    # What decides comes first: the place that is proved worst, else the one where least is proved.
    worst = min(judged, key=lambda one: _standing(one, limit), default=None)
    chart = forest_chart(
        groups, metric="candidate against baseline", overall=None, limit=limit, title="Against the baseline, everywhere"
    )
    return Evidence(
        estimate=None if worst is None else worst.estimate,
        # What isn't judged is no place of the search: the gate stays open.
        groups={} if doubt else groups,
        findings=() if doubt else tuple(_finding(one, rows.task, limit) for one in worse),
        tables=(_table(places, judged, rows.task, context.confidence),),
        charts=() if chart is None else (chart,),
        reading=_reading(places, judged, worst, context),
        searched=f"{doubt[:1].upper()}{doubt[1:]}." if doubt else _searched(judged, places, limit),
        proved=same_answers(rows, baseline) if context.paired is None else "",
        predicted_rows=len(rows) + len(baseline),
    )


def _judge(places: Sequence[PairedPlace], limit: float, confidence: float) -> list[_Judged]:
    intervals = stepdown_intervals({place.label: place.find for place in places}, limit=limit, confidence=confidence)
    levels = [level_of_limit(place.find, limit) for place in places]
    # What can't be judged can't be called worse, but it was looked at.
    adjusted = holm_adjusted([1.0 if p is None else p for p in levels])
    return [
        _Judged(place=place, estimate=intervals[place.label], p_adjusted=None if p is None else float(own))
        for place, p, own in zip(places, levels, adjusted, strict=True)
    ]


def _standing(one: _Judged, limit: float) -> tuple[int, float]:
    found = one.estimate
    if found.unproven or found.low is None or found.high is None:
        return 2, np.inf if found.value is None else found.value
    return (0, found.high) if one.breaks(limit) else (1, found.low)


def _reading(places: Sequence[PairedPlace], judged: Sequence[_Judged], worst: _Judged | None, context: Context) -> str:
    what = f"{count(len(places), 'group')} and slices" if len(places) != 1 else "1 group or slice"
    if worst is None:
        return f"None of {what} has the {FEWEST_ROWS} rows it takes to judge. {note_on_baseline(context)}".strip()
    unit = "share of the target's variance" if context.rows.task == "regression" else "accuracy"
    small = len(places) - len(judged)
    left = f" {count(small, 'place')} with under {FEWEST_ROWS} rows left unjudged." if small else ""
    return (
        f"Of {what} compared with the baseline on the same rows, {short(worst.place.label)} comes off worst: "
        f"difference {with_interval(worst.estimate)} in {unit}, above 0 where the candidate is better.{left} "
        f"{'' if context.baseline is None else operating_point(context.compared, context.baseline)} "
        f"{note_on_baseline(context)}"
    ).strip()


def _searched(judged: Sequence[_Judged], places: Sequence[PairedPlace], limit: float) -> str:
    if not judged:
        return f"None of {len(places):,} groups and slices has the {FEWEST_ROWS} rows it takes to judge."
    looked = (
        f"{len(judged):,} groups and slices were looked at" if len(judged) > 1 else "1 group or slice was looked at"
    )
    together = ", adjusted together by Holm" if len(judged) > 1 else ""
    proving = [one for one in judged if not one.estimate.unproven]
    if not proving:
        return f"{looked[:1].upper()}{looked[1:]}{together}; none allows a judgement: {judged[0].estimate.unproven}."
    largest = max(proving, key=lambda one: one.estimate.n)
    smallest = min(proving, key=lambda one: one.estimate.n)
    drops = [one.place.findable(one.estimate, -limit) for one in (largest, smallest)]
    found = ["no drop for certain" if drop is None else f"a drop of {number(drop)} or more" for drop in drops]
    power = f"with 80 % power {found[0]} would have been found in the largest of them"
    if len(proving) > 1:
        power += f", and {found[1]} in the smallest that was judged"
    return f"{looked}{together}; {power}."


def _finding(one: _Judged, task: str, limit: float) -> Finding:
    what = _UNIT.get(task, "accuracy")
    place, found = one.place, one.estimate
    key = place.name.replace("\\", "\\\\").replace('"', '\\"')
    metric = "r2" if task == "regression" else "accuracy"
    margin = number(max(-limit, 0.0))
    drop = f"{'higher' if task == 'regression' else 'lower'} by {number(-(found.value or 0.0))}"
    return Finding(
        title=(f"Worse than the baseline where {short(place.label)}: {what} {drop} (margin {margin})"),
        slice=place.label,
        n=found.n,
        effect=found.value,
        low=found.low,
        high=found.high,
        p_adjusted=one.p_adjusted,
        severity=Severity.BLOCKING,
        reproduce=f'in modelcheck.toml: [gates."performance.{metric}"] slices."{key}".margin = {margin}',
    )


def _table(places: Sequence[PairedPlace], judged: Sequence[_Judged], task: str, confidence: float) -> Table:
    known = {one.place.label: one for one in judged}
    lines: list[tuple[object, ...]] = []
    for place in places:
        one = known.get(place.label)
        values = (place.label, place.n, place.candidate, place.baseline, place.difference)
        if one is None:
            lines.append(
                (*values, None, None, None, f"too few rows to judge (needs {FEWEST_ROWS})" if place.n else "no rows")
            )
            continue
        doubt = f"unproven: {one.estimate.unproven}" if one.estimate.unproven else ""
        lines.append((*values, one.estimate.low, one.estimate.high, one.p_adjusted, doubt))
    unit = "Mean squared error over the target's variance" if task == "regression" else "Accuracy"
    return Table(
        name="places",
        columns=("where", "rows", "candidate", "baseline", "difference", "low", "high", "adjusted p", "note"),
        rows=tuple(lines),
        note=(
            f"{unit}; the difference is above 0 where the candidate is better. The {len(judged):,} intervals and the "
            f"one-sided p-values are Holm's, at {level(confidence)} for all together."
        ),
    )
