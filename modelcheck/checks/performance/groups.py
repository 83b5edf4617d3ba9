"""One metric in every group of a protected attribute, with intervals that hold jointly."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from modelcheck.checks.columns import decisions_of, design_of, lean
from modelcheck.checks.performance.catalogue import METRICS, estimate
from modelcheck.checks.words import level
from modelcheck.record.evidence import Estimate, Table
from modelcheck.scoring.rows import Groups, ScoredRows
from modelcheck.stats import classification

__all__ = ["ByGroup", "estimates_by_group", "estimates_by_slice", "group_table", "joint_confidence", "worst_group"]

ByGroup = Mapping[str, tuple[int, Estimate | None]]
"""Label to (rows, estimate); no estimate where a group has no rows."""

_MOST_CELLS = 1 << 23


def joint_confidence(confidence: float, groups: int) -> float:
    """Return the level of each of several intervals that all hold together with `confidence` (Bonferroni).

    Parameters
    ----------
    confidence : float
        Level of the set.
    groups : int
        How many intervals.

    Returns
    -------
    float

    References
    ----------
    Dunn, O. J. (1961). Multiple comparisons among means. Journal of the American Statistical Association 56, 52-64.

    Examples
    --------
    >>> round(joint_confidence(0.95, 5), 6)
    0.99
    """
    return 1.0 - (1.0 - confidence) / max(groups, 1)


def estimates_by_group(name: str, rows: ScoredRows, groups: Groups, confidence: float) -> ByGroup:
    """Measure a metric in every group that has rows.

    Parameters
    ----------
    name : str
        A metric that applies to the rows.
    rows : ScoredRows
        The rows; their own groups are not read.
    groups : Groups
        The groups of the same rows.
    confidence : float
        Level of all intervals together; each has ``1 - (1 - confidence) / k`` for k groups with rows.

    Returns
    -------
    mapping of str to (int, Estimate or None)
        In the order of the labels. A group without rows stays, with no estimate.
    """
    n_groups, n_classes = len(groups.labels), len(rows.classes)
    sizes = np.bincount(groups.codes, minlength=n_groups)
    each = joint_confidence(confidence, int(np.count_nonzero(sizes)))
    found: dict[str, tuple[int, Estimate | None]] = {}
    if METRICS[name].needs == "decision" and design_of(rows).simple and n_groups * n_classes**2 <= _MOST_CELLS:
        cell = groups.codes.astype(np.int64)
        for part in (rows.target, decisions_of(rows)):
            cell *= n_classes
            cell += part
        counts = np.bincount(cell, minlength=n_groups * n_classes**2).reshape(n_groups, n_classes, n_classes)
        for code, label in enumerate(groups.labels):
            measured = classification.from_counts(name, counts[code], confidence=each) if sizes[code] else None
            found[label] = int(sizes[code]), measured
        return found
    # Sorting once costs less than one mask over all rows for every group, and keeps the rows' order within a group.
    order = np.argsort(groups.codes, kind="stable")
    ends = np.cumsum(sizes)
    narrow = lean(rows)
    for code, label in enumerate(groups.labels):
        members = order[ends[code] - sizes[code] : ends[code]]
        found[label] = int(sizes[code]), estimate(name, narrow.take(members), each) if sizes[code] else None
    return found


def estimates_by_slice(name: str, rows: ScoredRows, confidence: float) -> ByGroup:
    """Measure a metric in every declared slice that has rows; slices may overlap.

    Parameters
    ----------
    name : str
        A metric that applies to the rows.
    rows : ScoredRows
        The rows, with their slices.
    confidence : float
        Level of all intervals together; each has ``1 - (1 - confidence) / k`` for k slices with rows.

    Returns
    -------
    mapping of str to (int, Estimate or None)
        In the order of declaration. A slice without rows stays, with no estimate.
    """
    sizes = {label: int(np.count_nonzero(mask)) for label, mask in rows.slices.items()}
    each = joint_confidence(confidence, sum(size > 0 for size in sizes.values()))
    narrow = lean(rows)
    return {
        label: (sizes[label], estimate(name, narrow.take(mask), each) if sizes[label] else None)
        for label, mask in rows.slices.items()
    }


def group_table(attribute: str, found: ByGroup, confidence: float) -> Table:
    """Return the groups of one attribute as a table.

    Parameters
    ----------
    attribute : str
        Name of the protected attribute, or ``slice``.
    found : mapping
        From `estimates_by_group` or `estimates_by_slice`.
    confidence : float
        Level of all intervals together.

    Returns
    -------
    Table
        Columns group, rows, n, value, low, high, method, note. Groups that prove nothing keep their value and say
        why in `note`.
    """
    measured = [item for _, item in found.values() if item is not None]
    each = level(measured[0].confidence) if measured else level(confidence)
    lines = tuple(
        (label, size, 0, None, None, None, "none", "no rows")
        if item is None
        else (
            label,
            size,
            item.n,
            item.value,
            item.low,
            item.high,
            item.method,
            f"unproven: {item.unproven}" if item.unproven else "",
        )
        for label, (size, item) in found.items()
    )
    note = (
        f"The {len(measured)} intervals hold together with {level(confidence)} confidence: each at {each}, Bonferroni."
    )
    return Table(
        name=f"by {attribute}",
        columns=("group", "rows", "n", "value", "low", "high", "method", "note"),
        rows=lines,
        note=note if len(measured) > 1 else "",
    )


def worst_group(name: str, estimates: Mapping[str, Estimate]) -> str:
    """Return the label of the group with the worst value.

    Parameters
    ----------
    name : str
        The metric, which says what worse means.
    estimates : mapping of str to Estimate
        By label.

    Returns
    -------
    str
        Groups whose interval proves something come first; among them the worst value.

    Raises
    ------
    ValueError
        Without groups.
    """
    better = METRICS[name].higher_is_better

    def badness(label: str) -> tuple[bool, float]:
        found = estimates[label]
        if found.value is None:
            return False, -np.inf
        bad = abs(found.value) if better is None else -found.value if better else found.value
        return not found.unproven, bad

    return max(estimates, key=badness)
