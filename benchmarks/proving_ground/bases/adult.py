"""UCI Adult: who of 48,842 people of the US census of 1994 earns more than 50,000 dollars a year."""

from __future__ import annotations

from functools import cache, partial
from typing import Any

import numpy as np
import pandas as pd
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression

from benchmarks.proving_ground.bases.real import dealt, read
from benchmarks.proving_ground.models import pipeline
from benchmarks.proving_ground.trial import Base, Trial

__all__ = ["BASE", "CATEGORIES", "NUMBERS", "TARGET", "TRUE_OF_ADULT", "fit", "people", "trial_of"]

NUMBERS = ("age", "education_num", "capital_gain", "capital_loss", "hours_per_week")
CATEGORIES = ("workclass", "marital_status", "occupation", "relationship", "native_country")
TARGET = "over_50k"
TRAIN = 8000
# The weight of the survey is no fact about a person, and education says education_num in words.
_COLUMNS = (
    *("age", "workclass", "fnlwgt", "education", "education_num", "marital_status", "occupation", "relationship"),
    *("race", "sex", "capital_gain", "capital_loss", "hours_per_week", "native_country", "income"),
)
_LEFT_OUT = ["fnlwgt", "education", "income"]
_RATES = "10.9 % of the women and 30.4 % of the men earn over 50,000 dollars (published); whoever is right follows that"
TRUE_OF_ADULT = {
    "bias.demographic_parity_difference": _RATES,
    "bias.demographic_parity_ratio": f"{_RATES}, and likewise by race (White 25.4 %, Black 12.1 %)",
    "bias.intersectional": f"{_RATES}: women are the intersection that is told",
    "bias.representation": "0.8 % of the rows are of the race Other, 1.0 % Amer-Indian-Eskimo",
}


@cache
def people() -> pd.DataFrame:
    """Return everybody of both parts; what wasn't answered is the entry ``unknown``."""
    parts = [
        read("adult.data.gz", header=None, skipinitialspace=True),
        read("adult.test.gz", header=None, skipinitialspace=True, skiprows=1),
    ]
    everybody = pd.concat(parts, ignore_index=True)
    everybody.columns = pd.Index(_COLUMNS)
    rich = everybody["income"].str.startswith(">").to_numpy(dtype=np.int64)
    return everybody.drop(columns=_LEFT_OUT).replace("?", "unknown").assign(**{TARGET: rich})


def fit(
    train: pd.DataFrame,
    *,
    kind: int = 0,
    numbers: Any = NUMBERS,
    categories: Any = CATEGORIES,
    weights: np.ndarray | None = None,
) -> Any:
    """Fit a logistic regression (kind 0) or boosted trees (kind 1), neither of them with sex or race."""
    if kind == 0:
        model = pipeline(LogisticRegression(max_iter=1000), numbers, categories)
    else:
        trees = HistGradientBoostingClassifier(max_iter=60, max_leaf_nodes=8, random_state=0)
        model = pipeline(trees, numbers, categories, scale=False)
    last = model.steps[-1][0]
    return model.fit(train.drop(columns=TARGET), train[TARGET], **{f"{last}__sample_weight": weights})


def trial_of(fitted: Any, train: pd.DataFrame, other: pd.DataFrame, holdout: pd.DataFrame) -> Trial:
    """Return the trial of models that are fitted to two tables of people."""
    return Trial(
        candidate=fitted(train),
        baseline=fitted(other),
        fit=fitted,
        train=train,
        holdout=holdout,
        target=TARGET,
        task="binary",
        protected=("sex", "race"),
    )


def draw(rows: int, seed: int) -> Trial:
    """Deal three tables of different people; the kinds of model take turns by seed."""
    tables = dealt(people(), np.random.default_rng([seed, rows, 2]), TRAIN, TRAIN, rows)
    return trial_of(partial(fit, kind=seed % 2), *tables)


BASE = Base(
    name="adult",
    about="UCI Adult, income over 50,000 dollars; logistic regression and boosted trees in turns, without sex and race",
    task="binary",
    draw=draw,
    rows=(2000, 8000),
    true_of_it=TRUE_OF_ADULT,
    simulated=False,
)
