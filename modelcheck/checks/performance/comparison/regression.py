"""Whether the candidate is worse than the baseline: one metric, the same rows, a margin."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from modelcheck.checks.columns import lean
from modelcheck.checks.context import Context
from modelcheck.checks.forest import forest_chart
from modelcheck.checks.performance.catalogue import METRICS
from modelcheck.checks.performance.comparison.alike import operating_point, ranked_by_decisions, same_answers
from modelcheck.checks.performance.comparison.discordant import discordant_table
from modelcheck.checks.performance.comparison.findable import findable_drop
from modelcheck.checks.performance.comparison.overlap import doubted
from modelcheck.checks.performance.comparison.paired import incomparable, paired
from modelcheck.checks.performance.comparison.paired import sides as sides_of
from modelcheck.checks.performance.groups import joint_confidence
from modelcheck.checks.words import count, level, number, short, spoken, with_interval
from modelcheck.record.evidence import Chart, Estimate, Evidence, Table
from modelcheck.scoring.rows import ScoredRows

__all__ = ["regression"]

# The metrics that answer by default; their pages show all the others beside them.
_PRIMARY = {"binary": "roc_auc", "multiclass": "roc_auc", "regression": "r2"}


def regression(context: Context) -> Evidence:
    """Compare candidate and baseline on the same rows, in the metric that the check is named after.

    Parameters
    ----------
    context : Context
        ``performance.regression.<metric>``. With `by` every group of that attribute is compared; `groups` then holds
        intervals that are simultaneous over its groups.

    Returns
    -------
    Evidence
        The estimate is a difference, above 0 where the candidate is better, whichever way the metric points.
        Not applicable without a baseline, or where an output doesn't allow the metric.

    References
    ----------
    Non-inferiority with a margin: Piaggio, G. et al. (2012). Reporting of noninferiority and equivalence randomized
    trials: extension of the CONSORT 2010 statement. JAMA 308, 2594-2604. The interval's method is named with it.
    """
    name = context.name.removeprefix("regression.")
    if context.baseline is None:
        return Evidence(not_applicable=context.baseline_note)
    candidate, baseline = context.compared, context.baseline
    reason = incomparable(name, candidate, baseline)
    if reason:
        return Evidence(not_applicable=reason)
    if len(candidate) == 0:
        where = f" in {short(context.slice)}" if context.slice else ""
        return Evidence(not_applicable=f"There are no rows{where} that candidate and baseline have both scored.")
    if context.by is not None:
        return _by_group(name, context, candidate, baseline)
    a, b = lean(candidate), lean(baseline)
    difference = _resolved(name, a, b, paired(name, a, b, context.confidence), context)
    tables: tuple[Table, ...] = ()
    charts: tuple[Chart, ...] = ()
    if context.slice is None and _PRIMARY[candidate.task] == name:
        every = dict(_every_metric(context, name, difference))
        tables = (_table(every, context.confidence),)
        charts = _chart(every)
    discordant = discordant_table(name, a, b)
    own, other = sides_of(name, a, b, context.confidence)
    place = f"In {short(context.slice)}: " if context.slice else ""
    return Evidence(
        estimate=difference,
        baseline=other,
        tables=tables if discordant is None else (*tables, discordant),
        charts=charts,
        reading=_joined(
            place + _sentence(name, own, other, difference),
            _by_decisions(name, a, b),
            operating_point(a, b) if METRICS[name].needs == "decision" else "",
            _power(difference, context),
            context.baseline_note,
        ),
        proved=same_answers(a, b) if context.paired is None else "",
        predicted_rows=len(candidate) + len(baseline),
    )


def _by_group(name: str, context: Context, candidate: ScoredRows, baseline: ScoredRows) -> Evidence:
    attribute = context.by or ""
    groups = candidate.groups[attribute]
    sizes = np.bincount(groups.codes, minlength=len(groups.labels))
    each = joint_confidence(context.confidence, int(np.count_nonzero(sizes)))
    found: dict[str, Estimate] = {}
    sides: dict[str, tuple[Estimate, Estimate]] = {}
    a, b = lean(candidate), lean(baseline)
    for code, label in enumerate(groups.labels):
        if not sizes[code]:
            continue
        members = np.flatnonzero(groups.codes == code)
        own, other = a.take(members), b.take(members)
        found[label] = _resolved(name, own, other, paired(name, own, other, each), context)
        sides[label] = sides_of(name, own, other, each)
    worst = min(found, key=lambda label: _standing(found[label], context.limit or 0.0))
    chart = forest_chart(
        {f"{attribute} = {label}": one for label, one in found.items()},
        metric="difference from the baseline",
        overall=None,
        limit=context.limit,
        title="Candidate against baseline by group",
    )
    head = (
        f"Worst of {count(len(found), 'group')} by {short(attribute)} is {short(worst)} "
        f"(the intervals hold together with {level(context.confidence)} confidence)."
    )
    words = _sentence(name, *sides[worst], found[worst])
    return Evidence(
        estimate=found[worst],
        groups=found,
        baseline=sides[worst][1],
        tables=(_group_table(attribute, found, sides),),
        charts=() if chart is None else (chart,),
        reading=_joined(head, words, _by_decisions(name, a, b), _power(found[worst], context), context.baseline_note),
        proved=same_answers(a, b) if context.paired is None else "",
        predicted_rows=len(candidate) + len(baseline),
    )


def _standing(found: Estimate, limit: float) -> tuple[int, float]:
    """Return a key that puts what decides first: proved to be worse, then the least that is proved, then no proof."""
    if found.unproven or found.low is None or found.high is None:
        return 2, np.inf if found.value is None else found.value
    return (0, found.high) if found.high < limit else (1, found.low)


def _sentence(name: str, own: Estimate, other: Estimate, difference: Estimate) -> str:
    if difference.value is None:
        return f"{spoken(name)} could not be compared: {difference.unproven}."
    return (
        f"{spoken(name)}: candidate {number(own.value)}, baseline {number(other.value)} on the same "
        f"{count(difference.n, 'row')}; difference {with_interval(difference)}, above 0 where the candidate is better."
    )


def _resolved(name: str, candidate: ScoredRows, baseline: ScoredRows, found: Estimate, context: Context) -> Estimate:
    """Return the difference with what these rows could have shown: a drop brings changed rows of its own."""
    found = doubted(found, context)
    if found.unproven or found.value is None:
        return found
    margin = -(context.limit or 0.0)
    drop = findable_drop(name, candidate, baseline, found, margin)
    return replace(found, resolution=float("inf") if drop is None else drop - margin)


def _power(difference: Estimate, context: Context) -> str:
    if difference.resolution is None:
        return ""
    if np.isinf(difference.resolution):
        return "No drop is sure to be found on these rows."
    margin = -(context.limit or 0.0)
    beyond = f" (the margin of {number(margin)} included)" if margin else ""
    drop = f"A drop of {number(margin + difference.resolution)} or more{beyond}"
    return f"{drop}, of rows that only get worse, would be found with 80 % power."


def _by_decisions(name: str, candidate: ScoredRows, baseline: ScoredRows) -> str:
    if not ranked_by_decisions(name, candidate, baseline):
        return ""
    return "Both are ranked by their decisions, because one of them gives labels only; one with scores loses by that."


def _joined(*parts: str) -> str:
    return " ".join(part for part in parts if part)


def _every_metric(
    context: Context, known: str, difference: Estimate
) -> Iterator[tuple[str, tuple[Estimate, Estimate, Estimate]]]:
    """Yield (candidate, baseline, difference) of every metric that can be compared."""
    if context.baseline is None:
        return
    for name in METRICS:
        a, b = lean(context.compared), lean(context.baseline)
        if incomparable(name, a, b):
            continue
        own, other = sides_of(name, a, b, context.confidence)
        yield name, (own, other, difference if name == known else paired(name, a, b, context.confidence))


def _table(every: dict[str, tuple[Estimate, Estimate, Estimate]], confidence: float) -> Table:
    return Table(
        name="candidate and baseline",
        columns=("metric", "candidate", "baseline", "difference", "low", "high", "n", "method", "note"),
        rows=tuple(
            (name, own.value, other.value, gap.value, gap.low, gap.high, gap.n, gap.method, _doubt(gap))
            for name, (own, other, gap) in every.items()
        ),
        note=(
            f"Differences are above 0 where the candidate is better, for losses too. Each interval on its own at "
            f"{level(confidence)}; only the gates judge."
        ),
    )


def _group_table(attribute: str, found: dict[str, Estimate], sides: dict[str, tuple[Estimate, Estimate]]) -> Table:
    return Table(
        name=f"by {attribute}",
        columns=("group", "n", "candidate", "baseline", "difference", "low", "high", "method", "note"),
        rows=tuple(
            (
                label,
                gap.n,
                *(side.value for side in sides[label]),
                gap.value,
                gap.low,
                gap.high,
                gap.method,
                _doubt(gap),
            )
            for label, gap in found.items()
        ),
    )


def _doubt(found: Estimate) -> str:
    return f"unproven: {found.unproven}" if found.unproven else ""


def _chart(every: dict[str, tuple[Estimate, Estimate, Estimate]]) -> tuple[Chart, ...]:
    # One axis for all is honest only where all live in the same unit.
    shares = {name: gap for name, (_, _, gap) in every.items() if METRICS[name].unit == "share"}
    chart = forest_chart(
        shares, metric="candidate less baseline", overall=None, limit=0.0, title="Against the baseline"
    )
    return () if chart is None else (chart,)
