"""Loss that a change of cells costs, judged place by place: the same evidence for every gate that asks for it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from modelcheck.checks.context import Context
from modelcheck.checks.judging import JudgedPlace, judge_places, nearest_places
from modelcheck.checks.robustness.examples import examples_of
from modelcheck.checks.robustness.measuring import Measured, columns_in_words, drawn_label, drawn_words, place_of
from modelcheck.checks.robustness.sweep.asked import Answered
from modelcheck.checks.robustness.sweep.measured import KINDS
from modelcheck.checks.words import count, number
from modelcheck.perturb.outcomes import RAISED
from modelcheck.record.evidence import Chart, Evidence, Finding, Severity, Table
from modelcheck.stats.holm import AtConfidence

__all__ = ["Loss", "any_broken", "evidence_of_losses", "refusals"]

_TOLD = 40
_NEAREST = 5
_DRAWN = 12
_LEVEL = 0.95


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Loss:
    """What one change costs by one kind of loss.

    Attributes
    ----------
    one : Answered
        The change, with the rows that have an answer before and after.
    kind : str
        One of `KINDS`.
    growth : callable
        Mean growth of the loss, by confidence.
    judged : callable
        What the limit is held against: the growth, or the part of it that a yardstick avoids.
    """

    one: Answered
    kind: str
    growth: AtConfidence
    judged: AtConfidence

    @property
    def label(self) -> str:
        """The place and the loss."""
        return f"{place_of(self.one)} ({KINDS[self.kind]})"


def evidence_of_losses(
    context: Context, found: Measured, losses: Sequence[Loss], *, yardstick: str, severity: Severity, advice: str
) -> Evidence:
    """Judge places together and tell them.

    Parameters
    ----------
    context : Context
        Whose confidence is shared by all places (Holm).
    found : Measured
        The run's answers.
    losses : sequence of Loss
        At least one.
    yardstick : str
        A sentence: what the limit is held against.
    severity : Severity
        Of findings.
    advice : str
        What to do about a finding.

    Returns
    -------
    Evidence
        A search: it fails where a place is proved to break the limit. `groups` has the places that are, and those that
        come nearest to it.
    """
    limit = np.inf if context.limit is None else context.limit
    named = {loss.label: loss for loss in losses}
    judged = judge_places(
        {label: loss.judged for label, loss in named.items()}, limit=limit, confidence=context.confidence
    )
    ranked = sorted(judged, key=_rank, reverse=True)
    shown = nearest_places(ranked, _NEAREST, limit=limit, declared=context.declared)
    worst = ranked[0]
    return Evidence(
        estimate=worst.estimate,
        groups={place.label: place.estimate for place in shown},
        looked_at=len(judged),
        searched=_searched(judged),
        findings=tuple(
            _finding(context, found, named[place.label], place, severity, advice) for place in ranked if place.broken
        ),
        tables=(_table(losses, judged),),
        charts=(_chart(named, ranked),) if len(ranked) > 1 else (),
        reading=_reading(named[worst.label], worst, yardstick, found),
        predicted_rows=sum(len(loss.one.rows) for loss in {id(loss.one): loss for loss in losses}.values()),
    )


def any_broken(context: Context, losses: Sequence[Loss]) -> bool:
    """Return whether some growth is proved to exceed the limit: only then a yardstick is needed."""
    limit = np.inf if context.limit is None else context.limit
    places = {loss.label: loss.growth for loss in losses}
    return any(place.broken for place in judge_places(places, limit=limit, confidence=context.confidence))


def refusals(answers: Sequence[Answered]) -> str:
    """Say which implausible changes the model refuses by raising: that is no loss, and often what one wants."""
    refused = [one for one in answers if bool((one.after.state == RAISED).any())]
    if not refused:
        return ""
    names = [columns_in_words(one.question.columns) for one in refused]
    more = f" and {len(names) - 3} more" if len(names) > 3 else ""
    said = next(iter(refused[0].after.messages.values()), "")
    return (
        f"The model raises an exception on {count(len(refused), 'change')} outside the reference's support "
        f"({', '.join(names[:3])}{more}), so nothing is answered wrongly there. The first: {said[:200]}"
    )


def _rank(place: JudgedPlace) -> tuple[bool, float]:
    value = place.estimate.value
    return place.broken, -np.inf if value is None else value


def _searched(judged: Sequence[JudgedPlace]) -> str:
    widths = [
        (one.estimate.high - one.estimate.low) / 2.0
        for one in judged
        if one.estimate.low is not None and one.estimate.high is not None and not one.estimate.unproven
    ]
    if not widths:
        return "too few cells can be changed for a verdict."
    open_ = len(judged) - len(widths)
    more = f"; {count(open_, 'place')} with too few rows to say anything" if open_ else ""
    return f"Half of the places are known to within {number(float(np.median(widths)))} or less, jointly{more}."


def _finding(
    context: Context, found: Measured, loss: Loss, place: JudgedPlace, severity: Severity, advice: str
) -> Finding:
    question = loss.one.question
    grown = loss.growth(_LEVEL)
    return Finding(
        title=f"{place_of(loss.one)}: the {KINDS[loss.kind]} grows by {number(grown.value)}",
        slice=None,
        n=len(loss.one.rows),
        effect=place.estimate.value,
        low=place.estimate.low,
        high=place.estimate.high,
        p_adjusted=place.p_adjusted,
        severity=severity,
        examples=examples_of(context, found, loss.one),
        reproduce=(
            f"{question.how.population} Change {columns_in_words(question.columns)} in the rows shown as shown and "
            "ask the "
            f"candidate again.\n{advice}"
        ),
    )


def _table(losses: Sequence[Loss], judged: Sequence[JudgedPlace]) -> Table:
    by_label = {place.label: place for place in judged}
    lines: list[tuple[Any, ...]] = []
    for loss in losses:
        grown, held = loss.growth(_LEVEL), by_label[loss.label].estimate
        question = loss.one.question
        lines.append(
            (
                columns_in_words(question.columns),
                question.how.title + (f", {question.degree}" if question.degree else ""),
                KINDS[loss.kind],
                len(loss.one.rows),
                grown.value,
                grown.low,
                grown.high,
                held.value,
                held.low,
                held.high,
            )
        )
    lines.sort(key=lambda line: -np.inf if line[7] is None else -line[7])
    note = "Growth: its own 95 % interval, paired by row. Judged: joint intervals (Holm)."
    if len(lines) > _TOLD:
        note += f" The {_TOLD} worst of {len(lines)} places."
    return Table(
        name="what each change costs",
        columns=("column", "change", "loss", "rows", "growth", "low", "high", "judged", "judged: low", "judged: high"),
        rows=tuple(lines[:_TOLD]),
        note=note,
    )


def _chart(named: dict[str, Loss], ranked: Sequence[JudgedPlace]) -> Chart:
    drawn = [place for place in ranked if place.estimate.low is not None][:_DRAWN]
    return Chart(
        name="costs",
        kind="forest",
        title="What the changes that cost most cost",
        x="growth of the loss that is judged",
        y="",
        reading=f"The {len(drawn)} places that come nearest to the limit, of {len(ranked)}.",
        data=tuple(
            {
                "label": drawn_label(named[place.label].one),
                "value": place.estimate.value,
                "low": place.estimate.low,
                "high": place.estimate.high,
                "n": place.estimate.n,
            }
            for place in drawn
        ),
        reference={"zero": True},
    )


def _reading(worst: Loss, place: JudgedPlace, yardstick: str, found: Measured) -> str:
    grown = worst.growth(_LEVEL)
    ends = "" if grown.low is None or grown.high is None else f" ({number(grown.low)} to {number(grown.high)})"
    held = "" if place.estimate.value is None else f", of which {number(place.estimate.value)} counts"
    return (
        f"What costs most is {place_of(worst.one)}: the {KINDS[worst.kind]} grows by "
        f"{number(grown.value)}{ends}{held}. "
        f"{yardstick} {drawn_words(found.sweep)}"
    )
