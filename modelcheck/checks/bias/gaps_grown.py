"""Whether groups lie farther apart under the candidate than under the baseline: described, never judged."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from modelcheck.checks.bias.attribute import Attribute
from modelcheck.checks.columns import decisions_of, design_of, lean, scores_of
from modelcheck.checks.performance.comparison.paired import paired, sides
from modelcheck.checks.performance.groups import joint_confidence
from modelcheck.checks.words import level
from modelcheck.record.evidence import Estimate, Table
from modelcheck.scoring.rows import ScoredRows
from modelcheck.stats.design import Design, too_few
from modelcheck.stats.linearised import Linearised, interval

__all__ = ["gaps_table", "rates_table"]

_FEWEST = 10
_RATES = (("true positive rate", "recall"), ("false positive rate", "false_positive_rate"))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Quantity:
    """A mean of each row's value within a set of rows, under both models."""

    name: str
    candidate: NDArray[Any]
    baseline: NDArray[Any]
    within: NDArray[np.bool_] | None


def rates_table(rows: ScoredRows, baseline: ScoredRows, attribute: Attribute, confidence: float) -> Table:
    """Return each group's true and false positive rates under both models.

    Parameters
    ----------
    rows, baseline : ScoredRows
        The same rows of two classes, decided by each.
    attribute : Attribute
        Of these rows.
    confidence : float
        Level of the intervals of a rate, for all groups together (Bonferroni).

    Returns
    -------
    Table
        Differences are above 0 where the candidate is better: more of the positives, fewer of the negatives.
    """
    each = joint_confidence(confidence, len(attribute))
    one, two = lean(rows), lean(baseline)
    lines: list[tuple[object, ...]] = []
    for place in range(len(attribute)):
        part = attribute.rows(place)
        mine, theirs = one.take(part), two.take(part)
        for words, metric in _RATES:
            own, other = sides(metric, mine, theirs, each)
            found = paired(metric, mine, theirs, each)
            doubt = f"unproven: {found.unproven}" if found.unproven else ""
            ends = (found.value, found.low, found.high)
            lines.append((attribute.labels[place], words, found.n, own.value, other.value, *ends, doubt))
    return Table(
        name="error rates",
        columns=("group", "rate", "n", "candidate", "baseline", "better by", "low", "high", "note"),
        rows=tuple(lines),
        note=f"Described, not judged. Intervals at {level(each)} each: those of a rate hold together for all groups.",
    )


def gaps_table(rows: ScoredRows, baseline: ScoredRows, attribute: Attribute, confidence: float) -> Table:
    """Return how far the groups lie apart under both models.

    Parameters
    ----------
    rows, baseline : ScoredRows
        The same rows, answered by each.
    attribute : Attribute
        Of these rows, with two groups or more.
    confidence : float
        Level of each interval.

    Returns
    -------
    Table
        For each rate the two groups that lie farthest apart under the candidate, their gap under both models, and by
        how much it grew. With more than two groups that pair was chosen for its gap, which flatters its growth.

    References
    ----------
    Binder, D. A. (1983). International Statistical Review 51, 279-292 (linearised variances, which know that both
    models answer the same rows).
    """
    design = design_of(rows)
    lines = []
    for quantity in _quantities(rows, baseline, design):
        line = _line(quantity, attribute, design, confidence)
        if line is not None:
            lines.append(line)
    chosen = " The pair was chosen for its gap under the candidate." if len(attribute) > 2 else ""
    return Table(
        name="gaps between groups",
        columns=("rate", "highest", "lowest", "gap", "baseline's gap", "grown by", "low", "high", "note"),
        rows=tuple(lines),
        note=f"Described, not judged.{chosen} Intervals each on its own at {level(confidence)}.",
    )


def _quantities(rows: ScoredRows, baseline: ScoredRows, design: Design) -> Iterator[_Quantity]:
    if rows.task == "regression":
        ours, theirs = scores_of(rows) - rows.target, scores_of(baseline) - rows.target
        yield _Quantity(name="mean error", candidate=ours, baseline=theirs, within=None)
        yield _Quantity(name="mean squared error", candidate=ours * ours, baseline=theirs * theirs, within=None)
        return
    mine, before = decisions_of(rows), decisions_of(baseline)
    yield _Quantity(name="accuracy", candidate=mine == rows.target, baseline=before == rows.target, within=None)
    if rows.task != "binary":
        return
    decided, was = mine == 1, before == 1
    yield _Quantity(name="selection rate", candidate=decided, baseline=was, within=None)
    yield _Quantity(name="true positive rate", candidate=decided, baseline=was, within=rows.target == 1)
    yield _Quantity(name="false positive rate", candidate=decided, baseline=was, within=rows.target == 0)


def _line(quantity: _Quantity, attribute: Attribute, design: Design, confidence: float) -> tuple[object, ...] | None:
    mass = np.ones(len(attribute.codes)) if design.weight is None else design.weight
    if quantity.within is not None:
        mass = np.where(quantity.within, mass, 0.0)
    size = np.bincount(attribute.codes, weights=mass, minlength=len(attribute))
    known = np.flatnonzero(size > 0.0)
    if len(known) < 2:
        return None
    ours, theirs = (
        np.bincount(attribute.codes, weights=mass * side, minlength=len(attribute))[known] / size[known]
        for side in (quantity.candidate, quantity.baseline)
    )
    top, bottom = int(np.argmax(ours)), int(np.argmin(ours))
    found = _growth(quantity, attribute, design, (int(known[top]), int(known[bottom])), confidence)
    doubt = f"unproven: {found.unproven}" if found.unproven else ""
    gap, before = float(ours[top] - ours[bottom]), float(theirs[top] - theirs[bottom])
    names = attribute.labels[known[top]], attribute.labels[known[bottom]]
    return (quantity.name, *names, gap, before, found.value, found.low, found.high, doubt)


def _growth(
    quantity: _Quantity, attribute: Attribute, design: Design, pair: tuple[int, int], confidence: float
) -> Estimate:
    """Return by how much the gap of two groups is larger than the baseline's."""
    change = np.subtract(quantity.candidate, quantity.baseline, dtype=np.float64)
    influence, value = np.zeros(len(change)), 0.0
    units = fewest = len(change)
    moved = change != 0.0
    total = float(len(change)) if design.weight is None else float(design.weight.sum())
    for sign, place in zip((1.0, -1.0), pair, strict=True):
        member = attribute.codes == place
        if quantity.within is not None:
            member &= quantity.within
        own = design.take(member)
        mean, count = own.mean(change[member]), int(np.count_nonzero(member))
        share = (count if own.weight is None else float(own.weight.sum())) / total
        influence[member] += sign * (change[member] - mean) / share
        value += sign * mean
        units = min(units, own.units(count))
        # Where hardly an answer changed the spread isn't known.
        member &= moved
        fewest = min(fewest, design.take(member).units(int(np.count_nonzero(member))))
    noun = "changed row" if design.cluster is None else "cluster"
    return interval(
        Linearised(value=value, influence=influence, degrees=max(units - 1.0, 1.0)),
        design,
        metric="gap_growth",
        confidence=confidence,
        unproven=too_few(fewest, noun, "" if design.cluster is None else "with changed rows")
        if fewest < _FEWEST
        else "",
        n_needed=_FEWEST if fewest < _FEWEST else None,
    )
