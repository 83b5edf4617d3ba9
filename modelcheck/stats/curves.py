"""Points of ROC and precision-recall curves, thinned for drawing."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["precision_recall_points", "roc_curve_points"]


def roc_curve_points(
    positive: NDArray[np.bool_], score: NDArray[np.float64], *, weight: NDArray[np.float64] | None = None, most: int = 200
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return (false positive rate, true positive rate), each of shape (n_points,)."""
    raise NotImplementedError


def precision_recall_points(
    positive: NDArray[np.bool_], score: NDArray[np.float64], *, weight: NDArray[np.float64] | None = None, most: int = 200
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return (recall, precision), each of shape (n_points,)."""
    raise NotImplementedError
