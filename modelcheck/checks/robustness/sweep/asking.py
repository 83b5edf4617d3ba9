"""The sample is drawn, the plan is made, the candidate is asked: once a run."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.random import default_rng
from numpy.typing import NDArray

from modelcheck.checks.answering import Answering
from modelcheck.checks.context import Context
from modelcheck.checks.robustness.sweep.asked import Answered, Prepared, Sweep
from modelcheck.checks.robustness.sweep.questions import CURVE, DESCRIBED, JUDGED, Question, plan_questions
from modelcheck.perturb.outcomes import Outcomes
from modelcheck.perturb.perturbation import WITHIN, Cells
from modelcheck.perturb.profile import profile_table
from modelcheck.scoring.asking import Asking

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["NOBODY", "NO_BUDGET", "SWEEP_SHARE", "positions_of", "prepared", "rows_of", "swept"]

NOBODY = "the candidate's predictions lie in the table, so it can't be asked about changed rows."
SWEEP_SHARE = 0.66  # of the budget; the rest is for falsify, minimal_flip, direction and invariance
_BLOCK = 1 << 16  # rows that are stacked in memory at a time
_DONORS = 5_000
_AGAIN = 0.02  # of the budget, for rows that are asked about again because a call raised
NO_BUDGET = "the budget (--modelcheck-budget) leaves no rows for this."


def prepared(context: Context) -> Prepared | str:
    """Return the sample and the plan; nothing is predicted.

    Parameters
    ----------
    context : Context
        With `asking`.

    Returns
    -------
    Prepared or str
        A sentence where nobody can be asked, or nothing can be changed.
    """
    asking = context.asking
    if asking is None:
        return NOBODY
    return context.share("robustness-plan", lambda: _prepare(context, asking))


def swept(context: Context) -> Sweep | str:
    """Return the answers to the whole plan.

    Parameters
    ----------
    context : Context
        With `asking`. The candidate is asked once a run, by the first gate that needs it.

    Returns
    -------
    Sweep or str
        A sentence where nobody can be asked.
    """
    ready = prepared(context)
    if isinstance(ready, str):
        return ready
    if not ready.plan.questions:
        return NO_BUDGET if ready.plan.left_out else "no cell of these rows can be changed."
    asking = context.asking
    assert asking is not None  # noqa: S101 - `prepared` answered otherwise
    return context.share("robustness-answers", lambda: _ask(context, asking, ready))


def rows_of(context: Context, one: Answered) -> pd.DataFrame:
    """Return the changed rows that an answer is about.

    Parameters
    ----------
    context : Context
        Of the run.
    one : Answered
        From its sweep.

    Raises
    ------
    ValueError
        Nobody was asked.
    """
    ready = prepared(context)
    if isinstance(ready, str):
        raise ValueError(f"rows_of: {ready}")
    cells = ready.plan.cells[ready.plan.questions.index(one.question)]
    return changed(ready.rows, cells).take(np.searchsorted(cells.rows, one.rows)).reset_index(drop=True)


def positions_of(context: Context, places: NDArray[np.intp]) -> NDArray[np.int64]:
    """Return the positions in the table of places in the scored rows."""
    ids = context.rows.row_id
    return places.astype(np.int64) if ids is None else ids[places]


def _prepare(context: Context, asking: Asking) -> Prepared | str:
    kinds = asking.kinds
    if not kinds:
        return "the candidate is given no features that could be changed."
    support = asking.support_rows()
    rng = context.generator("robustness sample")
    profile = profile_table(support, kinds, source=asking.support)
    donors = np.sort(rng.permutation(len(support))[:_DONORS])
    profile = replace(profile, rows=support.iloc[donors].reset_index(drop=True))
    wanted = min(len(context.rows), max(JUDGED, DESCRIBED))
    chosen = rng.permutation(len(context.rows))[:wanted].astype(np.intp)
    rows = _frame(context, asking, chosen)
    plan = plan_questions(
        rows,
        profile,
        budget=max(int(SWEEP_SHARE * context.budget) - _beside(context, len(rows)), 0),
        stream=lambda name: default_rng([context.seed, *_words(name)]),
    )
    return Prepared(positions=chosen, everyone=len(context.rows), rows=rows, profile=profile, plan=plan)


def _beside(context: Context, rows: int) -> int:
    """Return the rows that are asked about beside the plan: the sample twice, and what the baseline is asked."""
    return 2 * rows if context.asking_baseline is None else (3 + CURVE) * rows


def _words(name: str) -> list[int]:
    import hashlib

    return list(np.frombuffer(hashlib.sha256(name.encode()).digest()[:16], dtype=np.uint32).astype(int))


def _frame(context: Context, asking: Asking, chosen: NDArray[np.intp]) -> pd.DataFrame:
    positions = positions_of(context, chosen)
    order = np.argsort(positions)
    back = np.empty_like(order)
    back[order] = np.arange(len(order))
    return asking.rows(positions[order].astype(np.intp)).take(back).reset_index(drop=True)


def _ask(context: Context, asking: Asking, ready: Prepared) -> Sweep:
    candidate = Answering(asking, most_rows=int((SWEEP_SHARE + _AGAIN) * context.budget))
    before, again = candidate.one(ready.rows), candidate.one(ready.rows)
    rival = None if context.asking_baseline is None else Answering(context.asking_baseline)
    base = None if rival is None else rival.one(ready.rows)
    answered: list[Answered] = []
    for block in _blocks(ready.plan.questions):
        pieces = [changed(ready.rows, ready.plan.cells[place]) for place in block]
        words = [_word(ready.plan.questions[place]) for place in block]
        outcomes = candidate.ask(pieces, words)
        compared = [
            place for place in range(len(block)) if rival is not None and _curve(ready.plan.questions[block[place]])
        ]
        theirs: dict[int, Outcomes] = {}
        if rival is not None and compared:
            theirs = dict(zip(compared, rival.ask([pieces[place] for place in compared]), strict=True))
        for place, (number, after) in enumerate(zip(block, outcomes, strict=True)):
            question = ready.plan.questions[number]
            answered.append(
                Answered(
                    question=question,
                    rows=ready.plan.cells[number].rows,
                    after=after,
                    baseline=theirs.get(place),
                )
            )
    return Sweep(
        positions=ready.positions,
        everyone=ready.everyone,
        before=before,
        again=again,
        baseline=base,
        answered=tuple(answered),
        predicted=candidate.rows + (0 if rival is None else rival.rows),
        calls=candidate.calls + (0 if rival is None else rival.calls),
    )


def changed(rows: pd.DataFrame, cells: Cells) -> pd.DataFrame:
    """Return the changed rows, index 0, 1, ...

    Parameters
    ----------
    rows : DataFrame
        All rows.
    cells : Cells
        What is changed in which of them.
    """
    piece = rows.take(cells.rows).reset_index(drop=True)
    for name, values in cells.values.items():
        piece[name] = values
    return piece


def _word(question: Question) -> str:
    """Return what is asked about apart: each kind of change that the model may refuse."""
    return "" if question.how.support == WITHIN else question.perturbation


def _curve(question: Question) -> bool:
    """Whether the baseline is asked too: about noise in all columns at once."""
    return question.perturbation == "gaussian_noise" and len(question.columns) > 1


def _blocks(questions: tuple[Question, ...]) -> list[list[int]]:
    blocks: list[list[int]] = [[]]
    filled = 0
    for place, question in enumerate(questions):
        if filled and filled + question.rows > _BLOCK:
            blocks.append([])
            filled = 0
        blocks[-1].append(place)
        filled += question.rows
    return blocks
