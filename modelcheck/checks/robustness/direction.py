"""Whether the score moves in the declared direction, over the whole range of a column."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from modelcheck.checks.answering import Answering
from modelcheck.checks.cells import cell
from modelcheck.checks.columns import design_of
from modelcheck.checks.context import Context
from modelcheck.checks.judging import judge_places, share_hit
from modelcheck.checks.ordered import NOT_GIVEN, as_number, order_of
from modelcheck.checks.robustness.measuring import Measured, measured, nothing
from modelcheck.checks.robustness.sweep.asked import Prepared
from modelcheck.checks.robustness.sweep.asking import NO_BUDGET, positions_of, prepared
from modelcheck.checks.words import count, number, short
from modelcheck.explain.questions import cells_like, with_cells
from modelcheck.perturb.outcomes import ANSWERED, UNASKED, Outcomes
from modelcheck.record.evidence import Chart, Evidence, Finding, Severity, Table
from modelcheck.stats.holm import AtConfidence

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["TOLERANCE", "direction"]

TOLERANCE = 0.01  # of the spread of the scores: a smaller dip is no step down that anybody would notice
_SHARE = 0.06  # of the budget, for all declared columns
_ROWS = 100
_FEWEST_ROWS = 20
_FEWEST_POINTS = 64
_MOST_POINTS = 255
_EXAMPLES = 5


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Walked:
    """Scores of the same rows over the values of one column."""

    name: str
    rising: bool
    values: tuple[Any, ...]
    scores: NDArray[np.float64]  # shape (n_rows, n_values), NaN without an answer
    drops: NDArray[np.float64]  # the largest step against the declared direction, a row
    at: NDArray[np.intp]  # shape (n_rows, 2): from which value to which
    silent: NDArray[np.bool_]  # which rows got no answer at some value, although it is one of the reference's


def direction(context: Context) -> Evidence:
    """Walk each declared column through the values that it has and look for a step against the declared direction.

    Parameters
    ----------
    context : Context
        Of a binary or regression task, with `asking` and `monotonic`.

    Returns
    -------
    Evidence
        ``violation_rate``: by column, the share of the sampled rows whose score somewhere moves against the declared
        direction by more than a hundredth of the distance between two rows' scores, between any two values of the
        reference, the row's other entries unchanged. A model that only decides is scored by its decisions, 0 or 1.
        Exact limits of the rows looked at where none may do so, else those of the design, Holm over columns; a search:
        values between and other rows may do so. What is declared and can't be looked at is `unseen`.

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
    if context.rows.task == "multiclass":
        return Evidence(not_applicable="a direction needs one score a row: it is asked of binary tasks and values.")
    asking = context.asking
    assert asking is not None  # noqa: S101 - `measured` answered otherwise
    answering = Answering(asking, most_rows=int(_SHARE * context.budget))
    each = int(_SHARE * context.budget) // len(context.monotonic)
    most = max(each // max(min(_ROWS, len(ready.rows)), 1), _FEWEST_POINTS)
    orders = {name: _values(ready, name, most) for name in context.monotonic}
    walks = [(name, values) for name, values in orders.items() if not isinstance(values, str)]
    untold = " ".join(f"{short(name)}: {why}." for name, why in orders.items() if isinstance(why, str))
    told = f"Declared and not looked at: {untold}" if untold else ""
    if not walks:
        return Evidence(unseen=told, reading=told)
    allowed = each // max(len(values) for _, values in walks)
    if allowed < min(_FEWEST_ROWS, len(ready.rows)):
        return nothing(f"{NO_BUDGET} {_FEWEST_ROWS} rows walked through each column's values are needed.")
    rows = ready.rows.iloc[: min(allowed, _ROWS)]
    walked = [_walk(context, rows, answering, name, values) for name, values in walks]
    evidence = _evidence(context, found, walked, answering.rows)
    return replace(evidence, unseen=told, reading=" ".join(filter(None, (evidence.reading, told))))


def _values(ready: Prepared, name: str, most: int) -> tuple[Any, ...] | str:
    """Return the values to walk through, the ends among them; a clause that says why there are none."""
    if name not in ready.profile.columns:
        return NOT_GIVEN
    # Of numbers the whole reference is known, of others some of its rows.
    values = ready.profile.columns[name].points.tolist() if ready.profile.columns[name].numeric else None
    if values is None:
        order = order_of(ready.profile.rows[name], most=_MOST_POINTS)
        if isinstance(order, str):
            return order
        values = list(order.points)
    chosen = range(len(values))
    if len(values) > most:
        chosen = np.unique(np.linspace(0, len(values) - 1, most).round().astype(np.intp)).tolist()
    return tuple(values[at] for at in chosen)


def _walk(context: Context, rows: pd.DataFrame, answering: Answering, name: str, values: tuple[Any, ...]) -> _Walked:
    everyone = np.arange(len(rows))
    pieces = [
        with_cells(rows, everyone, name, cells_like([value], rows[name]).take(np.zeros(len(rows), dtype=np.intp)))
        for value in values
    ]
    outcomes = answering.ask(pieces)
    scores = np.stack([_scores(one) for one in outcomes], axis=1)
    states = np.stack([one.state for one in outcomes], axis=1)
    silent = np.asarray((~np.isin(states, (ANSWERED, UNASKED))).any(axis=1))
    rising = context.monotonic[name] == "increasing"
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
        name=name,
        rising=rising,
        values=values,
        scores=scores,
        drops=drops,
        at=np.stack([start, end], axis=1),
        silent=silent,
    )


def _scores(said: Outcomes) -> NDArray[np.float64]:
    values = said.decision if said.score is None else said.score
    return np.full(len(said), np.nan) if values is None else np.where(said.state == ANSWERED, values, np.nan)


def _evidence(context: Context, found: Measured, walked: list[_Walked], asked: int) -> Evidence:
    tolerance = TOLERANCE * (found.measures.spread or 1.0)
    limit = 0.0 if context.limit is None else context.limit
    design = design_of(found.measures.rows)

    def place(hit: NDArray[np.bool_]) -> AtConfidence:
        own = design.take(np.arange(len(hit)))
        return lambda confidence: share_hit(hit, own, metric="violation_rate", confidence=confidence, limit=limit)

    hits = [(one.drops > tolerance) | one.silent for one in walked]
    places = {one.name: place(hit) for one, hit in zip(walked, hits, strict=True)}
    judged = judge_places(places, limit=limit, confidence=context.confidence)
    groups, findings, lines = {}, [], []
    for at, (one, hit) in enumerate(zip(walked, hits, strict=True)):
        estimate = judged[at].estimate
        groups[short(one.name) if short(one.name) not in groups else f"{short(one.name)} ({at + 1})"] = estimate
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
                short(one.name): f"{_told(one.values[start])} -> {_told(one.values[end])}",
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


def _told(value: Any) -> str:
    return cell(value) if isinstance(value, bool) or hasattr(value, "timestamp") else f"{value:.6g}"


def _chart(one: _Walked) -> Chart:
    mean = np.nanmean(one.scores, axis=0) if np.isfinite(one.scores).any(axis=0).all() else np.zeros(len(one.values))
    worst = one.scores[int(one.drops.argmax())]
    xs = [as_number(value) for value in one.values]
    data = [{"x": x, "y": float(y), "series": "mean of the rows"} for x, y in zip(xs, mean, strict=True)]
    if one.drops.max(initial=0.0) > 0.0:
        data += [
            {"x": x, "y": float(y), "series": "row with the largest step back"}
            for x, y in zip(xs, worst, strict=True)
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
