"""Whether answers depend on what never may matter: order, batches, copies, columns' order, declared columns."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from modelcheck.checks.answering import Answering
from modelcheck.checks.columns import design_of
from modelcheck.checks.context import Context
from modelcheck.checks.judging import JudgedPlace, judge_places
from modelcheck.checks.robustness.determinism import UNSTEADY, unsteady
from modelcheck.checks.robustness.examples import examples_of, said
from modelcheck.checks.robustness.measuring import Measured, drawn_words, measured, nothing
from modelcheck.checks.robustness.sweep.asked import Answered
from modelcheck.checks.robustness.sweep.asking import NO_BUDGET, positions_of, prepared
from modelcheck.checks.words import count, number, short
from modelcheck.perturb.arrangements import Arrangement, arrangements
from modelcheck.perturb.outcomes import ANSWERED, UNASKED, Outcomes
from modelcheck.record.evidence import Estimate, Evidence, Finding, Severity, Table
from modelcheck.stats.means import mean_of

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["invariance"]

_ROWS = 150
_SHARE = 0.04  # of the budget
_TIMES = 12  # all arrangements together have about so many times as many rows
_EXAMPLES = 5
_BY_COLUMN = "column"
_FEWER = "fewer_rows"
_METRIC = "forbidden_shift"


def invariance(context: Context) -> Evidence:
    """Ask about the same rows in another order, in other batches, with copies, with columns in another order.

    Parameters
    ----------
    context : Context
        Of any task, with `asking`; `forbidden` columns are those that must not matter.

    Returns
    -------
    Evidence
        A fact where any answer depends on how the rows are handed over: `disproved`, with the rows. A model that is
        unsteady by itself is left to robustness.determinism. Forbidden columns that the candidate is given:
        ``forbidden_shift``, the mean distance between scores before and after the column takes another row's entry,
        over the mean distance of two rows' scores; each has to keep the limit.

    References
    ----------
    Ribeiro, M. T., Wu, T., Guestrin, C. and Singh, S. (2020). Beyond accuracy: behavioral testing of NLP models with
    CheckList. ACL (invariance tests).
    """
    found = measured(context)
    ready = prepared(context)
    if isinstance(found, str) or isinstance(ready, str):
        return nothing(str(found))
    asking = context.asking
    assert asking is not None  # noqa: S101 - `measured` answered otherwise
    places = _forbidden(context, found)
    wanted = min(_ROWS, int(_SHARE * context.budget) // _TIMES)
    if wanted < 2:
        return nothing(NO_BUDGET)
    sample = ready.rows.iloc[: min(wanted, len(ready.rows))].reset_index(drop=True)
    steady = not unsteady(found).any()
    if not steady:
        text = (
            "the candidate answers the same rows otherwise each time (robustness.determinism), so order can't be "
            "judged."
        )
        return _evidence(context, found, places, [], {}, text, 0)
    answering = Answering(asking, most_rows=int(_SHARE * context.budget))
    broken: dict[str, tuple[Arrangement, NDArray[np.intp], Any]] = {}
    lines: list[tuple[Any, ...]] = []
    refused: list[str] = []
    # Order is judged among the same rows: that these are fewer than the sample's is a way of its own.
    base = answering.one(sample)
    whole = found.sweep.before.take(np.arange(len(sample)))
    for one in (_fewer(sample), *arrangements(sample, context.generator("robustness invariance"))):
        if _BY_COLUMN in one.name and asking.by_position:
            lines.append((one.title, one.population, 0, "not asked: the model is handed columns without names"))
            continue
        other, rows, after = _asked(found, answering, one, whole if one.name == _FEWER else base)
        raised = int(sum((~np.isin(part.state, (ANSWERED, UNASKED))).sum() for part in after))
        if raised and _BY_COLUMN in one.name:
            # Other columns than it knows may be refused aloud; the same rows in another order may not.
            refused.append(one.title)
        elif raised:
            other = np.union1d(other, _unanswered(rows, after))
        if len(other):
            broken[one.title] = (one, other, (rows, after))
        words = f"{count(len(other), 'row')} answered otherwise" if len(other) else "the same answers"
        lines.append((one.title, one.population, len(one), f"raises on {raised:,} rows" if raised else words))
    text = f"{count(len(sample), 'row')} handed over in {count(len(lines), 'other way')}"
    if refused:
        text += f" (the model raises on: {', '.join(refused)})"
    return _evidence(context, found, places, lines, broken, text, answering.rows)


def _fewer(sample: pd.DataFrame) -> Arrangement:
    return Arrangement(
        name=_FEWER,
        title="Among fewer rows",
        population="A smaller batch: the same rows, without the rest of the sample.",
        frames=(sample,),
        positions=(np.arange(len(sample)),),
    )


def _asked(
    found: Measured, answering: Answering, one: Arrangement, base: Outcomes
) -> tuple[NDArray[np.intp], Any, Any]:
    """Return which sampled rows are answered otherwise than in `base`; each frame is a call of its own."""
    others: list[NDArray[np.intp]] = []
    parts = []
    for frame, positions in zip(one.frames, one.positions, strict=True):
        after = answering.one(frame)
        parts.append(after)
        ok = np.flatnonzero(after.answered & base.answered[positions])
        before = base.take(positions[ok])
        moved = found.measures.moved(before, after.take(ok))
        others.append(positions[ok][moved > UNSTEADY * (found.measures.spread or 1.0)])
    return np.unique(np.concatenate(others)), one.positions, parts


def _unanswered(positions: Any, after: Any) -> NDArray[np.intp]:
    """Return which sampled rows got no answer."""
    failing = [rows[~np.isin(part.state, (ANSWERED, UNASKED))] for rows, part in zip(positions, after, strict=True)]
    return np.unique(np.concatenate(failing))


def _forbidden(context: Context, found: Measured) -> list[tuple[str, Answered]]:
    answers = [one for one in found.sweep.about("donor_value") if one.question.columns[0] in context.forbidden]
    return [(short(one.question.columns[0]), found.sweep.sound(one)) for one in answers]


def _shift(found: Measured, one: Answered) -> Callable[[float], Estimate]:
    moved = found.measures.moved(found.sweep.before.take(one.rows), one.after)
    moved = moved / (found.measures.spread or 1.0)
    design = design_of(found.measures.rows).take(one.rows)
    return lambda confidence: mean_of(moved, metric=_METRIC, confidence=confidence, design=design, lowest=0.0)


def _evidence(
    context: Context,
    found: Measured,
    places: list[tuple[str, Answered]],
    lines: list[tuple[Any, ...]],
    broken: dict[str, tuple[Arrangement, NDArray[np.intp], Any]],
    text: str,
    asked: int,
) -> Evidence:
    moving = [
        (label, one)
        for label, one in places
        if found.measures.moved(found.sweep.before.take(one.rows), one.after).any()
    ]
    judged: list[JudgedPlace] = []
    if moving:
        judged = judge_places(
            {f"{label} (forbidden)": _shift(found, one) for label, one in moving},
            limit=np.inf if context.limit is None else context.limit,
            confidence=context.confidence,
        )
    still = [label for label, _ in places if label not in dict(moving)]
    findings = [_finding_of_order(context, found, title, *rest) for title, rest in broken.items()]
    for place, (label, one) in zip(judged, moving, strict=True):
        if place.broken:
            findings.append(_finding_of_column(context, found, label, one, place))
    reading = f"{text}: {', '.join(broken)} change answers." if broken else f"{text}."
    if still:
        reading += f" {', '.join(still)}: another entry moves no answer."
    if moving:
        worst = max(judged, key=lambda one: one.estimate.value or 0.0)
        reading += (
            f" {worst.label} moves scores most, by {number(worst.estimate.value)} of the distance between two rows."
        )
    tables = (
        Table(
            name="ways of handing rows over", columns=("way", "stands for", "rows asked", "found"), rows=tuple(lines)
        ),
    )
    disproved = ""
    if broken:
        title, (_, other, _rest) = next(iter(broken.items()))
        disproved = f"{count(len(other), 'row')} get another answer, or none, by {title.lower()} alone" + (
            f", and so by {len(broken) - 1} more ways of handing the same rows over." if len(broken) > 1 else "."
        )
    fact = "" if broken or judged or not lines else f"{text}: every row gets the same answer."
    return Evidence(
        estimate=max((one.estimate for one in judged), key=lambda one: one.value or 0.0, default=None),
        groups={one.label: one.estimate for one in judged},
        searched=f"{text}." if judged else "",
        looked_at=len(judged),
        not_applicable=text if not lines and not judged else "",
        disproved=disproved,
        proved=fact,
        findings=tuple(findings),
        tables=tables if lines else (),
        reading=f"{reading} {drawn_words(found.sweep)}" if judged else reading,
        predicted_rows=asked + sum(len(one.rows) for _, one in places),
    )


def _finding_of_order(
    context: Context, found: Measured, title: str, one: Arrangement, other: NDArray[np.intp], asked: Any
) -> Finding:
    positions, after = asked
    examples = []
    for row in other[:_EXAMPLES].tolist():
        example: dict[str, Any] = {"row": int(positions_of(context, found.sweep.positions[[row]])[0])}
        example |= said("before", found, context, found.sweep.before, row)
        for place, outcomes in zip(positions, after, strict=True):
            at = np.flatnonzero(place == row)
            if len(at):
                example |= said("after", found, context, outcomes, int(at[0]))
                break
        examples.append(example)
    return Finding(
        title=f"{title}: {count(len(other), 'row')} get another answer, or none",
        n=len(np.unique(np.concatenate(positions))),
        effect=len(other) / max(len(np.unique(np.concatenate(positions))), 1),
        severity=Severity.BLOCKING,
        examples=tuple(examples),
        reproduce=(
            f"{one.population} Ask about the rows shown alone and among others.\nLook for statistics taken over the "
            "batch "
            "(means, ranks, fills, encoders fitted at prediction), positions instead of names, or state between calls."
        ),
    )


def _finding_of_column(context: Context, found: Measured, label: str, one: Answered, place: JudgedPlace) -> Finding:
    return Finding(
        title=f"{label} is declared not to matter and moves scores by {number(place.estimate.value)}",
        n=len(one.rows),
        effect=place.estimate.value,
        low=place.estimate.low,
        high=place.estimate.high,
        p_adjusted=place.p_adjusted,
        severity=Severity.BLOCKING,
        examples=examples_of(context, found, one),
        reproduce=f"Give the rows shown another row's {label} and ask again.\nLeave {label} out of the model's inputs.",
    )
