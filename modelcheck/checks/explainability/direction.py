"""Whether the score moves as declared along single curves, over what a column's values are."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from modelcheck.checks.context import Context
from modelcheck.checks.explainability.drawn import NO_BUDGET, Drawn, Scores, drawn, nothing, rows_for
from modelcheck.checks.judging import JudgedPlace, judge_places
from modelcheck.checks.spread import spread_of
from modelcheck.checks.words import count, number, short
from modelcheck.explain.dependence import Curves, curves, grid_of
from modelcheck.record.evidence import Chart, Estimate, Evidence, Finding, Severity, Table
from modelcheck.stats.holm import AtConfidence
from modelcheck.stats.rates import rate_from_counts

__all__ = ["direction"]

TOLERANCE = 0.01  # of the spread of the scores: a smaller dip is no step down that anybody would notice
_POINTS = 20
_ROWS = 200
_FEWEST = 20
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
        Of a binary or regression task with scores; `monotonic` or `signs` name columns.

    Returns
    -------
    Evidence
        ``violation_rate``, in [0, 1]: by declared column the share of rows whose score goes against the declared
        direction by more than a hundredth of the distance between two rows' scores: for `monotonic` at any step
        between two of 20 quantiles, for `signs` from the first to the last. Exact limits, Holm over columns.
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
    if context.rows.score is None or context.rows.score.ndim != 1:
        return Evidence(not_applicable="a direction needs one score a row: it is asked of binary tasks and values.")
    assert context.asking is not None  # noqa: S101 - `drawn` answered otherwise
    scores = Scores(context.asking, ready.scored)
    seen: list[_Seen] = []
    silent: list[_Seen] = []
    told: list[str] = []
    allowed = rows_for(context, "direction") // len(declared)
    for name, strict in declared.items():
        grid = None if name not in ready.columns else grid_of(ready.support[name], most=_POINTS)
        if grid is None or grid.kind == "category" or len(grid.points) < 2:
            told.append(short(name))
            continue
        n = min(_ROWS, len(ready.rows), allowed // len(grid.points))
        if n < min(_FEWEST, len(ready.rows)):
            return nothing(f"{NO_BUDGET} {_FEWEST} rows at {len(grid.points)} values of each column are needed.")
        word = context.monotonic[name] if strict else context.signs[name]
        looked = _look(name, word, strict, curves(scores, ready.rows.iloc[:n], name, grid))
        (seen if len(looked.rows) else silent).append(looked)
    if not seen and not silent:
        return Evidence(not_applicable=f"the candidate is given no numbers that vary as {', '.join(told)}.")
    evidence = _evidence(context, ready, seen, told, scores.asked) if seen else Evidence()
    if silent and not evidence.findings:
        # No curve is no proof of anything: what can't be looked at stays open.
        names = ", ".join(short(one.name) for one in silent)
        reason = f"the candidate gives no row an answer at every value of {names}: see robustness.crash."
        return Evidence(searched=reason, reading=reason, predicted_rows=scores.asked)
    return evidence


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


def _evidence(context: Context, ready: Drawn, seen: list[_Seen], told: list[str], asked: int) -> Evidence:
    tolerance = TOLERANCE * (spread_of(context.rows) or 1.0)
    limit = 0.0 if context.limit is None else context.limit

    def place(one: _Seen) -> AtConfidence:
        hit = int((one.against > tolerance).sum())
        return lambda confidence: rate_from_counts(hit, len(one.against), metric=_METRIC, confidence=confidence)

    judged = judge_places({one.name: place(one) for one in seen}, limit=limit, confidence=context.confidence)
    groups = {short(one.label): one.estimate for one in judged}
    worst = max(judged, key=lambda one: one.estimate.value or 0.0)
    by_name = {one.name: one for one in seen}
    broken = [(by_name[one.label], one) for one in judged if one.broken]
    against = by_name[worst.label]
    hits = int((against.against > tolerance).sum())
    reading = (
        f"{short(worst.label)} is declared {against.declared}, and the score goes the other way in {hits:,} of "
        f"{len(against.against):,} rows."
        if hits
        else f"All {count(len(seen), 'declared column')} move the score as declared, in every row looked at."
    )
    if told:
        reading += f" Not looked at, as no numbers that vary: {', '.join(told)}."
    lost = sum(one.found.unanswered for one in seen)
    if lost:
        reading += f" {count(lost, 'curve')} without an answer somewhere are left out: see robustness.crash."
    return Evidence(
        estimate=worst.estimate,
        groups=groups,
        looked_at=len(groups),
        searched=f"Moves of under {number(tolerance)} in the score are taken for none.",
        findings=tuple(_finding(context, ready, one, place) for one, place in broken),
        tables=(_table(seen, groups, tolerance),),
        charts=tuple(_chart(one) for one in seen[:3]),
        reading=reading,
        predicted_rows=asked,
    )


def _table(seen: list[_Seen], groups: dict[str, Estimate], tolerance: float) -> Table:
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
                groups[short(one.name)].low,
                groups[short(one.name)].high,
                float(max(one.against.max(initial=0.0), 0.0)),
            )
            for one in seen
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
            {"x": _plain(x), "y": float(y), "series": series}
            for series, line in lines
            for x, y in zip(one.found.grid.points, line, strict=True)
            if np.isfinite(y)
        ),
    )


def _plain(value: object) -> float:
    return value.timestamp() if hasattr(value, "timestamp") else float(value)  # type: ignore[arg-type]
