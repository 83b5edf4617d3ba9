"""A challenger that can be asked: a fitted boosting on feature codes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["Fitted", "code_matrix"]

_BLOCK = 1 << 16


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Fitted:
    """A boosting on feature codes, for the rows that it is judged by and for changed ones.

    Attributes
    ----------
    model : estimator
        Fitted on `code_matrix` of the features `used`.
    used : ndarray of int
        Which features vary.
    task : str
        ``binary``, ``multiclass`` or ``regression``.
    n_classes : int
        Of the run; 0 for values.
    centre, scale : float
        Values were standardised by these.
    """

    model: Any
    used: NDArray[np.intp]
    task: str
    n_classes: int
    centre: float = 0.0
    scale: float = 1.0

    def score(self, codes: NDArray[np.uint8]) -> NDArray[np.float64]:
        """Return its answers, block by block, so that no table of numbers stands beside the codes.

        Parameters
        ----------
        codes : ndarray of uint8, shape (n_features, n_rows)
            As `FeatureCodes.values`.

        Returns
        -------
        ndarray of float64
            As `ScoredRows.score`. A class that wasn't drawn keeps probability 0.
        """
        n = codes.shape[1]
        score = np.zeros((n, self.n_classes) if self.task == "multiclass" else n)
        for start in range(0, n, _BLOCK):
            block = np.arange(start, min(start + _BLOCK, n))
            table = code_matrix(codes, self.used, block)
            if self.task == "regression":
                score[block] = self.model.predict(table)
            elif self.task == "binary":
                score[block] = self.model.predict_proba(table)[:, 1]
            else:
                score[np.ix_(block, self.model.classes_)] = self.model.predict_proba(table)
        if self.task == "regression":
            score *= self.scale
            score += self.centre
        return score


def code_matrix(codes: NDArray[np.uint8], used: NDArray[np.intp], rows: NDArray[np.intp]) -> NDArray[np.float32]:
    """Return codes as numbers, shape (n_rows, n_used), missing as NaN.

    Parameters
    ----------
    codes : ndarray of uint8, shape (n_features, n_all)
        0 is missing.
    used, rows : ndarray of int
        Which features, of which rows.
    """
    table = np.empty((len(rows), len(used)), dtype=np.float32, order="F")
    for place, feature in enumerate(used):
        table[:, place] = codes[feature, rows]
    table[table == 0.0] = np.nan
    return table
