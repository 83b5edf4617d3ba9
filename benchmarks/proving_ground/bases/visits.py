"""The packaged example's RAND Health Insurance Experiment: who sees a doctor at least five times a year."""

from __future__ import annotations

from functools import cache, partial
from typing import Any

import numpy as np
import pandas as pd
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression

from benchmarks.proving_ground.bases.real import dealt
from benchmarks.proving_ground.models import pipeline
from benchmarks.proving_ground.trial import Base, Trial

__all__ = ["BASE", "NUMBERS", "TARGET", "fit", "years"]

NUMBERS = ("lncoins", "idp", "lpi", "fmde", "physlm", "disea", "hlthg", "hlthf", "hlthp")
TARGET = "frequent"
VISITS = 5


@cache
def years() -> pd.DataFrame:
    """Return all 20,190 years of people, as statsmodels ships them."""
    from statsmodels.datasets import randhie

    raw = randhie.load_pandas().data
    frequent = (raw["mdvis"].to_numpy(dtype=float) >= VISITS).astype(np.int64)
    return raw[list(NUMBERS)].assign(**{TARGET: frequent})


def fit(train: pd.DataFrame, *, kind: int = 0, numbers: Any = NUMBERS, bold: float = 1.0) -> Any:
    """Fit shallow boosted trees (kind 0) or a logistic regression (kind 1); `bold` of 0.5 is half as free to follow."""
    if kind == 0:
        trees = HistGradientBoostingClassifier(
            max_depth=3, learning_rate=0.05, max_iter=round(60 * bold), random_state=0
        )
        model = pipeline(trees, numbers, (), scale=False)
    else:
        model = pipeline(LogisticRegression(C=0.1 * bold, max_iter=1000), numbers, ())
    return model.fit(train.drop(columns=TARGET), train[TARGET])


def draw(rows: int, seed: int) -> Trial:
    """Keep one year of each of the 2,760 sets of covariates, so that nobody is on both sides, and deal a holdout."""
    rng = np.random.default_rng([seed, rows, 6])
    shuffled = years().iloc[rng.permutation(len(years()))]
    people = shuffled.drop_duplicates(list(NUMBERS))
    train, holdout = dealt(people, rng, len(people) - rows, rows)
    fitted = partial(fit, kind=seed % 2)
    return Trial(
        candidate=fitted(train),
        baseline=fitted(train, bold=0.8),
        fit=fitted,
        train=train,
        holdout=holdout,
        target=TARGET,
        task="binary",
        options={"threshold": 0.2},
    )


BASE = Base(
    name="visits",
    about="RAND health insurance, five visits to a doctor in a year; trees and logistic regression in turns",
    task="binary",
    draw=draw,
    rows=(1200,),
    true_of_it={},
    simulated=False,
)
