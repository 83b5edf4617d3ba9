"""One measurement for all rows, for every group of every attribute and for every declared slice."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from modelcheck.checks.context import NO_BASELINE, Context
from modelcheck.checks.forest import forest_chart
from modelcheck.checks.performance.groups import ByGroup, group_table, joint_confidence
from modelcheck.checks.words import count, level, short
from modelcheck.record.evidence import Chart, Estimate, Table
from modelcheck.scoring.rows import Groups, ScoredRows

__all__ = ["Everywhere", "Measure", "everywhere", "note_on_baseline", "note_on_curves", "parts_of"]

Measure = Callable[[NDArray[np.intp] | None, float], Estimate]
"""Positions of the rows to measure (None: all) and the level of the interval, to the estimate."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Everywhere:
    """What was measured where.

    Attributes
    ----------
    judged : Estimate
        Of all rows; where the gate is one of an attribute, of its worst group.
    groups : dict of str to Estimate
        Where the gate is one of an attribute, its groups by label, with intervals that hold together.
    tables : tuple of Table
        One for each attribute, and one of the declared slices.
    charts : tuple of Chart
        The groups beside each other.
    head : str
        Begins the reading where it is not about the whole dataset; empty or ends with a space.
    attribute, worst : str or None
        Where the gate is one of an attribute: its name, and the label of the worst group.
    """

    judged: Estimate
    groups: dict[str, Estimate]
    tables: tuple[Table, ...]
    charts: tuple[Chart, ...]
    head: str
    attribute: str | None = None
    worst: str | None = None

    def within(self, rows: ScoredRows) -> NDArray[np.intp] | None:
        """Return the positions, among any rows with the same groups, of those that `judged` is about; None: all."""
        if self.attribute is None or self.worst is None:
            return None
        groups = rows.groups[self.attribute]
        return np.flatnonzero(groups.codes == groups.labels.index(self.worst))


def everywhere(context: Context, rows: ScoredRows, measure: Measure, *, higher_is_better: bool) -> Everywhere:
    """Measure all rows and every declared part of them.

    Parameters
    ----------
    context : Context
        Says whether the gate is one of an attribute, and its level.
    rows : ScoredRows
        The rows, with their groups and slices.
    measure : callable
        Called once for all rows and once for each part that has rows.
    higher_is_better : bool
        Which group is the worst.

    Returns
    -------
    Everywhere
    """
    attributes = rows.groups if context.by is None else {context.by: rows.groups[context.by]}
    found = {
        attribute: _each(parts_of(groups), measure, context.confidence) for attribute, groups in attributes.items()
    }
    tables = [group_table(attribute, groups, context.confidence) for attribute, groups in found.items()]
    if rows.slices and context.slice is None and context.by is None:
        masks = {label: np.flatnonzero(mask) for label, mask in rows.slices.items()}
        tables.append(group_table("slice", _each(masks, measure, context.confidence), context.confidence))
    overall = measure(None, context.confidence)
    chart = forest_chart(_flat(found), metric=overall.metric, overall=overall, limit=context.limit)
    charts = () if chart is None else (chart,)
    groups = {} if context.by is None else {k: one for k, (_, one) in found[context.by].items() if one is not None}
    if not groups:
        head = f"In {short(context.slice)}: " if context.slice and context.by is None else ""
        return Everywhere(judged=overall, groups={}, tables=tuple(tables), charts=charts, head=head)
    worst = min(groups, key=lambda label: _standing(groups[label], 1.0 if higher_is_better else -1.0))
    head = (
        f"Worst of {count(len(groups), 'group')} by {short(context.by)} is {short(worst)} "
        f"(the intervals hold together with {level(context.confidence)} confidence). "
    )
    return Everywhere(
        judged=groups[worst],
        groups=groups,
        tables=tuple(tables),
        charts=charts,
        head=head,
        attribute=context.by,
        worst=worst,
    )


def parts_of(groups: Groups) -> dict[str, NDArray[np.intp]]:
    """Return the positions of the rows of each group, by label; ascending within a group.

    Examples
    --------
    >>> parts = parts_of(Groups(labels=("a", "b"), codes=np.array([1, 0, 1], dtype=np.int32)))
    >>> {label: part.tolist() for label, part in parts.items()}
    {'a': [1], 'b': [0, 2]}
    """
    # Sorting once costs less than one mask over all rows for every group.
    ends = np.cumsum(np.bincount(groups.codes, minlength=len(groups.labels)))[:-1]
    return dict(zip(groups.labels, np.split(np.argsort(groups.codes, kind="stable"), ends), strict=False))


def _flat(found: dict[str, ByGroup]) -> dict[str, Estimate]:
    return {
        f"{attribute} = {label}": item
        for attribute, groups in found.items()
        for label, (_, item) in groups.items()
        if item is not None
    }


def _each(parts: dict[str, NDArray[np.intp]], measure: Measure, confidence: float) -> ByGroup:
    each = joint_confidence(confidence, sum(len(part) > 0 for part in parts.values()))
    return {label: (len(part), measure(part, each) if len(part) else None) for label, part in parts.items()}


def _standing(found: Estimate, sign: float) -> tuple[bool, float]:
    """Return a key that puts the worst first; what proves nothing comes last."""
    return bool(found.unproven), np.inf if found.value is None else sign * found.value


def note_on_baseline(context: Context) -> str:
    """Return what a comparison with the baseline has to say of its rows; empty when it is about all of them."""
    return "" if context.baseline_note == NO_BASELINE else context.baseline_note


def note_on_curves(context: Context) -> str:
    """Return what a chart of both models has to say of their rows; empty, or a sentence after a space."""
    return "" if context.paired is None else " The baseline's curve is that of the rows that it has scored."
