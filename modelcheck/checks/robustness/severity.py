"""The metric against the severity of noise: the curve, the area under it, and the baseline's beside it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from modelcheck.checks.columns import design_of
from modelcheck.checks.context import NO_BASELINE, Context
from modelcheck.checks.judging import judge_places
from modelcheck.checks.robustness.measuring import Measured, drawn_words, measured, nothing
from modelcheck.checks.robustness.sweep.asked import Answered
from modelcheck.checks.robustness.sweep.measured import KINDS, lesser
from modelcheck.checks.words import number
from modelcheck.perturb.outcomes import ANSWERED, Outcomes
from modelcheck.record.evidence import Chart, Estimate, Evidence, Finding, Severity, Table
from modelcheck.stats.means import mean_of

__all__ = ["regression", "severity_curve"]

_LEVEL = 0.95
_NO_CURVE = (
    "noise in all columns at once was not asked about: fewer than two columns hold numbers, or the budget ended."
)
_STORED = (
    "the baseline is stored answers, which can't be asked about changed rows: name a live one under [baseline] model."
)
_METRIC = {"errors": "accuracy", "brier": "1 - Brier score", "squared": "R2"}


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Curve:
    """Losses of the same rows at each severity.

    Attributes
    ----------
    severities : ndarray of float64, shape (n_severities,)
        From 0.
    losses : ndarray of float64, shape (n_severities, n_rows)
        Of the rows that were answered at every severity.
    rows : ndarray of int
        Their places in the sample.
    """

    severities: NDArray[np.float64]
    losses: NDArray[np.float64]
    rows: NDArray[np.intp]

    def area(self) -> NDArray[np.float64]:
        """Return each row's mean loss over the severities (trapezoids)."""
        area = np.asarray(np.trapezoid(self.losses, self.severities, axis=0), dtype=np.float64)
        return area / float(self.severities[-1])


def severity_curve(context: Context) -> Evidence:
    """Measure the metric under growing noise in all columns of numbers at once.

    Parameters
    ----------
    context : Context
        Of any task, with `asking`.

    Returns
    -------
    Evidence
        ``area_under_severity_curve``: accuracy (1 less the squared error over the target's variance, for values),
        averaged over severities from 0 to 0.5 robust standard deviations. The baseline's beside it where it can be
        asked. Charts show the metric against the severity, for noise and for missing values.

    References
    ----------
    Hendrycks, D. and Dietterich, T. (2019). Benchmarking neural network robustness to common corruptions and
    perturbations. ICLR.
    """
    found = measured(context)
    if isinstance(found, str):
        return nothing(found)
    kind = found.measures.kinds[0]
    answers = _joint(found, "gaussian_noise")
    own = _curve(found, kind, answers, lambda one: one.after, found.sweep.before)
    if own is None:
        return Evidence(not_applicable=_NO_CURVE)
    design = design_of(found.measures.rows).take(own.rows)
    estimate = mean_of(
        1.0 - own.area(), metric="area_under_severity_curve", confidence=context.confidence, design=design, highest=1.0
    )
    theirs, base = _of_baseline(found, kind, answers), None
    if theirs is not None:
        rows = design_of(found.measures.rows).take(theirs.rows)
        base = mean_of(
            1.0 - theirs.area(), metric="area_under_severity_curve", confidence=_LEVEL, design=rows, highest=1.0
        )
    curves = {"candidate": own} | ({} if theirs is None else {"baseline": theirs})
    charts = [_chart("noise", "noise in all numbers, in robust standard deviations", kind, curves)]
    gone = _curve(found, kind, _joint(found, "missing_anywhere"), lambda one: one.after, found.sweep.before)
    if gone is not None:
        charts.append(_chart("missing", "share of all cells that are missing", kind, {"candidate": gone}))
    return Evidence(
        estimate=estimate,
        baseline=base,
        tables=(_table(found, kind, curves),),
        charts=tuple(charts),
        reading=_reading(kind, own, estimate, found),
        predicted_rows=sum(len(one.rows) for one in answers),
    )


def regression(context: Context) -> Evidence:
    """Measure whether the candidate is more fragile than the baseline.

    Parameters
    ----------
    context : Context
        Of any task, with `asking`; to compare with, a live baseline.

    Returns
    -------
    Evidence
        Above 0 where the candidate is better: by kind of loss, the smaller of two disadvantages over severities of
        noise from 0 to 0.5 robust standard deviations. How much more the candidate loses under noise than the
        baseline does, and how much more its loss grows. So a better model that loses some of its lead to noise isn't
        blamed.
    """
    if context.baseline is None and context.asking_baseline is None:
        return Evidence(not_applicable=context.baseline_note or NO_BASELINE)
    if context.asking_baseline is None:
        return Evidence(not_applicable=_STORED)
    found = measured(context)
    if isinstance(found, str):
        return nothing(found)
    answers = _joint(found, "gaussian_noise")
    places: dict[str, Callable[[float], Estimate]] = {}
    alike = True
    told: list[str] = []
    for kind in found.measures.kinds:
        own = _curve(found, kind, answers, lambda one: one.after, found.sweep.before)
        theirs = _of_baseline(found, kind, answers)
        if own is None or theirs is None:
            return Evidence(not_applicable=_NO_CURVE)
        own, theirs = _common(own, theirs)
        ours, others = own.area(), theirs.area()
        alike = alike and bool((own.losses == theirs.losses).all())
        worse = _means(found, own, ours - others)
        grown = _means(found, own, (ours - own.losses[0]) - (others - theirs.losses[0]))
        places[KINDS[kind]] = _negative(lesser(worse, grown))
        told.append(
            f"the {KINDS[kind]} is {number(float(ours.mean()))} against the baseline's {number(float(others.mean()))} "
            f"(without noise {number(float(own.losses[0].mean()))} against {number(float(theirs.losses[0].mean()))})"
        )
    asked = 2 * sum(len(one.rows) for one in answers)
    if alike:
        fact = f"Candidate and baseline lose the same on every row at every severity: {told[0]}."
        return Evidence(proved=fact, reading=fact, predicted_rows=asked)
    limit = -np.inf if context.limit is None else context.limit
    judged = judge_places(places, limit=limit, confidence=context.confidence, side="min")
    worst = min(judged, key=lambda one: np.inf if one.estimate.value is None else one.estimate.value)
    reading = f"Averaged over noise up to 0.5 robust standard deviations {'; '.join(told)}. {drawn_words(found.sweep)}"
    findings = tuple(
        Finding(
            title=f"More fragile than the baseline: under noise the {place.label} is worse",
            n=place.estimate.n,
            effect=place.estimate.value,
            low=place.estimate.low,
            high=place.estimate.high,
            p_adjusted=place.p_adjusted,
            severity=Severity.BLOCKING,
            reproduce="robustness.severity_curve shows both models at every severity; robustness.noise the columns.",
        )
        for place in judged
        if place.broken
    )
    return Evidence(
        estimate=worst.estimate,
        groups={place.label: place.estimate for place in judged} if len(judged) > 1 else {},
        looked_at=len(judged) if len(judged) > 1 else 0,
        findings=findings,
        reading=reading,
        predicted_rows=asked,
    )


def _joint(found: Measured, name: str) -> list[Answered]:
    answers = [one for one in found.sweep.about(name) if len(one.question.columns) > 1]
    return sorted(answers, key=lambda one: one.question.severity)


def _of_baseline(found: Measured, kind: str, answers: list[Answered]) -> _Curve | None:
    base = found.sweep.baseline
    usable = [one for one in answers if one.baseline is not None]
    if base is None or len(usable) < len(answers) or not _gives(kind, base):
        return None
    return _curve(found, kind, answers, lambda one: one.baseline, base)  # type: ignore[arg-type, return-value]


def _gives(kind: str, outcomes: Outcomes) -> bool:
    return (outcomes.decision if kind == "errors" else outcomes.score) is not None


def _curve(
    found: Measured, kind: str, answers: list[Answered], after: Callable[[Answered], Outcomes], before: Outcomes
) -> _Curve | None:
    """Return losses by severity; cells that noise didn't move keep their row's loss."""
    if not answers or not all(_gives(kind, after(one)) for one in answers):
        return None
    tried = min(one.question.of for one in answers)
    sound = before.state[:tried] == ANSWERED
    for one in answers:
        inside = one.rows < tried
        sound[one.rows[inside][~after(one).answered[inside]]] = False
    rows = np.flatnonzero(sound)
    if len(rows) < 2:
        return None
    clean = np.zeros(tried)
    clean[rows] = found.measures.losses(kind, before.take(rows), rows)
    losses = [clean[rows]]
    for one in answers:
        level = clean.copy()
        here = np.flatnonzero((one.rows < tried) & after(one).answered)
        level[one.rows[here]] = found.measures.losses(kind, after(one).take(here), one.rows[here])
        losses.append(level[rows])
    severities = np.array([0.0, *(one.question.severity for one in answers)])
    return _Curve(severities=severities, losses=np.array(losses), rows=rows)


def _common(first: _Curve, second: _Curve) -> tuple[_Curve, _Curve]:
    rows = np.intersect1d(first.rows, second.rows)
    return tuple(  # type: ignore[return-value]
        replace(one, rows=rows, losses=one.losses[:, np.searchsorted(one.rows, rows)]) for one in (first, second)
    )


def _means(found: Measured, curve: _Curve, values: NDArray[np.float64]) -> Callable[[float], Estimate]:
    design = design_of(found.measures.rows).take(curve.rows)
    return lambda confidence: mean_of(values, metric="fragility_difference", confidence=confidence, design=design)


def _negative(find: Callable[[float], Estimate]) -> Callable[[float], Estimate]:
    def at(confidence: float) -> Estimate:
        one = find(confidence)
        return replace(
            one,
            metric="fragility_difference",
            value=None if one.value is None else -one.value,
            low=None if one.high is None else -one.high,
            high=None if one.low is None else -one.low,
        )

    return at


def _table(found: Measured, kind: str, curves: dict[str, _Curve]) -> Table:
    lines: list[tuple[Any, ...]] = []
    for series, curve in curves.items():
        design = design_of(found.measures.rows).take(curve.rows)
        for severity, losses in zip(curve.severities, curve.losses, strict=True):
            one = mean_of(1.0 - losses, metric=_METRIC[kind], confidence=_LEVEL, design=design, highest=1.0)
            lines.append((series, float(severity), one.n, one.value, one.low, one.high))
    return Table(
        name="by severity of noise",
        columns=("model", "severity", "rows", _METRIC[kind], "low", "high"),
        rows=tuple(lines),
        note="Severity in robust standard deviations of each column; the same rows at every severity; each at 95 %.",
    )


def _chart(name: str, axis: str, kind: str, curves: dict[str, _Curve]) -> Chart:
    data = tuple(
        {"x": float(severity), "y": float(1.0 - losses.mean()), "series": series}
        for series, curve in curves.items()
        for severity, losses in zip(curve.severities, curve.losses, strict=True)
    )
    first = next(iter(curves.values()))
    start, end = 1.0 - float(first.losses[0].mean()), 1.0 - float(first.losses[-1].mean())
    return Chart(
        name=name,
        kind="line",
        title=f"{_METRIC[kind]} against {'noise' if name == 'noise' else 'missing cells'}",
        x=axis,
        y=_METRIC[kind],
        reading=f"The candidate goes from {number(start)} to {number(end)}.",
        data=data,
    )


def _reading(kind: str, curve: _Curve, estimate: Estimate, found: Measured) -> str:
    steps = ", ".join(
        f"{number(1.0 - float(losses.mean()))} at {severity:g}"
        for severity, losses in zip(curve.severities, curve.losses, strict=True)
    )
    return (
        f"{_METRIC[kind]} against noise in all numbers at once, in robust standard deviations: {steps}. The mean "
        "over the "
        f"curve is {number(estimate.value)}. {drawn_words(found.sweep)}"
    )
