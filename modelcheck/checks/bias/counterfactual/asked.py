"""The answers to changed rows, beside those to the rows as they are."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from modelcheck.checks.bias.counterfactual.changes import Changes

__all__ = ["Asked", "NobodyToAsk"]


@dataclass(frozen=True, slots=True, kw_only=True)
class NobodyToAsk:
    """Why no row can be changed.

    Attributes
    ----------
    reason : str
        A sentence.
    """

    reason: str


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Asked:
    """The answers to changed rows beside those to the rows as they are.

    Attributes
    ----------
    rows : ndarray of int, shape (n_asked,)
        Positions of the rows that were changed, increasing.
    everyone : int
        Rows that they were drawn from.
    changes : Changes
        Who was moved where; `source` is a place in `rows`.
    distance : ndarray of float64, shape (n_changes,)
        How far the output moved, in its own unit; 0 where it differs by no more than rounding.
    signed : ndarray of float64, shape (n_changes,), or None
        After less before; None for several probabilities and for decisions alone.
    before : ndarray of float64, shape (n_asked,), or None
        The score; of several, that of the class decided for. None for decisions alone.
    after : ndarray of float64, shape (n_changes,), or None
        The same score of the changed row.
    was, now : ndarray of int16 or None
        Decisions before, shape (n_asked,), and after, shape (n_changes,); None for values.
    spread : float
        Mean distance of two different rows of the dataset.
    columns : tuple of str
        What was changed.
    drawn_targets : bool
        Whether groups were drawn for each row, as there are many.
    """

    rows: NDArray[np.intp]
    everyone: int
    changes: Changes
    distance: NDArray[np.float64]
    signed: NDArray[np.float64] | None
    before: NDArray[np.float64] | None
    after: NDArray[np.float64] | None
    was: NDArray[np.int16] | None
    now: NDArray[np.int16] | None
    spread: float
    columns: tuple[str, ...]
    drawn_targets: bool

    @property
    def predicted(self) -> int:
        """Rows that the candidate was asked about: as they are, and changed."""
        return len(self.rows) + len(self.distance)

    def by_row(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the mean over each row's changes, shape (n_asked,)."""
        share, source = self.changes.share, self.changes.source
        return np.bincount(source, weights=share * values, minlength=len(self.rows)).astype(np.float64)
