"""Simulated flats: the rent is a sum of few columns and noise, and nobody's origin matters."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
import pandas as pd
from sklearn.ensemble import HistGradientBoostingRegressor
from sklearn.linear_model import Ridge

from benchmarks.proving_ground.models import pipeline
from benchmarks.proving_ground.trial import Base, Trial

__all__ = ["BASE", "CATEGORIES", "NUMBERS", "rent", "table"]

NUMBERS = ("area", "year", "distance", "floor", "heating", "noise_level")
CATEGORIES = ("district", "state")
DISTRICTS = {"centre": 150.0, "harbour": 60.0, "hill": 0.0, "field": -120.0}
STATES = {"new": 80.0, "kept": 0.0, "worn": -90.0}
SPREAD = 90.0  # of the rent around its expectation
TRAIN = 4000


def table(rng: np.random.Generator, rows: int) -> pd.DataFrame:
    """Draw flats without the rent."""
    return pd.DataFrame(
        {
            "area": rng.gamma(9.0, 8.0, rows).round(1) + 15.0,
            "year": rng.integers(1900, 2025, rows),
            "distance": rng.gamma(2.0, 3.0, rows).round(2),
            "floor": rng.integers(0, 13, rows),
            "heating": rng.normal(120.0, 30.0, rows).round(0),
            "noise_level": rng.normal(55.0, 6.0, rows).round(1),
            "district": rng.choice(list(DISTRICTS), rows, p=[0.3, 0.2, 0.3, 0.2]),
            "state": rng.choice(list(STATES), rows, p=[0.2, 0.6, 0.2]),
            "draw": rng.normal(size=rows).round(3),
            "origin": rng.choice(["a", "b", "c"], rows, p=[0.5, 0.3, 0.2]),
        }
    )


def rent(rows: pd.DataFrame) -> np.ndarray:
    """Return the expected rent."""
    value = 300.0 + 7.0 * rows["area"].to_numpy(dtype=float) + 1.2 * (rows["year"].to_numpy(dtype=float) - 1960.0)
    value = value - 12.0 * rows["distance"].to_numpy(dtype=float)
    value = value + rows["district"].map(DISTRICTS).to_numpy(dtype=float)
    return value + rows["state"].map(STATES).to_numpy(dtype=float)


def _labelled(rng: np.random.Generator, rows: int) -> pd.DataFrame:
    frame = table(rng, rows)
    return frame.assign(rent=(rent(frame) + rng.normal(0.0, SPREAD, rows)).round(1))


def fit(train: pd.DataFrame, *, kind: int = 0, numbers: Any = NUMBERS, categories: Any = CATEGORIES) -> Any:
    """Fit a ridge regression (kind 0) or boosted trees that rise with the area (kind 1)."""
    if kind == 0:
        model = pipeline(Ridge(), numbers, categories)
    else:
        signs = [int(name == "area") for name in numbers]
        width = sum(train[name].nunique() for name in categories)
        trees = HistGradientBoostingRegressor(
            max_iter=120, max_leaf_nodes=8, monotonic_cst=[*signs, *[0] * width], random_state=0
        )
        model = pipeline(trees, numbers, categories, scale=False)
    return model.fit(train.drop(columns="rent"), train["rent"])


def draw(rows: int, seed: int) -> Trial:
    """Draw tables of their own for candidate, baseline and holdout; the kinds of model take turns by seed."""
    rng = np.random.default_rng([seed, rows, 2])
    train, other, holdout = (_labelled(rng, size) for size in (TRAIN, TRAIN, rows))
    fitted = partial(fit, kind=seed % 2)
    return Trial(
        candidate=fitted(train),
        baseline=fitted(other),
        fit=fitted,
        train=train,
        holdout=holdout,
        target="rent",
        task="regression",
        protected=("origin",),
        dataset={"monotonic": {"area": "increasing"}, "canary": ["draw"]},
    )


BASE = Base(
    name="price",
    about="simulated rents, ridge regression and boosted trees in turns",
    task="regression",
    draw=draw,
    rows=(300, 2000, 20_000),
    true_of_it={"bias.representation@2000": "groups of 400 rows and fewer can't show a gap of errors"},
)
