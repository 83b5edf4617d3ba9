"""What a model said of some rows, row by row: an answer, an exception, or something that is no answer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["ANSWERED", "HUNG", "INVALID", "RAISED", "UNASKED", "Outcomes"]

ANSWERED, RAISED, INVALID, HUNG, UNASKED = 0, 1, 2, 3, 4


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Outcomes:
    """Answers to rows, and what became of those without one.

    Attributes
    ----------
    state : ndarray of int8, shape (n_rows,)
        `ANSWERED`; `RAISED` (the model raised an exception); `INVALID` (not finite, or no prediction at all); `HUNG`
        (no answer in time); `UNASKED` (no rows were left to ask with).
    score : ndarray of float64, shape (n_rows,) or (n_rows, n_classes), or None
        As `ScoredRows.score`; NaN where there is no answer. None for a model that gives labels only.
    decision : ndarray of int16, shape (n_rows,), or None
        Class codes; -1 where there is no answer. None for a regression.
    messages : mapping of int to str
        Position of a row without an answer to what was said about it; not of every one.
    """

    state: NDArray[np.int8]
    score: NDArray[np.float64] | None
    decision: NDArray[np.int16] | None
    messages: dict[int, str]

    def __len__(self) -> int:
        return len(self.state)

    @property
    def answered(self) -> NDArray[np.bool_]:
        """Which rows have an answer, shape (n_rows,)."""
        answered: NDArray[np.bool_] = self.state == ANSWERED
        return answered

    def take(self, rows: NDArray[Any]) -> Outcomes:
        """Return the outcomes of some rows, by positions (not a mask)."""
        messages = {}
        if self.messages:
            messages = {
                place: self.messages[int(row)] for place, row in enumerate(rows.tolist()) if int(row) in self.messages
            }
        return Outcomes(
            state=self.state[rows],
            score=None if self.score is None else self.score[rows],
            decision=None if self.decision is None else self.decision[rows],
            messages=messages,
        )
