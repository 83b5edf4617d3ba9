"""Log loss and Brier score: means of per-row losses of probabilities."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from modelcheck.record.evidence import Estimate
from modelcheck.stats.design import Design
from modelcheck.stats.means import mean_of

__all__ = ["brier_losses", "brier_score", "log_loss", "log_losses"]


def log_losses(target: NDArray[Any], score: NDArray[Any]) -> NDArray[np.float64]:
    """Return minus the logarithm of the probability given to each row's true class.

    Parameters
    ----------
    target : ndarray of int or bool, shape (n_rows,)
        Class codes; for one column of scores 1 is positive.
    score : ndarray of float, shape (n_rows,) or (n_rows, n_classes)
        Probability of the positive class, or one column per class.

    Returns
    -------
    ndarray of float64, shape (n_rows,)
        In nats. Probabilities are clipped to [eps, 1 - eps], eps the spacing of the score's float type at 1, as
        scikit-learn does, so a sure and wrong answer costs 36 nats in float64, not infinity. Rows of columns that
        don't sum to one are not rescaled.

    Examples
    --------
    >>> import numpy as np
    >>> log_losses(np.array([1, 0]), np.array([0.5, 0.0])).round(3).tolist()
    [0.693, 0.0]
    """
    if score.ndim == 1:
        given = np.where(target == 1, score, 1.0 - score)
    else:
        given = np.take_along_axis(score, target.astype(np.int64)[:, None], axis=1)[:, 0]
    kind = score.dtype if score.dtype.kind == "f" else np.dtype(np.float64)
    eps = float(np.finfo(kind).eps)
    losses: NDArray[np.float64] = np.clip(given, eps, 1.0 - eps, dtype=np.float64)
    np.log(losses, out=losses)
    return np.negative(losses, out=losses)


def brier_losses(target: NDArray[Any], score: NDArray[Any]) -> NDArray[np.float64]:
    """Return each row's squared distance of the probabilities from the truth.

    Parameters
    ----------
    target, score
        As for `log_losses`.

    Returns
    -------
    ndarray of float64, shape (n_rows,)
        One column: ``(p - y)**2``, in [0, 1]. Several columns: summed over the classes, in [0, 2], as
        ``sklearn.metrics.brier_score_loss`` does for more than two classes (``scale_by_half=False``).

    References
    ----------
    Brier, G. W. (1950). Monthly Weather Review 78, 1-3.

    Examples
    --------
    >>> import numpy as np
    >>> brier_losses(np.array([1, 0]), np.array([0.5, 0.0])).tolist()
    [0.25, 0.0]
    """
    if score.ndim == 1:
        error: NDArray[np.float64] = np.subtract(score, target == 1, dtype=np.float64)
        return np.square(error, out=error)
    given = np.take_along_axis(score, target.astype(np.int64)[:, None], axis=1)[:, 0]
    losses: NDArray[np.float64] = np.einsum("ij,ij->i", score, score, dtype=np.float64) - 2.0 * given + 1.0
    return np.maximum(losses, 0.0)


def log_loss(target: NDArray[Any], score: NDArray[Any], *, confidence: float, design: Design | None = None) -> Estimate:
    """Return the mean log loss with an interval.

    Parameters
    ----------
    target, score
        As for `log_losses`.
    confidence : float
        Level of the equal-tailed interval.
    design : Design or None
        Design of the rows.

    Returns
    -------
    Estimate
        Interval as for `modelcheck.stats.means.mean_of`, losses being skewed.

    Examples
    --------
    >>> import numpy as np
    >>> round(log_loss(np.array([1, 0] * 50), np.linspace(0.1, 0.9, 100), confidence=0.95).value, 3)
    0.846
    """
    return mean_of(log_losses(target, score), metric="log_loss", confidence=confidence, design=design, lowest=0.0)


def brier_score(
    target: NDArray[Any], score: NDArray[Any], *, confidence: float, design: Design | None = None
) -> Estimate:
    """Return the Brier score with an interval.

    Parameters
    ----------
    target, score, confidence, design
        As for `log_loss`.

    Returns
    -------
    Estimate
        Interval as for `modelcheck.stats.means.mean_of`, bounded by 0 and 1 (2 for several classes).

    Examples
    --------
    >>> import numpy as np
    >>> round(brier_score(np.array([1, 0] * 50), np.linspace(0.1, 0.9, 100), confidence=0.95).value, 3)
    0.308
    """
    return mean_of(
        brier_losses(target, score),
        metric="brier_score",
        confidence=confidence,
        design=design,
        lowest=0.0,
        highest=1.0 if score.ndim == 1 else 2.0,
    )
