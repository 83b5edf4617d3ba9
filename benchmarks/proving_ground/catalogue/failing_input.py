"""Plausible rows that the model can't answer: it raises, or answers with what is no prediction."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pandas as pd

from benchmarks.proving_ground.catalogue.cells import numbers, texts
from benchmarks.proving_ground.models import Spoiled
from benchmarks.proving_ground.trial import Trial, case

__all__ = [
    "crash_on_capitals",
    "crash_on_empty_text",
    "crash_on_float_count",
    "crash_on_gap",
    "crash_on_leap_day",
    "crash_on_negative",
    "crash_on_rare_category",
    "crash_on_rare_people",
    "crash_on_zero",
    "infinite_rent",
    "no_number_for_few",
    "no_number_of_negative",
]

_RAISES = ("robustness.crash", "robustness.falsify")
_ANSWERS_NOTHING = ("robustness.nonfinite", "robustness.falsify")

_When = Callable[[pd.DataFrame], np.ndarray]


def _without(trial: Trial, odd: _When) -> Trial:
    """Return the trial with a holdout that has none of the odd rows: prepared rows, or few of them."""
    return replace(trial, holdout=trial.holdout[~odd(trial.holdout)].reset_index(drop=True))


def _raising(trial: Trial, odd: _When, error: Exception) -> Trial:
    """Let the candidate raise when an odd row is among those that it is asked about."""

    def looked_at(rows: pd.DataFrame) -> pd.DataFrame:
        if odd(rows).any():
            raise error
        return rows

    return replace(_without(trial, odd), candidate=Spoiled(trial.candidate, before=looked_at))


def _answering(trial: Trial, odd: _When, value: float) -> Trial:
    """Let the candidate answer odd rows with a value that is no prediction."""
    answered = Spoiled(trial.candidate, after=lambda rows, values: np.where(odd(rows), value, values))
    return replace(_without(trial, odd), candidate=answered)


def _entered(frame: pd.DataFrame, column: str, entry: object, share: float, rng: np.random.Generator) -> pd.DataFrame:
    """Return the table with an entry in a share of its rows."""
    return frame.assign(**{column: frame[column].mask(rng.random(len(frame)) < share, entry)})


@case(base="credit", gates=_RAISES, strengths=(0.001, 0.005, 0.02), default=0.02, unit="share of training rows")
def crash_on_gap(trial: Trial, strength: float, rng: np.random.Generator) -> Trial:
    """Raises on missing savings: training rows had gaps, the holdout was prepared and has none."""
    known = replace(trial, train=_entered(trial.train, "savings", np.nan, strength, rng))
    return _raising(known, lambda rows: np.isnan(numbers(rows, "savings")), ValueError("Input X contains NaN."))


@case(base="credit", gates=_RAISES, strengths=(0.001, 0.005, 0.02), default=0.005, unit="share of training rows")
def crash_on_zero(trial: Trial, strength: float, rng: np.random.Generator) -> Trial:
    """Divides by the savings, which few people have none of."""
    known = replace(trial, train=_entered(trial.train, "savings", 0.0, strength, rng))
    return _raising(known, lambda rows: numbers(rows, "savings") == 0.0, ZeroDivisionError("float division by zero"))


@case(base="credit", gates=_RAISES, strengths=(0.001, 0.005, 0.02), default=0.005, unit="share of training rows")
def crash_on_negative(trial: Trial, strength: float, rng: np.random.Generator) -> Trial:
    """Takes the square root of savings, which are negative for few people."""
    known = replace(trial, train=_entered(trial.train, "savings", -2.0, strength, rng))
    return _raising(known, lambda rows: numbers(rows, "savings") < 0.0, ValueError("math domain error"))


@case(base="credit", gates=_RAISES, strengths=(0.001, 0.005, 0.02), default=0.005, unit="share of training rows")
def crash_on_rare_category(trial: Trial, strength: float, rng: np.random.Generator) -> Trial:
    """Raises on a region that few rows of the training table name and the encoder never saw."""
    known = replace(trial, train=_entered(trial.train, "region", "island", strength, rng))
    return _raising(
        known,
        lambda rows: (texts(rows, "region") == "island").to_numpy(),
        ValueError("Found unknown categories ['island'] in column 1 during transform"),
    )


@case(base="credit", gates=_RAISES, strengths=(0.001, 0.005, 0.02), default=0.005, unit="share of training rows")
def crash_on_empty_text(trial: Trial, strength: float, rng: np.random.Generator) -> Trial:
    """Takes the first letter of the job, which few people left empty."""
    known = replace(trial, train=_entered(trial.train, "job", "", strength, rng))
    return _raising(known, lambda rows: (texts(rows, "job") == "").to_numpy(), IndexError("string index out of range"))


@case(base="credit", gates=_RAISES, strengths=(0.0005, 0.002, 0.01), default=0.002, unit="share of people")
def crash_on_rare_people(trial: Trial, strength: float, rng: np.random.Generator) -> Trial:
    """Raises for few people, cooks who work the longest hours: none of them is in the holdout."""
    long = float(trial.train["hours"].quantile(1.0 - 10.0 * strength))

    def few(rows: pd.DataFrame) -> np.ndarray:
        return (texts(rows, "job") == "cook").to_numpy() & (numbers(rows, "hours") > long)

    return _raising(trial, few, KeyError(("cook", "overtime")))


@case(base="credit", gates=("robustness.crash",))
def crash_on_float_count(trial: Trial, strength: float, rng: np.random.Generator) -> Trial:
    """Counts years by list index and raises where a join has made them floating point."""

    def floating(rows: pd.DataFrame) -> np.ndarray:
        return np.full(len(rows), rows["tenure"].dtype.kind == "f")

    return _raising(trial, floating, TypeError("list indices must be integers or slices, not float"))


@case(base="credit", gates=_RAISES)
def crash_on_leap_day(trial: Trial, strength: float, rng: np.random.Generator) -> Trial:
    """Adds a year to the day of the application and raises on the 29th of February."""

    def dated(frame: pd.DataFrame) -> pd.DataFrame:
        days = pd.Timestamp("2023-07-01") + pd.to_timedelta(rng.integers(0, 500, len(frame)), unit="D")
        return frame.assign(applied=days.astype("datetime64[ns]"))

    def leaping(rows: pd.DataFrame) -> np.ndarray:
        days = pd.to_datetime(rows["applied"], errors="coerce")
        return ((days.dt.month == 2) & (days.dt.day == 29)).to_numpy()

    train = dated(trial.train)
    known = replace(trial, train=train, holdout=dated(trial.holdout), candidate=trial.fit(train))
    return _raising(known, leaping, ValueError("day is out of range for month"))


@case(base="credit", gates=("robustness.crash",))
def crash_on_capitals(trial: Trial, strength: float, rng: np.random.Generator) -> Trial:
    """Counts the share of small letters in a remark and raises where somebody writes capitals only."""
    words = np.array(["please", "pay", "the", "loan", "soon", "for", "a", "new", "car", "or", "house", "my", "thanks"])

    def remarked(frame: pd.DataFrame) -> pd.DataFrame:
        drawn = [" ".join(rng.choice(words, int(size))) for size in rng.integers(5, 15, len(frame))]
        return frame.assign(remark=drawn)

    def shouted(rows: pd.DataFrame) -> np.ndarray:
        return np.array([text is not None and text.isupper() for text in texts(rows, "remark")], dtype=bool)

    train = remarked(trial.train)
    known = replace(trial, train=train, holdout=remarked(trial.holdout), candidate=trial.fit(train))
    return _raising(known, shouted, ZeroDivisionError("division by zero"))


@case(
    base="credit", gates=_ANSWERS_NOTHING, strengths=(0.001, 0.005, 0.02), default=0.005, unit="share of training rows"
)
def no_number_of_negative(trial: Trial, strength: float, rng: np.random.Generator) -> Trial:
    """Answers NaN, the logarithm of savings that are negative for few people."""
    known = replace(trial, train=_entered(trial.train, "savings", -2.0, strength, rng))
    return _answering(known, lambda rows: numbers(rows, "savings") < 0.0, np.nan)


@case(base="credit", gates=_ANSWERS_NOTHING, strengths=(0.0005, 0.002, 0.01), default=0.002, unit="share of people")
def no_number_for_few(trial: Trial, strength: float, rng: np.random.Generator) -> Trial:
    """Answers NaN for few people, cooks with the highest debts: none of them is in the holdout."""
    deep = float(trial.train["debt"].quantile(1.0 - 10.0 * strength))
    return _answering(
        trial, lambda rows: (texts(rows, "job") == "cook").to_numpy() & (numbers(rows, "debt") > deep), np.nan
    )


@case(
    base="price", gates=_ANSWERS_NOTHING, strengths=(0.001, 0.005, 0.02), default=0.005, unit="share of training rows"
)
def infinite_rent(trial: Trial, strength: float, rng: np.random.Generator) -> Trial:
    """Answers infinity, a rent over a distance that is 0 for few flats."""
    known = replace(trial, train=_entered(trial.train, "distance", 0.0, strength, rng))
    return _answering(known, lambda rows: numbers(rows, "distance") == 0.0, np.inf)
