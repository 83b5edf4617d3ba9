"""Whether a regression's prediction intervals hold as many of the truths as they promise."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from modelcheck.checks.columns import design_of, lean, scores_of
from modelcheck.checks.context import Context
from modelcheck.checks.performance.groups import joint_confidence
from modelcheck.checks.words import count, level, number, out_of_100, short
from modelcheck.record.evidence import Estimate, Evidence, Table
from modelcheck.scoring.rows import ScoredRows
from modelcheck.stats.rates import rate

__all__ = ["interval_coverage"]

_NONE = (
    "The model offers no intervals. Write interval = 0.9 (the level they promise) under [candidate] for a model with "
    "predict_interval, or with `lower` and `upper` beside `score`."
)
_TENTHS = 10


def interval_coverage(context: Context) -> Evidence:
    """Measure the share of truths inside their prediction intervals.

    Parameters
    ----------
    context : Context
        Rows of a regression with intervals. With `by` every group of that attribute is measured; `groups` then holds
        intervals that are simultaneous over its groups, and the estimate is the group farthest from the promise.

    Returns
    -------
    Evidence
        The estimate is the coverage; ends count as inside. Not applicable where the model offers no intervals.

    References
    ----------
    Gneiting, T. and Raftery, A. E. (2007). Strictly proper scoring rules, prediction, and estimation. Journal of the
    American Statistical Association 102, 359-378 (coverage, width, interval score).
    """
    rows, promised = context.rows, context.interval
    if rows.interval is None or promised is None:
        return Evidence(not_applicable=_NONE)
    overall = _coverage(rows, context.confidence)
    tables = (_sides(rows, promised), *_tenths(rows, context.confidence))
    if context.by is None:
        place = f"In {short(context.slice)}: " if context.slice else ""
        return Evidence(
            estimate=overall,
            tables=tables,
            reading=place + _sentence(overall, promised, rows),
            predicted_rows=len(rows),
        )
    groups = rows.groups[context.by]
    sizes = np.bincount(groups.codes, minlength=len(groups.labels))
    each = joint_confidence(context.confidence, int(np.count_nonzero(sizes)))
    members = {label: lean(rows).take(groups.codes == code) for code, label in enumerate(groups.labels) if sizes[code]}
    found = {label: _coverage(part, each) for label, part in members.items()}
    if not found:
        return Evidence(estimate=overall, reading="There are no rows.")
    worst = max(found, key=lambda label: abs((found[label].value or 0.0) - promised))
    head = (
        f"Farthest from the promise of {count(len(found), 'group')} by {short(context.by)} is {short(worst)} "
        f"(the intervals hold together with {level(context.confidence)} confidence)."
    )
    return Evidence(
        estimate=found[worst],
        groups=found,
        tables=tables,
        reading=f"{head} {_sentence(found[worst], promised, members[worst])}",
        predicted_rows=len(rows),
    )


def _ends(rows: ScoredRows) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    if rows.interval is None:
        raise ValueError("these rows have no intervals.")
    return rows.interval[:, 0], rows.interval[:, 1]


def _coverage(rows: ScoredRows, confidence: float) -> Estimate:
    low, high = _ends(rows)
    inside = (rows.target >= low) & (rows.target <= high)
    return rate(inside, metric="interval_coverage", confidence=confidence, design=design_of(rows))


def _sentence(found: Estimate, promised: float, rows: ScoredRows) -> str:
    if found.value is None:
        return f"The coverage could not be measured: {found.unproven}."
    inside, interval = out_of_100(found)
    low, high = _ends(rows)
    width = float(np.average(high - low, weights=rows.weight))
    return (
        f"Of 100 rows {inside} lie inside their prediction interval{interval}; {number(100.0 * promised)} are promised."
        f" The intervals are {number(width)} wide on average."
    )


def _sides(rows: ScoredRows, promised: float) -> Table:
    """Return how many rows lie below and above, and the mean interval score (width plus a fine for each miss)."""
    low, high = _ends(rows)
    weight = np.ones(len(rows)) if rows.weight is None else rows.weight
    below, above = np.maximum(low - rows.target, 0.0), np.maximum(rows.target - high, 0.0)
    total = float(weight.sum())

    def mean(values: NDArray[np.float64]) -> float | None:
        return float(np.dot(weight, values) / total) if total > 0.0 else None

    fine = 2.0 / (1.0 - promised)
    return Table(
        name="misses",
        columns=("what", "value"),
        rows=(
            ("promised coverage", promised),
            ("share below the lower end", mean((below > 0.0).astype(np.float64))),
            ("share above the upper end", mean((above > 0.0).astype(np.float64))),
            ("mean width", mean(high - low)),
            ("mean interval score", mean(high - low + fine * (below + above))),
        ),
        note="Interval score: the width, plus a fine that grows with the distance of a miss; lower is better.",
    )


def _tenths(rows: ScoredRows, confidence: float) -> tuple[Table, ...]:
    """Return coverage by tenths of the prediction: intervals may hold on average and fail for the large."""
    score = scores_of(rows)
    if len(rows) < _TENTHS:
        return ()
    edges = np.unique(np.quantile(score, np.linspace(0.0, 1.0, _TENTHS + 1)[1:-1]))
    tenth = np.searchsorted(edges, score, side="right")
    low, high = _ends(rows)
    narrow = lean(rows)
    lines = []
    for code in range(len(edges) + 1):
        members = np.flatnonzero(tenth == code)
        if not len(members):
            continue
        found = _coverage(narrow.take(members), confidence)
        ends = score[members]
        width = float(np.mean(high[members] - low[members]))
        lines.append((float(ends.min()), float(ends.max()), len(members), found.value, found.low, found.high, width))
    return (
        Table(
            name="by prediction",
            columns=("from", "to", "rows", "coverage", "low", "high", "mean width"),
            rows=tuple(lines),
            note=f"Tenths of the rows by their prediction. Each interval on its own at {level(confidence)}.",
        ),
    )
