"""Metrics of predicted values."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from modelcheck.record.evidence import Estimate
from modelcheck.stats.design import Design
from modelcheck.stats.linearised import Linearised

__all__ = [
    "linearise",
    "mean_absolute_error",
    "mean_bias",
    "measure",
    "median_absolute_error",
    "r2",
    "root_mean_squared_error",
]
_F = NDArray[np.float64]


def measure(name: str, target: _F, prediction: _F, *, confidence: float, design: Design | None = None) -> Estimate:
    raise NotImplementedError


def linearise(name: str, target: _F, prediction: _F, *, design: Design | None = None) -> Linearised | None:
    raise NotImplementedError


def root_mean_squared_error(target: _F, prediction: _F, *, confidence: float, design: Design | None = None) -> Estimate:
    raise NotImplementedError


mean_absolute_error = median_absolute_error = r2 = mean_bias = root_mean_squared_error
