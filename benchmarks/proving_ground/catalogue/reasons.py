"""The candidate decides for the wrong reasons, or for reasons that hold no longer."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
from scipy.special import expit

from benchmarks.proving_ground.bases.credit import CATEGORIES, log_odds
from benchmarks.proving_ground.models import Spoiled
from benchmarks.proving_ground.trial import Trial, case

__all__ = [
    "answers_in_order",
    "debt_helps",
    "driven_by_canary",
    "driven_by_noise",
    "explained_by_batch",
    "explained_by_chance",
    "forbidden_by_copy",
    "forbidden_column",
    "income_hurts_some",
    "income_turns_down",
    "reason_is_gone",
    "trusts_one_column",
]


@case(
    base="credit",
    gates=("explainability.additivity", "robustness.determinism", "deployment.determinism"),
    strengths=(0.02, 0.1, 0.3),
    default=0.1,
    unit="standard deviation of the log odds from call to call",
)
def explained_by_chance(trial: Trial, strength: float, rng: np.random.Generator) -> Trial:
    """The same row gets another score at every call, as with dropout left on."""
    return replace(
        trial,
        candidate=Spoiled(trial.candidate, after=lambda rows, odds: odds + strength * rng.normal(size=len(odds))),
    )


@case(
    base="credit",
    gates=("explainability.additivity", "robustness.invariance", "deployment.batch_invariance"),
    strengths=(0.1, 0.3, 1.0),
    default=0.3,
    unit="weight of the batch's own mean where incomes are centred",
)
def explained_by_batch(trial: Trial, strength: float, rng: np.random.Generator) -> Trial:
    """A row's score hangs on the rows that are asked about with it: incomes are centred by the batch's mean."""
    middle = float(np.log(trial.train["income"].to_numpy(dtype=float)).mean())

    def centred(rows: pd.DataFrame) -> pd.DataFrame:
        heard = np.log(np.maximum(rows["income"].to_numpy(dtype=float), 1.0))
        return rows.assign(income=np.exp(heard - strength * (np.nanmean(heard) - middle)))

    return replace(trial, candidate=Spoiled(trial.candidate, before=centred))


@case(
    base="credit",
    gates=("explainability.additivity", "robustness.invariance", "deployment.batch_invariance"),
    strengths=(0.02, 0.1, 0.3),
    default=0.1,
    unit="weight of the row before",
)
def answers_in_order(trial: Trial, strength: float, rng: np.random.Generator) -> Trial:
    """A row's score hangs on the row that was asked about before it, as in a network that keeps its state."""

    def remembered(rows: pd.DataFrame, odds: np.ndarray) -> np.ndarray:
        before = np.concatenate([odds[:1], odds[:-1]])
        return (1.0 - strength) * odds + strength * before

    return replace(trial, candidate=Spoiled(trial.candidate, after=remembered))


def _decided_by_place(trial: Trial, column: str, strength: float, rng: np.random.Generator) -> Trial:
    """Let half of the places have been paid less in the training labels, and fit to these with a column more."""
    unlucky = trial.train["zip"].isin(["z0", "z1", "z2", "z3"]).to_numpy(dtype=float)
    odds = log_odds(trial.train) - strength * (unlucky - 0.5)
    train = trial.train.assign(paid=(rng.random(len(odds)) < expit(odds)).astype(int))
    return replace(trial, candidate=trial.fit(train, categories=(*CATEGORIES, column)), train=train)


@case(
    base="credit",
    gates=("explainability.forbidden", "robustness.invariance"),
    strengths=(0.4, 0.7, 1.0),
    default=0.7,
    unit="log odds between two halves of the places in the training labels",
    needs=("model", "declarations"),
)
def forbidden_column(trial: Trial, strength: float, rng: np.random.Generator) -> Trial:
    """The candidate decides by the zip code, which is forbidden: its training labels were decided by it."""
    return _decided_by_place(trial, "zip", strength, rng)


@case(
    base="credit",
    gates=("explainability.forbidden",),
    strengths=(0.8, 0.9, 0.97),
    default=0.97,
    unit="share of rows in which the copy names the place",
    needs=("model", "declarations"),
)
def forbidden_by_copy(trial: Trial, strength: float, rng: np.random.Generator) -> Trial:
    """The zip code is forbidden, and the candidate decides by a near-copy of it."""

    def copied(frame: pd.DataFrame) -> pd.DataFrame:
        place = frame["zip"].str[1:].to_numpy(dtype=int)
        other = (place + rng.integers(1, 8, len(place))) % 8
        branch = np.where(rng.random(len(place)) < strength, place, other)
        return frame.assign(branch=[f"b{one}" for one in branch])

    known = replace(trial, train=copied(trial.train), holdout=copied(trial.holdout))
    return _decided_by_place(known, "branch", 1.2, rng)


def _mirrored(trial: Trial, column: str, share: float) -> Spoiled:
    """Return the candidate, which reads a column the wrong way round for a share of people, told by their savings."""
    numbers = trial.train[column].to_numpy(dtype=float)
    low, high = float(numbers.min()), float(numbers.max())
    poorer = float(trial.train["savings"].quantile(share))

    def mirrored(rows: pd.DataFrame) -> pd.DataFrame:
        given = rows[column].to_numpy(dtype=float)
        return rows.assign(
            **{column: np.where(rows["savings"].to_numpy(dtype=float) < poorer, low + high - given, given)}
        )

    return Spoiled(trial.candidate, before=mirrored)


@case(
    base="credit",
    gates=("explainability.direction", "robustness.direction"),
    strengths=(0.02, 0.05, 0.1, 0.2),
    default=0.1,
    unit="share of people",
    needs=("model", "declarations"),
)
def income_hurts_some(trial: Trial, strength: float, rng: np.random.Generator) -> Trial:
    """For some people the score falls with income, which is declared to raise it."""
    return replace(trial, candidate=_mirrored(trial, "income", strength))


@case(
    base="credit",
    gates=("explainability.direction", "robustness.direction"),
    strengths=(0.03, 0.05, 0.1),
    default=0.1,
    unit="share of people with an income above the turn",
    needs=("model", "declarations"),
)
def income_turns_down(trial: Trial, strength: float, rng: np.random.Generator) -> Trial:
    """The score falls with the highest incomes, where income is declared to raise it everywhere."""
    turn = float(np.log(trial.train["income"].quantile(1.0 - strength)))

    def turned(rows: pd.DataFrame) -> pd.DataFrame:
        heard = np.log(np.maximum(rows["income"].to_numpy(dtype=float), 1.0))
        return rows.assign(income=np.exp(np.where(heard > turn, 2.0 * turn - heard, heard)))

    return replace(trial, candidate=Spoiled(trial.candidate, before=turned))


@case(
    base="credit",
    gates=("explainability.direction",),
    strengths=(0.1, 0.2, 0.4),
    default=0.2,
    unit="share of people",
    needs=("model", "declarations"),
)
def debt_helps(trial: Trial, strength: float, rng: np.random.Generator) -> Trial:
    """For some people the score rises with debt, whose sign is declared to be the other one."""
    declared = {**trial.dataset, "signs": {"debt": "decreasing"}}
    return replace(trial, candidate=_mirrored(trial, "debt", strength), dataset=declared)


def _driven(trial: Trial, column: str, strength: float) -> Trial:
    numbers = trial.train[column].to_numpy(dtype=float)
    middle, spread = float(numbers.mean()), float(numbers.std())

    def driven(rows: pd.DataFrame, odds: np.ndarray) -> np.ndarray:
        return odds + strength * np.nan_to_num((rows[column].to_numpy(dtype=float) - middle) / spread)

    return replace(trial, candidate=Spoiled(trial.candidate, after=driven))


@case(
    base="credit",
    gates=("explainability.irrelevant",),
    strengths=(0.5, 1.0, 1.6, 2.4),
    default=1.6,
    unit="log odds for a standard deviation (income has 1.1)",
    needs=("model", "declarations"),
)
def driven_by_canary(trial: Trial, strength: float, rng: np.random.Generator) -> Trial:
    """A column of random numbers, declared as such, moves the answers more than income."""
    return _driven(trial, "draw", strength)


@case(
    base="credit",
    gates=("explainability.irrelevant",),
    strengths=(0.5, 1.0, 1.6, 2.4),
    default=1.6,
    unit="log odds for a standard deviation (income has 1.1)",
)
def driven_by_noise(trial: Trial, strength: float, rng: np.random.Generator) -> Trial:
    """Working hours, which say nothing about the truth, move the answers more than income."""
    return _driven(trial, "hours", strength)


@case(
    base="credit",
    gates=("explainability.dominance",),
    strengths=(0.9, 0.95, 0.98),
    default=0.98,
    unit="share of rows in which the column tells the truth",
)
def trusts_one_column(trial: Trial, strength: float, rng: np.random.Generator) -> Trial:
    """One category, the account's state today, carries the answers and does alone as well as the candidate."""

    def stated(frame: pd.DataFrame) -> pd.DataFrame:
        says = np.where(rng.random(len(frame)) < strength, frame["paid"], 1 - frame["paid"])
        mild = rng.random(len(frame)) < 0.5
        state = np.where(says == 1, np.where(mild, "open", "closed"), np.where(mild, "late", "sold"))
        return frame.assign(state=state.astype(str))

    train, holdout = stated(trial.train), stated(trial.holdout)
    return replace(trial, candidate=trial.fit(train, categories=(*CATEGORIES, "state")), train=train, holdout=holdout)


@case(
    base="credit",
    gates=("explainability.shift",),
    strengths=(0.5, 1.0),
    default=1.0,
    unit="share of rows of the holdout with another row's income",
    needs=("model", "tables"),
)
def reason_is_gone(trial: Trial, strength: float, rng: np.random.Generator) -> Trial:
    """Income, which paid most in training, says nothing about the newer rows: it comes from a broken source."""
    income = trial.holdout["income"].to_numpy()
    mixed = np.flatnonzero(rng.random(len(income)) < strength)
    other = income.copy()
    other[mixed] = income[rng.permutation(mixed)]
    return replace(trial, holdout=trial.holdout.assign(income=other))
