"""What several columns tell of a forbidden one together, and the score that is made from them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from modelcheck.checks.bias.proxy.guess import guess, matrix_of
from modelcheck.checks.bias.proxy.looked_at import FOLDS, draw_rows, fold_of
from modelcheck.checks.context import Context
from modelcheck.checks.explainability.drawn import scores_of
from modelcheck.checks.explainability.telling import Seen, seen_of, telling
from modelcheck.checks.words import number, short

__all__ = ["Jointly", "jointly"]

_MOSTLY = 0.5  # of the forbidden column: what the score, or all other columns together, tell of it
_GOES_ALONG = 0.25  # of the score: what the forbidden column tells of it
_FEWEST_ROWS = 100
_MOST_GROUPS = 20
_MOST_ROWS = 5_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Jointly:
    """How much of a forbidden column is told otherwise than by single columns.

    Attributes
    ----------
    column : str
        The forbidden column.
    by_score : float or None
        What the candidate's answers alone tell of it, 0 to 1; None with under 100 rows.
    by_others : float or None
        What boosted trees on all columns that aren't counted tell of it, in other rows than they were fitted to; None
        where nobody looked: with under 100 rows, or over 20 categories.
    of_score : float
        What it tells of the answers.
    """

    column: str
    by_score: float | None = None
    by_others: float | None = None
    of_score: float = 0.0

    @property
    def doubt(self) -> str:
        """Why reliance through several columns can't be excluded; empty where nothing speaks for it."""
        name = short(self.column)
        if self.by_score is not None and self.by_score >= _MOSTLY:
            return (
                f"the answers alone tell {number(self.by_score)} of {name}: that they rest on it through other columns "
                "can't be excluded"
            )
        if self.by_others is not None and self.by_others >= _MOSTLY and self.of_score >= _GOES_ALONG:
            return (
                f"other columns together tell {number(self.by_others)} of {name}, and {number(self.of_score)} of the "
                f"answers goes along with {name}: that they rest on it through these can't be excluded"
            )
        return ""


def jointly(context: Context, column: str, counted: frozenset[str]) -> Jointly:
    """Return what answers and other columns tell of a forbidden one, on the dataset.

    Parameters
    ----------
    context : Context
        With `asking`.
    column : str
        The forbidden column.
    counted : frozenset of str
        Columns whose reliance is measured: forbidden ones and near-copies of them.

    Returns
    -------
    Jointly
        As `modelcheck.checks.explainability.telling.telling` measures it. A score that goes along with the column a
        little, as where groups have other rates, raises no doubt: it must tell half of it.

    References
    ----------
    Datta, A. et al. (2017). Proxy discrimination in data-driven systems. arXiv:1707.08120. Friedman, J. H. (2001).
    Annals of Statistics 29, 1189-1232.
    """
    import pandas as pd

    rows, asking = context.rows, context.asking
    assert asking is not None  # noqa: S101 - the check answered otherwise
    rng = context.generator(f"explainability jointly {column}")
    features = rows.features
    used = np.array([] if features is None else [at for at, name in enumerate(features.names) if name not in counted])
    drawn = draw_rows(len(rows), max(len(used), 1), rows.cluster, rng)
    if len(drawn) > _MOST_ROWS and rows.cluster is None:
        drawn = np.sort(rng.choice(drawn, _MOST_ROWS, replace=False))
    at = drawn if rows.row_id is None else rows.row_id[drawn].astype(np.intp)
    values = asking.column(column).take(at).reset_index(drop=True)
    answers = scores_of(rows)[drawn]
    answers = answers[:, None] if answers.ndim == 1 else answers
    single = _one_of_each(None if rows.cluster is None else rows.cluster[drawn], len(drawn), rng)
    codes = np.empty((len(single), 0)) if features is None else features.values[:, drawn[single]].T
    first = ~pd.DataFrame(np.hstack([answers[single], codes])).duplicated().to_numpy()
    if first.sum() >= max(_FEWEST_ROWS, 0.1 * len(single)):
        single = single[first]  # a row that is there twice has equal answers, and tells whatever it is of itself
    own = seen_of(values.take(single))
    if len(single) < _FEWEST_ROWS or own.levels < 2:
        return Jointly(column=column)
    said = [seen_of(pd.Series(one)) for one in answers[single].T]
    by_score = max(telling(one, own, rng).low for one in said)
    of_score = max(telling(own, one, rng).value for one in said)
    others = None
    if features is not None and len(used):
        fold = fold_of(len(drawn), None if rows.cluster is None else rows.cluster[drawn], rng)
        others = _by_others(matrix_of(features, used, drawn), seen_of(values), fold)
    return Jointly(column=column, by_score=by_score, by_others=others, of_score=of_score)


def _one_of_each(cluster: NDArray[np.int32] | None, n: int, rng: np.random.Generator) -> NDArray[np.intp]:
    if cluster is None:
        return np.arange(n)
    order = rng.permutation(n)
    return np.sort(order[np.unique(cluster[order], return_index=True)[1]])


def _by_others(table: NDArray[np.float32], own: Seen, fold: NDArray[np.intp]) -> float | None:
    if own.quantity and own.place is not None:
        wanted = own.place[:, None]
        guessed = _regressed(table, own.place, fold)[:, None]
    elif own.levels <= _MOST_GROUPS:
        wanted = np.eye(own.levels)[own.level]
        guessed = guess(table, own.level, own.levels, fold)
    else:
        return None
    total = float(((wanted - wanted.mean(axis=0)) ** 2).sum())
    return max(1.0 - float(((wanted - guessed) ** 2).sum()) / total, 0.0) if total > 0.0 else None


def _regressed(table: NDArray[np.float32], wanted: NDArray[np.float64], fold: NDArray[np.intp]) -> NDArray[np.float64]:
    from sklearn.ensemble import HistGradientBoostingRegressor

    made = np.full(len(wanted), float(wanted.mean()))
    for part in range(FOLDS):
        held, learnt = np.flatnonzero(fold == part), np.flatnonzero(fold != part)
        if not len(held) or not len(learnt):
            continue
        model = HistGradientBoostingRegressor(
            max_iter=60, max_leaf_nodes=15, min_samples_leaf=10, l2_regularization=1.0, early_stopping=False,
            random_state=0,
        )  # fmt: skip
        made[held] = model.fit(table[learnt], wanted[learnt]).predict(table[held])
    return made
