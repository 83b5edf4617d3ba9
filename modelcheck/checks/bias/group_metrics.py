"""Every group by every metric, side by side, and what can't be had together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from modelcheck.checks.bias.attribute import Attribute, attribute_of
from modelcheck.checks.bias.group_measures import GroupMeasures, measures_of
from modelcheck.checks.bias.group_rates import RATES, GroupCounts, group_rates
from modelcheck.checks.bias.parity.base_rates import why_not_all
from modelcheck.checks.columns import design_of
from modelcheck.checks.context import Context
from modelcheck.checks.forest import forest_chart
from modelcheck.checks.performance.groups import joint_confidence
from modelcheck.checks.words import level, out_of_100, short, spoken, with_interval
from modelcheck.record.evidence import Chart, Estimate, Evidence, Table
from modelcheck.scoring.rows import ScoredRows

__all__ = ["group_metrics"]

_CLASSES_SHOWN = 20
# What heads a page, by what there is: the first that was measured.
_HEADLINES = ("selection_rate", "mean_error", "accuracy", "mean_score", "log_loss", "base_rate")
_DRAWN = (
    ("selection_rate", "Who gets the decision"),
    ("false_negative_rate", "Who is missed"),
    ("false_positive_rate", "Who gets it without cause"),
    ("accuracy", "For whom it is right"),
    ("mean_prediction", "What is predicted"),
    ("mean_error", "Predicted less observed"),
    ("root_mean_squared_error", "Size of the errors"),
)
_LINES = {"binary": 3, "multiclass": 1, "regression": 3}


def group_metrics(context: Context) -> Evidence:
    """Measure every group of an attribute by everything that the task allows.

    Parameters
    ----------
    context : Context
        Any task; `by` names the attribute.

    Returns
    -------
    Evidence
        `groups` holds the headline measure (selection rate; for several classes accuracy, for values the mean error) of
        every group. Tables: all values side by side; each measure with its interval; for several classes the rates of
        each class against the rest. The intervals of one measure hold together for all groups (Bonferroni). Nothing is
        judged. Groups without a denominator stay, with the reason. The reading warns where the truth differs
        between groups, so that not all of these measures can be equal.

    References
    ----------
    Chouldechova, A. (2017). Fair prediction with disparate impact. Big Data 5, 153-163. Kleinberg, J., Mullainathan, S.
    and Raghavan, M. (2017). Inherent trade-offs in the fair determination of risk scores. ITCS 2017, 43:1-43:23.
    Values agree with ``fairlearn.metrics.MetricFrame`` (``tests/reference/test_fairlearn.py``).
    """
    attribute = attribute_of(context)
    if isinstance(attribute, str):
        return Evidence(not_applicable=attribute)
    rows = context.rows
    each = joint_confidence(context.confidence, len(attribute))
    measures = measures_of(rows, attribute, each)
    if not measures.found:
        return Evidence(not_applicable=" ".join(measures.left_out))
    headline = next(name for name in _HEADLINES if name in measures.found)
    tables = [_wide(measures, attribute, each), _long(measures, attribute, each)]
    if rows.task == "multiclass" and rows.decision is not None:
        tables.append(_by_class(rows, attribute, each))
    warning = "" if rows.task == "regression" else why_not_all(rows, attribute, context.confidence)
    reading = [_reading(rows, attribute, measures), *(f"{text[:1].upper()}{text[1:]}" for text in measures.left_out)]
    return Evidence(
        estimate=_worst(measures.found[headline], headline),
        groups={attribute.where(place): found for place, found in enumerate(measures.found[headline])},
        tables=tuple(tables),
        charts=_charts(measures, attribute, rows.task),
        reading=" ".join(part for part in (*reading, warning) if part),
        predicted_rows=len(rows),
    )


def _worst(found: Sequence[Estimate], name: str) -> Estimate:
    """Return the group that stands out: the lowest rate, the largest loss, or the mean error farthest from 0."""
    sign = {"mean_error": 0.0, "log_loss": -1.0}.get(name, 1.0)

    def standing(one: Estimate) -> tuple[bool, float]:
        value = np.inf if one.value is None else one.value
        return bool(one.unproven), sign * value if sign else -abs(value)

    return min(found, key=standing)


def _ends(found: Sequence[Estimate]) -> tuple[int, int] | None:
    """Return the groups with the lowest and the highest value, of those that prove something where there are two."""
    known = [place for place, one in enumerate(found) if one.value is not None]
    sure = [place for place in known if not found[place].unproven]
    chosen = sure if len(sure) > 1 else known
    if len(chosen) < 2:
        return None
    values = [found[place].value or 0.0 for place in chosen]
    return chosen[int(np.argmin(values))], chosen[int(np.argmax(values))]


def _reading(rows: ScoredRows, attribute: Attribute, measures: GroupMeasures) -> str:
    found = measures.found
    if rows.task == "regression":
        told = [_span(found[name], attribute, spoken(name)) for name in ("mean_error", "root_mean_squared_error")]
        return " ".join(text for text in told if text) or _NOBODY
    if rows.task == "multiclass":
        name = "accuracy" if "accuracy" in found else "log_loss"
        if name not in found:
            return _NOBODY
        text = "are decided rightly" if name == "accuracy" else ""
        told = [_of_100(found[name], attribute, "people", text) if text else _span(found[name], attribute, "Log loss")]
        return told[0] or _NOBODY
    positive = short(rows.classes[1])
    lines = (
        ("selection_rate", "people", f"are decided as {positive}"),
        ("false_negative_rate", f"people who are {positive}", "are missed"),
        ("false_positive_rate", f"people who are not {positive}", "are decided so all the same"),
    )
    told = [_of_100(found[name], attribute, who, what) for name, who, what in lines if name in found]
    if not told and "mean_score" in found:
        told = [_span(found["mean_score"], attribute, "Mean score")]
    return " ".join(text for text in told if text) or _NOBODY


_NOBODY = "Fewer than two groups allow a comparison: see the tables."


def _of_100(found: Sequence[Estimate], attribute: Attribute, who: str, what: str) -> str:
    ends = _ends(found)
    if ends is None:
        return ""
    (low, inside), (high, outside) = (out_of_100(found[place]) for place in ends)
    names = [short(attribute.where(place)) for place in ends]
    return f"Of 100 {who}, {low}{inside} {what} where {names[0]}, {high}{outside} where {names[1]}."


def _span(found: Sequence[Estimate], attribute: Attribute, what: str) -> str:
    ends = _ends(found)
    if ends is None:
        return ""
    least, most = ends
    return (
        f"{what}: from {with_interval(found[least])} where {short(attribute.where(least))} to "
        f"{with_interval(found[most])} where {short(attribute.where(most))}."
    )


def _wide(measures: GroupMeasures, attribute: Attribute, each: float) -> Table:
    total = int(attribute.sizes.sum())
    lines = []
    for place, label in enumerate(attribute.labels):
        size = int(attribute.sizes[place])
        values = [found[place].value for found in measures.found.values()]
        without = {
            found[place].unproven: name
            for name, found in reversed(measures.found.items())
            if found[place].value is None and found[place].unproven
        }
        note = "; ".join(f"{name}: {reason}" for reason, name in reversed(without.items()))
        lines.append((label, size, size / total, *values, note))
    return Table(
        name="groups",
        columns=("group", "rows", "share of rows", *measures.found, "note"),
        rows=tuple(lines),
        note=f"Values; their intervals, at {level(each)} each, are in the table of measures.",
    )


def _long(measures: GroupMeasures, attribute: Attribute, each: float) -> Table:
    lines = [
        (name, attribute.labels[place], one.value, one.low, one.high, one.n, one.method, _doubt(one))
        for name, found in measures.found.items()
        for place, one in enumerate(found)
    ]
    return Table(
        name="measures",
        columns=("measure", "group", "value", "low", "high", "n", "method", "note"),
        rows=tuple(lines),
        note=f"Each interval at {level(each)}: those of one measure hold together for all groups (Bonferroni).",
    )


def _by_class(rows: ScoredRows, attribute: Attribute, each: float) -> Table:
    sizes = np.bincount(rows.target, minlength=len(rows.classes))
    shown = np.sort(np.argsort(-sizes, kind="stable")[:_CLASSES_SHOWN]).tolist()
    counts = GroupCounts.of(rows, attribute) if design_of(rows).simple else None
    lines: list[tuple[object, ...]] = []
    for code in shown:
        found = group_rates(rows, attribute, code, each, counts)
        for name in RATES:
            for place, one in enumerate(found[name]):
                ends = (one.value, one.low, one.high, one.n)
                lines.append((str(rows.classes[code]), name, attribute.labels[place], *ends, _doubt(one)))
    left = len(sizes) - len(shown)
    more = f" Shown are the {len(shown)} largest of {len(sizes):,} classes." if left else ""
    return Table(
        name="by class",
        columns=("class", "measure", "group", "value", "low", "high", "n", "note"),
        rows=tuple(lines),
        note=f"Each class against the rest. Intervals at {level(each)}: for all groups together, not classes.{more}",
    )


def _doubt(found: Estimate) -> str:
    return f"unproven: {found.unproven}" if found.unproven else ""


def _charts(measures: GroupMeasures, attribute: Attribute, task: str) -> tuple[Chart, ...]:
    drawn: list[Chart] = []
    for name, title in _DRAWN:
        if name not in measures.found or len(drawn) == _LINES[task]:
            continue
        groups = {attribute.where(place): one for place, one in enumerate(measures.found[name])}
        chart = forest_chart(groups, metric=name, overall=None, limit=None, title=title)
        if chart is not None:
            drawn.append(replace(chart, name=name))
    return tuple(drawn)
