"""German credit: who of 1,000 debtors of a bank defaulted."""

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

__all__ = ["BASE", "CATEGORIES", "NUMBERS", "TARGET", "debtors", "fit"]

NUMBERS = (
    "duration_in_month",
    "credit_amount",
    "installment_as_income_perc",
    "present_res_since",
    "age",
    "credits_this_bank",
    "people_under_maintenance",
)
# Without sex, and without personal_status, which tells it: no married woman or divorced man has an entry of their own.
CATEGORIES = (
    "account_check_status",
    "credit_history",
    "purpose",
    "savings",
    "present_emp_since",
    "other_debtors",
    "property",
    "other_installment_plans",
    "housing",
    "job",
    "telephone",
    "foreign_worker",
)
TARGET = "repaid"
EVERYBODY = 1000


@cache
def debtors() -> pd.DataFrame:
    """Return all debtors; 700 repaid."""
    rows = read("german_credit_prepared.csv", keep_default_na=False)
    repaid = (rows["default"] == "Not default").to_numpy(dtype=np.int64)
    return rows.drop(columns="default").assign(**{TARGET: repaid})


def fit(
    train: pd.DataFrame, *, kind: int = 0, numbers: Any = NUMBERS, categories: Any = CATEGORIES, penalty: float = 10.0
) -> Any:
    """Fit a logistic regression (kind 0, with a penalty) or a few boosted trees (kind 1), neither of them with sex."""
    if kind == 0:
        model = pipeline(LogisticRegression(C=1.0 / penalty, max_iter=1000), numbers, categories)
    else:
        trees = HistGradientBoostingClassifier(max_iter=60, learning_rate=0.05, max_leaf_nodes=4, random_state=0)
        model = pipeline(trees, numbers, categories, scale=False)
    return model.fit(train.drop(columns=TARGET), train[TARGET])


def draw(rows: int, seed: int) -> Trial:
    """Deal a holdout; the rest trains both models. The kinds of candidate take turns by seed."""
    train, holdout = dealt(debtors(), np.random.default_rng([seed, rows, 4]), EVERYBODY - rows, rows)
    fitted = partial(fit, kind=seed % 2)
    return Trial(
        candidate=fitted(train),
        baseline=fit(train, penalty=30.0),
        fit=fitted,
        train=train,
        holdout=holdout,
        target=TARGET,
        task="binary",
        protected=("sex",),
    )


BASE = Base(
    name="german",
    about="German credit, 600 rows to train on; logistic regression and boosted trees in turns, without sex",
    task="binary",
    draw=draw,
    rows=(400,),
    true_of_it={"bias.representation": "31 % of 400 rows are women, too few to show a gap between groups"},
    simulated=False,
)
