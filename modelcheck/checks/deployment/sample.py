"""The rows that the suite asks about, and what the candidate says of them: drawn and asked once a run."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from modelcheck.checks.context import Context
from modelcheck.checks.deployment.difference import Difference, difference, tolerance_of
from modelcheck.scoring.deployed import Deployed
from modelcheck.scoring.predictor import Answer

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["MOST_ASKED", "MOST_TIMED", "NO_MODEL", "ROWS", "Sample", "deployed_of", "sample_of"]

ROWS = 1_000
"""With as many rows a fault that hits one row in 270 or more is met with 97.5 % probability."""
MOST_ASKED = 36_000
"""Rows that the suite's gates ask about at most, those left out that take times."""
MOST_TIMED = 60_000
"""The same for those."""
NO_MODEL = "the answers lie in a column of the table: there is no model to deploy."


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Sample:
    """Rows and their answers.

    Attributes
    ----------
    positions : ndarray of int, shape (n_rows,)
        Where the rows stand in the dataset, increasing.
    rows : DataFrame
        As the candidate is given them.
    answer : Answer
        To all of them in one call.
    again : Answer
        To the same call once more.
    """

    positions: NDArray[np.intp]
    rows: pd.DataFrame
    answer: Answer
    again: Answer

    def __len__(self) -> int:
        return len(self.positions)

    @property
    def tolerance(self) -> float:
        """How far two answers may lie apart, see `tolerance_of`."""
        return tolerance_of(self.answer)

    @property
    def repeated(self) -> Difference:
        """The two answers beside each other."""
        return difference(self.answer, self.again, self.tolerance)

    @property
    def unsteady(self) -> str:
        """Why nothing that needs equal answers can be judged; empty where answers stay."""
        if not self.repeated.other.any():
            return ""
        return (
            "the candidate answers the same rows otherwise when it is asked again (deployment.determinism), so nothing "
            "else can be said of its answers."
        )


def deployed_of(context: Context) -> Deployed | str:
    """Return the candidate as it will be deployed, or why there is none."""
    return NO_MODEL if context.deployed is None or context.asking is None else context.deployed


def sample_of(context: Context) -> Sample:
    """Return the run's sample; `deployed_of` said that there is a model.

    Raises
    ------
    ModelError
        The candidate raises on rows of the dataset, or gives no predictions.
    """
    return context.share("deployment_sample", lambda: _sample(context))


def _sample(context: Context) -> Sample:
    asking = context.asking
    assert asking is not None  # noqa: S101 - `deployed_of` answered otherwise
    n = len(context.rows)
    drawn = context.generator("deployment sample").choice(n, size=min(n, ROWS), replace=False)
    positions = np.sort(drawn).astype(np.intp)
    rows = asking.rows(positions)
    # Each call has a frame of its own: a model may write into what it is given.
    answer, again = (asking.answer(rows.copy(deep=False)) for _ in range(2))
    return Sample(positions=positions, rows=rows, answer=answer, again=again)
