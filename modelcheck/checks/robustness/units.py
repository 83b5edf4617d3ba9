"""Whether a unit error throws the model over a jump that lies outside of the range it was trained on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from modelcheck.checks.answering import Answering
from modelcheck.checks.columns import design_of
from modelcheck.checks.context import Context
from modelcheck.checks.judging import JudgedPlace, judge_places, nearest_places
from modelcheck.checks.robustness.examples import examples_of
from modelcheck.checks.robustness.jumps import STEPS, Way, jumps_on
from modelcheck.checks.robustness.measuring import Measured, drawn_words, measured, nothing, place_of
from modelcheck.checks.robustness.sweep.asked import Answered, Prepared
from modelcheck.checks.robustness.sweep.asking import NO_BUDGET, prepared
from modelcheck.checks.words import count, number, short
from modelcheck.perturb.outcomes import Outcomes
from modelcheck.perturb.profile import ColumnProfile
from modelcheck.record.evidence import Estimate, Evidence, Finding, Severity, Table
from modelcheck.stats.rates import rate

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["units"]

_SHARE = 0.04  # of the budget
_ROWS = 60
_FARTHER = 0.25  # spreads that are left where the way was halved to a point
_ROUGHER = 2.0  # times the largest jump of the same kind inside the range
_SCREEN = 0.1
_FEWEST = 15
_PARTS = 4
_SHOWN = 40


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Place:
    """The unit error of a column that most rows react to, beyond one end of the range.

    Attributes
    ----------
    column : ColumnProfile
        The column.
    high : bool
        Whether it leaves the range above.
    one : Answered
        The answers to the unit error, of the rows that it drives out of the range.
    start, end : ndarray of float64, shape (n_rows,)
        End of the range, and changed value.
    reacts : float
        Share of these rows whose score differs from that at the end of the range by over a quarter of the spread.
    """

    column: ColumnProfile
    high: bool
    one: Answered
    start: NDArray[np.float64]
    end: NDArray[np.float64]
    reacts: float

    @property
    def rank(self) -> tuple[float, float]:
        """How many rows react, and how far it goes: the farther way leads past the nearer values."""
        return self.reacts * len(self.start), float(np.abs(self.end - self.start).mean())

    def first(self, rows: int) -> _Place:
        """Return the same for the first rows."""
        mask = np.arange(len(self.start)) < rows
        return replace(self, one=self.one.among(mask), start=self.start[mask], end=self.end[mask])


def units(context: Context) -> Evidence:
    """Measure how often a unit error (times 10, cents for units, kilograms for pounds) makes the model jump.

    Any model may react to a number that is ten times too large: a linear one in proportion, a curved one as it bends.
    What no model needs is a jump out there. So where rows react, the way from the end of the range to the wrong value
    is halved again and again, towards the larger change: a continuous model is left with nothing, a jump stays.

    Parameters
    ----------
    context : Context
        Of a binary or regression task with scores, with `asking`.

    Returns
    -------
    Evidence
        ``jump_rate``: by column and end of its range (for the unit error that most rows react to), the share of the
        rows driven out of the range whose score jumps by over a quarter of the distance between two rows' scores, and
        by over twice the largest jump that the same row has inside the range.
    """
    found = measured(context)
    ready = prepared(context)
    if isinstance(found, str) or isinstance(ready, str):
        return nothing(str(found))
    before = found.sweep.before
    if before.score is None or before.score.ndim != 1 or found.measures.spread <= 0.0:
        return Evidence(not_applicable="a jump needs one score a row: it is asked of binary tasks and values.")
    reacting: dict[tuple[str, bool], _Place] = {}
    for one in map(found.sweep.sound, found.sweep.family("units")):
        for place in _places(found, ready, one):
            key = (place.column.name, place.high)
            if key not in reacting or place.rank > reacting[key].rank:
                reacting[key] = place
    if not reacting:
        return Evidence(not_applicable="no unit error drives a number out of the reference's range.")
    asking = context.asking
    assert asking is not None  # noqa: S101 - `measured` answered otherwise
    answering = Answering(asking, most_rows=int(_SHARE * context.budget))
    places = sorted(reacting.values(), key=lambda one: one.rank, reverse=True)
    budget = int(_SHARE * context.budget) // (STEPS + 2)
    halved = min(sum(place.reacts > _SCREEN for place in places), budget // _FEWEST - _PARTS)
    if halved < 1 and places[0].reacts > _SCREEN:
        return nothing(f"{NO_BUDGET} The way to a wrong value is halved {STEPS} times.")
    rows = min(budget // (max(halved, 1) + _PARTS), _ROWS)
    places = [place.first(rows) for place in places]
    jumps = _jumps(found, ready, places, halved, answering)
    return _evidence(context, found, places, jumps, answering.rows)


def _places(found: Measured, ready: Prepared, one: Answered) -> list[_Place]:
    """Return what a unit error drives out of the range, above it and below."""
    if not len(one.rows):
        return []
    column = ready.profile.columns[one.question.columns[0]]
    cells = ready.plan.cells[ready.plan.questions.index(one.question)]
    changed = cells.values[column.name].to_numpy(dtype=np.float64, na_value=np.nan)
    values = changed[np.searchsorted(cells.rows, one.rows)]
    places = []
    for high in (True, False):
        edge = _at_edge(found, "to_high" if high else "to_low", column.name)[one.rows]
        out = values > column.high if high else values < column.low
        far = out & np.isfinite(edge) & np.isfinite(values)
        if far.any():
            moved = np.abs(_scores(one.after) - edge)[far] > _FARTHER * found.measures.spread
            start = np.full(int(far.sum()), column.high if high else column.low)
            places.append(
                _Place(
                    column=column,
                    high=high,
                    one=one.among(far),
                    start=start,
                    end=values[far],
                    reacts=float(moved.mean()),
                )
            )
    return places


def _at_edge(found: Measured, name: str, column: str) -> NDArray[np.float64]:
    """Return every sampled row's score with the column at an end; rows that stand there already keep their own."""
    scores = np.full(len(found.sweep.positions), np.nan)
    for one in found.sweep.about(name):
        if one.question.columns == (column,):
            tried = np.arange(one.question.of)
            scores[tried] = _scores(found.sweep.before)[tried]
            scores[one.rows] = np.where(one.after.answered, _scores(one.after), np.nan)
    return scores


def _scores(outcomes: Outcomes) -> NDArray[np.float64]:
    return np.full(len(outcomes), np.nan) if outcomes.score is None else outcomes.score


def _jumps(
    found: Measured, ready: Prepared, places: list[_Place], halved: int, answering: Answering
) -> list[NDArray[np.bool_] | None]:
    """Return which rows jump, by place; None where the budget ended before that was known."""
    spread = found.measures.spread
    ways = {
        at: Way(column=place.column.name, rows=_rows(ready, place), start=place.start, end=place.end)
        for at, place in enumerate(places[:halved])
        if place.reacts > _SCREEN
    }
    left = dict(zip(ways, jumps_on(list(ways.values()), answering), strict=True))
    rough = [at for at in ways if float(np.mean(left[at] > _FARTHER * spread)) > _SCREEN]
    inside: dict[int, NDArray[np.float64]] = {}
    for at in rough:
        parts = _parts(places[at].column, ways[at])
        inside[at] = np.max(jumps_on(parts, answering), axis=0)
    jumps: list[NDArray[np.bool_] | None] = []
    for at, place in enumerate(places):
        known = place.reacts <= _SCREEN
        if at in ways:
            seen = (left[at], inside.get(at, np.zeros(1)))
            known = all(bool(np.isfinite(values).all()) for values in seen)
        far = np.zeros(len(place.start), dtype=bool)
        if at in rough:
            far = (left[at] > _FARTHER * spread) & (left[at] > _ROUGHER * inside[at])
        jumps.append(far if known else None)
    return jumps


def _rows(ready: Prepared, place: _Place) -> pd.DataFrame:
    return ready.rows.take(place.one.rows).reset_index(drop=True)


def _parts(column: ColumnProfile, way: Way) -> list[Way]:
    """Return the range of a column in parts, for the same rows."""
    ends = column.points[np.linspace(0, len(column.points) - 1, _PARTS + 1).round().astype(np.intp)]
    n = len(way.rows)
    return [
        Way(column=way.column, rows=way.rows, start=np.full(n, low), end=np.full(n, high))
        for low, high in pairwise(ends)
    ]


def _label(place: _Place) -> str:
    return f"{place_of(place.one)} ({'above' if place.high else 'below'} the range)"


def _find(found: Measured, place: _Place, jumps: NDArray[np.bool_] | None) -> Callable[[float], Estimate]:
    design = design_of(found.measures.rows).take(place.one.rows)

    def at(confidence: float) -> Estimate:
        known = np.zeros(len(place.start), dtype=bool) if jumps is None else jumps
        estimate = rate(known, metric="jump_rate", confidence=confidence, design=design)
        return estimate if jumps is not None else replace(estimate, unproven="the budget ended before it was known")

    return at


def _evidence(
    context: Context, found: Measured, places: list[_Place], jumps: list[NDArray[np.bool_] | None], asked: int
) -> Evidence:
    limit = np.inf if context.limit is None else context.limit
    named = {_label(place): place for place in places}
    judged = judge_places(
        {label: _find(found, place, jumps[at]) for at, (label, place) in enumerate(named.items())},
        limit=limit,
        confidence=context.confidence,
    )
    ranked = sorted(judged, key=lambda one: (one.broken, one.estimate.value or 0.0), reverse=True)
    unknown = [one for one in judged if one.estimate.unproven]
    searched = "Each has a joint interval (Holm)."
    if unknown:
        searched += f" {count(len(unknown), 'place')} left open: {NO_BUDGET}"
    return Evidence(
        estimate=ranked[0].estimate,
        groups={
            one.label: one.estimate for one in nearest_places(ranked, _SHOWN, limit=limit, declared=context.declared)
        },
        looked_at=len(ranked),
        searched=searched,
        findings=tuple(_finding(context, found, one, named[one.label]) for one in ranked if one.broken),
        tables=(_table([(named[one.label], one.estimate) for one in ranked]),),
        reading=_reading(ranked[0], len(ranked), found),
        predicted_rows=asked + sum(len(one.rows) for one in found.sweep.family("units")),
    )


def _finding(context: Context, found: Measured, one: JudgedPlace, place: _Place) -> Finding:
    return Finding(
        title=f"{one.label}: the score jumps in {number(100.0 * (one.estimate.value or 0.0))} of 100 rows",
        n=one.estimate.n,
        effect=one.estimate.value,
        low=one.estimate.low,
        high=one.estimate.high,
        p_adjusted=one.p_adjusted,
        severity=Severity.WARNING,
        examples=examples_of(context, found, place.one),
        reproduce=(
            f"{place.one.question.how.population} Change the rows as shown and ask again.\n"
            "Clip inputs to the range the model was trained on, or refuse what lies outside."
        ),
    )


def _table(lines: list[tuple[_Place, Estimate]]) -> Table:
    rows: list[tuple[Any, ...]] = []
    for place, estimate in lines:
        how, degree = place.one.question.how.title, place.one.question.degree
        rows.append(
            (
                short(place.column.name),
                how + (f", {degree}" if degree else ""),
                place.reacts,
                estimate.n,
                estimate.value,
                estimate.low,
                estimate.high,
            )
        )
    return Table(
        name="unit errors",
        columns=("column", "unit error", "share that reacts", "rows out of range", "share that jumps", "low", "high"),
        rows=tuple(rows),
        note="Of each column and end of its range the unit error that most rows react to. Joint intervals (Holm).",
    )


def _reading(worst: JudgedPlace, columns: int, found: Measured) -> str:
    return (
        f"Of {count(columns, 'place')} the score jumps most often with {worst.label}: in "
        f"{number(100.0 * (worst.estimate.value or 0.0))} of 100 rows that it drives out of the reference's range. "
        "That "
        f"models react is no defect; that they jump is. {drawn_words(found.sweep)}"
    )
