"""A measure of probabilities or residuals in every group and slice, as the metrics do it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from modelcheck.checks.columns import lean
from modelcheck.checks.context import Context
from modelcheck.checks.forest import forest_chart
from modelcheck.checks.performance.groups import ByGroup, group_table, joint_confidence, worst_group
from modelcheck.checks.words import count, level, short
from modelcheck.record.evidence import Chart, Estimate, Table
from modelcheck.scoring.rows import ScoredRows

__all__ = ["Measure", "Split", "split"]

Measure = Callable[[ScoredRows, float], Estimate]
_LIKE = "brier_score"  # the less, the better: how groups are ranked


@dataclass(frozen=True, slots=True, kw_only=True)
class Split:
    """What was measured, for whom.

    Attributes
    ----------
    judged : Estimate
        Of all rows; of the worst group where the gate's slice is a protected attribute.
    rows : ScoredRows
        The rows that `judged` is of.
    groups : mapping of str to Estimate
        Simultaneous estimates by group; empty without such a slice.
    tables : tuple of Table
        One for each attribute, and one of the declared slices.
    charts : tuple of Chart
        The groups with their intervals; empty without groups.
    words : str
        What the reading begins with.
    """

    judged: Estimate
    rows: ScoredRows
    groups: Mapping[str, Estimate]
    tables: tuple[Table, ...]
    charts: tuple[Chart, ...]
    words: str


def split(context: Context, measure: Measure, overall: Estimate) -> Split:
    """Measure every group of every attribute (or of the one that the gate is about), and every declared slice.

    Parameters
    ----------
    context : Context
        With at least one row.
    measure : callable
        Rows (at least one) and a confidence to an estimate of which less is better.
    overall : Estimate
        The same of all rows.

    Returns
    -------
    Split
    """
    rows, confidence = context.rows, context.confidence
    narrow = lean(rows)
    attributes = rows.groups if context.by is None else {context.by: rows.groups[context.by]}
    found: dict[str, ByGroup] = {}
    for attribute, groups in attributes.items():
        order = np.argsort(groups.codes, kind="stable")
        sizes = np.bincount(groups.codes, minlength=len(groups.labels))
        parts = dict(zip(groups.labels, np.split(order, np.cumsum(sizes)[:-1]), strict=True))
        found[attribute] = _each(parts, narrow, measure, confidence)
    tables = [group_table(attribute, groups, confidence) for attribute, groups in found.items()]
    if rows.slices and context.slice is None and context.by is None:
        masks = {label: np.flatnonzero(mask) for label, mask in rows.slices.items()}
        tables.append(group_table("slice", _each(masks, narrow, measure, confidence), confidence))
    flat = {
        f"{attribute} = {label}": item
        for attribute, groups in found.items()
        for label, (_, item) in groups.items()
        if item is not None
    }
    forest = forest_chart(flat, metric=overall.metric, overall=overall, limit=context.limit)
    charts = () if forest is None else (forest,)
    if context.by is None:
        words = f"In {short(context.slice)}: " if context.slice else ""
        return Split(judged=overall, rows=rows, groups={}, tables=tuple(tables), charts=charts, words=words)
    known = {label: item for label, (_, item) in found[context.by].items() if item is not None}
    worst = worst_group(_LIKE, known)
    code = rows.groups[context.by].labels.index(worst)
    return Split(
        judged=known[worst],
        rows=narrow.take(rows.groups[context.by].codes == code),
        groups=known,
        tables=tuple(tables),
        charts=charts,
        words=(
            f"Worst of {count(len(known), 'group')} by {short(context.by)} is {short(worst)} "
            f"(the intervals hold together with {level(confidence)} confidence). "
        ),
    )


def _each(
    parts: Mapping[str, np.ndarray], rows: ScoredRows, measure: Measure, confidence: float
) -> dict[str, tuple[int, Estimate | None]]:
    each = joint_confidence(confidence, sum(len(members) > 0 for members in parts.values()))
    return {
        label: (len(members), measure(rows.take(members), each) if len(members) else None)
        for label, members in parts.items()
    }
