"""Faithfulness: whether the columns that are said to matter most move the score sooner than columns drawn at random."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from modelcheck.explain.questions import Ask, answers, cells_like, mixed

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Orders", "order_gains"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Orders:
    """Curves of deletion and insertion.

    Attributes
    ----------
    steps : ndarray of int, shape (n_steps,)
        How many columns are changed at each step, from 0 to all.
    deletion, insertion : ndarray of float64, shape (n_rows, n_steps)
        How far the score is from the row's own while columns get the background's entries, and from the background's
        while they get the row's, the largest attribution first. NaN where an answer or an attribution is missing.
    random_deletion, random_insertion : ndarray of float64, shape (n_rows, n_steps)
        The same for columns in random order, mean over the repeats.
    scale : float
        Mean area under the random curves: what gains are measured in; 0 where the score never moves.
    gain : ndarray of float64, shape (n_rows,)
        Area under the row's curves less that under its random ones, over `scale`; mean of deletion and insertion. Above
        0 where the attributions' order moves the score sooner.
    unanswered : int
        Rows left out for want of answers or attributions.
    """

    steps: NDArray[np.intp]
    deletion: NDArray[np.float64] = field(repr=False)
    insertion: NDArray[np.float64] = field(repr=False)
    random_deletion: NDArray[np.float64] = field(repr=False)
    random_insertion: NDArray[np.float64] = field(repr=False)
    scale: float
    gain: NDArray[np.float64] = field(repr=False)
    unanswered: int


def order_gains(
    ask: Ask,
    rows: pd.DataFrame,
    background: pd.DataFrame,
    attribution: NDArray[np.float64],
    columns: tuple[str, ...],
    *,
    rng: Generator,
    repeats: int = 5,
    most: int = 10,
    signed: bool = False,
) -> Orders:
    """Change columns of each row in the order of their attributions, and in random orders.

    Parameters
    ----------
    ask : callable
        From rows to scores, shape (n_rows,); NaN where the model has no answer.
    rows : DataFrame
        As the model is given them; not modified.
    background : DataFrame, same length
        The row that each of them is turned into.
    attribution : ndarray of float64, shape (n_rows, n_columns)
        What each column is said to add to the row's score.
    columns : tuple of str
        The columns of `attribution`; all others stay the row's.
    rng : numpy.random.Generator
        Draws random orders and breaks ties.
    repeats : int
        Random orders a row, at least 1.
    most : int
        Greatest number of steps, about; with more columns several change at once.
    signed : bool
        False: columns by the size of their attribution, and how far the score has moved either way. True: the most
        positive first, and how far it has fallen (deletion) or risen (insertion).

    Returns
    -------
    Orders
        For ``n_rows * (2 + inner * (2 + repeats))`` questions, `inner` being the steps between the first and the last.

    Raises
    ------
    ValueError
        Lengths don't fit, or the model gives several scores a row.

    Notes
    -----
    The score's whole move from row to background may be 0, so it is no unit; the mean area under random curves is. A
    random order of deletion, read backwards, is one of insertion, so each is asked about once. By size, an attribution
    that is right can lose to chance in a row whose parts cancel out; signed, in an additive model, it never does.

    References
    ----------
    Petsiuk, V., Das, A. and Saenko, K. (2018). RISE: randomized input sampling for explanation of black-box models.
    BMVC. Samek, W. et al. (2017). Evaluating the visualization of what a deep neural network has learned. IEEE
    Transactions on Neural Networks and Learning Systems 28, 2660-2673.

    Examples
    --------
    >>> import pandas as pd
    >>> rows, far = pd.DataFrame({"a": [1.0], "b": [4.0]}), pd.DataFrame({"a": [0.0], "b": [0.0]})
    >>> found = order_gains(lambda frame: (frame["a"] + frame["b"]).to_numpy(), rows, far, np.array([[1.0, 4.0]]),
    ...                     ("a", "b"), rng=np.random.default_rng(0), repeats=100)
    >>> found.deletion.tolist(), bool(found.gain[0] > 0.0)
    ([[0.0, 4.0, 5.0]], True)
    """
    n, width = attribution.shape
    if not len(rows) == len(background) == n or width != len(columns):
        raise ValueError(
            f"order_gains: {len(rows):,} rows, {len(background):,} of background and attributions of shape "
            f"{attribution.shape} for {len(columns)} columns don't fit."
        )
    key = -(attribution if signed else np.abs(attribution))
    ranks = np.empty((n, 2 + repeats, width), dtype=np.intp)
    # The order there, the reverse of the way back, and random ones: who is replaced once s columns are.
    ranks[:, 0] = _ranks(key, rng)
    ranks[:, 1] = _ranks(-key, rng)
    for place in range(repeats):
        ranks[:, 2 + place] = _ranks(np.zeros((n, width)), rng)
    steps = _steps(width, most)
    inner = steps[1:-1]
    table = _both(rows, background, columns)
    shape = (n, 2 + repeats, len(inner))

    def ends(at: NDArray[np.intp]) -> pd.DataFrame:
        row, far = at // 2, at % 2 == 1
        return mixed(table, row, n + row, dict.fromkeys(columns, far))

    def between(at: NDArray[np.intp]) -> pd.DataFrame:
        row, order, step = np.unravel_index(at, shape)
        replaced = ranks[row, order] < inner[step][:, None]
        return mixed(table, row, n + row, {name: replaced[:, place] for place, name in enumerate(columns)})

    whole = _single(answers(ask, 2 * n, ends)).reshape(n, 2)
    scores = np.empty((n, 2 + repeats, len(steps)))
    scores[:, :, 0], scores[:, :, -1] = whole[:, :1], whole[:, 1:]
    scores[:, :, 1:-1] = _single(answers(ask, int(np.prod(shape)), between)).reshape(shape)
    scores[~(np.isfinite(scores).all(axis=(1, 2)) & np.isfinite(attribution).all(axis=1))] = np.nan
    return _compared(steps, scores, signed)


def _compared(steps: NDArray[np.intp], scores: NDArray[np.float64], signed: bool) -> Orders:
    """Compare scores, shape (n_rows, 2 + repeats, n_steps), by how many columns are the background's."""
    fallen = scores[:, :, :1] - scores
    risen = (scores - scores[:, :, -1:])[:, :, ::-1]
    if not signed:
        np.abs(fallen, out=fallen)
        np.abs(risen, out=risen)
    by_random = [part[:, 2:].mean(axis=1) for part in (fallen, risen)]
    own = [fallen[:, 0], risen[:, 1]]
    answered = np.flatnonzero(np.isfinite(scores[:, 0, 0]))
    moved = [np.abs(part[answered, 2:]) for part in (fallen, risen)]
    scale = float(np.mean([_area(part, steps).mean() for part in moved])) if len(answered) else 0.0
    gain = (_area(own[0] - by_random[0], steps) + _area(own[1] - by_random[1], steps)) / 2.0
    return Orders(
        steps=steps,
        deletion=own[0],
        insertion=own[1],
        random_deletion=by_random[0],
        random_insertion=by_random[1],
        scale=scale,
        gain=gain / scale if scale > 0.0 else gain,
        unanswered=len(scores) - len(answered),
    )


def _area(curve: NDArray[np.float64], steps: NDArray[np.intp]) -> NDArray[np.float64]:
    """Return the area under curves over their last axis, the whole way being 1 long."""
    return np.asarray(np.trapezoid(curve, steps / max(int(steps[-1]), 1), axis=-1))


def _ranks(key: NDArray[np.float64], rng: Generator) -> NDArray[np.intp]:
    """Return each column's place by rising key, ties at random; shape (n_rows, n_columns)."""
    order = np.lexsort((rng.random(key.shape), key), axis=1)
    return np.argsort(order, axis=1)


def _steps(width: int, most: int) -> NDArray[np.intp]:
    """Return the numbers of changed columns, the same from either end."""
    up = np.linspace(0.0, width, min(width, most) + 1).astype(np.intp)
    return np.unique(np.concatenate([up, width - up]))


def _single(scores: NDArray[np.float64]) -> NDArray[np.float64]:
    if scores.ndim != 1:
        raise ValueError(f"order_gains: {scores.shape[1]} scores a row; choose the one that the attributions explain.")
    return scores


def _both(rows: pd.DataFrame, background: pd.DataFrame, columns: tuple[str, ...]) -> pd.DataFrame:
    """Return the rows, and below them the same with the background's entries, in types that hold both."""
    import pandas as pd

    found = {}
    for name in rows.columns:
        upper = rows[name].reset_index(drop=True)
        lower = cells_like(background[name], upper) if name in columns else upper
        if isinstance(lower.dtype, pd.CategoricalDtype):
            upper = upper.astype(lower.dtype)
        found[name] = pd.concat([upper, lower], ignore_index=True)
    return pd.DataFrame(found)
