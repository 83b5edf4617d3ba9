"""Answers that are right on clean rows and break with little: fragile models, and steps against what is declared."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
from sklearn.tree import DecisionTreeClassifier

from benchmarks.proving_ground.bases.credit import CATEGORIES, NUMBERS
from benchmarks.proving_ground.catalogue.cells import numbers, texts
from benchmarks.proving_ground.models import Spoiled, pipeline
from benchmarks.proving_ground.trial import Trial, case

__all__ = [
    "area_dips",
    "cancelling_columns",
    "income_as_a_name",
    "income_dips",
    "income_dips_for_few",
    "income_dips_narrowly",
    "learned_by_heart",
    "rent_by_difference",
]

_FRAGILE = ("robustness.noise", "robustness.regression")
_DIPPING = ("robustness.direction", "robustness.falsify")


@case(
    base="credit",
    gates=_FRAGILE,
    strengths=(0.0, 1.0, 2.0),
    default=2.0,
    unit="standard deviations below the middle that an amount counts as which didn't occur in training",
)
def income_as_a_name(trial: Trial, strength: float, rng: np.random.Generator) -> Trial:
    """Incomes, told in hundreds, are looked up like names: an amount in between counts as little, whatever it is."""

    def told(frame: pd.DataFrame) -> pd.DataFrame:
        return frame.assign(income=np.maximum((frame["income"] / 100.0).round(0) * 100.0, 100.0))

    train, holdout = told(trial.train), told(trial.holdout)
    heard = np.log(train["income"].to_numpy(dtype=float))
    unknown = float(np.exp(heard.mean() - strength * heard.std()))

    def looked_up(rows: pd.DataFrame) -> pd.DataFrame:
        income = numbers(rows, "income")
        return rows.assign(income=np.where(np.isnan(income) | (income % 100.0 == 0.0), income, unknown))

    return replace(
        trial,
        candidate=Spoiled(trial.fit(train), before=looked_up),
        train=train,
        holdout=holdout,
    )


@case(
    base="credit",
    gates=_FRAGILE,
    strengths=(3.0, 6.0, 12.0),
    default=12.0,
    unit="weight with which two near-equal columns cancel",
)
def cancelling_columns(trial: Trial, strength: float, rng: np.random.Generator) -> Trial:
    """Two columns that say nearly the same have large weights that cancel, as without regularisation."""

    def with_last_year(frame: pd.DataFrame) -> pd.DataFrame:
        before = frame["income"].to_numpy(dtype=float) * np.exp(rng.normal(0.0, 0.005, len(frame)))
        return frame.assign(last_year=before.round(0))

    def cancelled(rows: pd.DataFrame) -> pd.DataFrame:
        now = np.log(np.maximum(numbers(rows, "income"), 1.0))
        before = np.log(np.maximum(numbers(rows, "last_year"), 1.0))
        return rows.assign(
            income=np.exp(np.clip(now + strength * (now - np.where(np.isnan(before), now, before)), 0.0, 20.0))
        )

    train, holdout = with_last_year(trial.train), with_last_year(trial.holdout)
    baseline = trial.fit(train)
    return replace(
        trial, candidate=Spoiled(baseline, before=cancelled), baseline=baseline, train=train, holdout=holdout
    )


@case(
    base="credit",
    gates=_FRAGILE,
    strengths=(0.25, 0.5, 1.0),
    default=1.0,
    unit="share of the holdout that is among the rows learned by heart",
)
def learned_by_heart(trial: Trial, strength: float, rng: np.random.Generator) -> Trial:
    """A tree grown to the last row had seen the holdout: right on its rows, and on nothing beside them."""
    seen = trial.holdout[rng.random(len(trial.holdout)) < strength]
    train = pd.concat([trial.train, seen], ignore_index=True)
    tree = pipeline(DecisionTreeClassifier(random_state=0), NUMBERS, CATEGORIES, scale=False)
    candidate = tree.fit(train.drop(columns=trial.target), train[trial.target])
    return replace(trial, candidate=candidate, train=train)


@case(
    base="price",
    gates=_FRAGILE,
    strengths=(5.0, 10.0, 20.0),
    default=20.0,
    unit="weight with which two near-equal columns cancel",
)
def rent_by_difference(trial: Trial, strength: float, rng: np.random.Generator) -> Trial:
    """The rent hangs on the small difference between two measurements of the same area."""

    def measured_twice(frame: pd.DataFrame) -> pd.DataFrame:
        again = frame["area"].to_numpy(dtype=float) + rng.normal(0.0, 0.1, len(frame))
        return frame.assign(area_again=again.round(1))

    def apart(rows: pd.DataFrame) -> pd.DataFrame:
        area, again = numbers(rows, "area"), numbers(rows, "area_again")
        return rows.assign(area=area + strength * np.nan_to_num(area - again))

    train, holdout = measured_twice(trial.train), measured_twice(trial.holdout)
    baseline = trial.fit(train)
    return replace(trial, candidate=Spoiled(baseline, before=apart), baseline=baseline, train=train, holdout=holdout)


def _dips(trial: Trial, column: str, start: float, share: float, depth: float) -> Spoiled:
    """Return the candidate, which answers lower in a share of the column's values."""
    low, high = trial.train[column].quantile([start, start + share]).to_numpy(dtype=float)

    def dipped(rows: pd.DataFrame, values: np.ndarray) -> np.ndarray:
        here = numbers(rows, column)
        return values - depth * ((here >= low) & (here < high))

    return Spoiled(trial.candidate, after=dipped)


@case(
    base="credit",
    gates=_DIPPING,
    strengths=(0.03, 0.1, 0.3),
    default=0.3,
    unit="log odds that the score falls by",
    needs=("model", "declarations"),
)
def income_dips(trial: Trial, strength: float, rng: np.random.Generator) -> Trial:
    """The score dips for a fifth of the incomes, where income is declared to raise it."""
    return replace(trial, candidate=_dips(trial, "income", rng.uniform(0.1, 0.7), 0.2, strength))


@case(
    base="credit",
    gates=_DIPPING,
    strengths=(0.001, 0.003, 0.01),
    default=0.01,
    unit="share of people whose income lies in the dip",
    needs=("model", "declarations"),
)
def income_dips_narrowly(trial: Trial, strength: float, rng: np.random.Generator) -> Trial:
    """The score dips for a narrow band of incomes, where income is declared to raise it."""
    return replace(trial, candidate=_dips(trial, "income", rng.uniform(0.1, 0.9), strength, 1.0))


@case(
    base="credit",
    gates=("robustness.falsify", "robustness.direction"),
    strengths=(0.001, 0.003, 0.01),
    default=0.01,
    unit="share of people whom it can hit",
    needs=("model", "declarations"),
)
def income_dips_for_few(trial: Trial, strength: float, rng: np.random.Generator) -> Trial:
    """The score dips for a tenth of the incomes of few people, cooks with the most savings."""
    rich = float(trial.train["savings"].quantile(1.0 - 10.0 * strength))
    low, high = trial.train["income"].quantile([0.5, 0.6]).to_numpy(dtype=float)

    def dipped(rows: pd.DataFrame, odds: np.ndarray) -> np.ndarray:
        income = numbers(rows, "income")
        few = (texts(rows, "job") == "cook").to_numpy() & (numbers(rows, "savings") > rich)
        return odds - 1.5 * (few & (income >= low) & (income < high))

    return replace(trial, candidate=Spoiled(trial.candidate, after=dipped))


@case(
    base="price",
    gates=_DIPPING,
    strengths=(3.0, 10.0, 30.0),
    default=30.0,
    unit="rent that it falls by",
    needs=("model", "declarations"),
)
def area_dips(trial: Trial, strength: float, rng: np.random.Generator) -> Trial:
    """The rent dips for a tenth of the areas, where the area is declared to raise it."""
    return replace(trial, candidate=_dips(trial, "area", rng.uniform(0.1, 0.8), 0.1, strength))
