"""Two answers to the same rows beside each other: equal bit for bit, equal but for rounding, or not."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from modelcheck.scoring.predictor import Answer

__all__ = ["TOLERANCE", "Difference", "difference", "part_of", "tolerance_of"]

TOLERANCE = 1e-5
"""What rounding may do to a score: about 80 roundings of a 32 bit number near 1.

Trees answer bit for bit alike whatever stands beside a row. Sums (linear models, networks) are added in another order
when a batch has another size or more threads share it; in 32 bits that moves a probability by 1.2e-7 at a time.
"""
_ROUNDING = 8 * float(np.finfo(np.float32).eps)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Difference:
    """How far apart two answers are.

    Attributes
    ----------
    equal : ndarray of bool, shape (n_rows,)
        Bit for bit the same score, or the same label where there is no score.
    other : ndarray of bool, shape (n_rows,)
        Apart by more than rounding: the score by more than the tolerance, or another label where there is no score.
    flipped : ndarray of bool, shape (n_rows,)
        Another decision; also where the score moved within the tolerance across the threshold.
    largest : float or None
        Largest distance of two scores; None without scores.
    """

    equal: NDArray[np.bool_]
    other: NDArray[np.bool_]
    flipped: NDArray[np.bool_]
    largest: float | None


def tolerance_of(answer: Answer) -> float:
    """Return how far two scores of the same row may lie apart.

    Parameters
    ----------
    answer : Answer
        Of the rows in question.

    Returns
    -------
    float
        `TOLERANCE` for probabilities. For values `TOLERANCE` of their standard deviation, or eight roundings of the
        largest of them in 32 bits where that is more.

    Examples
    --------
    >>> tolerance_of(Answer(score=np.array([0.2, 0.9]), decision=np.array([0, 1], dtype=np.int16)))
    1e-05
    """
    if answer.score is None or answer.decision is not None:
        return TOLERANCE
    finite = answer.score[np.isfinite(answer.score)]
    if not len(finite):
        return TOLERANCE
    return max(TOLERANCE * float(finite.std()), _ROUNDING * float(np.abs(finite).max()))


def difference(before: Answer, after: Answer, tolerance: float) -> Difference:
    """Set two answers to the same rows beside each other.

    Parameters
    ----------
    before, after : Answer
        One of them may have labels only: then only decisions are compared.
    tolerance : float
        As `tolerance_of` gives it.

    Examples
    --------
    >>> one = Answer(score=np.array([0.2, 0.9]), decision=np.array([0, 1], dtype=np.int16))
    >>> two = Answer(score=np.array([0.2 + 1e-7, 0.4]), decision=np.array([0, 0], dtype=np.int16))
    >>> found = difference(one, two, 1e-5)
    >>> found.equal.tolist(), found.other.tolist(), found.flipped.tolist(), round(found.largest, 2)
    ([False, False], [False, True], [False, True], 0.5)
    """
    n = len(before.score) if before.score is not None else len(_codes(before))
    both = before.decision is not None and after.decision is not None
    flipped = _codes(before) != _codes(after) if both else np.zeros(n, dtype=bool)
    if before.score is None or after.score is None:
        return Difference(equal=~flipped, other=flipped.copy(), flipped=flipped, largest=None)
    apart = np.abs(before.score - after.score).reshape(n, -1).max(axis=1)
    return Difference(
        equal=apart == 0.0,
        other=~(apart <= tolerance),
        flipped=flipped,
        largest=float(apart.max(initial=0.0)),
    )


def part_of(answer: Answer, rows: NDArray[np.intp]) -> Answer:
    """Return the answers to some of the rows, in the order of `rows`."""
    return Answer(
        score=None if answer.score is None else answer.score[rows],
        decision=None if answer.decision is None else answer.decision[rows],
    )


def _codes(answer: Answer) -> NDArray[np.int16]:
    return np.zeros(0, dtype=np.int16) if answer.decision is None else answer.decision
