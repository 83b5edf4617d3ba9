"""Progression of diabetes in 442 patients, as scikit-learn ships them (Efron and others 2004)."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from sklearn.datasets import load_diabetes
from sklearn.linear_model import LinearRegression, Ridge

from benchmarks.proving_ground.bases.real import dealt
from benchmarks.proving_ground.models import pipeline
from benchmarks.proving_ground.trial import Base, Trial

__all__ = ["BASE", "NUMBERS", "TARGET", "fit"]

NUMBERS = ("age", "bmi", "bp", "s1", "s2", "s3", "s4", "s5", "s6")
TARGET = "progression"
PATIENTS = 442


def fit(train: pd.DataFrame, *, numbers: Any = NUMBERS, estimator: Any = None) -> Any:
    """Fit a ridge regression, or another estimator, without sex."""
    model = pipeline(Ridge(alpha=20.0) if estimator is None else estimator, numbers, ())
    return model.fit(train.drop(columns=TARGET), train[TARGET])


def draw(rows: int, seed: int) -> Trial:
    """Deal a holdout; the rest trains both models."""
    patients = load_diabetes(as_frame=True, scaled=False).frame.rename(columns={"target": TARGET})
    patients = patients.assign(sex=patients["sex"].to_numpy(dtype=np.int64))
    train, holdout = dealt(patients, np.random.default_rng([seed, rows, 7]), PATIENTS - rows, rows)
    return Trial(
        candidate=fit(train),
        baseline=fit(train, estimator=LinearRegression()),
        fit=fit,
        train=train,
        holdout=holdout,
        target=TARGET,
        task="regression",
        protected=("sex",),
    )


BASE = Base(
    name="diabetes",
    about="progression of diabetes in 442 patients, half of them to train on; ridge regression without sex",
    task="regression",
    draw=draw,
    rows=(221,),
    true_of_it={"bias.representation": "221 rows can't show a gap between groups"},
    simulated=False,
)
