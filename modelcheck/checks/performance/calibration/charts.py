"""The reliability curve: what was promised against what was observed, bin by bin."""

from __future__ import annotations

from typing import Any

import numpy as np

from modelcheck.checks.performance.calibration.promises import Promises
from modelcheck.checks.words import level
from modelcheck.record.evidence import Chart, Table
from modelcheck.stats.calibration.bars import student_bars, wilson_bars
from modelcheck.stats.calibration.bins import Bins
from modelcheck.stats.design import Design

__all__ = ["reliability"]


def reliability(promises: Promises, bins: Bins, design: Design, confidence: float) -> tuple[Table, Chart]:
    """Return the reliability curve as a table and as a chart.

    Parameters
    ----------
    promises : Promises
        What was promised and what happened.
    bins : Bins
        Bins of the same rows.
    design : Design
        Design of the rows.
    confidence : float
        Level of each bin's bars on their own.

    Returns
    -------
    table : Table
        One line a bin: rows, lowest and highest score, mean score, what was observed and its limits (Wilson for
        rates, Student's t for values).
    chart : Chart
        Kind ``reliability``, the same numbers.
    """
    mean = bins.means(promises.score, design)
    if promises.probability:
        observed, low, high = wilson_bars(bins, promises.outcome, design, confidence)
        bars = "Wilson"
    else:
        observed, low, high = student_bars(bins, promises.outcome, design, confidence)
        bars = "Student's t"
    lines: list[tuple[Any, ...]] = []
    outside = 0
    for k in range(len(bins)):
        ends = [float(end) if np.isfinite(end) else None for end in (low[k], high[k])]
        edges = float(bins.low[k]), float(bins.high[k])
        lines.append((k + 1, int(bins.rows[k]), *edges, float(mean[k]), float(observed[k]), *ends))
        outside += not low[k] <= mean[k] <= high[k]
    what = f"{promises.promised}, and {promises.observed}"
    table = Table(
        name="reliability",
        columns=("bin", "rows", "lowest", "highest", "mean promised", "observed", "low", "high"),
        rows=tuple(lines),
        note=f"{what[:1].upper()}{what[1:]}. Limits: {bars}, each bin on its own at {level(confidence)}.",
    )
    chart = Chart(
        name="reliability",
        kind="reliability",
        title="Reliability curve",
        x=promises.promised,
        y=promises.observed,
        reading=(
            f"On the diagonal promises hold. In {outside} of {len(bins)} bins the bar ({level(confidence)}, each on "
            f"its own) misses it. Points above the diagonal: more was observed than promised."
        ),
        data=tuple({"x": line[4], "y": line[5], "low": line[6], "high": line[7], "count": line[1]} for line in lines),
        reference={"diagonal": True},
    )
    return table, chart
