"""Whether several threads that ask at the same time get the answers that one gets."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from modelcheck.checks.context import Context
from modelcheck.checks.deployment.sample import Sample, deployed_of, sample_of
from modelcheck.checks.deployment.ways import Way, evidence_of, silent
from modelcheck.errors import ModelError
from modelcheck.record.evidence import Evidence
from modelcheck.scoring.deployed import Deployed
from modelcheck.scoring.predictor import Answer

__all__ = ["thread_safety"]

_THREADS = 4
_ROUNDS = 8
_ROWS = 400
_CAUSES = (
    "Look for what calls leave on the object or in the module (buffers, caches, a current row) and keep it in local "
    "variables; or serve the model in processes instead of threads."
)


def thread_safety(context: Context) -> Evidence:
    """Let four threads ask about their own rows at the same time, eight times over.

    Parameters
    ----------
    context : Context
        With `deployed`.

    Returns
    -------
    Evidence
        ``other_answer_rate``: rows that some round answers otherwise than the same call alone. Not applicable to a
        model that is unsteady by itself. Chance decides how threads meet, so this finds faults that show often.
    """
    deployed = deployed_of(context)
    if isinstance(deployed, str):
        return Evidence(not_applicable=deployed)
    sample = sample_of(context)
    if sample.unsteady:
        return Evidence(not_applicable=sample.unsteady)
    part = _first(sample, min(_ROWS, len(sample)))
    given = {"method": deployed.method, "threads": _THREADS, "rounds": _ROUNDS}
    asked = (1 + _ROUNDS) * len(part)
    title = f"{_THREADS} {'requests' if deployed.remote else 'threads'} at a time"
    try:
        reply = deployed.beside("modelcheck.models.probes.threads:together", [part.rows], given, rows=asked)
    except ModelError as error:
        way = silent(title, len(part), str(error))
        return evidence_of([way], part, context=context, what="asked by several threads", causes=_CAUSES)
    alone, rounds, answered = reply.arrays
    base = Sample(
        positions=part.positions,
        rows=part.rows,
        answer=_answer(alone, deployed, context),
        again=_answer(alone, deployed, context),
    )
    return evidence_of(
        [_way(title, rounds, answered, reply.told["failures"], deployed, context)],
        base,
        context=context,
        what="asked by several threads at a time",
        causes=_CAUSES,
        note=f"{_ROUNDS} rounds; what each thread gets alone is the answer to compare with.",
    )


def _way(
    title: str,
    rounds: NDArray[Any],
    answered: NDArray[Any],
    failures: list[str],
    deployed: Deployed,
    context: Context,
) -> Way:
    turns, n = answered.shape
    answers = []
    for turn in range(turns):
        at = np.flatnonzero(answered[turn])
        if len(at):
            answers.append((turn * n + at, _answer(rounds[turn][at], deployed, context)))
    missing = int((~answered).sum())
    problems = dict.fromkeys(failures[:3], missing) if missing else {}
    return Way(
        title=title,
        rows=np.tile(np.arange(n), turns),
        calls=turns * min(_THREADS, n),
        answers=tuple(answers),
        problems=problems,
    )


def _first(sample: Sample, n: int) -> Sample:
    """Return the first rows of the sample; their own answers are asked for anew."""
    return Sample(positions=sample.positions[:n], rows=sample.rows.iloc[:n], answer=sample.answer, again=sample.again)


def _answer(raw: NDArray[Any], deployed: Deployed, context: Context) -> Answer:
    """Return a model's raw answers as scores and decisions, in the model's own order of classes."""
    if context.rows.task == "regression":
        return Answer(score=np.asarray(raw, dtype=float).reshape(len(raw)), decision=None)
    if deployed.method == "predict":
        labels = deployed.description.classes or context.rows.classes
        codes = [next((k for k, label in enumerate(labels) if label == one), -1) for one in raw.tolist()]
        return Answer(score=None, decision=np.asarray(codes, dtype=np.int16))
    scores = np.asarray(raw, dtype=float)
    if scores.ndim == 1:
        scores = np.column_stack([1.0 - scores, scores])
    decided = scores.argmax(axis=1)
    if deployed.threshold is not None and context.asking is not None:
        decided = scores[:, context.asking.score_column] >= deployed.threshold
    return Answer(score=scores, decision=decided.astype(np.int16))
