"""Whether the candidate is worse than the baseline for any group, even where it is no worse on the whole."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from modelcheck.checks.bias.attribute import attribute_of
from modelcheck.checks.bias.every_group import EveryGroup, judge_groups
from modelcheck.checks.bias.gaps_grown import gaps_table, rates_table
from modelcheck.checks.columns import lean
from modelcheck.checks.context import Context
from modelcheck.checks.judging import JudgedPlace
from modelcheck.checks.performance.comparison.alike import operating_point, same_answers
from modelcheck.checks.performance.comparison.overlap import doubt_of_overlap
from modelcheck.checks.performance.comparison.paired import incomparable
from modelcheck.checks.performance.comparison.places import PairedPlace, paired_places
from modelcheck.checks.performance.everywhere import note_on_baseline
from modelcheck.checks.words import number, short, with_interval
from modelcheck.record.evidence import Estimate, Evidence, Table
from modelcheck.scoring.rows import Groups, ScoredRows
from modelcheck.stats.holm import proved_below

__all__ = ["regression"]

_MARGIN = 0.03
_ALL = "all rows"


def regression(context: Context) -> Evidence:
    """Compare candidate and baseline in every group of an attribute, on the same rows.

    Parameters
    ----------
    context : Context
        With a baseline; `by` names the attribute, `limit` is minus the margin (None: -0.03). Classes are compared by
        accuracy, values by the mean squared error over the variance of the target on all compared rows.

    Returns
    -------
    Evidence
        `groups` holds each group's paired difference with Holm's intervals, above 0 where the candidate is better;
        those proved worse by more than the margin at ``(1 - confidence) / 2`` for all together are `findings`. Groups
        under 50 rows stand in the table. For two classes the groups' true and false positive rates, and whether groups
        lie farther apart than under the baseline, are described. Not applicable without a baseline.

    References
    ----------
    Holm, S. (1979). A simple sequentially rejective multiple test procedure. Scandinavian Journal of Statistics 6,
    65-70. Piaggio, G. et al. (2012). Reporting of noninferiority and equivalence randomized trials. JAMA 308,
    2594-2604. Error rates are measured in ``tests/quality/test_slice_rates.py``.
    """
    rows, baseline = context.compared, context.baseline
    if baseline is None:
        return Evidence(not_applicable=context.baseline_note)
    attribute = attribute_of(context, rows)
    if isinstance(attribute, str):
        return Evidence(not_applicable=attribute)
    name = "root_mean_squared_error" if rows.task == "regression" else "accuracy"
    reason = incomparable(name, rows, baseline)
    if reason:
        return Evidence(not_applicable=reason.replace(name, "regression", 1))
    limit = -_MARGIN if context.limit is None else context.limit
    places = [place for place in paired_places(rows, baseline, attribute.name) if place.n]
    known = {attribute.where(place): one for place, one in enumerate(places)}
    every = judge_groups(context, attribute, [place.find for place in places], limit=limit, side="min")
    doubt = doubt_of_overlap(context)

    def smallest(found: Estimate) -> float | None:
        label = next(one.label for one in every.places if one.estimate is found)
        return known[label].findable(found, max(-limit, 0.0))

    def title(one: JudgedPlace) -> str:
        worse = _told(one.estimate, rows.task)
        return f"Worse than the baseline where {short(one.label)}: {worse} (margin {number(max(-limit, 0.0))})"

    described: tuple[Table, ...] = (gaps_table(rows, baseline, attribute, context.confidence),)
    if rows.task == "binary":
        described = (rates_table(rows, baseline, attribute, context.confidence), *described)
    searched = every.searched(smallest, "a drop")
    return Evidence(
        estimate=every.worst,
        # What isn't judged is no group: the gate stays open.
        groups={} if doubt else every.groups,
        findings=() if doubt else every.findings(title, "margin"),
        tables=(_table(every, places, rows.task), *described),
        charts=every.chart("candidate against baseline", "Against the baseline, by group"),
        reading=_reading(every, _overall(rows, baseline), context),
        searched=f"{doubt[:1].upper()}{doubt[1:]}." if doubt else searched,
        proved=same_answers(rows, baseline) if context.paired is None else "",
        predicted_rows=len(rows) + len(baseline),
    )


def _told(found: Estimate, task: str) -> str:
    drop = number(-(found.value or 0.0))
    if task == "regression":
        return f"mean squared error, as a share of the target's variance, higher by {drop}"
    return f"accuracy lower by {drop}"


def _overall(rows: ScoredRows, baseline: ScoredRows) -> PairedPlace:
    """Return all rows as one place."""
    one = Groups(labels=(_ALL,), codes=np.zeros(len(rows), dtype=np.int32))
    return paired_places(replace(lean(rows), groups={_ALL: one}), baseline, _ALL)[0]


def _table(every: EveryGroup, places: Sequence[PairedPlace], task: str) -> Table:
    unit = "Mean squared error over the target's variance" if task == "regression" else "Accuracy"
    return every.table(
        ("candidate", "baseline"),
        [(place.candidate, place.baseline) for place in places],
        note=f"{unit}; value: the difference, above 0 where the candidate is better.",
    )


def _reading(every: EveryGroup, overall: PairedPlace, context: Context) -> str:
    baseline = context.baseline
    unit = "share of the target's variance" if context.rows.task == "regression" else "accuracy"
    found = overall.find(context.confidence)
    parts = []
    if every.worst is not None:
        parts.append(
            f"Compared with the baseline on the same rows, {short(every.label)} comes off worst: difference "
            f"{with_interval(every.worst)} in {unit}, above 0 where the candidate is better."
        )
    whole = f"All rows together: {with_interval(found)}."
    if every.broken and not proved_below(found, every.limit):
        whole += " On the whole the candidate is not proved worse, so only a look at the groups shows it."
    parts.append(whole)
    if baseline is not None:
        parts.append(operating_point(context.compared, baseline))
    parts.append(note_on_baseline(context))
    return " ".join(part for part in parts if part)
