"""Gates on the worst pair of groups: demographic parity, equal opportunity, equalised odds and their kin."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from modelcheck.checks.bias.attribute import Attribute, attribute_of
from modelcheck.checks.bias.parity.base_rates import why_not_all
from modelcheck.checks.bias.parity.outcomes import Measured, measure
from modelcheck.checks.bias.parity.pairs import Judged, all_pairs, judge_pairs
from modelcheck.checks.bias.parity.told import (
    estimate_of,
    finding_of,
    label_of,
    left_out,
    pairs_table,
    rest_table,
    sentence,
    values_table,
)
from modelcheck.checks.context import Context
from modelcheck.checks.forest import forest_chart
from modelcheck.checks.performance.catalogue import unusable
from modelcheck.checks.words import count, level, number, with_interval
from modelcheck.record.evidence import Chart, Estimate, Evidence, Severity
from modelcheck.stats.power import detectable, half_width

__all__ = ["GATES", "ParityGate", "parity"]

_MOST_FINDINGS = 10
_KEPT = 5
_MOST_DRAWN = 12
_MOST_REASONS = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class ParityGate:
    """What a gate compares.

    Attributes
    ----------
    outcomes : tuple of str
        Keys of `modelcheck.checks.bias.parity.outcomes.OUTCOMES`; the worst counts.
    ratio : bool
        Whether groups are compared by the smaller value over the larger; else by the difference.
    limit : float
        Drawn and told where the gate has none.
    impossible : bool
        Whether the gate asks what base rates that differ make impossible together with other demands.
    """

    outcomes: tuple[str, ...]
    ratio: bool = False
    limit: float = 0.1
    impossible: bool = False


GATES: Mapping[str, ParityGate] = {
    "demographic_parity_difference": ParityGate(outcomes=("selection_rate",)),
    "demographic_parity_ratio": ParityGate(outcomes=("selection_rate",), ratio=True, limit=0.8),
    "equal_opportunity_difference": ParityGate(outcomes=("true_positive_rate",), impossible=True),
    "equalized_odds_difference": ParityGate(outcomes=("true_positive_rate", "false_positive_rate"), impossible=True),
    "predictive_parity_difference": ParityGate(outcomes=("precision",), impossible=True),
    "accuracy_difference": ParityGate(outcomes=("accuracy",)),
    "error_difference": ParityGate(outcomes=("mean_error", "mean_absolute_error"), limit=math.inf),
}
"""By the check's name, which is fairlearn's where fairlearn has one."""


def parity(context: Context) -> Evidence:
    """Compare the groups of a protected attribute, pair by pair and each against the rest.

    Parameters
    ----------
    context : Context
        The check's name is a key of `GATES`; `by` names the attribute; `limit` is the largest difference or the
        smallest ratio between any two groups (None: that of `GATES`).

    Returns
    -------
    Evidence
        `estimate` is the worst pair: the largest difference (the smallest ratio) over all pairs of groups and over the
        outcomes. `groups` holds the comparisons that matter for the verdict: those proved to break the limit, those
        nearest to it, those left open; `looked_at` says how many there are. Intervals hold for all of
        them together, and each limit is judged by them at ``(1 - confidence) / 2`` in all. Groups in which nobody
        could have the outcome stand in the tables. Not applicable with fewer than two groups that have a value.

    References
    ----------
    Hardt, M., Price, E. and Srebro, N. (2016). Equality of opportunity in supervised learning. NeurIPS 29.
    Chouldechova, A. (2017). Fair prediction with disparate impact. Big Data 5, 153-163. Uniform Guidelines on Employee
    Selection Procedures, 29 CFR 1607.4(D) (four-fifths). Values agree with ``fairlearn.metrics`` to rounding; error
    rates are measured in ``tests/quality/test_parity_rates.py``.
    """
    gate, rows = GATES[context.name], context.rows
    reason = unusable("root_mean_squared_error" if gate.outcomes[0].startswith("mean") else "accuracy", rows)
    if reason:
        return Evidence(not_applicable=reason)
    attribute = attribute_of(context)
    if isinstance(attribute, str):
        return Evidence(not_applicable=attribute)
    measured = [one for name in gate.outcomes for one in measure(name, rows, attribute)]
    pairs = all_pairs(measured, len(attribute), ratio=gate.ratio)
    if not len(pairs):
        return Evidence(not_applicable=_nothing(measured, attribute))
    limit = gate.limit if context.limit is None else context.limit
    judged = judge_pairs(pairs, limit=limit, confidence=context.confidence)
    worst = _worst(judged)
    estimate = estimate_of(judged, worst, context.name)
    chosen = _chosen(judged, worst)
    # A default limit is broken by proof alone; one that the user declared is left open by what can't be judged.
    kept = [place for place in chosen if context.declared or pairs.usable[place]]
    groups = {label_of(judged, place, attribute): estimate_of(judged, place, context.name) for place in kept}
    missing = left_out(measured, attribute, context.name, context.confidence) if context.declared else {}
    broken = [place for place in chosen if judged.broken[place]]
    severity = Severity.BLOCKING if context.declared else Severity.WARNING
    return Evidence(
        estimate=estimate,
        groups=groups | missing,
        looked_at=len(pairs) + len(missing),
        baseline=_of_baseline(context, judged, worst, attribute),
        findings=tuple(
            finding_of(
                judged,
                place,
                attribute,
                check=context.name,
                limit=limit,
                informs=context.limit is None,
                severity=severity,
            )
            for place in broken[:_MOST_FINDINGS]
        ),
        tables=(
            values_table(measured, attribute, context.confidence),
            pairs_table(judged, attribute, context.confidence),
            rest_table(measured, attribute, context.confidence),
        ),
        charts=_chart(groups, gate, context, limit),
        reading=_reading(context, gate, judged, worst, attribute, estimate),
        searched="" if context.declared else _searched(judged, estimate, context.name),
        predicted_rows=len(rows),
    )


def _nothing(measured: list[Measured], attribute: Attribute) -> str:
    left = [
        f"{attribute.where(place)} ({one.values.doubt[place]})"
        for one in measured
        for place in range(len(attribute))
        if not math.isfinite(one.values.value[place])
    ]
    return f"fewer than two groups have a value to compare: {', '.join(left[:_KEPT])}."


def _worst(judged: Judged) -> int:
    """Return the pair that is told first: proved to break the limit, else the nearest to being proved to differ.

    Where nothing is proved the largest difference is often that of a handful of people; of several whose interval
    reaches no difference the one comes first that would be the most surprising by chance.
    """
    pairs = judged.pairs
    values = np.nan_to_num(pairs.values, nan=1.0 if pairs.ratio else 0.0)
    size = 1.0 - values if pairs.ratio else values
    near = np.nan_to_num(1.0 - judged.high if pairs.ratio else judged.low, nan=0.0)
    return int(np.lexsort((-size * np.sqrt(pairs.weight), -near, ~pairs.usable, ~judged.broken))[0])


def _chosen(judged: Judged, worst: int) -> list[int]:
    """Return the pairs that decide: proved broken, most different, least sure to keep the limit, left open."""
    pairs = judged.pairs
    usable = np.flatnonzero(pairs.usable)
    sign = -1.0 if pairs.ratio else 1.0
    near, far = (judged.high, judged.low) if pairs.ratio else (judged.low, judged.high)
    by_value = usable[np.argsort(-sign * pairs.values[usable], kind="stable")][:_KEPT]
    by_end = usable[np.argsort(-sign * far[usable], kind="stable")][:_KEPT]
    broken = np.flatnonzero(judged.broken)
    broken = broken[np.argsort(-sign * near[broken], kind="stable")][: 3 * _KEPT]
    open_ = np.flatnonzero(~pairs.usable)[:_KEPT]
    return list(dict.fromkeys([worst, *broken.tolist(), *by_value.tolist(), *by_end.tolist(), *open_.tolist()]))


def _of_baseline(context: Context, judged: Judged, worst: int, attribute: Attribute) -> Estimate | None:
    """Return the same comparison of the baseline, where it scored these rows."""
    rows = context.baseline
    if rows is None or unusable("root_mean_squared_error" if rows.task == "regression" else "accuracy", rows):
        return None
    theirs = Attribute.of(attribute.name, rows.groups[attribute.name])
    if theirs.labels != attribute.labels:
        return None
    pairs = judged.pairs
    one = pairs.measured[pairs.outcome[worst]]
    same = [found for found in measure(one.outcome.name, rows, theirs) if found.name == one.name]
    compared = all_pairs(same, len(theirs), ratio=pairs.ratio)
    both = {int(pairs.first[worst]), int(pairs.second[worst])}
    at = [place for place in range(len(compared)) if {int(compared.first[place]), int(compared.second[place])} == both]
    if not at:
        return None
    alone = compared.take(np.array(at))
    limit = 0.0 if pairs.ratio else math.inf
    found = judge_pairs(alone, limit=limit, confidence=judged.confidence)
    return estimate_of(found, 0, context.name)


def _chart(groups: Mapping[str, Estimate], gate: ParityGate, context: Context, limit: float) -> tuple[Chart, ...]:
    """Draw the comparisons where there are several; the groups themselves are drawn by `group_metrics`."""
    title = "Ratios of two groups" if gate.ratio else "Differences between two groups"
    drawn = limit if math.isfinite(limit) else None
    if len(groups) > _MOST_DRAWN:
        return ()  # the table is easier to read
    chart = forest_chart(groups, metric=context.name, overall=None, limit=drawn, title=title)
    return () if chart is None else (chart,)


def _reading(
    context: Context, gate: ParityGate, judged: Judged, worst: int, attribute: Attribute, estimate: Estimate
) -> str:
    pairs = judged.pairs
    one = pairs.measured[pairs.outcome[worst]]
    said = sentence(one, int(pairs.first[worst]), int(pairs.second[worst]), attribute)
    what = "Ratio" if gate.ratio else "Difference"
    parts = [said, f"{what} {with_interval(estimate)}."]
    if len(pairs) > 1:
        parts.append(f"The worst of {count(len(pairs), 'comparison')}; intervals hold for all of them together.")
    if gate.impossible:
        parts.append(why_not_all(context.rows, attribute, context.confidence))
    return " ".join(part for part in parts if part)


def _why_open(judged: Judged, metric: str) -> str:
    """Return why pairs can't be judged, each reason once; the commonest first."""
    places = np.flatnonzero(~judged.pairs.usable).tolist()
    reasons = Counter(estimate_of(judged, place, metric).unproven for place in places)
    return "; ".join(reason for reason, _ in reasons.most_common(_MOST_REASONS))


def _searched(judged: Judged, estimate: Estimate, metric: str) -> str:
    """Say what was compared and what would have been found."""
    pairs = judged.pairs
    open_ = int(np.count_nonzero(~pairs.usable))
    looked = f"{count(len(pairs), 'comparison')} between groups" + (", held together" * (len(pairs) > 1))
    left = f" {count(open_, 'comparison')} can't be judged: {_why_open(judged, metric)}." if open_ else ""
    widths = [half_width(estimate, end) for end in ("low", "high")]
    known = [width for width in widths if width is not None]
    if estimate.unproven or not known:
        return f"{looked}.{left}"
    smallest = detectable(max(known), confidence=estimate.confidence)
    return (
        f"{looked}; in the worst pair {number(smallest)} beyond the limit would have been found with 80 % power "
        f"(at {level(estimate.confidence)}).{left}"
    )
