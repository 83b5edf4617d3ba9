"""The same rows asked in several ways: every way must give every row the answer that it has."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from modelcheck.checks.context import Context
from modelcheck.checks.deployment.difference import difference, part_of
from modelcheck.checks.deployment.sample import Sample
from modelcheck.checks.words import count, number, short
from modelcheck.errors import ModelError
from modelcheck.record.evidence import Estimate, Evidence, Finding, Severity, Table
from modelcheck.scoring.asking import Asking
from modelcheck.scoring.predictor import Answer
from modelcheck.stats.rates import clopper_pearson, rate_from_counts

__all__ = ["Way", "asked_in_calls", "evidence_of", "not_asked", "on_all", "silent"]

_EXAMPLES = 5
_METRIC = "other_answer_rate"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Way:
    """One way of asking.

    Attributes
    ----------
    title : str
        In words, e.g. ``7 rows at a time``.
    rows : ndarray of int, shape (n_asked,)
        Which rows of the sample were asked about, a row as often as it was.
    calls : int
        In how many calls.
    answers : tuple of (ndarray of int, Answer)
        Places in `rows` and the answers there.
    problems : mapping of str to int
        What calls raised, and for how many rows.
    untold : str
        Why nothing was asked in this way; empty where something was.
    """

    title: str
    rows: NDArray[np.intp] = field(default_factory=lambda: np.zeros(0, dtype=np.intp))
    calls: int = 0
    answers: tuple[tuple[NDArray[np.intp], Answer], ...] = ()
    problems: dict[str, int] = field(default_factory=dict)
    untold: str = ""


def not_asked(title: str, why: str) -> Way:
    """Return a way that could not be gone."""
    return Way(title=title, untold=why)


def silent(title: str, n: int, problem: str) -> Way:
    """Return a way in which no row got an answer."""
    return Way(title=title, rows=np.arange(n), calls=1, problems={short(problem, 300): n})


def on_all(title: str, asking: Asking, sample: Sample, *, calls: int = 1) -> Way:
    """Ask about the whole sample, some times."""
    parts = [np.arange(len(sample))] * calls
    return asked_in_calls(title, asking.answer, sample, parts)


def asked_in_calls(title: str, ask: Callable[[Any], Answer], sample: Sample, parts: Sequence[NDArray[np.intp]]) -> Way:
    """Ask about parts of the sample, each in a call of its own.

    Parameters
    ----------
    title : str
        Of the way.
    ask : callable
        From rows to their answers; what it raises as ModelError leaves the rows of that call without one.
    sample : Sample
        The rows.
    parts : sequence of ndarray of int
        The rows of each call, in the order in which they are handed over.
    """
    answers: list[tuple[NDArray[np.intp], Answer]] = []
    problems: dict[str, int] = {}
    start = 0
    for part in parts:
        try:
            answer = ask(sample.rows.iloc[part].reset_index(drop=True))
            answers.append((np.arange(start, start + len(part)), answer))
        except ModelError as error:
            text = short(str(error), 300)
            problems[text] = problems.get(text, 0) + len(part)
        start += len(part)
    rows = np.concatenate(parts) if parts else np.zeros(0, dtype=np.intp)
    return Way(title=title, rows=rows, calls=len(parts), answers=tuple(answers), problems=problems)


def evidence_of(
    ways: Sequence[Way],
    sample: Sample,
    *,
    context: Context,
    what: str,
    causes: str,
    note: str = "",
    table: str = "ways of asking",
) -> Evidence:
    """Judge all ways together: the share of rows that some way gives another answer, or none.

    Parameters
    ----------
    ways : sequence of Way
        At least one; those that could not be gone are shown as such.
    sample : Sample
        The rows and the answers to hold the others against.
    context : Context
        Level of the intervals, and the limit: with one of 0 the rows decide as a plain fact.
    what : str
        What the ways have in common, e.g. ``asked in batches of other sizes``.
    causes : str
        Where to look, for whoever has to mend it.
    note : str
        Added to the table.
    table : str
        Its name.

    Returns
    -------
    Evidence
        ``other_answer_rate`` with exact limits: a row counts once, however many ways give it another answer. That a
        single row does is a fact, whatever it hangs together with. Not applicable where no way could be gone.
    """
    gone = [way for way in ways if not way.untold]
    if not gone:
        return Evidence(not_applicable="; ".join(dict.fromkeys(way.untold for way in ways)) + ".")
    asked = np.zeros(len(sample), dtype=bool)
    hit = np.zeros(len(sample), dtype=bool)
    flips = np.zeros(len(sample), dtype=bool)
    lines, findings = [], []
    for way in ways:
        line, other, flipped, examples = _measured(way, sample, context.confidence)
        lines.append(line)
        asked[way.rows] = True
        hit |= other
        flips |= flipped
        if other.any():
            findings.append(_finding(way, other, examples, causes))
    n, changed = int(asked.sum()), int(hit.sum())
    estimate = rate_from_counts(changed, n, metric=_METRIC, confidence=context.confidence)
    tolerance = f"Scores may lie {number(sample.tolerance)} apart: what rounding does to sums."
    exact = all(line[3] == line[1] for line, way in zip(lines, ways, strict=True) if not way.untold)
    if not changed:
        same = "bit for bit the same answers" if exact else f"the same answers within {number(sample.tolerance)}"
        fact = f"{count(n, 'row')} {what}: {same}. {_met(estimate)}"
    else:
        fact = (
            f"{changed:,} of {count(n, 'row')} {what} get another answer, or none; "
            f"{count(int(flips.sum()), 'decision')} flip{'' if flips.sum() != 1 else 's'}."
        )
    nothing_allowed = context.limit == 0.0
    return Evidence(
        estimate=estimate,
        proved=fact if nothing_allowed and not changed else "",
        disproved=fact if nothing_allowed and changed else "",
        findings=tuple(findings),
        tables=(
            Table(
                name=table,
                columns=(
                    "way", "rows", "calls", "equal bit for bit", "other answers", "decisions flipped",
                    "flips in 100, at most", "largest difference", "note",
                ),
                rows=tuple(lines),
                note=" ".join(filter(None, (tolerance, note))),
            ),
        ),
        reading=_near(lines, sample),
        predicted_rows=sum(len(way.rows) for way in gone),
    )  # fmt: skip


def _measured(
    way: Way, sample: Sample, confidence: float
) -> tuple[tuple[Any, ...], NDArray[np.bool_], NDArray[np.bool_], list[dict[str, Any]]]:
    """Return a way's line, which rows of the sample it answers otherwise, which decisions flip, and examples."""
    other, flipped = (np.zeros(len(sample), dtype=bool) for _ in range(2))
    if way.untold:
        return (way.title, 0, 0, None, None, None, None, None, f"not asked: {way.untold}"), other, flipped, []
    heard = np.zeros(len(way.rows), dtype=bool)
    equal = 0
    examples: list[dict[str, Any]] = []
    largest: float | None = None
    for places, answer in way.answers:
        rows = way.rows[places]
        base = part_of(sample.answer, rows)
        found = difference(base, answer, sample.tolerance)
        heard[places] = True
        equal += int(found.equal.sum())
        largest = found.largest if largest is None else max(largest, found.largest or 0.0)
        other[rows[found.other]] = True
        flipped[rows[found.flipped]] = True
        for at in np.flatnonzero(found.other)[: max(_EXAMPLES - len(examples), 0)].tolist():
            example = {"row": int(sample.positions[rows[at]])}
            examples.append(example | _said("here", base, at) | _said("then", answer, at))
    other[way.rows[~heard]] = True
    unheard = np.flatnonzero(~heard)[: max(_EXAMPLES - len(examples), 0)]
    examples += [{"row": int(sample.positions[way.rows[at]]), "then": "no answer"} for at in unheard.tolist()]
    n = len(np.unique(way.rows))
    ends = clopper_pearson(int(flipped.sum()), n, confidence) if n else (0.0, 1.0)
    told = "; ".join(f"{rows:,} rows without an answer: {text}" for text, rows in way.problems.items())
    line = (
        way.title, len(way.rows), way.calls, equal, int(other.sum()), int(flipped.sum()), round(100.0 * ends[1], 3),
        None if largest is None else float(f"{largest:.3g}"), short(told, 400),
    )  # fmt: skip
    return line, other, flipped, examples


def _said(when: str, answer: Answer, at: int) -> dict[str, Any]:
    if answer.score is not None:
        score = answer.score[at]
        return {f"score {when}": float(score) if np.ndim(score) == 0 else [float(one) for one in score]}
    return {f"decision {when}": int(answer.decision[at])} if answer.decision is not None else {}


def _near(lines: Sequence[tuple[Any, ...]], sample: Sample) -> str:
    """Say how many answers are equal bit for bit, and how far apart the others are."""
    asked, equal = sum(line[1] for line in lines), sum(line[3] or 0 for line in lines)
    apart = max((line[7] for line in lines if line[7] is not None), default=None)
    told = f"{equal:,} of {count(asked, 'answer')} are equal bit for bit"
    if apart:
        told += f"; scores of one row lie {number(apart)} apart at most, where rounding may move them "
        told += number(sample.tolerance)
    return f"{told}."


def _met(estimate: Estimate) -> str:
    """Say what would have been met."""
    if not estimate.high:
        return ""
    sure = f"{50.0 * (1.0 + estimate.confidence):.4g} %"
    return f"A fault of one row in {1.0 / estimate.high:,.0f}, or more, would have been met with {sure} certainty."


def _finding(way: Way, other: NDArray[np.bool_], examples: Sequence[dict[str, Any]], causes: str) -> Finding:
    hit, n = int(other.sum()), len(np.unique(way.rows))
    return Finding(
        title=f"{way.title}: {count(hit, 'row')} of {n:,} get another answer, or none",
        n=n,
        effect=hit / max(n, 1),
        severity=Severity.BLOCKING,
        examples=tuple(examples),
        reproduce=f"Ask about the rows shown in this way.\n{causes}",
    )
