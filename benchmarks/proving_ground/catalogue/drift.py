"""The world moved after training: what comes in, what is true, or how the one follows from the other.

A model may go on being right while its inputs move, so these are no defects of the candidate by themselves.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from scipy.special import expit

from benchmarks.proving_ground.bases import credit
from benchmarks.proving_ground.trial import Trial, case

__all__ = ["category_drift", "concept_drift", "joint_drift", "label_drift", "mean_drift", "variance_drift"]


def _true_again(trial: Trial, rng: np.random.Generator, **columns: np.ndarray) -> Trial:
    """Change columns of the holdout and draw what then comes true."""
    holdout = trial.holdout.assign(**columns)
    paid = (rng.random(len(holdout)) < expit(credit.log_odds(holdout))).astype(int)
    return replace(trial, holdout=holdout.assign(paid=paid))


@case(
    base="credit",
    gates=(),
    strengths=(0.1, 0.25, 0.5),
    default=0.25,
    unit="standard deviations by which savings grew",
    needs=("tables",),
)
def mean_drift(trial: Trial, strength: float, rng: np.random.Generator) -> Trial:
    """One number grew on average since training."""
    return _true_again(trial, rng, savings=trial.holdout["savings"].to_numpy() + 3.0 * strength)


@case(
    base="credit",
    gates=(),
    strengths=(1.2, 1.5, 2.0),
    default=1.5,
    unit="factor on the standard deviation of hours",
    needs=("tables",),
)
def variance_drift(trial: Trial, strength: float, rng: np.random.Generator) -> Trial:
    """One number spreads wider since training, around the same mean."""
    return _true_again(trial, rng, hours=(38.0 + strength * (trial.holdout["hours"].to_numpy() - 38.0)).round(1))


@case(
    base="credit",
    gates=(),
    strengths=(0.1, 0.2, 0.4),
    default=0.2,
    unit="share of people who moved to the west",
    needs=("tables",),
)
def category_drift(trial: Trial, strength: float, rng: np.random.Generator) -> Trial:
    """One category became more frequent since training."""
    moved = rng.random(len(trial.holdout)) < strength
    return _true_again(trial, rng, region=np.where(moved, "west", trial.holdout["region"].to_numpy(dtype=object)))


@case(
    base="credit",
    gates=(),
    strengths=(0.5, 0.7, 0.9),
    default=0.7,
    unit="rank correlation of hours and savings, which were independent",
    needs=("tables",),
)
def joint_drift(trial: Trial, strength: float, rng: np.random.Generator) -> Trial:
    """Two numbers go together since training; each alone is distributed as before."""
    hours = trial.holdout["hours"].to_numpy()
    wish = strength * (hours - hours.mean()) / hours.std() + np.sqrt(1 - strength**2) * rng.normal(size=len(hours))
    savings = np.sort(trial.holdout["savings"].to_numpy())[np.argsort(np.argsort(wish))]
    return _true_again(trial, rng, savings=savings)


@case(
    base="credit",
    gates=("performance.calibration",),
    strengths=(0.5, 1.0, 1.5),
    default=1.0,
    unit="log odds by which fewer people pay back",
    needs=("model", "tables"),
)
def label_drift(trial: Trial, strength: float, rng: np.random.Generator) -> Trial:
    """The positive label became rarer since training, alike for everyone."""
    paid = (rng.random(len(trial.holdout)) < expit(credit.log_odds(trial.holdout) - strength)).astype(int)
    return replace(trial, holdout=trial.holdout.assign(paid=paid))


@case(
    base="credit",
    gates=("explainability.shift", "performance.calibration", "performance.overconfidence"),
    strengths=(0.5, 1.0, 1.5),
    default=1.0,
    unit="share of what the income said that it says no more",
    needs=("model", "tables"),
)
def concept_drift(trial: Trial, strength: float, rng: np.random.Generator) -> Trial:
    """What income said about paying back in training it says no more."""
    income = (np.log(trial.holdout["income"].to_numpy()) - 7.8) / 0.5
    odds = credit.log_odds(trial.holdout) - 1.1 * strength * income
    return replace(trial, holdout=trial.holdout.assign(paid=(rng.random(len(odds)) < expit(odds)).astype(int)))
