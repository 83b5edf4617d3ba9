"""Entries that are missing, new, misspelt or in another unit do more harm than they need to."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
from scipy.special import expit

from benchmarks.proving_ground.bases.credit import JOBS, log_odds
from benchmarks.proving_ground.catalogue.cells import numbers, texts
from benchmarks.proving_ground.models import Spoiled
from benchmarks.proving_ground.trial import Trial, case

__all__ = [
    "area_gap_as_zero",
    "capitals_make_another_job",
    "debt_gap_as_code",
    "debt_sign_turns",
    "job_gap_is_the_worst",
    "metres_raise_the_rent",
    "new_job_is_the_worst",
    "rounded_savings_turn_down",
    "savings_in_cents_turn_down",
    "space_makes_another_job",
    "unseen_letter_makes_another_job",
    "zero_taken_for_missing",
]


def _lowered(trial: Trial, hit: object, by: float) -> Trial:
    """Let the candidate answer lower where ``hit(job)`` is true of the job as text (None: missing)."""

    def after(rows: pd.DataFrame, odds: np.ndarray) -> np.ndarray:
        return odds - by * np.array([hit(job) for job in texts(rows, "job")], dtype=float)

    return replace(trial, candidate=Spoiled(trial.candidate, after=after))


@case(
    base="credit",
    gates=("robustness.missing",),
    strengths=(1.0, 2.0, 4.0),
    default=4.0,
    unit="standard deviations from the middle to the code",
)
def debt_gap_as_code(trial: Trial, strength: float, rng: np.random.Generator) -> Trial:
    """A missing debt is read as a code for missing, as 99 is, and so as an enormous debt."""
    debt = trial.train["debt"].to_numpy(dtype=float)
    code = float(debt.mean() + strength * debt.std())

    def coded(rows: pd.DataFrame) -> pd.DataFrame:
        given = numbers(rows, "debt")
        return rows.assign(debt=np.where(np.isnan(given), code, given))

    return replace(trial, candidate=Spoiled(trial.candidate, before=coded))


@case(
    base="credit",
    gates=("robustness.missing",),
    strengths=(0.5, 1.0, 2.0),
    default=2.0,
    unit="log odds",
)
def job_gap_is_the_worst(trial: Trial, strength: float, rng: np.random.Generator) -> Trial:
    """A missing job counts as worse than any."""
    return _lowered(trial, lambda job: job is None, strength)


@case(
    base="price",
    gates=("robustness.missing",),
    strengths=(0.3, 0.6, 1.0),
    default=1.0,
    unit="share of the way from the middle to 0",
)
def area_gap_as_zero(trial: Trial, strength: float, rng: np.random.Generator) -> Trial:
    """A missing area is read as no area at all."""
    filled = (1.0 - strength) * float(trial.train["area"].median())

    def read(rows: pd.DataFrame) -> pd.DataFrame:
        given = numbers(rows, "area")
        return rows.assign(area=np.where(np.isnan(given), filled, given))

    return replace(trial, candidate=Spoiled(trial.candidate, before=read))


@case(
    base="credit",
    gates=("robustness.unseen_category",),
    strengths=(0.5, 1.0, 2.0),
    default=2.0,
    unit="log odds",
)
def new_job_is_the_worst(trial: Trial, strength: float, rng: np.random.Generator) -> Trial:
    """A job that is new to the model counts as worse than any."""
    return _lowered(trial, lambda job: job is not None and job.strip().lower() not in JOBS, strength)


@case(
    base="credit",
    gates=("robustness.whitespace_and_case",),
    strengths=(0.5, 1.0, 2.0),
    default=2.0,
    unit="log odds",
)
def space_makes_another_job(trial: Trial, strength: float, rng: np.random.Generator) -> Trial:
    """A space at the job's end makes it another one, which counts as worse than any."""
    return _lowered(trial, lambda job: job is not None and job != job.rstrip(), strength)


@case(
    base="credit",
    gates=("robustness.whitespace_and_case",),
    strengths=(0.5, 1.0, 2.0),
    default=2.0,
    unit="log odds",
)
def capitals_make_another_job(trial: Trial, strength: float, rng: np.random.Generator) -> Trial:
    """A job in capitals is another one, which counts as worse than any."""
    return _lowered(trial, lambda job: job is not None and job.isupper(), strength)


@case(base="credit", gates=(), strengths=(0.5, 1.0, 2.0), default=2.0, unit="log odds")
def unseen_letter_makes_another_job(trial: Trial, strength: float, rng: np.random.Generator) -> Trial:
    """A job with an accent, a twin of a letter or an invisible character counts as worse than any."""
    return _lowered(trial, lambda job: job is not None and not job.isascii(), strength)


@case(base="credit", gates=(), strengths=(0.5, 1.0, 2.0), default=2.0, unit="log odds")
def rounded_savings_turn_down(trial: Trial, strength: float, rng: np.random.Generator) -> Trial:
    """Savings without cents are taken for made up: where a source rounds, the score falls for all."""

    def ruled(rows: pd.DataFrame, odds: np.ndarray) -> np.ndarray:
        return odds - strength * (numbers(rows, "savings") % 1.0 == 0.0)

    return replace(trial, candidate=Spoiled(trial.candidate, after=ruled))


@case(
    base="credit",
    gates=("robustness.units",),
    strengths=(0.3, 1.0, 3.0),
    default=3.0,
    unit="log odds",
)
def savings_in_cents_turn_down(trial: Trial, strength: float, rng: np.random.Generator) -> Trial:
    """Savings are kept within what training had, but far above it, as in cents, a hidden rule turns the score down."""
    highest = float(trial.train["savings"].max())

    def kept(rows: pd.DataFrame) -> pd.DataFrame:
        return rows.assign(savings=np.minimum(numbers(rows, "savings"), highest))

    def ruled(rows: pd.DataFrame, odds: np.ndarray) -> np.ndarray:
        return odds - strength * (numbers(rows, "savings") > 3.0 * highest)

    return replace(trial, candidate=Spoiled(trial.candidate, before=kept, after=ruled))


@case(
    base="credit",
    gates=("robustness.units",),
    strengths=(0.3, 1.0, 3.0),
    default=3.0,
    unit="log odds",
)
def debt_sign_turns(trial: Trial, strength: float, rng: np.random.Generator) -> Trial:
    """A debt that is booked with a minus sign is taken for a deposit."""

    def turned(rows: pd.DataFrame, odds: np.ndarray) -> np.ndarray:
        return odds + strength * (numbers(rows, "debt") < -1.0)

    return replace(trial, candidate=Spoiled(trial.candidate, after=turned))


@case(
    base="price",
    gates=("robustness.units",),
    strengths=(50.0, 150.0, 300.0),
    default=300.0,
    unit="rent",
)
def metres_raise_the_rent(trial: Trial, strength: float, rng: np.random.Generator) -> Trial:
    """Distances are kept within what training had, but far above it, as in metres, the rent jumps up."""
    highest = float(trial.train["distance"].max())

    def kept(rows: pd.DataFrame) -> pd.DataFrame:
        return rows.assign(distance=np.minimum(numbers(rows, "distance"), highest))

    def jumped(rows: pd.DataFrame, values: np.ndarray) -> np.ndarray:
        return values + strength * (numbers(rows, "distance") > 2.0 * highest)

    return replace(trial, candidate=Spoiled(trial.candidate, before=kept, after=jumped))


@case(
    base="credit",
    gates=("robustness.zeros",),
    strengths=(0.3, 0.6, 1.0),
    default=1.0,
    unit="share of the way from 0 to the mean of other debts",
)
def zero_taken_for_missing(trial: Trial, strength: float, rng: np.random.Generator) -> Trial:
    """A debt of 0, which a third of people have, is taken for a missing one and filled."""

    def with_debtless(frame: pd.DataFrame) -> pd.DataFrame:
        new = frame.assign(debt=frame["debt"].mask(rng.random(len(frame)) < 0.35, 0.0))
        return new.assign(paid=(rng.random(len(new)) < expit(log_odds(new))).astype(int))

    train, other, holdout = map(with_debtless, (trial.train, trial.train, trial.holdout))
    middle = float(train["debt"][train["debt"] > 0.0].mean())

    def filled(rows: pd.DataFrame) -> pd.DataFrame:
        debt = numbers(rows, "debt")
        return rows.assign(debt=np.where(debt == 0.0, strength * middle, debt))

    return replace(
        trial,
        candidate=Spoiled(trial.fit(train), before=filled),
        baseline=trial.fit(other),
        train=train,
        holdout=holdout,
    )
