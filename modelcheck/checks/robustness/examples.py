"""Rows whose answer changed most: before, after, and what the candidate said of both."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from modelcheck.checks.cells import cell
from modelcheck.checks.context import Context
from modelcheck.checks.robustness.measuring import Measured
from modelcheck.checks.robustness.sweep.asked import Answered
from modelcheck.checks.robustness.sweep.asking import positions_of, prepared
from modelcheck.checks.words import short

if TYPE_CHECKING:
    pass

__all__ = ["examples_of", "said"]

_EXAMPLES = 5
_MOST_COLUMNS = 4


def examples_of(context: Context, found: Measured, one: Answered) -> tuple[dict[str, Any], ...]:
    """Return the five rows whose output moved most, ties by row id.

    Parameters
    ----------
    context : Context
        Of the run.
    found : Measured
        Its answers.
    one : Answered
        Rows with an answer before and after.

    Returns
    -------
    tuple of dict
        Row id, each changed column (at most four) as ``before -> after``, scores and decisions.
    """
    ready = prepared(context)
    if isinstance(ready, str) or not len(one.rows):
        return ()
    before = found.sweep.before.take(one.rows)
    distance = found.measures.moved(before, one.after) + found.measures.flipped(before, one.after)
    ids = positions_of(context, found.sweep.positions[one.rows])
    order = np.lexsort((ids, -distance))[:_EXAMPLES]
    place = ready.plan.questions.index(one.question)
    cells = ready.plan.cells[place]
    at = np.searchsorted(cells.rows, one.rows)
    examples = []
    for row in order.tolist():
        example: dict[str, Any] = {"row": int(ids[row])}
        for name in one.question.columns[:_MOST_COLUMNS]:
            was, now = ready.rows[name].iloc[int(one.rows[row])], cells.values[name].iloc[int(at[row])]
            example[short(name)] = f"{cell(was)} -> {cell(now)}"
        example |= said("before", found, context, before, row) | said("after", found, context, one.after, row)
        examples.append(example)
    return tuple(examples)


def said(when: str, found: Measured, context: Context, outcomes: Any, row: int) -> dict[str, Any]:
    """Return score and decision of a row, as entries named by `when`."""
    told: dict[str, Any] = {}
    if outcomes.score is not None:
        score = outcomes.score[row]
        if np.ndim(score):
            score = score[int(outcomes.decision[row])] if outcomes.decision is not None else score.max()
        told[f"score {when}"] = float(score)
    if outcomes.decision is not None and outcomes.decision[row] >= 0:
        told[f"decision {when}"] = short(context.rows.classes[int(outcomes.decision[row])])
    return told
