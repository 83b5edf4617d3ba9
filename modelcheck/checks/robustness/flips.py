"""How often decisions flip, and how far scores move, for every change of every column."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from modelcheck.checks.columns import design_of
from modelcheck.checks.context import Context
from modelcheck.checks.judging import JudgedPlace, judge_places, nearest_places
from modelcheck.checks.robustness.examples import examples_of
from modelcheck.checks.robustness.measuring import (
    Measured,
    columns_in_words,
    drawn_label,
    drawn_words,
    measured,
    nothing,
    place_of,
)
from modelcheck.checks.robustness.sweep.asked import Answered
from modelcheck.checks.words import count, number
from modelcheck.record.evidence import Chart, Estimate, Evidence, Finding, Severity, Table
from modelcheck.stats.holm import AtConfidence
from modelcheck.stats.means import mean_of
from modelcheck.stats.rates import rate

__all__ = ["flip_rate", "score_shift"]

_SHOWN = 1_000
_DRAWN = 15
_NEAREST = 5
_LEVEL = 0.95
# Another row's entry and the ends of the range are yardsticks for other gates, no mistakes of anybody's.
_YARDSTICKS = frozenset({"donor", "edges"})


def flip_rate(context: Context) -> Evidence:
    """Measure how many decisions flip, for each change of each column.

    Parameters
    ----------
    context : Context
        Of a classification task, with `asking`.

    Returns
    -------
    Evidence
        Places are changes by column: the share of decisions that differ among the rows whose cells really changed,
        paired by row; a decision counts as flipped only where its score moved by more than rounding. Where the
        candidate flips when it is asked the same rows again, that share is taken off. Nothing is judged unless a
        limit is declared.
    """
    return _evidence(context, "flip_rate", "decisions flip")


def score_shift(context: Context) -> Evidence:
    """Measure how far scores move, for each change of each column.

    Parameters
    ----------
    context : Context
        Of any task, with `asking`.

    Returns
    -------
    Evidence
        As `flip_rate`; the mean distance between the scores before and after (several probabilities: total variation
        distance), over the mean distance of two different rows' scores (Gini's mean difference).
    """
    return _evidence(context, "score_shift", "scores move")


def _evidence(context: Context, metric: str, verb: str) -> Evidence:
    found = measured(context)
    if isinstance(found, str):
        return nothing(found)
    if metric == "flip_rate" and found.sweep.before.decision is None:
        return Evidence(not_applicable="the candidate gives no decisions that could flip.")
    if metric == "score_shift" and found.measures.spread <= 0.0:
        return Evidence(not_applicable="all scores are equal, so there is no unit to measure a shift in.")
    answers = [
        sound
        for one in found.sweep.answered
        if one.question.how.family not in _YARDSTICKS and len((sound := found.sweep.sound(one)).rows)
    ]
    if not answers:
        return Evidence(not_applicable="no changed row got an answer; robustness.crash says why.")
    finds = [_find(found, one, metric) for one in answers]
    labels = {place_of(one): number for number, one in enumerate(answers)}
    if context.limit is None:
        judged = [
            JudgedPlace(label=label, estimate=finds[at](_LEVEL), p_adjusted=None, broken=False)
            for label, at in labels.items()
        ]
    else:
        judged = judge_places(
            {label: finds[at] for label, at in labels.items()}, limit=context.limit, confidence=context.confidence
        )
    order = sorted(range(len(judged)), key=lambda at: _size(judged[at].estimate), reverse=True)
    ranked = [judged[at] for at in order]
    broken = [place for place in ranked if place.broken]
    limit = 0.0 if context.limit is None else context.limit
    shown = nearest_places(ranked, _NEAREST, limit=limit, declared=context.declared)
    return Evidence(
        estimate=ranked[0].estimate if context.limit is not None else None,
        groups={} if context.limit is None else {place.label: place.estimate for place in shown},
        looked_at=0 if context.limit is None else len(judged),
        searched="" if context.limit is None else "Each has a joint interval (Holm).",
        findings=tuple(_finding(context, found, answers[labels[place.label]], place, metric) for place in broken),
        tables=(_table(answers, judged, order),),
        charts=(_chart(ranked, {place_of(one): one for one in answers}, verb),) if len(ranked) > 1 else (),
        reading=_reading(found, answers, ranked, metric, verb),
        predicted_rows=found.sweep.predicted,
    )


def _find(found: Measured, one: Answered, metric: str) -> AtConfidence:
    before = found.sweep.before.take(one.rows)
    again = found.sweep.again.take(one.rows)
    design = design_of(found.measures.rows).take(one.rows)
    if metric == "flip_rate":
        flips, by_itself = found.measures.flipped(before, one.after), found.measures.flipped(before, again)
        if not by_itself.any():
            return lambda confidence: rate(flips, metric=metric, confidence=confidence, design=design)
        net = flips.astype(np.float64) - by_itself
        return lambda confidence: mean_of(net, metric=metric, confidence=confidence, design=design, highest=1.0)
    moved = found.measures.moved(before, one.after) - found.measures.moved(before, again)
    moved /= found.measures.spread
    return lambda confidence: _mean(moved, metric, confidence, design)


def _mean(values: Any, metric: str, confidence: float, design: Any) -> Estimate:
    found = mean_of(values, metric=metric, confidence=confidence, design=design)
    if values.any():
        return found
    return replace(found, low=0.0, high=0.0)


def _size(estimate: Estimate) -> float:
    return -math.inf if estimate.value is None else estimate.value


def _finding(context: Context, found: Measured, one: Answered, place: JudgedPlace, metric: str) -> Finding:
    value = place.estimate.value or 0.0
    what = (
        f"{number(100.0 * value)} of 100 decisions flip" if metric == "flip_rate" else f"scores move by {number(value)}"
    )
    return Finding(
        title=f"{place.label}: {what}",
        n=len(one.rows),
        effect=place.estimate.value,
        low=place.estimate.low,
        high=place.estimate.high,
        p_adjusted=place.p_adjusted,
        severity=Severity.BLOCKING,
        examples=examples_of(context, found, one),
        reproduce=f"{one.question.how.population} Change the rows shown as shown and ask the candidate again.",
    )


def _table(answers: Sequence[Answered], judged: Sequence[JudgedPlace], order: Sequence[int]) -> Table:
    lines: list[tuple[Any, ...]] = []
    for at in order[:_SHOWN]:
        question, estimate = answers[at].question, judged[at].estimate
        lines.append(
            (
                columns_in_words(question.columns),
                question.how.title,
                question.degree,
                "yes" if question.plausible else "no",
                estimate.n,
                estimate.value,
                estimate.low,
                estimate.high,
            )
        )
    more = f" The {_SHOWN} largest of {len(order)}; the record of a run with a limit names those that break it."
    return Table(
        name="by change and column",
        columns=("column", "change", "degree", "plausible", "rows", "value", "low", "high"),
        rows=tuple(lines),
        note="Of the rows whose cells really change, paired by row." + (more if len(order) > _SHOWN else ""),
    )


def _chart(ranked: Sequence[JudgedPlace], answers: dict[str, Answered], verb: str) -> Chart:
    drawn = [place for place in ranked if place.estimate.low is not None][:_DRAWN]
    return Chart(
        name="largest",
        kind="forest",
        title=f"Changes by which {verb} most",
        x="share of decisions" if verb.startswith("dec") else "shift in units of the spread",
        y="",
        reading=f"The {len(drawn)} largest of {count(len(ranked), 'place')}.",
        data=tuple(
            {
                "label": drawn_label(answers[place.label]),
                "value": place.estimate.value,
                "low": place.estimate.low,
                "high": place.estimate.high,
                "n": place.estimate.n,
            }
            for place in drawn
        ),
        reference={"zero": True},
    )


def _reading(
    found: Measured, answers: Sequence[Answered], ranked: Sequence[JudgedPlace], metric: str, verb: str
) -> str:
    plausible = {place_of(one) for one in answers if one.question.plausible}
    worst = ranked[0]
    inside = next((place for place in ranked if place.label in plausible), None)
    text = f"{verb.capitalize()} most by {_told(worst, metric)}"
    if inside is not None and inside is not worst:
        text += f"; of the plausible changes by {_told(inside, metric)}"
    text += (
        ". Flips under small changes are legitimate near the boundary: what they cost is what robustness.noise asks. "
    )
    before, again = found.sweep.before, found.sweep.again
    unsteady = float(np.mean(found.measures.moved(before, again) > 0.0))
    if unsteady:
        text += (
            f"{100.0 * unsteady:.3g} % of the rows get another answer when asked again unchanged: that is taken off. "
        )
    return text + drawn_words(found.sweep)


def _told(place: JudgedPlace, metric: str) -> str:
    value, low, high = place.estimate.value or 0.0, place.estimate.low or 0.0, place.estimate.high or 0.0
    if metric == "flip_rate":
        return f"{place.label}: {100 * value:.3g} of 100 ({100 * low:.3g} to {100 * high:.3g})"
    return f"{place.label}: {value:.3g} ({low:.3g} to {high:.3g})"
