"""The candidate fails in one part of the rows and nowhere else."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pandas as pd

from benchmarks.proving_ground.catalogue.rows import is_one, lifted, lot
from benchmarks.proving_ground.models import Spoiled
from benchmarks.proving_ground.trial import Trial, case

__all__ = [
    "chest_pain",
    "cooks_of_the_east",
    "drivers_of_the_north",
    "in_their_thirties",
    "sure_in_the_south",
    "teachers",
    "teachers_unlearnt",
    "too_hopeful_in_the_south",
    "unmeasured_pressure",
]

# Both search for slices that nobody named and tell where: against what could be had, and against the model in use.
_SLICE_GATES = ("performance.weak_slices", "performance.regression_by_slice")
# A search that looks at millions of slices proves little about 60 of 2,000 rows.
_ROWS = 8000


def _turned(trial: Trial, inside: Callable[[pd.DataFrame], np.ndarray], share: float) -> Trial:
    """Let a share of the rows inside get the opposite answer."""

    def turn(rows: pd.DataFrame, odds: np.ndarray) -> np.ndarray:
        return np.where(inside(rows) & (lot(rows, "income", "debt") < share), -odds, odds)

    return replace(trial, candidate=Spoiled(trial.candidate, after=turn))


@case(
    base="credit",
    gates=_SLICE_GATES,
    strengths=(1.0, 2.0, 3.0),
    default=3.0,
    unit="log odds that teachers are given too few",
)
def teachers(trial: Trial, strength: float, rng: np.random.Generator) -> Trial:
    """One category of a column is answered too low: hardly a teacher gets a loan."""

    def lower(rows: pd.DataFrame, odds: np.ndarray) -> np.ndarray:
        return odds - strength * is_one(rows, "job", "teacher")

    return replace(trial, candidate=Spoiled(trial.candidate, after=lower))


@case(
    base="credit",
    gates=_SLICE_GATES,
    strengths=(0.2, 0.4, 0.6, 0.8),
    default=0.8,
    unit="share of the slice whose answer is turned round",
    rows=_ROWS,
)
def drivers_of_the_north(trial: Trial, strength: float, rng: np.random.Generator) -> Trial:
    """Answers are wrong where two conditions meet, and right where only one of them holds."""
    return _turned(trial, lambda rows: is_one(rows, "job", "driver") & is_one(rows, "region", "north"), strength)


@case(
    base="credit",
    gates=_SLICE_GATES,
    strengths=(0.4, 0.7, 1.0),
    default=1.0,
    unit="share of the slice whose answer is turned round",
    rows=_ROWS,
)
def cooks_of_the_east(trial: Trial, strength: float, rng: np.random.Generator) -> Trial:
    """Answers are wrong in a slice of 3 in 100 rows."""
    return _turned(trial, lambda rows: is_one(rows, "job", "cook") & is_one(rows, "region", "east"), strength)


@case(
    base="credit",
    gates=_SLICE_GATES,
    strengths=(0.2, 0.4, 0.6),
    default=0.4,
    unit="share of the slice whose answer is turned round",
    rows=_ROWS,
)
def in_their_thirties(trial: Trial, strength: float, rng: np.random.Generator) -> Trial:
    """Answers are wrong in a range of a number, from 30 to 39 years."""

    def inside(rows: pd.DataFrame) -> np.ndarray:
        age = rows["age"].to_numpy(dtype=float)
        return (age >= 30.0) & (age < 40.0)

    return _turned(trial, inside, strength)


@case(
    base="triage",
    gates=_SLICE_GATES,
    strengths=(0.4, 0.7, 1.0),
    default=1.0,
    unit="share of the slice that is sent home whatever else is known",
)
def unmeasured_pressure(trial: Trial, strength: float, rng: np.random.Generator) -> Trial:
    """Where a value is missing the model takes a default answer instead of looking at the other columns."""
    home = np.array([0.9 if str(name) == "home" else 0.05 for name in trial.candidate.classes_])

    def send_home(rows: pd.DataFrame, shares: np.ndarray) -> np.ndarray:
        unmeasured = np.isnan(rows["pressure"].to_numpy(dtype=float))
        gone = unmeasured & (lot(rows, "pulse", "temperature", "age") < strength)
        return np.where(gone[:, None], home, shares)

    return replace(trial, candidate=Spoiled(trial.candidate, after=send_home))


@case(
    base="triage",
    gates=_SLICE_GATES,
    strengths=(0.2, 0.4, 0.6),
    default=0.6,
    unit="share of the slice whose likeliest and least likely class are exchanged",
)
def chest_pain(trial: Trial, strength: float, rng: np.random.Generator) -> Trial:
    """One category of a column is answered wrongly, in a task of three classes."""

    def exchange(rows: pd.DataFrame, shares: np.ndarray) -> np.ndarray:
        wrong = is_one(rows, "complaint", "chest") & (lot(rows, "pulse", "temperature", "age") < strength)
        every, first, last = np.arange(len(rows)), shares.argmax(axis=1), shares.argmin(axis=1)
        turned = shares.copy()
        turned[every, first], turned[every, last] = shares[every, last], shares[every, first]
        return np.where(wrong[:, None], turned, shares)

    return replace(trial, candidate=Spoiled(trial.candidate, after=exchange))


@case(
    base="credit",
    gates=("performance.miscalibrated_slices",),
    strengths=(0.5, 0.7, 0.9),
    default=0.9,
    unit="share of the way to 1/2, or to 1, that probabilities are too high",
    rows=_ROWS,
)
def too_hopeful_in_the_south(trial: Trial, strength: float, rng: np.random.Generator) -> Trial:
    """Probabilities are too high in one region, though every decision stays as it was."""

    def raised(rows: pd.DataFrame, odds: np.ndarray) -> np.ndarray:
        return np.where(is_one(rows, "region", "south"), lifted(odds, strength), odds)

    return replace(trial, candidate=Spoiled(trial.candidate, after=raised))


@case(
    base="credit",
    gates=("performance.miscalibrated_slices", "performance.overconfidence"),
    strengths=(2.0, 3.0, 5.0),
    default=5.0,
    unit="factor on the log odds in the slice",
)
def sure_in_the_south(trial: Trial, strength: float, rng: np.random.Generator) -> Trial:
    """Probabilities are far too extreme in one region, though every decision stays as it was."""

    def surer(rows: pd.DataFrame, odds: np.ndarray) -> np.ndarray:
        return np.where(is_one(rows, "region", "south"), strength * odds, odds)

    return replace(trial, candidate=Spoiled(trial.candidate, after=surer))


@case(
    base="credit",
    gates=("performance.regression_by_slice",),
    strengths=(0.4, 0.6, 0.8),
    default=0.8,
    unit="share of teachers who paid back and are booked as if they hadn't",
    needs=("model", "baseline"),
)
def teachers_unlearnt(trial: Trial, strength: float, rng: np.random.Generator) -> Trial:
    """New training rows are booked wrongly for one job, so that only the model in use still knows better."""
    train = trial.train
    wrong = is_one(train, "job", "teacher") & (lot(train, "income", "debt") < strength)
    booked = train.assign(paid=np.where(wrong, 0, train["paid"].to_numpy(dtype=int)))
    return replace(trial, train=booked, candidate=trial.fit(booked))
