"""California housing: what houses were worth in 20,640 blocks of the census of 1990."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
import pandas as pd
from sklearn.ensemble import HistGradientBoostingRegressor
from sklearn.linear_model import Ridge

from benchmarks.proving_ground.bases.real import dealt, read
from benchmarks.proving_ground.models import pipeline
from benchmarks.proving_ground.trial import Base, Trial

__all__ = ["BASE", "CATEGORIES", "NUMBERS", "TARGET", "fit"]

NUMBERS = (
    "longitude",
    "latitude",
    "housing_median_age",
    "total_rooms",
    "total_bedrooms",
    "population",
    "households",
    "median_income",
)
CATEGORIES = ("ocean_proximity",)
TARGET = "median_house_value"
TRAIN = 7000


def fit(train: pd.DataFrame, *, kind: int = 0, numbers: Any = NUMBERS, categories: Any = CATEGORIES) -> Any:
    """Fit boosted trees (kind 0) or a ridge regression (kind 1); bedrooms that are missing are filled."""
    if kind == 0:
        trees = HistGradientBoostingRegressor(max_iter=150, max_leaf_nodes=15, random_state=0)
        model = pipeline(trees, numbers, categories, scale=False)
    else:
        model = pipeline(Ridge(), numbers, categories)
    return model.fit(train.drop(columns=TARGET), train[TARGET])


def draw(rows: int, seed: int) -> Trial:
    """Deal three tables of different blocks; the kinds of model take turns by seed."""
    rng = np.random.default_rng([seed, rows, 5])
    train, other, holdout = dealt(read("housing.csv.gz"), rng, TRAIN, TRAIN, rows)
    fitted = partial(fit, kind=seed % 2)
    return Trial(
        candidate=fitted(train),
        baseline=fitted(other),
        fit=fitted,
        train=train,
        holdout=holdout,
        target=TARGET,
        task="regression",
    )


BASE = Base(
    name="housing",
    about="California housing, value of the houses of a block; boosted trees and ridge regression in turns",
    task="regression",
    draw=draw,
    rows=(2000, 6000),
    true_of_it={
        "robustness.missing": "a missing longitude is filled with the median, which with the block's own latitude is a "
        "place in the desert or at sea: that costs the trees more than another block's longitude does",
    },
    simulated=False,
)
