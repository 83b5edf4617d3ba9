"""Whether the score moves in the declared direction, over the whole range of a column."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from modelcheck.checks.answering import Answering
from modelcheck.checks.context import Context
from modelcheck.checks.robustness.measuring import Measured, measured, nothing
from modelcheck.checks.robustness.sweep.asking import NO_BUDGET, positions_of, prepared
from modelcheck.checks.words import count, number, short
from modelcheck.perturb.outcomes import ANSWERED, UNASKED
from modelcheck.perturb.profile import ColumnProfile
from modelcheck.record.evidence import Chart, Evidence, Finding, Severity, Table
from modelcheck.stats.rates import rate_from_counts

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["TOLERANCE", "direction"]

TOLERANCE = 0.01  # of the spread of the scores: a smaller dip is no step down that anybody would notice
_SHARE = 0.06  # of the budget, for all declared columns
_ROWS = 100
_FEWEST_ROWS = 20
_FEWEST_POINTS = 64
_EXAMPLES = 5


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Walked:
    """Scores of the same rows over the values of one column."""

    name: str
    rising: bool
    values: NDArray[np.float64]
    scores: NDArray[np.float64]  # shape (n_rows, n_values), NaN without an answer
    drops: NDArray[np.float64]  # the largest step against the declared direction, a row
    at: NDArray[np.intp]  # shape (n_rows, 2): from which value to which
    silent: NDArray[np.bool_]  # which rows got no answer at some value, although it is one of the reference's


def direction(context: Context) -> Evidence:
    """Walk each declared column through the values that it has and look for a step against the declared direction.

    Parameters
    ----------
    context : Context
        Of a binary or regression task with scores, with `asking` and `monotonic`.

    Returns
    -------
    Evidence
        ``violation_rate``: by column, the share of the sampled rows whose score somewhere moves against the declared
        direction by more than a hundredth of the distance between two rows' scores, between any two values of the
        reference, the row's other entries unchanged. Exact limits; a search: values between and other rows may do so.

    References
    ----------
    Ribeiro et al. (2020), ACL (directional expectation tests); Goldstein, A. et al. (2015). Peeking inside the black
    box: visualizing statistical learning with plots of individual conditional expectation. JCGS 24, 44-65.
    """
    found = measured(context)
    ready = prepared(context)
    if isinstance(found, str) or isinstance(ready, str):
        return nothing(str(found))
    if not context.monotonic:
        return Evidence(not_applicable='no direction is declared: [dataset] monotonic = { column = "increasing" }.')
    if found.sweep.before.score is None or found.sweep.before.score.ndim != 1:
        return Evidence(not_applicable="a direction needs one score a row: it is asked of binary tasks and values.")
    known = ready.profile.columns
    usable = [name for name in context.monotonic if name in known and known[name].numeric]
    told = [short(name) for name in context.monotonic if name not in usable]
    if not usable:
        names = ", ".join(told)
        return Evidence(not_applicable=f"the candidate is given no numbers that vary as {names}, so nothing can move.")
    asking = context.asking
    assert asking is not None  # noqa: S101 - `measured` answered otherwise
    answering = Answering(asking, most_rows=int(_SHARE * context.budget))
    each = int(_SHARE * context.budget) // len(usable)
    most = max(each // max(min(_ROWS, len(ready.rows)), 1), _FEWEST_POINTS)
    walks = [(known[name], _values(known[name], most)) for name in usable]
    allowed = each // max(len(values) for _, values in walks)
    if allowed < min(_FEWEST_ROWS, len(ready.rows)):
        return nothing(f"{NO_BUDGET} {_FEWEST_ROWS} rows walked through each column's values are needed.")
    rows = ready.rows.iloc[: min(allowed, _ROWS)]
    walked = [_walk(context, rows, answering, column, values) for column, values in walks]
    return _evidence(context, found, walked, told, answering.rows)


def _values(column: ColumnProfile, most: int) -> NDArray[np.float64]:
    if len(column.points) <= most:
        return column.points
    return column.points[np.unique(np.linspace(0, len(column.points) - 1, most).round().astype(np.intp))]


def _walk(
    context: Context, rows: pd.DataFrame, answering: Answering, column: ColumnProfile, values: NDArray[np.float64]
) -> _Walked:
    import pandas as pd

    pieces = []
    for value in values:
        piece = rows.reset_index(drop=True)
        kind = rows[column.name].dtype
        whole = kind.kind in "iu" and float(value).is_integer()
        piece[column.name] = pd.Series(np.full(len(rows), value), dtype=kind if whole else np.float64)
        pieces.append(piece)
    outcomes = answering.ask(pieces)
    scores = np.stack(
        [
            np.full(len(rows), np.nan) if one.score is None else np.where(one.state == ANSWERED, one.score, np.nan)
            for one in outcomes
        ],
        axis=1,
    )
    states = np.stack([one.state for one in outcomes], axis=1)
    silent = np.asarray((~np.isin(states, (ANSWERED, UNASKED))).any(axis=1))
    rising = context.monotonic[column.name] == "increasing"
    ordered = scores if rising else -scores
    # The highest score so far, and where: any later one below it is a step down.
    filled = np.where(np.isfinite(ordered), ordered, -np.inf)
    best = np.maximum.accumulate(filled, axis=1)
    gap = np.where(np.isfinite(ordered), best - ordered, 0.0)
    gap[~np.isfinite(gap)] = 0.0
    end = gap.argmax(axis=1)
    drops = gap[np.arange(len(rows)), end]
    start = np.array([int(filled[row, : stop + 1].argmax()) for row, stop in enumerate(end)], dtype=np.intp)
    return _Walked(
        name=column.name,
        rising=rising,
        values=values,
        scores=scores,
        drops=drops,
        at=np.stack([start, end], axis=1),
        silent=silent,
    )


def _evidence(context: Context, found: Measured, walked: list[_Walked], told: list[str], asked: int) -> Evidence:
    tolerance = TOLERANCE * (found.measures.spread or 1.0)
    groups, findings, lines = {}, [], []
    for one in walked:
        hit = (one.drops > tolerance) | one.silent
        estimate = rate_from_counts(int(hit.sum()), len(hit), metric="violation_rate", confidence=context.confidence)
        groups[short(one.name)] = estimate
        way = "increasing" if one.rising else "decreasing"
        largest = float(one.drops.max(initial=0.0))
        lines.append(
            (short(one.name), way, len(hit), int(hit.sum()), estimate.low, estimate.high, largest, len(one.values))
        )
        if hit.any():
            findings.append(_finding(context, found, one, hit, estimate.low, estimate.high))
    worst = max(groups.values(), key=lambda one: one.value or 0.0)
    broken = [line for line in lines if line[3]]
    reading = (
        f"{broken[0][0]} is declared {broken[0][1]}, and in {broken[0][3]:,} of {broken[0][2]:,} rows the score "
        "moves the "
        f"other way somewhere in its range, by up to {number(broken[0][6])}."
        if broken
        else f"No score moves against the declared direction: {count(len(walked), 'column')}, "
        f"{sum(len(one.drops) for one in walked):,} walks through the values of the range."
    )
    silent = sum(int(one.silent.sum()) for one in walked)
    if silent:
        reading += f" {silent:,} rows got no answer at some value that the reference has: that counts against it, too."
    if told:
        reading += f" Not asked, as no numbers that the candidate is given: {', '.join(told)}."
    return Evidence(
        estimate=worst,
        groups=groups,
        looked_at=len(groups),
        searched=f"Steps of less than {number(tolerance)} in the score are taken for none.",
        findings=tuple(findings),
        tables=(
            Table(
                name="by declared column",
                columns=(
                    "column",
                    "declared",
                    "rows",
                    "rows against it",
                    "low",
                    "high",
                    "largest step",
                    "values walked",
                ),
                rows=tuple(lines),
                note=(
                    f"Low and high are exact limits of the share. A step counts over {number(tolerance)} of the score."
                ),
            ),
        ),
        charts=tuple(_chart(one) for one in walked[:3]),
        reading=reading,
        predicted_rows=asked,
    )


def _finding(
    context: Context, found: Measured, one: _Walked, hit: NDArray[np.bool_], low: float | None, high: float | None
) -> Finding:
    order = np.argsort(-one.drops, kind="stable")[:_EXAMPLES]
    examples: list[dict[str, Any]] = []
    for row in order[hit[order]].tolist():
        start, end = one.at[row]
        examples.append(
            {
                "row": int(positions_of(context, found.sweep.positions[[row]])[0]),
                short(one.name): f"{one.values[start]:.6g} -> {one.values[end]:.6g}",
                "score before": float(one.scores[row, start]),
                "score after": float(one.scores[row, end]),
            }
        )
    way = "rise" if one.rising else "fall"
    return Finding(
        title=(
            f"The score doesn't only {way} with {short(one.name)}: {int(hit.sum()):,} of {len(hit):,} rows show a "
            "step back"
        ),
        n=len(hit),
        effect=float(hit.mean()),
        low=low,
        high=high,
        severity=Severity.BLOCKING,
        examples=tuple(examples),
        reproduce=(
            f"Set {short(one.name)} in the rows shown to the first and to the second value and ask the "
            "candidate.\nFit with a "
            "monotone constraint (monotonic_cst in scikit-learn's boosting), or take the declaration back."
        ),
    )


def _chart(one: _Walked) -> Chart:
    mean = np.nanmean(one.scores, axis=0) if np.isfinite(one.scores).any(axis=0).all() else np.zeros(len(one.values))
    worst = one.scores[int(one.drops.argmax())]
    data = [{"x": float(x), "y": float(y), "series": "mean of the rows"} for x, y in zip(one.values, mean, strict=True)]
    if one.drops.max(initial=0.0) > 0.0:
        data += [
            {"x": float(x), "y": float(y), "series": "row with the largest step back"}
            for x, y in zip(one.values, worst, strict=True)
            if np.isfinite(y)
        ]
    return Chart(
        name=f"walk {short(one.name)}",
        kind="line",
        title=f"The score as {short(one.name)} alone changes",
        x=short(one.name),
        y="score",
        reading=(
            f"Declared {'increasing' if one.rising else 'decreasing'}; the largest step back is "
            f"{number(float(one.drops.max(initial=0.0)))}."
        ),
        data=tuple(data),
    )
