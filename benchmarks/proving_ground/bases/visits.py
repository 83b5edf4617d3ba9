"""The packaged example's RAND Health Insurance Experiment: who sees a doctor at least five times a year."""

from __future__ import annotations

from functools import cache
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
    # `physlm` is 0 or 1 where it was asked and a fraction where it was imputed.
    limitation = np.where(raw["physlm"].to_numpy(dtype=float) >= 0.5, "limited", "not limited")
    frequent = (raw["mdvis"].to_numpy(dtype=float) >= VISITS).astype(np.int64)
    return raw[list(NUMBERS)].assign(limitation=pd.Series(limitation, dtype="str"), **{TARGET: frequent})


def fit(train: pd.DataFrame, *, numbers: Any = NUMBERS, estimator: Any = None) -> Any:
    """Fit shallow boosted trees, or another estimator."""
    trees = HistGradientBoostingClassifier(max_depth=3, learning_rate=0.05, max_iter=60, random_state=0)
    model = pipeline(trees if estimator is None else estimator, numbers, ())
    return model.fit(train.drop(columns=TARGET), train[TARGET])


def draw(rows: int, seed: int) -> Trial:
    """Keep one year of each set of covariates, so that nobody is on both sides, and deal a holdout of them."""
    rng = np.random.default_rng([seed, rows, 6])
    shuffled = years().iloc[rng.permutation(len(years()))]
    people = shuffled.drop_duplicates(list(NUMBERS))
    train, holdout = dealt(people, rng, len(people) - rows, rows)
    return Trial(
        candidate=fit(train),
        baseline=fit(train, estimator=LogisticRegression(max_iter=1000)),
        fit=fit,
        train=train,
        holdout=holdout,
        target=TARGET,
        task="binary",
        protected=("limitation",),
        options={"threshold": 0.2},
    )


BASE = Base(
    name="visits",
    about="RAND health insurance, five visits to a doctor in a year, one year of each of 2,760 people; boosted trees",
    task="binary",
    draw=draw,
    rows=(1200,),
    true_of_it={},
    simulated=False,
)
