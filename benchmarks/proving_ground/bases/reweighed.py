"""UCI Adult from a table that lost women who don't earn much, made good by weights (Kamiran and Calders 2012)."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
import pandas as pd

from benchmarks.proving_ground.bases import adult
from benchmarks.proving_ground.bases.real import dealt
from benchmarks.proving_ground.trial import Base, Trial

__all__ = ["BASE", "LOST", "fit"]

LOST = 0.9
TRAIN = 16_000


def fit(train: pd.DataFrame, *, kind: int = 0, weighted: float = 1.0, **features: Any) -> Any:
    """Fit a model of `adult`; each woman of those that were lost counts for ten, to the power `weighted`."""
    kept_few = (train["sex"] == "Female") & (train[adult.TARGET] == 0)
    weights = np.where(kept_few.to_numpy(dtype=bool), (1.0 / (1.0 - LOST)) ** weighted, 1.0)
    return adult.fit(train, kind=kind, weights=weights, **features)


def _with_loss(people: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    at_risk = ((people["sex"] == "Female") & (people[adult.TARGET] == 0)).to_numpy(dtype=bool)
    return people[~(at_risk & (rng.random(len(people)) < LOST))].reset_index(drop=True)


def draw(rows: int, seed: int) -> Trial:
    """Deal three tables of different people, two of which lose women; the kinds of model take turns by seed."""
    rng = np.random.default_rng([seed, rows, 3])
    train, other, holdout = dealt(adult.people(), rng, TRAIN, TRAIN, rows)
    fitted = partial(fit, kind=seed % 2)
    return adult.trial_of(fitted, _with_loss(train, rng), _with_loss(other, rng), holdout)


BASE = Base(
    name="adult_reweighed",
    about=f"UCI Adult, trained where {LOST:.0%} of the women who earn less are missing, put right by weights",
    task="binary",
    draw=draw,
    rows=(8000,),
    true_of_it=adult.TRUE_OF_ADULT,
    simulated=False,
)
