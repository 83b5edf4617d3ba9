"""What the candidate was trained on, or is judged on, tells what it couldn't know."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from benchmarks.proving_ground.bases.credit import CATEGORIES, NUMBERS
from benchmarks.proving_ground.trial import Trial, case

__all__ = [
    "copies_of_target",
    "copy_of_target",
    "filled_afterwards",
    "identifier_in_order",
    "mean_before_the_split",
    "mean_with_own_outcome",
    "rows_of_train_in_holdout",
    "shortcut",
    "train_after_holdout",
]


def _flipped(truth: pd.Series, right: float, rng: np.random.Generator) -> np.ndarray:
    """Return the truth, right in a share of the rows."""
    told = truth.to_numpy(dtype=int)
    return np.where(rng.random(len(told)) < right, told, 1 - told)


def _refitted(trial: Trial, train: pd.DataFrame, holdout: pd.DataFrame, **features: tuple[str, ...]) -> Trial:
    return replace(trial, candidate=trial.fit(train, **features), train=train, holdout=holdout)


@case(
    base="credit",
    gates=("explainability.dominance",),
    strengths=(0.9, 0.95, 0.97, 1.0),
    default=0.97,
    unit="share of rows in which the copy tells the truth",
    needs=("model", "tables"),
)
def copy_of_target(trial: Trial, strength: float, rng: np.random.Generator) -> Trial:
    """A number that is known only with the outcome, the collection fee, is a feature: a noisy copy of the target."""

    def charged(frame: pd.DataFrame) -> pd.DataFrame:
        unpaid = 1 - _flipped(frame["paid"], strength, rng)
        return frame.assign(fee=(unpaid * rng.gamma(8.0, 5.0, len(frame))).round(2))

    return _refitted(trial, charged(trial.train), charged(trial.holdout), numbers=(*NUMBERS, "fee"))


@case(
    base="credit",
    gates=("explainability.dominance",),
    strengths=(0.9, 0.95, 0.97, 1.0),
    default=0.97,
    unit="share of rows in which the copies tell the truth",
    needs=("model", "tables"),
)
def copies_of_target(trial: Trial, strength: float, rng: np.random.Generator) -> Trial:
    """Three columns tell the outcome in nearly the same words, so that none of them carries everything."""

    def told(frame: pd.DataFrame) -> pd.DataFrame:
        unpaid = 1 - _flipped(frame["paid"], strength, rng)
        letters = unpaid * rng.integers(1, 4, len(frame))
        return frame.assign(
            letters=letters,
            days_late=unpaid * (20 * letters + rng.integers(0, 20, len(frame))),
            charged=(unpaid * (12.5 * letters + rng.normal(0.0, 2.0, len(frame)))).round(2),
        )

    return _refitted(
        trial, told(trial.train), told(trial.holdout), numbers=(*NUMBERS, "letters", "days_late", "charged")
    )


@case(
    base="credit",
    gates=("explainability.dominance",),
    strengths=(0.9, 0.97, 1.0),
    default=1.0,
    unit="share of rows whose number lies in the outcome's range",
    needs=("model", "tables"),
)
def identifier_in_order(trial: Trial, strength: float, rng: np.random.Generator) -> Trial:
    """The table was exported by outcome, and the running number is a feature: its range tells the target."""

    def numbered(frame: pd.DataFrame) -> pd.DataFrame:
        places = _flipped(frame["paid"], strength, rng) + rng.random(len(frame))
        return frame.assign(number=(100_000 + 50_000 * places).astype(np.int64))

    return _refitted(trial, numbered(trial.train), numbered(trial.holdout), numbers=(*NUMBERS, "number"))


@case(
    base="credit",
    gates=("explainability.dominance",),
    strengths=(0.8, 0.9, 0.97, 1.0),
    default=0.97,
    unit="share of rows in which the column is filled just when the loan was paid",
    needs=("model", "tables"),
)
def filled_afterwards(trial: Trial, strength: float, rng: np.random.Generator) -> Trial:
    """The month of the last payment is a feature, and is empty unless the loan was paid back."""

    def dated(frame: pd.DataFrame) -> pd.DataFrame:
        month = rng.choice(["january", "april", "july", "october"], len(frame)).astype(object)
        month[_flipped(frame["paid"], strength, rng) == 0] = np.nan
        return frame.assign(closed_in=month)

    return _refitted(trial, dated(trial.train), dated(trial.holdout), categories=(*CATEGORIES, "closed_in"))


def _dealers(frame: pd.DataFrame, members: int, rng: np.random.Generator) -> tuple[np.ndarray, pd.Series]:
    """Return dealers of so many rows, drawn by lot, and the mean of the target in each."""
    dealer = rng.permutation(len(frame)) // members
    return dealer, frame["paid"].groupby(dealer).mean()


@case(
    base="credit",
    gates=("explainability.shift",),
    strengths=(0.1, 0.2, 0.33, 0.5),
    default=0.5,
    unit="one over the training rows that a dealer has",
    needs=("model", "tables"),
)
def mean_with_own_outcome(trial: Trial, strength: float, rng: np.random.Generator) -> Trial:
    """The dealer is coded by its mean target in training, small dealers as well: each row's own outcome is in it."""
    dealer, means = _dealers(trial.train, round(1.0 / strength), rng)
    known = means.to_numpy(dtype=float)
    train = trial.train.assign(dealer_paid=known[dealer])
    holdout = trial.holdout.assign(dealer_paid=known[rng.integers(0, len(known), len(trial.holdout))])
    return _refitted(trial, train, holdout, numbers=(*NUMBERS, "dealer_paid"))


# Half of the truth is in the column, so that it doesn't do alone what the candidate does: no gate speaks of that yet.
@case(
    base="credit",
    gates=(),
    strengths=(0.1, 0.2, 0.5),
    default=0.5,
    unit="one over the rows that a dealer has",
    needs=("model", "tables"),
)
def mean_before_the_split(trial: Trial, strength: float, rng: np.random.Generator) -> Trial:
    """The dealer is coded by its mean target before the split: outcomes of the holdout are in it as well."""

    def coded(frame: pd.DataFrame) -> pd.DataFrame:
        dealer, means = _dealers(frame, round(1.0 / strength), rng)
        return frame.assign(dealer_paid=means.to_numpy(dtype=float)[dealer])

    return _refitted(trial, coded(trial.train), coded(trial.holdout), numbers=(*NUMBERS, "dealer_paid"))


@case(
    base="credit",
    gates=("explainability.shift",),
    strengths=(0.75, 0.85, 0.95),
    default=0.85,
    unit="share of rows of the training table in which the column tells the truth",
    needs=("model", "tables"),
)
def shortcut(trial: Trial, strength: float, rng: np.random.Generator) -> Trial:
    """The channel of the application goes with the target in the training table and nowhere else."""

    def through(says: np.ndarray) -> np.ndarray:
        return np.where(says == 1, "app", "desk").astype(str)

    train = trial.train.assign(channel=through(_flipped(trial.train["paid"], strength, rng)))
    drawn = rng.permutation(trial.holdout["paid"].to_numpy(dtype=int))
    return _refitted(trial, train, trial.holdout.assign(channel=through(drawn)), categories=(*CATEGORIES, "channel"))


@case(
    base="credit",
    gates=(),
    strengths=(0.1, 0.3, 0.6),
    default=0.3,
    unit="share of the holdout's rows",
    needs=("tables",),
)
def rows_of_train_in_holdout(trial: Trial, strength: float, rng: np.random.Generator) -> Trial:
    """Rows that the candidate was trained on are in the table that it is judged on."""
    holdout = trial.holdout
    known = trial.train.iloc[rng.permutation(len(trial.train))[: round(strength * len(holdout))]]
    mixed = pd.concat([known, holdout.iloc[len(known) :]], ignore_index=True)
    return replace(trial, holdout=mixed.iloc[rng.permutation(len(mixed))].reset_index(drop=True))


@case(
    base="credit",
    gates=(),
    strengths=(0.1, 0.3, 0.6),
    default=0.3,
    unit="share of the training table's rows",
    needs=("tables", "declarations"),
)
def train_after_holdout(trial: Trial, strength: float, rng: np.random.Generator) -> Trial:
    """The candidate was trained on rows that are later than those it is judged on."""
    late = rng.random(len(trial.train)) < strength
    months = np.where(late, rng.integers(30, 36, len(late)), rng.integers(0, 24, len(late)))
    return replace(
        trial,
        train=trial.train.assign(month=months),
        holdout=trial.holdout.assign(month=rng.integers(24, 30, len(trial.holdout))),
        dataset={**trial.dataset, "time": "month"},
    )
