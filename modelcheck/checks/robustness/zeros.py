"""Whether the model takes 0 for something else than the number 0, such as a missing value."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from modelcheck.checks.answering import Answering
from modelcheck.checks.columns import design_of
from modelcheck.checks.context import Context
from modelcheck.checks.judging import judge_places
from modelcheck.checks.robustness.jumps import Way, scores_at
from modelcheck.checks.robustness.measuring import Measured, drawn_words, measured, nothing
from modelcheck.checks.robustness.scale import scaled, unscaled
from modelcheck.checks.robustness.sweep.asked import Prepared
from modelcheck.checks.robustness.sweep.asking import NO_BUDGET, prepared
from modelcheck.checks.words import number, short
from modelcheck.perturb.profile import ColumnProfile
from modelcheck.record.evidence import Estimate, Evidence, Finding, Severity, Table
from modelcheck.stats.means import mean_of
from modelcheck.stats.rates import rate

__all__ = ["zeros"]

_SHARE = 0.03  # of the budget
_ROWS = 200
_FEWEST = 20
_FARTHER = 0.25  # spreads beyond what the slope above 0 explains
_SLACK = 2.0
_OFF = 0.03  # how far predictions for rows with 0 may be off in the mean
_LEVEL = 0.95


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Zero:
    """What the model makes of 0 in one column."""

    name: str
    jumps: NDArray[np.bool_]
    rows: NDArray[np.intp]
    off: NDArray[np.float64]
    at: NDArray[np.intp]


def zeros(context: Context) -> Evidence:
    """Measure whether 0 is read as the number next to the smallest ones, where 0 is a value of the column.

    Parameters
    ----------
    context : Context
        Of a binary or regression task with scores, with `asking`.

    Returns
    -------
    Evidence
        ``zero_jump_rate``: by column, the share of rows whose score at 0 lies farther than a quarter of the distance
        between two rows' scores from where the next two values, continued with twice their slope, would have it. A
        column is blamed where besides the predictions for rows that hold 0 are proved to be off in the mean, by over
        0.03 (probabilities, or standard deviations of the target): else nothing may simply be something of its own,
        which is so in life. Where that isn't proved the lower limit is 0.

    References
    ----------
    Berger, R. L. (1982). Technometrics 24, 295-300 (both have to be proved, so neither needs a correction for the
    other).
    """
    found = measured(context)
    ready = prepared(context)
    if isinstance(found, str) or isinstance(ready, str):
        return nothing(str(found))
    before = found.sweep.before
    if before.score is None or before.score.ndim != 1 or found.measures.spread <= 0.0:
        return Evidence(not_applicable="a jump needs one score a row: it is asked of binary tasks and values.")
    columns = [column for column in ready.profile.columns.values() if _next(column) is not None]
    if not columns:
        return Evidence(not_applicable="0 is a value among others in no column of numbers.")
    asking = context.asking
    assert asking is not None  # noqa: S101 - `measured` answered otherwise
    allowed = int(_SHARE * context.budget) // (3 * len(columns))
    if allowed < min(_FEWEST, len(ready.rows)):
        return nothing(f"{NO_BUDGET} Three values of each of {len(columns)} columns are asked about.")
    answering = Answering(asking, most_rows=int(_SHARE * context.budget))
    looked = [_look(context, found, ready, column, answering, min(allowed, _ROWS)) for column in columns]
    return _evidence(context, found, looked, answering.rows)


def _next(column: ColumnProfile) -> tuple[float, float] | None:
    """Return the two smallest values above 0, where 0 and they are values of the column."""
    above = column.points[column.points > 0.0]
    if not column.numeric or len(column.points) < 4 or len(above) < 2 or not bool((column.points == 0.0).any()):
        return None
    return float(above[0]), float(above[1])


def _look(
    context: Context, found: Measured, ready: Prepared, column: ColumnProfile, answering: Answering, most: int
) -> _Zero:
    there = ready.rows[column.name].notna().to_numpy()
    rows = np.flatnonzero(there)[:most]
    frame = ready.rows.take(rows).reset_index(drop=True)
    first, second = _next(column) or (1.0, 2.0)
    way = Way(column=column.name, rows=frame, start=np.zeros(len(rows)), end=np.zeros(len(rows)))
    values = [np.full(len(rows), value) for value in (0.0, first, second)]
    zero, one, two = scores_at([way, way, way], values, answering)
    task, probabilistic = context.rows.task, context.rows.probabilistic
    known = np.isfinite(zero) & np.isfinite(one) & np.isfinite(two)
    jumps = np.zeros(len(rows), dtype=bool)
    if known.any():
        step = scaled(two[known], task, probabilistic) - scaled(one[known], task, probabilistic)
        slope = float(np.mean(step)) / (second - first)
        start = scaled(one[known], task, probabilistic)
        ends = np.stack([one[known], unscaled(start - _SLACK * slope * first, task, probabilistic)])
        beyond = np.maximum(ends.min(axis=0) - zero[known], zero[known] - ends.max(axis=0))
        jumps[known] = beyond > _FARTHER * found.measures.spread
    numbers = ready.rows[column.name].to_numpy(dtype=np.float64, na_value=np.nan)
    at = np.flatnonzero(numbers == 0.0)
    scores = found.sweep.before.score
    assert scores is not None  # noqa: S101 - looked at by the caller
    scale = 1.0 if task == "binary" else float(np.sqrt(found.measures.variance))
    off = (found.measures.rows.target[at] - scores[at]) / scale
    return _Zero(name=column.name, jumps=jumps, rows=rows, off=np.asarray(off, dtype=np.float64), at=at)


def _find(found: Measured, one: _Zero) -> Callable[[float], Estimate]:
    design = design_of(found.measures.rows)

    def at(confidence: float) -> Estimate:
        jumps = rate(one.jumps, metric="zero_jump_rate", confidence=confidence, design=design.take(one.rows))
        return jumps if _is_off(found, one, confidence) else replace(jumps, low=0.0)

    return at


def _is_off(found: Measured, one: _Zero, confidence: float) -> bool:
    if len(one.at) < _FEWEST:
        return False
    off = _mean_off(found, one, confidence)
    if off.unproven or off.low is None or off.high is None:
        return False
    return off.low > _OFF or off.high < -_OFF


def _mean_off(found: Measured, one: _Zero, confidence: float) -> Estimate:
    return mean_of(
        one.off, metric="off_at_zero", confidence=confidence, design=design_of(found.measures.rows).take(one.at)
    )


def _evidence(context: Context, found: Measured, looked: list[_Zero], asked: int) -> Evidence:
    limit = np.inf if context.limit is None else context.limit
    named = {short(one.name): one for one in looked}
    judged = judge_places(
        {label: _find(found, one) for label, one in named.items()}, limit=limit, confidence=context.confidence
    )
    worst = max(judged, key=lambda one: (one.broken, one.estimate.value or 0.0))
    lines: list[tuple[Any, ...]] = []
    for place in judged:
        one = named[place.label]
        off = _mean_off(found, one, _LEVEL)
        share = place.estimate
        lines.append(
            (place.label, share.n, share.value, share.low, share.high, len(one.at), off.value, off.low, off.high)
        )
    return Evidence(
        estimate=worst.estimate,
        groups={place.label: place.estimate for place in judged},
        looked_at=len(judged),
        searched="Each has a joint interval (Holm).",
        findings=tuple(
            Finding(
                title=(
                    f"{place.label}: 0 is read as something else in {number(100.0 * (place.estimate.value or 0.0))} of "
                    "100 rows"
                ),
                n=place.estimate.n,
                effect=place.estimate.value,
                low=place.estimate.low,
                high=place.estimate.high,
                p_adjusted=place.p_adjusted,
                severity=Severity.WARNING,
                reproduce=(
                    f"Ask about any row with {place.label} at 0 and at the next value above.\nLook for code that "
                    "takes 0 "
                    "for missing (`if not x`, `x or default`, imputers with missing_values=0)."
                ),
            )
            for place in judged
            if place.broken
        ),
        tables=(
            Table(
                name="what the model makes of 0",
                columns=(
                    "column",
                    "rows",
                    "share that jumps",
                    "low",
                    "high",
                    "rows with 0",
                    "truth less score",
                    "from",
                    "to",
                ),
                rows=tuple(lines),
                note="Shares: joint intervals; off: truth less score in the rows that hold 0, each at 95 %.",
            ),
        ),
        reading=(
            f"0 stands farthest apart from the values above it in {worst.label}: in "
            f"{number(100.0 * (worst.estimate.value or 0.0))} of 100 rows. It is blamed only where predictions for "
            "rows "
            f"with 0 are off, too. {drawn_words(found.sweep)}"
        ),
        predicted_rows=asked,
    )
