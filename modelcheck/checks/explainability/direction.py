"""Whether the score moves as declared along single curves, over what a column's values are."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from modelcheck.checks.context import Context
from modelcheck.checks.explainability.drawn import NO_BUDGET, Drawn, Scores, drawn, nothing, rows_for, scores_of
from modelcheck.checks.judging import JudgedPlace, judge_places, share_hit
from modelcheck.checks.ordered import NOT_GIVEN, as_number, order_of
from modelcheck.checks.spread import spread_of
from modelcheck.checks.words import count, number, short
from modelcheck.explain.dependence import Curves, curves
from modelcheck.record.evidence import Chart, Estimate, Evidence, Finding, Severity, Table
from modelcheck.stats.holm import AtConfidence

__all__ = ["direction"]

TOLERANCE = 0.01  # of the spread of the scores: a smaller dip is no step down that anybody would notice
_POINTS = 20
_STEPS, _FEWEST_STEPS = 10, 5  # of a monotonic column
_FEWEST_POINTS = 3  # where only the ends are judged
_ROWS = 500
_ENOUGH = 200  # rows that prove a share of none to lie under .05, by Holm over a dozen columns
_FEWEST = 20
_NAMED = 5
_LOST = 0.05  # of the rows: so many without an answer could all go the other way
_METRIC = "violation_rate"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Seen:
    """Single curves of one declared column, turned so that they should rise.

    Attributes
    ----------
    name, declared : str
        The column, and ``increasing`` or ``decreasing``.
    strict : bool
        Whether no step may go the other way, or only the whole move may not.
    found : Curves
        The curves.
    against : ndarray of float64, shape (n_answered,)
        How far each row's score goes against the declared direction.
    rows : ndarray of int
        Places of the answered rows.
    """

    name: str
    declared: str
    strict: bool
    found: Curves
    against: NDArray[np.float64]
    rows: NDArray[np.intp]


def direction(context: Context) -> Evidence:
    """Draw the single curves of each declared column and count the rows that go the other way.

    Parameters
    ----------
    context : Context
        Of a binary or regression task; `monotonic` or `signs` name columns of numbers, dates or truth values.

    Returns
    -------
    Evidence
        ``violation_rate``, in [0, 1]: by declared column the share of rows whose score goes against the declared
        direction by more than a hundredth of the distance between two rows' scores: for `monotonic` at any step
        between two of 20 quantiles (fewer where many columns share the budget), for `signs` from the first to the last.
        A model that only decides is scored by its decisions, 0 or 1. Exact limits, those of Korn and Graubard with
        clusters or weights, Holm over columns. What is declared and can't be looked at is `unseen`.
        ``robustness.direction`` walks through every value and lets no row go the other way.

    References
    ----------
    Goldstein, A. et al. (2015), JCGS 24, 44-65 (individual conditional expectation).
    """
    ready = drawn(context)
    if isinstance(ready, str):
        return nothing(ready)
    declared = {**dict.fromkeys(context.signs, False), **dict.fromkeys(context.monotonic, True)}
    if not declared:
        return Evidence(not_applicable='no direction is declared: [dataset] signs = { column = "increasing" }.')
    if scores_of(context.rows).ndim != 1:
        return Evidence(not_applicable="a direction needs one score a row: it is asked of binary tasks and values.")
    assert context.asking is not None  # noqa: S101 - `drawn` answered otherwise
    scores = Scores(context.asking, ready.scored)
    allowed = rows_for(context, "direction") // len(declared)
    enough = min(_ROWS, len(ready.rows))
    seen: list[_Seen] = []
    unseen: list[str] = []
    for name, strict in declared.items():
        most = _values(allowed, enough, strict)
        grid = order_of(ready.support[name], most=most) if name in ready.columns else NOT_GIVEN
        if isinstance(grid, str):
            unseen.append(f"{short(name)}: {grid}.")
            continue
        n = min(enough, allowed // len(grid.points))
        if n < min(_FEWEST, len(ready.rows)):
            return nothing(f"{NO_BUDGET} {_FEWEST} rows at {len(grid.points)} values of each column are needed.")
        word = context.monotonic[name] if strict else context.signs[name]
        looked = _look(name, word, strict, curves(scores, ready.rows.iloc[:n], name, grid))
        if looked.found.unanswered > _LOST * n:
            unseen.append(
                f"{short(name)}: the candidate gives {looked.found.unanswered:,} of {n:,} rows no answer at some value "
                "(see robustness.crash)."
            )
        if len(looked.rows):
            seen.append(looked)
    told = f"Declared and not looked at: {' '.join(unseen)}" if unseen else ""
    if not seen:
        return Evidence(unseen=told, reading=told, predicted_rows=scores.asked)
    evidence = _evidence(context, ready, seen, scores.asked)
    return replace(evidence, unseen=told, reading=" ".join(filter(None, (evidence.reading, told))))


def _values(allowed: int, rows: int, strict: bool) -> int:
    """Return how many values a column is set to: the verdict hangs on rows, and that of steps on values as well."""
    least = max(min(_STEPS, allowed // min(rows, _ENOUGH)), _FEWEST_STEPS) if strict else _FEWEST_POINTS
    return min(max(allowed // rows, least), _POINTS)


def _look(name: str, word: str, strict: bool, found: Curves) -> _Seen:
    rows = np.flatnonzero(found.answered)
    lines = found.individual[rows]
    lines = lines[:, np.isfinite(lines).all(axis=0)]
    turned = lines if word == "increasing" else -lines
    if not turned.size:
        against = np.zeros(len(rows))
    elif strict:
        against = (np.maximum.accumulate(turned, axis=1) - turned).max(axis=1)
    else:
        against = turned[:, 0] - turned[:, -1]
    return _Seen(name=name, declared=word, strict=strict, found=found, against=against, rows=rows)


def _evidence(context: Context, ready: Drawn, seen: list[_Seen], asked: int) -> Evidence:
    tolerance = TOLERANCE * (spread_of(context.rows) or 1.0)
    limit = 0.0 if context.limit is None else context.limit

    def place(one: _Seen) -> AtConfidence:
        hit, design = one.against > tolerance, ready.design.take(one.rows)
        return lambda confidence: share_hit(hit, design, metric=_METRIC, confidence=confidence, limit=limit)

    judged = judge_places({one.name: place(one) for one in seen}, limit=limit, confidence=context.confidence)
    worst = max(judged, key=lambda one: one.estimate.value or 0.0)
    by_name = {one.name: one for one in seen}
    against = by_name[worst.label]
    hits = int((against.against > tolerance).sum())
    reading = (
        f"{short(worst.label)} is declared {against.declared}, and the score goes the other way in {hits:,} of "
        f"{len(against.against):,} rows."
        if hits
        else f"The score moves as declared in every row, with {', '.join(short(one.name) for one in seen[:_NAMED])}"
        f"{f' and {len(seen) - _NAMED} more' if len(seen) > _NAMED else ''}."
    )
    lost = sum(one.found.unanswered for one in seen)
    if lost:
        reading += f" {count(lost, 'curve')} without an answer somewhere are left out: see robustness.crash."
    return Evidence(
        estimate=worst.estimate,
        groups=_labelled(judged),
        looked_at=len(judged),
        findings=tuple(_finding(context, ready, by_name[one.label], one) for one in judged if one.broken),
        tables=(_table(seen, judged, tolerance),),
        charts=tuple(_chart(one) for one in seen[:3]),
        reading=reading,
        predicted_rows=asked,
    )


def _labelled(judged: list[JudgedPlace]) -> dict[str, Estimate]:
    """Return estimates by names as they may be shown; two long names that begin alike stay two."""
    groups: dict[str, Estimate] = {}
    for place, one in enumerate(judged):
        label = short(one.label)
        groups[label if label not in groups else f"{label} ({place + 1})"] = one.estimate
    return groups


def _table(seen: list[_Seen], judged: list[JudgedPlace], tolerance: float) -> Table:
    return Table(
        name="by declared column",
        columns=("column", "declared", "asked of", "rows", "rows against it", "low", "high", "largest move"),
        rows=tuple(
            (
                short(one.name),
                one.declared,
                "every step" if one.strict else "the whole range",
                len(one.against),
                int((one.against > tolerance).sum()),
                place.estimate.low,
                place.estimate.high,
                float(max(one.against.max(initial=0.0), 0.0)),
            )
            for one, place in zip(seen, judged, strict=True)
        ),
        note=f"Low and high are limits of the share. A move counts over {number(tolerance)} of the score.",
    )


def _finding(context: Context, ready: Drawn, one: _Seen, place: JudgedPlace) -> Finding:
    order = np.argsort(-one.against, kind="stable")[:5]
    ids = ready.scored.row_id
    points = one.found.grid.points
    examples = []
    for at in order.tolist():
        row = int(one.rows[at])
        line = one.found.individual[row]
        examples.append(
            {
                "row": row if ids is None else int(ids[row]),
                f"score at {points[0]}": float(line[0]),
                f"score at {points[-1]}": float(line[-1]),
                "against the declared direction by": float(one.against[at]),
            }
        )
    return Finding(
        title=f"{short(one.name)} moves the score against its declared direction ({one.declared})",
        n=len(one.against),
        effect=place.estimate.value,
        low=place.estimate.low,
        high=place.estimate.high,
        p_adjusted=place.p_adjusted,
        severity=Severity.BLOCKING,
        examples=tuple(examples),
        reproduce=(
            f"Set {short(one.name)} in the rows shown to the two values and ask the candidate. Look whether the "
            "column's sign was lost on the way (a unit, a coding, a column in another's place), or take the "
            "declaration back."
        ),
    )


def _chart(one: _Seen) -> Chart:
    mean = one.found.mean
    worst = one.found.individual[int(one.rows[int(one.against.argmax())])] if len(one.against) else mean
    lines = [("mean of the rows", mean)]
    if one.against.max(initial=0.0) > 0.0:
        lines.append(("row that goes against it most", worst))
    return Chart(
        name=f"curves {short(one.name)}",
        kind="line",
        title=f"The score as {short(one.name)} alone changes",
        x=short(one.name),
        y="score",
        reading=f"Declared {one.declared}; the largest move against it: {number(float(one.against.max(initial=0.0)))}.",
        data=tuple(
            {"x": as_number(x), "y": float(y), "series": series}
            for series, line in lines
            for x, y in zip(one.found.grid.points, line, strict=True)
            if np.isfinite(y)
        ),
    )
