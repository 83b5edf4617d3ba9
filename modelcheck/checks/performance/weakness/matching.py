"""Decisions of a second model at the first one's operating point: as many rows for each class."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["matched_decisions"]

_BLOCK = 1 << 16
_ROUNDS = 100
_PATIENCE = 5  # rounds that come no nearer before the best is gone back to
_CLOSE = 1e-4  # share of rows that decide otherwise than wished for
_FLOOR = 1e-12  # so that a class of probability 0 can still be chosen where all others are ruled out
_FARTHEST = 100.0  # logarithm of the largest factor


def matched_decisions(
    score: NDArray[np.float64], decision: NDArray[np.int16], *, weight: NDArray[np.float64] | None = None
) -> NDArray[np.int16]:
    """Decide by one model's scores as often for each class as another model does.

    A threshold or class weights chosen on purpose move a model along its own trade-off between errors; a rival that
    decides at another point would differ by that choice and not by what it knows. No label is looked at.

    Two classes: the cut that comes nearest to the wished share; rows of equal score stay together. More classes:
    probabilities are multiplied by one positive factor a class, found by a damped fixed-point iteration on the
    shares (in the logarithms of the factors this climbs a concave function, whose gradient is wished less reached
    shares). Classes that the other model never decides for are ruled out.

    Parameters
    ----------
    score : ndarray of float64, shape (n_rows,) or (n_rows, n_classes)
        Score of the second of two classes, or one probability a class.
    decision : ndarray of int16, shape (n_rows,)
        The other model's decisions.
    weight : ndarray of float64, shape (n_rows,), or None
        What each row counts.

    Returns
    -------
    ndarray of int16, shape (n_rows,)
        Class codes. For more classes the best of at most 100 rounds; fewer where no more than one row in 10,000
        decides otherwise than wished for.

    References
    ----------
    Peyre, G. and Cuturi, M. (2019). Computational Optimal Transport, section 5.3 (semi-discrete dual), for the concave
    function.

    Examples
    --------
    >>> import numpy as np
    >>> other = np.array([0, 0, 0, 1], dtype=np.int16)
    >>> matched_decisions(np.array([0.1, 0.3, 0.2, 0.2]), other).tolist()
    [0, 1, 0, 0]
    """
    if len(score) != len(decision):
        raise ValueError(f"matched_decisions: {len(score)} scores against {len(decision)} decisions.")
    if len(score) == 0:
        return np.zeros(0, dtype=np.int16)
    return _cut(score, decision, weight) if score.ndim == 1 else _scaled(score, decision, weight)


def _cut(
    score: NDArray[np.float64], decision: NDArray[np.int16], weight: NDArray[np.float64] | None
) -> NDArray[np.int16]:
    n = len(score)
    if weight is None:
        ordered = np.sort(score)
        wanted = float(np.count_nonzero(decision == 1))
        place = n - int(wanted)
        above = {at: float(n - at) for at in _ends(ordered, place)}
    else:
        order = np.argsort(score, kind="stable")
        ordered = score[order]
        below = np.cumsum(weight[order])
        wanted = float(weight[decision == 1].sum())
        place = int(np.searchsorted(below, below[-1] - wanted)) + 1
        above = {at: float(below[-1] - (below[at - 1] if at else 0.0)) for at in _ends(ordered, place)}
    best = min(above, key=lambda at: abs(above[at] - wanted))
    if best == n:
        return np.zeros(n, dtype=np.int16)
    decided: NDArray[np.int16] = (score >= ordered[best]).astype(np.int16)
    return decided


def _ends(ordered: NDArray[np.float64], place: int) -> tuple[int, int]:
    """Return where the ties begin and end that hold the row before a place: a cut is possible there only."""
    value = ordered[min(max(place, 1), len(ordered)) - 1]
    # With nothing to leave out, the ties' beginning is the very first row.
    return int(np.searchsorted(ordered, value, side="left")), int(np.searchsorted(ordered, value, side="right"))


def _scaled(
    score: NDArray[np.float64], decision: NDArray[np.int16], weight: NDArray[np.float64] | None
) -> NDArray[np.int16]:
    n, n_classes = score.shape
    total = float(n) if weight is None else float(weight.sum())
    wanted = np.bincount(decision, weights=weight, minlength=n_classes) / total
    usable = wanted > 0.0
    logs, step = np.zeros(n_classes), 1.0
    best, decided = (logs, logs), np.zeros(n, dtype=np.int16)
    nearest = before = np.inf
    failures = 0
    for _ in range(_ROUNDS):
        found = _largest(score, np.where(usable, np.exp(logs), 0.0))
        reached = np.bincount(found, weights=weight, minlength=n_classes) / total
        apart = float(np.abs(reached - wanted).sum()) / 2.0
        change = np.where(usable, np.log((wanted + 0.5 / n) / (reached + 0.5 / n)), 0.0)
        # Where models are sure of themselves small factors move no row: steps grow as long as they do no harm.
        step *= 0.5 if apart > before else 1.5
        failures += 1
        if apart < nearest:
            decided, nearest, best, failures = found, apart, (logs, change), 0
        if apart <= _CLOSE:
            break
        before = apart
        if failures == _PATIENCE:
            (logs, change), before, failures = best, nearest, 0
            step *= 0.5
        logs = np.clip(logs + step * change, -_FARTHEST, _FARTHEST)
    return decided


def _largest(score: NDArray[np.float64], factor: NDArray[np.float64]) -> NDArray[np.int16]:
    """Return the class of largest probability times factor; equal ones go to the first class, as in argmax."""
    found = np.empty(len(score), dtype=np.int16)
    for start in range(0, len(score), _BLOCK):
        block = slice(start, start + _BLOCK)
        found[block] = np.argmax((score[block] + _FLOOR) * factor, axis=1)
    return found
