"""The right explainer for a model: the nearest one whose attributions add up to what the model really answers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from modelcheck.explain.attributions import (
    LOG_ODDS,
    PERMUTATION,
    PROBABILITY,
    Attributions,
)
from modelcheck.explain.walks import asked_by_walks, walk

if TYPE_CHECKING:
    import pandas as pd

from modelcheck.explain.elsewhere import Raised, nearest
from modelcheck.explain.inside import EPSILON, Astray, scale_of
from modelcheck.explain.subject import Explainer, Subject

__all__ = ["choose", "score_of"]

_ODD = 1e-6  # of the answers' spread: a larger gap between attributions and answer refuses an explainer
_PILOT = 16
_WALKS = 8


def choose(
    subject: Subject,
    pilot: pd.DataFrame,
    *,
    rng: np.random.Generator,
    scale: str | None = None,
    seconds: float = float("inf"),
    fewest: int = 1,
    walks: int = _WALKS,
) -> Explainer:
    """Choose the explainer.

    Parameters
    ----------
    subject : Subject
        What is explained.
    pilot : DataFrame
        Raw rows on which an explainer has to prove that it adds up; the first 16 are used.
    rng : numpy.random.Generator
        For walks.
    scale : {"log-odds", "probability", "value"} or None
        None: the scale on which the model adds up.
    seconds : float
        How long `fewest` rows may take; a dearer explainer is refused.
    fewest : int
        How many rows are to be explained at least.
    walks : int
        Walks for a row, where it comes to that.

    Returns
    -------
    Explainer
        Linear models by their coefficients, tree ensembles by shap's TreeExplainer, both on the final estimator's
        inputs, which are summed up to raw columns; anything else by walks on the raw columns. All of them share the
        answer out against the same background, features switched independently (interventional).
    """
    refused: list[str] = []
    stages = subject.stages
    if stages is None:
        refused.append("only the model's answers are known")
    else:
        for found in nearest(subject, stages, scale, seconds / max(fewest, 1)):
            if found is None:
                continue
            if isinstance(found, Explainer):
                problem = _odd(subject, found, pilot.iloc[:_PILOT])
                if not problem:
                    return found
                refused += [problem] * (problem not in refused)
            elif found not in refused:
                refused.append(found)
        if not refused:
            refused.append(f"{stages.kind} is neither linear nor made of trees")
    return _permutation(subject, scale, walks, rng, "; ".join(refused))


def score_of(attributions: Attributions) -> NDArray[np.float64]:
    """Return the answers that base and attributions add up to, on the model's own scale.

    Parameters
    ----------
    attributions : Attributions
        Any.

    Returns
    -------
    ndarray of float64, shape (n_rows, n_outputs)
        Log-odds are turned into probabilities.
    """
    total = attributions.base + attributions.values.sum(axis=1)
    return _linked(total, attributions.scale)


def _linked(total: NDArray[np.float64], scale: str) -> NDArray[np.float64]:
    from scipy.special import expit, softmax

    if scale != LOG_ODDS:
        return total
    return np.asarray(expit(total) if total.shape[1] == 1 else softmax(total, axis=1))


def _permutation(subject: Subject, scale: str | None, walks: int, rng: np.random.Generator, why: str) -> Explainer:
    native = scale_of(subject, log_odds=False)
    told = LOG_ODDS if scale == LOG_ODDS and native == PROBABILITY and subject.probabilistic else native

    def ask(rows: pd.DataFrame) -> NDArray[np.float64]:
        answers = subject.ask(rows)
        if told != LOG_ODDS:
            return answers
        bounded = np.clip(answers, EPSILON, 1.0 - EPSILON)
        return np.asarray(np.log(bounded / (1.0 - bounded)) if bounded.ndim == 1 else np.log(bounded))

    def explain(rows: pd.DataFrame) -> Attributions:
        return walk(
            ask, rows, subject.background, subject.columns, walks=walks, rng=rng.spawn(1)[0], scale=told, why=why
        )

    return Explainer(
        name=PERMUTATION,
        scale=told,
        why=why,
        explain=explain,
        asks_a_row=asked_by_walks(len(subject.columns), min(walks, len(subject.background))),
    )


def _odd(subject: Subject, explainer: Explainer, pilot: pd.DataFrame) -> str:
    """Say why an explainer's sums aren't what the model answers; empty where they are."""
    try:
        found = explainer.explain(pilot)
    except Astray as error:
        return str(error)
    except Exception as error:  # see above: what can't be explained from inside is explained from its answers
        return f"{explainer.name} raised {error.kind if isinstance(error, Raised) else type(error).__name__}"
    answers = np.asarray(subject.ask(pilot), dtype=np.float64)
    answers = answers[:, None] if answers.ndim == 1 else answers
    told = score_of(found)
    if told.shape != answers.shape:
        return f"{explainer.name} explains {told.shape[1]} outputs, and the model gives {answers.shape[1]}"
    gap = np.abs(told - answers)
    unit = _spread(answers, subject.task)
    worst = float(np.nanmax(gap, initial=0.0))
    if not np.isfinite(told).all() or worst > _ODD * unit:
        return f"what {explainer.name} adds up to is up to {worst:.2g} away from the model's answers"
    return ""


def _spread(answers: NDArray[np.float64], task: str) -> float:
    if task != "regression":
        return 1.0
    finite = answers[np.isfinite(answers)]
    return max(float(np.ptp(finite)) if len(finite) else 0.0, float(np.abs(finite).max(initial=0.0)) * 1e-3, 1e-300)
