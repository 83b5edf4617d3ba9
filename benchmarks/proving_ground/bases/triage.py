"""Simulated patients at a desk: home, ward or urgent, by what was measured; nobody's sex matters."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
import pandas as pd
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression

from benchmarks.proving_ground.models import pipeline
from benchmarks.proving_ground.trial import Base, Trial

__all__ = ["BASE", "CATEGORIES", "CLASSES", "NUMBERS", "scores", "table"]

NUMBERS = ("age", "temperature", "pulse", "pain", "pressure")
CATEGORIES = ("complaint", "arrival")
CLASSES = ("home", "urgent", "ward")
COMPLAINTS = {"injury": -0.8, "belly": 0.2, "chest": 1.2, "fever": 0.5, "other": -0.4}
TRAIN = 4000
UNMEASURED = 0.12


def table(rng: np.random.Generator, rows: int) -> pd.DataFrame:
    """Draw patients without the target; the pressure of some wasn't measured, by chance alone."""
    pressure = rng.normal(125.0, 18.0, rows).round(0)
    return pd.DataFrame(
        {
            "age": rng.integers(18, 96, rows),
            "temperature": rng.normal(37.2, 0.8, rows).round(1),
            "pulse": rng.normal(82.0, 14.0, rows).round(0),
            "pain": rng.integers(0, 11, rows),
            "pressure": np.where(rng.random(rows) < UNMEASURED, np.nan, pressure),
            "complaint": rng.choice(list(COMPLAINTS), rows, p=[0.25, 0.2, 0.2, 0.15, 0.2]),
            "arrival": rng.choice(["on foot", "ambulance"], rows, p=[0.7, 0.3]),
            "desk": rng.choice(["d1", "d2", "d3"], rows),
            "sex": rng.choice(["female", "male"], rows),
        }
    )


def scores(rows: pd.DataFrame) -> np.ndarray:
    """Return the true log odds against the first class, one column for each of `CLASSES`."""
    age, temperature, pulse, pain, pressure = (rows[name].to_numpy(dtype=float) for name in NUMBERS)
    ill = (temperature - 37.2) / 0.8 + 0.8 * (pulse - 82.0) / 14.0 + rows["complaint"].map(COMPLAINTS).to_numpy(float)
    ill = ill + 0.2 * (np.nan_to_num(pressure, nan=125.0) - 125.0) / 18.0
    brought = (rows["arrival"] == "ambulance").to_numpy(dtype=float)
    ward = -0.3 + 1.3 * ill + 0.9 * (age - 56.5) / 22.5
    urgent = -1.2 + 1.9 * ill + 0.8 * (pain - 5.0) / 3.2 + 1.5 * brought
    return np.column_stack([np.zeros(len(rows)), urgent, ward])


def _labelled(rng: np.random.Generator, rows: int) -> pd.DataFrame:
    frame = table(rng, rows)
    # The largest of scores with Gumbel noise is a draw from their softmax.
    drawn = (scores(frame) + rng.gumbel(size=(rows, len(CLASSES)))).argmax(axis=1)
    return frame.assign(sent=np.array(CLASSES, dtype=object)[drawn])


def fit(train: pd.DataFrame, *, kind: int = 0, numbers: Any = NUMBERS, categories: Any = CATEGORIES) -> Any:
    """Fit a logistic regression (kind 0) or boosted trees (kind 1)."""
    if kind == 0:
        model = pipeline(LogisticRegression(max_iter=1000), numbers, categories)
    else:
        trees = HistGradientBoostingClassifier(max_iter=60, max_leaf_nodes=8, random_state=0)
        model = pipeline(trees, numbers, categories, scale=False)
    return model.fit(train.drop(columns="sent"), train["sent"])


def draw(rows: int, seed: int) -> Trial:
    """Draw tables of their own for candidate, baseline and holdout; the kinds of model take turns by seed."""
    rng = np.random.default_rng([seed, rows, 3])
    train, other, holdout = (_labelled(rng, size) for size in (TRAIN, TRAIN, rows))
    fitted = partial(fit, kind=seed % 2)
    return Trial(
        candidate=fitted(train),
        baseline=fitted(other),
        fit=fitted,
        train=train,
        holdout=holdout,
        target="sent",
        task="multiclass",
        protected=("sex",),
        dataset={"forbidden": ["desk"]},
    )


BASE = Base(
    name="triage",
    about="simulated patients of three classes, logistic regression and boosted trees in turns",
    task="multiclass",
    draw=draw,
    rows=(300, 2000),
    true_of_it={"bias.representation@300": "so few rows can't show a gap between groups"},
)
