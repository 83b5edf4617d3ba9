"""The rates of decisions in every group: from one pass of counting, or by the rows' design."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from modelcheck.checks.bias.attribute import Attribute
from modelcheck.checks.columns import decisions_of, design_of
from modelcheck.record.evidence import Estimate
from modelcheck.scoring.rows import ScoredRows
from modelcheck.stats.design import Design
from modelcheck.stats.rates import rate, rate_from_counts

__all__ = ["RATES", "GroupCounts", "base_rates", "group_rates", "shares"]

RATES: Mapping[str, str] = {
    "selection_rate": "rows",
    "true_positive_rate": "positive rows",
    "false_positive_rate": "negative rows",
    "false_negative_rate": "positive rows",
    "positive_predictive_value": "rows decided positive",
    "negative_predictive_value": "rows decided negative",
}
"""Name of each rate of one class against the rest, as fairlearn spells it, and what its denominator counts."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class GroupCounts:
    """Rows of every group by class.

    Attributes
    ----------
    rows : ndarray of int64, shape (n_groups,)
        Rows.
    truth, decided, right : ndarray of int64, shape (n_groups, n_classes)
        Rows of the class, rows decided as it, and rows of which both is true.
    """

    rows: NDArray[np.int64]
    truth: NDArray[np.int64]
    decided: NDArray[np.int64]
    right: NDArray[np.int64]

    @classmethod
    def of(cls, rows: ScoredRows, attribute: Attribute) -> GroupCounts:
        """Count the rows, which have decisions."""
        decision, classes, groups = decisions_of(rows), len(rows.classes), len(attribute)
        first = attribute.codes.astype(np.int64)
        first *= classes

        def table(codes: NDArray[Any]) -> NDArray[np.int64]:
            found = np.bincount(codes, minlength=groups * classes)
            return found.reshape(groups, classes).astype(np.int64, copy=False)

        cell = first + rows.target
        truth = table(cell)
        right = table(cell[rows.target == decision])
        np.add(first, decision, out=cell)
        return cls(rows=attribute.sizes.astype(np.int64), truth=truth, decided=table(cell), right=right)

    def parts(self, name: str, code: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return numerator and denominator of a rate of one class against the rest, by group."""
        rows, truth, decided, right = self.rows, self.truth[:, code], self.decided[:, code], self.right[:, code]
        return {
            "selection_rate": (decided, rows),
            "true_positive_rate": (right, truth),
            "false_positive_rate": (decided - right, rows - truth),
            "false_negative_rate": (truth - right, truth),
            "positive_predictive_value": (right, decided),
            "negative_predictive_value": (rows - truth - decided + right, rows - decided),
        }[name]


def group_rates(
    rows: ScoredRows, attribute: Attribute, code: int, confidence: float, counts: GroupCounts | None = None
) -> dict[str, tuple[Estimate, ...]]:
    """Measure the rates of one class against the rest in every group.

    Parameters
    ----------
    rows : ScoredRows
        Of a classification, with decisions.
    attribute : Attribute
        Of these rows.
    code : int
        The class that counts as positive.
    confidence : float
        Level of each interval.
    counts : GroupCounts or None
        Of simple random rows, where several classes are asked for; None: they are made.

    Returns
    -------
    dict of str to tuple of Estimate
        By the names of `RATES`, one estimate for each group: Clopper-Pearson, or Korn and Graubard's form for weights
        and clusters (`modelcheck.stats.rates.rate`). Without value where a group has no denominator.

    Examples
    --------
    >>> rows = ScoredRows(
    ...     task="binary",
    ...     classes=("no", "yes"),
    ...     target=np.array([1, 0, 1, 0]),
    ...     decision=np.array([1, 1, 0, 0], dtype=np.int16),
    ... )
    >>> sexes = Attribute(name="sex", labels=("f", "m"), codes=np.array([0, 0, 1, 1]), sizes=np.array([2, 2]))
    >>> found = group_rates(rows, sexes, 1, 0.95)
    >>> [one.value for one in found["selection_rate"]], [one.value for one in found["true_positive_rate"]]
    ([1.0, 0.0], [1.0, 0.0])
    """
    design = design_of(rows)
    if design.simple:
        counted = GroupCounts.of(rows, attribute) if counts is None else counts
        return {
            name: tuple(
                rate_from_counts(int(top), int(bottom), metric=name, confidence=confidence, of=of)
                for top, bottom in zip(*counted.parts(name, code), strict=True)
            )
            for name, of in RATES.items()
        }
    found: dict[str, list[Estimate]] = {name: [] for name in RATES}
    for place in range(len(attribute)):
        part = attribute.rows(place)
        truth, decided = rows.target[part] == code, decisions_of(rows)[part] == code
        for name, (success, within) in _masks(truth, decided).items():
            one = rate(success, within, metric=name, confidence=confidence, design=design.take(part), of=RATES[name])
            found[name].append(one)
    return {name: tuple(estimates) for name, estimates in found.items()}


def base_rates(rows: ScoredRows, attribute: Attribute, code: int, confidence: float) -> tuple[Estimate, ...]:
    """Measure how many rows of every group are of a class."""
    return shares(rows.target == code, attribute, design_of(rows), "base_rate", confidence)


def shares(
    success: NDArray[np.bool_], attribute: Attribute, design: Design, metric: str, confidence: float
) -> tuple[Estimate, ...]:
    """Measure a share of all rows in every group.

    Parameters
    ----------
    success : ndarray of bool, shape (n_rows,)
        Which rows count.
    attribute : Attribute
        Of these rows.
    design : Design
        Of these rows.
    metric : str
        Name of the share.
    confidence : float
        Level of each interval.
    """
    if design.simple:
        hits = np.bincount(attribute.codes[success], minlength=len(attribute))
        return tuple(
            rate_from_counts(int(top), int(n), metric=metric, confidence=confidence)
            for top, n in zip(hits, attribute.sizes, strict=True)
        )
    parts = [attribute.rows(place) for place in range(len(attribute))]
    return tuple(rate(success[part], metric=metric, confidence=confidence, design=design.take(part)) for part in parts)


def _masks(
    truth: NDArray[np.bool_], decided: NDArray[np.bool_]
) -> dict[str, tuple[NDArray[np.bool_], NDArray[np.bool_] | None]]:
    return {
        "selection_rate": (decided, None),
        "true_positive_rate": (truth & decided, truth),
        "false_positive_rate": (decided & ~truth, ~truth),
        "false_negative_rate": (truth & ~decided, truth),
        "positive_predictive_value": (truth & decided, decided),
        "negative_predictive_value": (~truth & ~decided, ~decided),
    }
