"""Rows that the candidate can't answer: exceptions, hangs, and answers that are none."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from modelcheck.checks.answering import UNNAMED
from modelcheck.checks.cells import cell
from modelcheck.checks.columns import design_of
from modelcheck.checks.context import Context
from modelcheck.checks.judging import share_hit
from modelcheck.checks.robustness.measuring import Measured, columns_in_words, measured, nothing, place_of
from modelcheck.checks.robustness.sweep.asked import Answered
from modelcheck.checks.robustness.sweep.asking import positions_of, prepared
from modelcheck.checks.words import count, short
from modelcheck.perturb.outcomes import HUNG, INVALID, RAISED, UNASKED
from modelcheck.record.evidence import Evidence, Finding, Severity, Table

__all__ = ["crash", "nonfinite"]

_EXAMPLES = 5
_SHOWN = 40


def crash(context: Context) -> Evidence:
    """Look for an exception, or a hang, on a plausible input.

    Plausible is a row whose entries stay inside the reference's support: missing only where the reference has missing
    values, no category that it doesn't have. What the model refuses outside of it is told and not judged; a hang counts
    wherever it is.

    Parameters
    ----------
    context : Context
        Of any task, with `asking`.

    Returns
    -------
    Evidence
        ``crash_rate``: the share of the sampled rows for which some plausible change raises an exception or gets no
        answer in time, with exact limits. A search: that nothing crashes can't be proved. The rows are found by
        halving the call that raised, and named.
    """
    return _evidence(context, (RAISED, HUNG), "crash_rate", "raises an exception or hangs", "an exception")


def nonfinite(context: Context) -> Evidence:
    """Look for an answer that is no prediction (NaN, infinite, no probability, an unknown label) on a plausible input.

    Parameters
    ----------
    context : Context
        Of any task, with `asking`.

    Returns
    -------
    Evidence
        As `crash`, for rows with an answer that isn't one: ``nonfinite_rate``.
    """
    return _evidence(context, (INVALID,), "nonfinite_rate", "gives no valid prediction", "an invalid answer")


def _evidence(context: Context, states: tuple[int, ...], metric: str, verb: str, what: str) -> Evidence:
    found = measured(context)
    if isinstance(found, str):
        return nothing(found)
    failing = [(one, np.isin(one.after.state, states)) for one in found.sweep.answered]
    # Who raises refuses aloud; who hangs answers nobody, whatever the input is.
    inside = [(one, bad) for one, bad in failing if one.question.plausible or _hangs(one, states)]
    outside = [(one, bad) for one, bad in failing if bad.any() and not (one.question.plausible or _hangs(one, states))]
    if not inside:
        return Evidence(not_applicable="no plausible change of these rows could be made.")
    hit = np.zeros(len(found.sweep.positions), dtype=bool)
    asked = np.zeros(len(found.sweep.positions), dtype=bool)
    for one, bad in inside:
        hit[one.rows[bad]] = True
        asked[one.rows] = True
    # The rows as they are were answered in the first pass: a model that fails on them now is worn out by being asked.
    worn = np.isin(found.sweep.before.state, states) | np.isin(found.sweep.again.state, states)
    hit |= worn
    asked |= worn
    broken = [(one, bad) for one, bad in inside if bad.any()]
    # One column says more than many at once, and a change that always fails more than one that sometimes does.
    broken.sort(key=lambda item: (_unnamed(item[0]), len(item[0].question.columns), -float(item[1].mean())))
    estimate = share_hit(
        hit[asked],
        design_of(found.measures.rows).take(asked),
        metric=metric,
        confidence=context.confidence,
        limit=context.limit,
        of="rows that can be changed",
    )
    predicted = sum(len(one.rows) for one, _ in inside)
    where = f"{count(len(inside), 'plausible change')} of {int(asked.sum()):,} rows ({predicted:,} questions)"
    reading = (
        f"The model {verb} on {int(hit.sum()):,} of {int(asked.sum()):,} rows, by {count(len(broken), 'change')}."
        if hit.any()
        else f"On none of them the model {verb}: {where}."
    )
    unasked = sum(int((one.after.state == UNASKED).sum()) for one in found.sweep.answered)
    if unasked:
        reading += f" {unasked:,} changed rows were left unasked: failing calls were asked again, and the budget ended."
    if worn.any():
        reading += f" {int(worn.sum()):,} rows fail as they are, although the first pass got answers to them."
    if outside:
        names = ", ".join(place_of(one) for one, _ in outside[:3])
        more = f" and {len(outside) - 3} more" if len(outside) > 3 else ""
        reading += f" Outside the support it {verb} on: {names}{more}; that is told and not judged."
    return Evidence(
        estimate=estimate,
        groups={"plausible input": estimate},
        looked_at=1,
        searched=f"{where} were asked; one in {max(int(asked.sum()) // 3, 1):,} rows could be missed at 95 %.",
        findings=tuple(_finding(context, found, one, bad, verb) for one, bad in broken[:_EXAMPLES]),
        tables=(_table(broken, outside, what),) if broken or outside else (),
        reading=reading,
        predicted_rows=predicted,
    )


def _hangs(one: Answered, states: tuple[int, ...]) -> bool:
    return HUNG in states and bool((one.after.state == HUNG).any())


def _unnamed(one: Answered) -> bool:
    """Whether nobody found out which rows fail."""
    return any(UNNAMED in message for message in one.after.messages.values())


def _finding(context: Context, found: Measured, one: Answered, bad: Any, verb: str) -> Finding:
    ready = prepared(context)
    examples: list[dict[str, Any]] = []
    if not isinstance(ready, str):
        place = ready.plan.questions.index(one.question)
        cells = ready.plan.cells[place]
        # Rows that are known to fail go before those of which one does.
        failing = sorted(np.flatnonzero(bad).tolist(), key=lambda at: UNNAMED in one.after.messages.get(at, ""))
        for at in failing[:_EXAMPLES]:
            row = int(one.rows[at])
            example: dict[str, Any] = {
                "row": int(positions_of(context, found.sweep.positions[[row]])[0]),
            }
            for name in one.question.columns[:4]:
                example[short(name)] = f"{cell(ready.rows[name].iloc[row])} -> {cell(cells.values[name].iloc[at])}"
            if at in one.after.messages:
                example["said"] = short(one.after.messages[at], 200)
            examples.append(example)
    # Where nobody found out which rows fail, how many do is not known either.
    share = None if _unnamed(one) else float(bad.mean())
    least = "at least " if share is None else ""
    return Finding(
        title=f"{place_of(one)}: the model {verb} on {least}{int(bad.sum()):,} of {len(bad):,} changed rows",
        n=len(bad),
        effect=share,
        severity=Severity.BLOCKING,
        examples=tuple(examples),
        reproduce=(
            f"{one.question.how.population} Change {columns_in_words(one.question.columns)} in the rows shown as "
            "shown and "
            "ask the candidate.\nCatch it in the model's pipeline (impute, or map the unknown to a default), or "
            "refuse such "
            "rows before the model."
        ),
    )


def _table(broken: Sequence[tuple[Answered, Any]], outside: Sequence[tuple[Answered, Any]], what: str) -> Table:
    lines = [
        (
            columns_in_words(one.question.columns),
            one.question.how.title,
            one.question.degree,
            "yes" if one.question.plausible else "no",
            len(bad),
            int(bad.sum()),
            short(next(iter(one.after.messages.values()), ""), 160),
        )
        for one, bad in [*broken, *outside]
    ]
    return Table(
        name=f"changes with {what}",
        columns=("column", "change", "degree", "plausible", "rows", "failing", "said"),
        # What a model says when it raises may quote what it was given.
        private=("said",),
        rows=tuple(lines[:_SHOWN]),
        note=f"The first {_SHOWN} of {len(lines)}." if len(lines) > _SHOWN else "",
    )
