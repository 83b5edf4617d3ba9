"""A linear model fitted on the reference: what a candidate that is simple on purpose can be asked to attain."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from modelcheck.checks.performance.weakness.challenger import Challenger
from modelcheck.checks.performance.weakness.fitting_rows import drawn, unseen
from modelcheck.checks.performance.weakness.matching import matched_decisions
from modelcheck.data.levels import Levels
from modelcheck.scoring.rows import FeatureCodes, ScoredRows

__all__ = ["fit_linear"]

_MOST_ROWS = 20_000
_RARE = 20  # rows that a category needs for a coefficient of its own
_BLOCK = 1 << 16
_ROUNDS = 300


def fit_linear(reference: ScoredRows, rows: ScoredRows, *, rng: Generator) -> Challenger:
    """Fit a logistic (values: ridge) regression on the reference and let it answer the evaluation rows.

    Numbers enter by where their bins begin, categories by indicators, missing values by one more.

    Parameters
    ----------
    reference : ScoredRows
        Rows to fit on, for which `modelcheck.checks.performance.weakness.challenger.fit_challenger` found enough.
    rows : ScoredRows
        The evaluation rows, scored by the candidate; their truth is not looked at.
    rng : numpy.random.Generator
        Draws the rows to fit on, at most 20,000.

    Returns
    -------
    Challenger
        Decisions are matched to the candidate's, as those of the boosting are.

    References
    ----------
    Hastie, T., Tibshirani, R. and Friedman, J. (2009). The Elements of Statistical Learning, 2nd ed., sections 3.4 and
    4.4.
    """
    from sklearn.linear_model import LogisticRegression, Ridge

    if reference.features is None or rows.features is None:
        raise ValueError("fit_linear: the rows have no feature codes.")
    chosen = drawn(unseen(reference, rows), reference.cluster, _MOST_ROWS, rng)
    columns = _Columns(reference.features, chosen)
    weight = None if reference.weight is None else reference.weight[chosen] / float(reference.weight[chosen].mean())
    table, target = columns.table(reference.features, chosen), reference.target[chosen]
    words = f"a linear model fitted on {len(chosen):,} reference rows"
    if rows.task == "regression":
        model: Any = Ridge(solver="lsqr").fit(table, target, weight)
        score = np.concatenate([model.predict(columns.table(rows.features, block)) for block in _blocks(len(rows))])
        return Challenger(words=words, score=score.astype(np.float64), decision=None)
    model = LogisticRegression(max_iter=_ROUNDS, tol=1e-3).fit(table, target, weight)
    shares = np.concatenate([model.predict_proba(columns.table(rows.features, block)) for block in _blocks(len(rows))])
    score = shares[:, 1]
    if rows.task == "multiclass":
        score = np.zeros((len(rows), len(rows.classes)))
        score[:, model.classes_] = shares
    decision = None if rows.decision is None else matched_decisions(score, rows.decision, weight=rows.weight)
    return Challenger(words=words, score=score, decision=decision)


class _Columns:
    """Codes as the columns of a linear model, standardised on the rows that it is fitted on."""

    def __init__(self, features: FeatureCodes, fitted: NDArray[np.intp]) -> None:
        self._parts: list[tuple[int, NDArray[np.float64]]] = []
        for place, levels in enumerate(features.levels):
            counts = np.bincount(features.values[place, fitted], minlength=len(levels.labels)).astype(np.float64)
            if np.count_nonzero(counts) > 1:
                self._parts.append((place, _coordinates(levels, counts)))

    def table(self, features: FeatureCodes, rows: NDArray[np.intp]) -> Any:
        from scipy.sparse import csr_array, hstack

        if not self._parts:
            return csr_array((len(rows), 1))
        return hstack([csr_array(values[features.values[place, rows]]) for place, values in self._parts], format="csr")


def _coordinates(levels: Levels, counts: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the coordinates of each code, shape (n_codes, n_columns)."""
    if not levels.ordered:
        own = np.flatnonzero(counts >= _RARE)
        return np.eye(len(counts))[:, own] if len(own) else np.zeros((len(counts), 1))
    first, stop = levels.order
    values = np.arange(len(counts), dtype=np.float64)
    edges = [edge for edge in levels.edges if isinstance(edge, int | float) and np.isfinite(edge)]
    if len(edges) == stop - first - 1 and edges:
        # The first bin has no beginning: it lies as far below as the next is wide.
        # In units of the largest, whose square is finite whatever it is.
        scaled = np.array(edges, dtype=np.float64) / (max(map(abs, edges)) or 1.0)
        values[first:stop] = [2.0 * scaled[0] - scaled[min(1, len(scaled) - 1)], *scaled]
    inside = np.zeros(len(counts), dtype=np.bool_)
    inside[first:stop] = True
    shares = np.where(inside, counts, 0.0) / max(float(counts[inside].sum()), 1.0)
    centre = float(shares @ values)
    spread = float(np.sqrt(shares @ (values - centre) ** 2)) or 1.0
    standard = np.where(inside, (values - centre) / spread, 0.0)
    return np.column_stack([standard, ~inside])


def _blocks(n: int) -> list[NDArray[np.intp]]:
    return [np.arange(start, min(start + _BLOCK, n)) for start in range(0, n, _BLOCK)]
