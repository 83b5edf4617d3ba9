"""What is explained, and a way to explain it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from modelcheck.explain.attributions import (
    Attributions,
)
from modelcheck.explain.sources import traced
from modelcheck.models.stages import Stages, StagesElsewhere

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Explainer", "Subject"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Subject:
    """What is explained.

    Attributes
    ----------
    ask : callable
        From raw rows to answers, shape (n_rows,) for the positive class or values, else (n_rows, n_classes); NaN where
        there is none.
    stages : Stages, StagesElsewhere or None
        The model taken apart, here or where it lives; None where only its answers are known.
    columns : tuple of str
        Raw columns that the answer is shared out to.
    background : DataFrame
        Raw rows that stand for "nothing known of this row".
    support : DataFrame
        Raw rows that show which values each column takes.
    task : str
        ``binary``, ``multiclass`` or ``regression``.
    order : tuple of int
        Place in the model's own order of each class.
    probabilistic : bool
        Whether answers of a classifier are probabilities.
    sources : ndarray of int, str or None
        What `modelcheck.explain.sources.traced` says of the model, where that is known already.
    """

    ask: Callable[[Any], NDArray[np.float64]]
    stages: Stages | StagesElsewhere | None
    columns: tuple[str, ...]
    background: pd.DataFrame
    support: pd.DataFrame
    task: str
    order: tuple[int, ...] = ()
    probabilistic: bool = True
    sources: NDArray[np.intp] | str | None = None

    def traced(self, stages: Stages) -> NDArray[np.intp] | str:
        """Return which raw column each input of the final estimator is made from, or why nobody can say."""
        return traced(stages, self.support, self.columns) if self.sources is None else self.sources


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Explainer:
    """A way to explain rows, chosen for one subject.

    Attributes
    ----------
    name : str
        ``Linear``, ``Tree``, ``Tree (path-dependent)`` or ``Permutation``.
    scale : str
        Of what it explains.
    why : str
        Why no nearer one; empty for the nearest.
    explain : callable
        From raw rows to attributions.
    seconds_a_row : float
        About how long a row takes beside predictions, as its size says, not as a clock says.
    asks_a_row : int
        Rows that the model is asked about for each.
    """

    name: str
    scale: str
    why: str
    explain: Callable[[Any], Attributions] = field(repr=False)
    seconds_a_row: float = 0.0
    asks_a_row: int = 0
