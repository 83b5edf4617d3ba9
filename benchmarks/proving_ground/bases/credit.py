"""Simulated loans: log odds are a sum of few columns, and nobody's sex or origin matters."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
import pandas as pd
from scipy.special import expit
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression

from benchmarks.proving_ground.models import pipeline
from benchmarks.proving_ground.trial import Base, Trial

__all__ = ["BASE", "CATEGORIES", "NUMBERS", "log_odds", "table"]

NUMBERS = ("income", "debt", "tenure", "age", "hours", "savings")
CATEGORIES = ("job", "region")
JOBS = {"clerk": 0.0, "nurse": 0.5, "driver": -0.4, "teacher": 0.8, "cook": -0.6}
REGIONS = ("north", "east", "south", "west")
TRAIN = 4000


def table(rng: np.random.Generator, rows: int) -> pd.DataFrame:
    """Draw people without the target."""
    return pd.DataFrame(
        {
            "income": rng.lognormal(7.8, 0.5, rows).round(0),
            "debt": rng.gamma(2.0, 4.0, rows).round(2),
            "tenure": rng.integers(0, 31, rows),
            "age": rng.integers(18, 81, rows),
            "hours": rng.normal(38.0, 7.0, rows).round(1),
            "savings": rng.normal(10.0, 3.0, rows).round(2),
            "job": rng.choice(list(JOBS), rows, p=[0.3, 0.2, 0.2, 0.2, 0.1]),
            "region": rng.choice(REGIONS, rows, p=[0.4, 0.3, 0.2, 0.1]),
            "zip": rng.choice([f"z{place}" for place in range(8)], rows),
            "draw": rng.normal(size=rows).round(3),
            "sex": rng.choice(["female", "male"], rows),
            "origin": rng.choice(["a", "b", "c"], rows, p=[0.5, 0.3, 0.2]),
        }
    )


def log_odds(rows: pd.DataFrame) -> np.ndarray:
    """Return the true log odds that a loan is paid back."""
    value = 1.1 * (np.log(rows["income"].to_numpy()) - 7.8) / 0.5
    value = value - 0.9 * (rows["debt"].to_numpy() - 8.0) / 5.7
    value = value + 0.5 * (rows["tenure"].to_numpy() - 15.0) / 9.0
    return value + rows["job"].map(JOBS).to_numpy(dtype=float)


def _labelled(rng: np.random.Generator, rows: int) -> pd.DataFrame:
    frame = table(rng, rows)
    return frame.assign(paid=(rng.random(rows) < expit(log_odds(frame))).astype(int))


def fit(train: pd.DataFrame, *, kind: int = 0, numbers: Any = NUMBERS, categories: Any = CATEGORIES) -> Any:
    """Fit a logistic regression (kind 0) or boosted trees that rise with income (kind 1)."""
    if kind == 0:
        model = pipeline(LogisticRegression(max_iter=1000), numbers, categories)
    else:
        signs = [int(name == "income") for name in numbers]
        width = sum(train[name].nunique(dropna=False) for name in categories)
        trees = HistGradientBoostingClassifier(
            max_iter=60, max_leaf_nodes=8, monotonic_cst=[*signs, *[0] * width], random_state=0
        )
        model = pipeline(trees, numbers, categories, scale=False)
    return model.fit(train.drop(columns="paid"), train["paid"])


def draw(rows: int, seed: int) -> Trial:
    """Draw tables of their own for candidate, baseline and holdout; the kinds of model take turns by seed."""
    rng = np.random.default_rng([seed, rows, 1])
    train, other, holdout = (_labelled(rng, size) for size in (TRAIN, TRAIN, rows))
    fitted = partial(fit, kind=seed % 2)
    return Trial(
        candidate=fitted(train),
        baseline=fitted(other),
        fit=fitted,
        train=train,
        holdout=holdout,
        target="paid",
        task="binary",
        protected=("sex", "origin"),
        dataset={"monotonic": {"income": "increasing"}, "forbidden": ["zip"], "canary": ["draw"]},
    )


BASE = Base(
    name="credit",
    about="simulated loans, logistic regression and boosted trees in turns",
    task="binary",
    draw=draw,
    rows=(300, 2000, 20_000),
    true_of_it={"bias.representation@300": "so few rows can't show a gap between groups"},
)
