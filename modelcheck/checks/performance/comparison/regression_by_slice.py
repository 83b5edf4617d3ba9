"""Whether the candidate is worse than the baseline for anybody: every group and every declared slice."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from modelcheck.checks.context import Context
from modelcheck.checks.forest import forest_chart
from modelcheck.checks.performance.comparison.alike import operating_point, same_answers
from modelcheck.checks.performance.comparison.overlap import doubt_of_overlap
from modelcheck.checks.performance.comparison.paired import incomparable
from modelcheck.checks.performance.comparison.places import PairedPlace, paired_places
from modelcheck.checks.performance.comparison.unnamed import Unnamed, search_unnamed
from modelcheck.checks.performance.everywhere import note_on_baseline
from modelcheck.checks.words import count, level, number, short, with_interval
from modelcheck.record.evidence import Estimate, Evidence, Finding, Severity, Table
from modelcheck.stats.holm import holm_adjusted, level_of, proved_below, stepdown_intervals

__all__ = ["FEWEST_ROWS", "regression_by_slice"]

FEWEST_ROWS = 50
_MARGIN = 0.03
_SEARCHED = 0.5  # part of the error that the search has; the declared places have the rest
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
    """Compare candidate and baseline in every group, in every declared slice, and in slices that a search finds.

    Parameters
    ----------
    context : Context
        With a baseline; `limit` is minus the margin (None: -0.03). Classes are compared by accuracy, values by the mean
        squared error over the variance of the target on all compared rows, so that one margin suits every target.

    Returns
    -------
    Evidence
        `groups` holds the paired difference of every declared place with at least 50 rows, and of the slices that the
        search chose, above 0 where the candidate is better. The intervals are Holm's: those that lie below the limit
        are the places that Holm's test calls worse by more than the margin, at ``(1 - confidence) / 2`` for all
        together: half of it for the declared places, half for the search (all conjunctions of up to three conditions
        with at least ``max(50, 2 %)`` rows). `estimate` is the worst, and `findings` are the places called worse.
        Smaller places stand in the table. Not applicable without a baseline, or where there is nothing to look at.

    References
    ----------
    Holm, S. (1979). A simple sequentially rejective multiple test procedure. Scandinavian Journal of Statistics 6,
    65-70. False alarms and power are measured in ``tests/quality/test_slice_rates.py``.
    """
    rows, baseline = context.compared, context.baseline
    if baseline is None:
        return Evidence(not_applicable=context.baseline_note)
    if not rows.groups and not rows.slices and (rows.features is None or not rows.features.levels):
        return Evidence(not_applicable=_NOTHING)
    name = "root_mean_squared_error" if rows.task == "regression" else "accuracy"
    reason = incomparable(name, rows, baseline)
    if reason:
        return Evidence(not_applicable=reason.replace(name, "regression_by_slice", 1))
    limit = -_MARGIN if context.limit is None else context.limit
    doubt = doubt_of_overlap(context)
    unnamed = search_unnamed(rows, baseline, margin=max(-limit, 0.0), confidence=context.confidence, part=_SEARCHED)
    part = 1.0 if unnamed is None else 1.0 - _SEARCHED
    places = paired_places(rows, baseline)
    judged = _judge([place for place in places if place.n >= FEWEST_ROWS], limit, context.confidence, part)
    worse = sorted((one for one in judged if one.breaks(limit)), key=lambda one: one.estimate.value or 0.0)
    if unnamed is not None:
        unnamed = unnamed.apart_from([one.place.rows for one in worse])
    found = {} if unnamed is None else unnamed.groups
    groups = {one.place.label: one.estimate for one in judged if not one.estimate.unproven} | found
    # What decides comes first: the place that is proved worst, else the one where least is proved.
    worst = min(judged, key=lambda one: _standing(one.estimate, limit), default=None)
    # A slice that the search chose comes before a declared place only where it is proved worse.
    everything = [one.estimate for one in judged] + [one for one in found.values() if proved_below(one, limit)]
    if unnamed is not None and not groups and unnamed.looked.eligible:
        groups = {"all rows": unnamed.everywhere(context.confidence)}
    chart = forest_chart(
        groups, metric="candidate against baseline", overall=None, limit=limit, title="Against the baseline, everywhere"
    )
    searched = _searched(judged, places, limit) if places else ""
    if unnamed is not None:
        searched = f"{searched} Besides: {unnamed.searched()}" if searched else unnamed.searched()
    findings = tuple(_finding(one, rows.task, limit) for one in worse)
    return Evidence(
        estimate=min(everything or groups.values(), key=lambda one: _standing(one, limit), default=None),
        # What isn't judged is no place of the search: the gate stays open.
        groups={} if doubt else groups,
        findings=() if doubt else (*findings, *(() if unnamed is None else unnamed.findings())),
        tables=(
            *((_table(places, judged, rows.task, context.confidence),) if places else ()),
            *(() if unnamed is None else unnamed.tables(context.confidence)),
        ),
        charts=() if chart is None else (chart,),
        reading=_reading(places, judged, worst, context, unnamed),
        searched=f"{doubt[:1].upper()}{doubt[1:]}." if doubt else searched,
        looked_at=0 if unnamed is None else len(judged) + sum(unnamed.looked.eligible),
        proved=same_answers(rows, baseline) if context.paired is None else "",
        predicted_rows=len(rows) + len(baseline),
    )


def _judge(places: Sequence[PairedPlace], limit: float, confidence: float, part: float) -> list[_Judged]:
    """Judge the declared places; `part` of the error probability is theirs."""

    def broken(found: Estimate) -> bool:
        return proved_below(found, limit)

    own_confidence = 1.0 - part * (1.0 - confidence)
    intervals = stepdown_intervals(
        {place.label: place.find for place in places},
        broken=broken,
        confidence=own_confidence,
    )
    levels = [level_of(place.find, broken) for place in places]
    # What can't be judged can't be called worse, but it was looked at.
    adjusted = np.minimum(holm_adjusted([1.0 if p is None else p for p in levels]) / part, 1.0)
    return [
        _Judged(place=place, estimate=intervals[place.label], p_adjusted=None if p is None else float(own))
        for place, p, own in zip(places, levels, adjusted, strict=True)
    ]


def _standing(found: Estimate, limit: float) -> tuple[int, float]:
    if found.unproven or found.low is None or found.high is None:
        return 2, np.inf if found.value is None else found.value
    return (0, found.high) if proved_below(found, limit) else (1, found.low)


def _reading(
    places: Sequence[PairedPlace],
    judged: Sequence[_Judged],
    worst: _Judged | None,
    context: Context,
    unnamed: Unnamed | None,
) -> str:
    named = _reading_of_places(places, judged, worst, context) if places else note_on_baseline(context)
    if unnamed is None:
        return named
    broken = unnamed.looked.broken
    if not broken:
        return f"{named} The search found no slice that is proved worse.".strip()
    slices = "slice" if len(broken) == 1 else "slices"
    return f"{len(broken)} {slices} found by search, the worst: {short(broken[0].words)}. {named}".strip()


def _reading_of_places(
    places: Sequence[PairedPlace], judged: Sequence[_Judged], worst: _Judged | None, context: Context
) -> str:
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
