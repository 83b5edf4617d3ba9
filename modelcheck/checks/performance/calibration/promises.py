"""What a model promises for each row, and what happened: the two columns that calibration compares."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from modelcheck.checks.columns import design_of, scores_of
from modelcheck.checks.performance.catalogue import unusable
from modelcheck.checks.words import short
from modelcheck.scoring.rows import ScoredRows

__all__ = ["Promises", "promises_of", "top_label", "unpromising"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Promises:
    """Promises and outcomes.

    Attributes
    ----------
    outcome : ndarray of bool or float64, shape (n_rows,)
        What happened.
    score : ndarray of float64, shape (n_rows,)
        What was promised.
    probability : bool
        Whether `score` is the probability of a bool outcome.
    scale : float
        The unit of errors: 1 for probabilities, the target's standard deviation for values (0 if it doesn't vary).
    promised, observed : str
        Both in words.
    """

    outcome: NDArray[Any]
    score: NDArray[np.float64]
    probability: bool
    scale: float
    promised: str
    observed: str


def unpromising(check: str, rows: ScoredRows) -> str:
    """Return why a check of probabilities doesn't apply; empty when it does.

    Parameters
    ----------
    check : str
        Its name, for the sentence.
    rows : ScoredRows
        The rows.

    Returns
    -------
    str
    """
    return unusable("brier_score", rows).replace("brier_score", check)


def promises_of(rows: ScoredRows) -> Promises:
    """Return what was promised and what happened.

    Parameters
    ----------
    rows : ScoredRows
        With probabilities or values; at least one row.

    Returns
    -------
    Promises
        Binary: the probability of the positive class. Multiclass: the largest probability, against being right.
        Regression: the prediction, against the target.

    References
    ----------
    Guo, C., Pleiss, G., Sun, Y. and Weinberger, K. Q. (2017). On calibration of modern neural networks. ICML, 1321-1330
    (top-label confidence).
    """
    if rows.task == "regression":
        design = design_of(rows)
        spread = float(np.sqrt(design.mean(np.square(rows.target - design.mean(rows.target)))))
        return Promises(
            outcome=rows.target,
            score=scores_of(rows),
            probability=False,
            scale=spread,
            promised="mean prediction",
            observed="mean observed",
        )
    if rows.task == "binary":
        name = short(rows.classes[1])
        return Promises(
            outcome=rows.target == 1,
            score=scores_of(rows),
            probability=True,
            scale=1.0,
            promised=f"promised probability of {name}",
            observed=f"observed rate of {name}",
        )
    confidence, right = top_label(rows)
    return Promises(
        outcome=right,
        score=confidence,
        probability=True,
        scale=1.0,
        promised="promised probability of being right",
        observed="observed rate of being right",
    )


def top_label(rows: ScoredRows) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Return the largest probability of each row, and whether its class is the true one.

    Parameters
    ----------
    rows : ScoredRows
        With probabilities.

    Returns
    -------
    confidence : ndarray of float64, shape (n_rows,)
    right : ndarray of bool, shape (n_rows,)
        Where two classes share the largest probability the first counts, for two classes the positive one.
    """
    score = scores_of(rows)
    if score.ndim == 1:
        return np.maximum(score, 1.0 - score), (score >= 0.5) == (rows.target == 1)
    top = score.argmax(axis=1)
    return np.take_along_axis(score, top[:, None], axis=1)[:, 0], top == rows.target
