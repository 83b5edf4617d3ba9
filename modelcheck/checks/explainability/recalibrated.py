"""What answers lose once they are read for what they tell: by some columns alone, by all, and by none."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from modelcheck.stats.design import Design

__all__ = ["FOLDS", "errors", "squares"]

FOLDS = 5
"""Answers are recalibrated on the rows of the other folds."""


def _without_others(
    lost: Callable[[NDArray[np.float64]], NDArray[np.float64]], said: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return what is lost by some columns: what other rows' entries add falls with their number, and is taken off."""
    of_mean, of_one = lost(said.mean(axis=0)), np.mean([lost(one) for one in said], axis=0)
    return np.asarray(of_mean - (of_one - of_mean) / (len(said) - 1), dtype=np.float64)


def squares(
    own: NDArray[np.float64],
    said: NDArray[np.float64],
    truth: NDArray[np.float64],
    fold: NDArray[np.intp],
    design: Design,
    *,
    line: bool,
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Return squared errors by row: by some columns, by all, and by the best constant.

    Parameters
    ----------
    own : ndarray of float64, shape (n_rows, n_outputs)
        Answers to the rows.
    said : ndarray of float64, shape (n_donors, n_rows, n_outputs)
        Answers when all but some columns hold another row's entries.
    truth : ndarray of float64, shape (n_rows, n_outputs)
        In the form of the answers.
    fold : ndarray of int, shape (n_rows,)
        Which of the five folds each row is in.
    design : Design
        Of the rows.
    line : bool
        Whether answers are put on a straight line, or on a rising curve.
    """

    def lost(answered: NDArray[np.float64]) -> NDArray[np.float64]:
        nearest = _recalibrated(answered, truth, fold, design, line=line)
        return np.asarray(((truth - nearest) ** 2).sum(axis=1), dtype=np.float64)

    constant = truth - np.array([design.mean(one) for one in truth.T])
    return _without_others(lost, said), lost(own), np.asarray((constant**2).sum(axis=1), dtype=np.float64)


def _recalibrated(
    answered: NDArray[np.float64], truth: NDArray[np.float64], fold: NDArray[np.intp], design: Design, *, line: bool
) -> NDArray[np.float64]:
    """Return answers on the straight line, or the rising curve, that is nearest to the truth in rows of other folds."""
    from sklearn.isotonic import IsotonicRegression
    from sklearn.linear_model import LinearRegression

    found = np.empty_like(truth)
    for part in range(FOLDS):
        here, there = fold == part, fold != part
        if not here.any() or not there.any():
            found[here] = truth.mean(axis=0)
            continue
        weight = None if design.weight is None else design.weight[there]
        for at in range(truth.shape[1]):
            curve = LinearRegression(positive=True) if line else IsotonicRegression(out_of_bounds="clip")
            curve.fit(answered[there, at, None], truth[there, at], weight)
            found[here, at] = curve.predict(answered[here, at, None])
    return found


def errors(
    own: NDArray[np.float64],
    said: NDArray[np.float64],
    truth: NDArray[np.float64],
    fold: NDArray[np.intp],
    design: Design,
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Return wrong decisions by row: by some columns, by all, and by the commonest class.

    Parameters
    ----------
    own : ndarray of float64, shape (n_rows, n_outputs)
        Answers to the rows.
    said : ndarray of float64, shape (n_donors, n_rows, n_outputs)
        Answers when all but some columns hold another row's entries.
    truth : ndarray of float64, shape (n_rows, n_outputs)
        In the form of the answers.
    fold : ndarray of int, shape (n_rows,)
        Which of the five folds each row is in.
    design : Design
        Of the rows.
    """
    if truth.shape[1] == 1:
        truth = np.column_stack([1.0 - truth, truth])
    target = truth.argmax(axis=1)
    shares = np.array([design.mean(one) for one in truth.T])

    def wrong(decided: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.asarray(_read(decided, truth, shares, fold) != target, dtype=np.float64)

    return _without_others(wrong, said), wrong(own), np.asarray(target != shares.argmax(), dtype=np.float64)


def _read(
    decided: NDArray[np.float64], truth: NDArray[np.float64], shares: NDArray[np.float64], fold: NDArray[np.intp]
) -> NDArray[np.intp]:
    """Return for each row the class that rows of other folds, decided alike, mostly have."""
    _, level = np.unique(decided, axis=0, return_inverse=True)
    level = level.reshape(-1)
    chosen = np.zeros(len(truth), dtype=np.intp)
    for part in range(FOLDS):
        here, there = fold == part, fold != part
        sums = np.stack([np.bincount(level[there], one, minlength=level.max() + 1) for one in truth[there].T], axis=1)
        chosen[here] = (sums + shares).argmax(axis=1)[level[here]]
    return chosen
