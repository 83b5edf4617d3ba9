"""The check behind every metric of the performance suite."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from modelcheck.checks.columns import lean, scores_of
from modelcheck.checks.context import Context
from modelcheck.checks.forest import forest_chart
from modelcheck.checks.performance import charts
from modelcheck.checks.performance.catalogue import METRICS, Metric, by_class, estimate, unusable
from modelcheck.checks.performance.groups import (
    ByGroup,
    estimates_by_group,
    estimates_by_slice,
    group_table,
    worst_group,
)
from modelcheck.checks.performance.readings import reading
from modelcheck.checks.words import count, level, short, with_interval
from modelcheck.record.evidence import Chart, Estimate, Evidence, Table
from modelcheck.scoring.rows import ScoredRows
from modelcheck.stats.linearised import undefined

__all__ = ["METRICS", "Metric", "measure"]

_CURVES = {"roc_auc": "ROC curve", "average_precision": "Precision-recall curve"}
_CLASSES_DRAWN = 8


def measure(context: Context) -> Evidence:
    """Measure the metric that the check is named after.

    Parameters
    ----------
    context : Context
        ``performance.<metric>``, with a metric of `METRICS`. With `by` every group of that attribute is measured;
        `groups` then holds intervals that are simultaneous over its groups, and `estimate` is the worst group.

    Returns
    -------
    Evidence
        Not applicable, with the reason, when the model's output doesn't allow the metric. Without `slice` and `by`
        the declared slices stand in a table of their own, so that none is left out for want of a limit.

    Raises
    ------
    ValueError
        When there is no such metric.

    References
    ----------
    Each interval names its method; the papers stand with the functions of :mod:`modelcheck.stats`.
    """
    name, rows = context.name, context.rows
    reason = unusable(name, rows)
    if reason:
        return Evidence(not_applicable=reason)
    if len(rows) == 0:
        where = f" in {short(context.slice)}" if context.slice else ""
        empty = undefined(name, context.confidence, f"there are no rows{where}")
        return Evidence(estimate=empty, reading=f"There are no rows{where}, so nothing was measured.")

    overall = estimate(name, rows, context.confidence)
    attributes = rows.groups if context.by is None else {context.by: rows.groups[context.by]}
    found = {
        attribute: estimates_by_group(name, rows, members, context.confidence)
        for attribute, members in attributes.items()
    }
    tables = [group_table(attribute, groups, context.confidence) for attribute, groups in found.items()]
    if rows.slices and context.slice is None and context.by is None:
        tables.append(group_table("slice", estimates_by_slice(name, rows, context.confidence), context.confidence))
    if rows.task == "multiclass" or name == "f1_macro":
        tables += _class_tables(name, rows, context.confidence)
    evidence_charts = [*_own_charts(name, rows, context.baseline)]
    forest = forest_chart(_flat(found), metric=overall.metric, overall=overall, limit=context.limit)
    if forest is not None:
        evidence_charts.append(forest)

    groups: dict[str, Estimate] = {}
    sentences = [f"In {short(context.slice)}: " if context.slice and context.by is None else ""]
    judged, baseline_rows = overall, context.baseline
    if context.by is None:
        sentences[0] += reading(name, overall, rows)
    else:
        groups = {label: item for label, (_, item) in found[context.by].items() if item is not None}
        worst = worst_group(name, groups)
        judged = groups[worst]
        members = _members(rows, context.by, worst)
        sentences[0] = (
            f"Worst of {count(len(groups), 'group')} by {short(context.by)} is {short(worst)} "
            f"(the intervals hold together with {level(context.confidence)} confidence). "
            f"{reading(name, judged, lean(rows).take(members))}"
        )
        if baseline_rows is not None:
            baseline_rows = lean(baseline_rows).take(_members(baseline_rows, context.by, worst))

    baseline, words = _baseline(name, baseline_rows, judged.confidence, context)
    sentences.append(words)
    return Evidence(
        estimate=judged,
        groups=groups,
        baseline=baseline,
        tables=tuple(tables),
        charts=tuple(evidence_charts),
        reading=" ".join(part for part in sentences if part),
        predicted_rows=len(rows) + (0 if context.baseline is None else len(context.baseline)),
    )


def _members(rows: ScoredRows, attribute: str, label: str) -> NDArray[np.bool_]:
    groups = rows.groups[attribute]
    members: NDArray[np.bool_] = groups.codes == groups.labels.index(label)
    return members


def _baseline(name: str, rows: ScoredRows | None, confidence: float, context: Context) -> tuple[Estimate | None, str]:
    if rows is None:
        return None, ""
    reason = unusable(name, rows)
    if reason:
        return None, f"The baseline can't be compared: {reason}"
    found = estimate(name, rows, confidence)
    which = "the same rows" if context.paired is None else f"the {count(len(rows), 'row')} that it has scored"
    return found, f"The baseline on {which}: {with_interval(found)}."


def _flat(found: Mapping[str, ByGroup]) -> dict[str, Estimate]:
    return {
        f"{attribute} = {label}": item
        for attribute, groups in found.items()
        for label, (_, item) in groups.items()
        if item is not None
    }


def _class_tables(name: str, rows: ScoredRows, confidence: float) -> list[Table]:
    split = by_class(name, rows, confidence)
    if split is None:
        return []
    what, found = split
    sizes = np.bincount(rows.target, minlength=len(rows.classes))
    lines = tuple(
        (
            str(label),
            int(size),
            item.n,
            item.value,
            item.low,
            item.high,
            item.method,
            f"unproven: {item.unproven}" if item.unproven else "",
        )
        for label, size, item in zip(rows.classes, sizes, found, strict=True)
    )
    return [
        Table(
            name="by class",
            columns=("class", "rows", "n", "value", "low", "high", "method", "note"),
            rows=lines,
            note=f"Measured for each class: {what}. Each interval on its own at {level(confidence)}.",
        )
    ]


def _own_charts(name: str, rows: ScoredRows, baseline: ScoredRows | None) -> tuple[Chart, ...]:
    if name in _CURVES:
        usable = baseline if baseline is not None and not unusable(name, baseline) else None
        return _curve_chart(name, rows, usable)
    if name == "accuracy":
        return (charts.confusion_chart(rows),)
    if name in ("log_loss", "brier_score"):
        return (charts.score_chart(rows),)
    if name == "root_mean_squared_error":
        return charts.residual_charts(rows)
    return ()


def _curve_chart(name: str, rows: ScoredRows, baseline: ScoredRows | None) -> tuple[Chart, ...]:
    from modelcheck.stats.curves import precision_recall_points, roc_curve_points

    points = roc_curve_points if name == "roc_auc" else precision_recall_points
    scores = scores_of(rows)
    sizes = np.bincount(rows.target, minlength=len(rows.classes))
    drawable = [code for code in range(len(sizes)) if 0 < sizes[code] < len(rows)]
    series: list[tuple[str, Any, Any]] = []
    left_out = ""
    if rows.task == "binary":
        if drawable:
            series.append(("candidate", rows.target == 1, scores))
            if baseline is not None and baseline.score is not None:
                series.append(("baseline", baseline.target == 1, baseline.score))
    else:
        drawn = sorted(sorted(drawable, key=lambda code: -sizes[code])[:_CLASSES_DRAWN])
        series += [(str(rows.classes[code]), rows.target == code, scores[:, code]) for code in drawn]
        if len(drawn) < len(sizes):
            left_out = f" Drawn are {len(drawn)} of {len(sizes)} classes, the largest that can be."
    if not series:
        return ()
    data = []
    for label, positive, score in series:
        across, up = points(positive, score, weight=rows.weight)
        data += [{"x": float(x), "y": float(y), "series": label} for x, y in zip(across, up, strict=True)]
    reference: dict[str, Any] = {}
    if name == "roc_auc":
        axes = ("false positive rate", "true positive rate")
        text = "The further above the diagonal, the better; the diagonal is a random order."
        reference["diagonal"] = True
    else:
        axes = ("recall", "precision")
        text = "The further to the top right, the better."
        if rows.task == "binary":
            share = float(np.average(rows.target == 1, weights=rows.weight))
            reference["limit"] = share
            text += f" The flat line is the positive share, {share:.3g}: a random order."
    return (
        Chart(
            name="curve",
            kind="line",
            title=_CURVES[name],
            x=axes[0],
            y=axes[1],
            reading=text + left_out,
            data=tuple(data),
            reference=reference,
        ),
    )
