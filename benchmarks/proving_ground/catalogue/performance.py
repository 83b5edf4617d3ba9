"""The candidate is worse as a whole: than the baseline, than it promises, than nothing."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
from sklearn.tree import DecisionTreeClassifier

from benchmarks.proving_ground.bases import credit
from benchmarks.proving_ground.models import Spoiled, pipeline
from benchmarks.proving_ground.trial import Trial, case

__all__ = [
    "learned_nothing",
    "learned_nothing_of_values",
    "overconfident",
    "overfit",
    "underconfident",
    "worse_than_baseline",
    "worse_values_than_baseline",
]


def _deaf(trial: Trial, column: str, strength: float) -> Trial:
    """Let the candidate hear a column of positive numbers only in part, on the scale of its logarithm."""
    middle = float(np.log(trial.train[column].median()))

    def before(rows: pd.DataFrame) -> pd.DataFrame:
        heard = np.log(np.maximum(rows[column].to_numpy(dtype=float), 1e-3))
        return rows.assign(**{column: np.exp((1.0 - strength) * heard + strength * middle)})

    return replace(trial, candidate=Spoiled(trial.candidate, before=before))


@case(
    base="credit",
    gates=("performance.regression.roc_auc",),
    strengths=(0.3, 0.6, 1.0),
    default=1.0,
    unit="share of what the income says that the candidate doesn't hear; 1 costs 0.08 of ROC AUC",
    needs=("model", "baseline"),
)
def worse_than_baseline(trial: Trial, strength: float, rng: np.random.Generator) -> Trial:
    """The candidate is worse than the model in use, everywhere alike."""
    return _deaf(trial, "income", strength)


@case(
    base="price",
    gates=("performance.regression.r2",),
    strengths=(0.2, 0.3, 0.5),
    default=0.3,
    unit="share of what the area says that the candidate doesn't hear",
    needs=("model", "baseline"),
)
def worse_values_than_baseline(trial: Trial, strength: float, rng: np.random.Generator) -> Trial:
    """The candidate's values are worse than those of the model in use, everywhere alike."""
    return _deaf(trial, "area", strength)


@case(
    base="credit",
    gates=("performance.better_than_trivial",),
    strengths=(0.9, 1.0),
    default=1.0,
    unit="share of training labels dealt out by chance",
)
def learned_nothing(trial: Trial, strength: float, rng: np.random.Generator) -> Trial:
    """The labels were mixed up before training, so the candidate learned nothing."""
    return _from_mixed_labels(trial, strength, rng)


@case(
    base="price",
    gates=("performance.better_than_trivial",),
    strengths=(0.9, 1.0),
    default=1.0,
    unit="share of training values dealt out by chance",
)
def learned_nothing_of_values(trial: Trial, strength: float, rng: np.random.Generator) -> Trial:
    """The values were mixed up before training, so the candidate learned nothing."""
    return _from_mixed_labels(trial, strength, rng)


def _from_mixed_labels(trial: Trial, strength: float, rng: np.random.Generator) -> Trial:
    truth = trial.train[trial.target].to_numpy()
    mixed = np.where(rng.random(len(truth)) < strength, rng.permutation(truth), truth)
    return replace(trial, candidate=trial.fit(trial.train.assign(**{trial.target: mixed})))


@case(
    base="credit",
    gates=("performance.regression.roc_auc", "performance.overconfidence", "performance.calibration"),
    strengths=(16.0, 4.0, 1.0),
    default=1.0,
    unit="rows in the smallest leaf of an unpruned tree",
)
def overfit(trial: Trial, strength: float, rng: np.random.Generator) -> Trial:
    """A tree that knows its training rows by heart and promises certainty."""
    tree = DecisionTreeClassifier(min_samples_leaf=int(strength), random_state=0)
    model = pipeline(tree, credit.NUMBERS, credit.CATEGORIES, scale=False)
    return replace(trial, candidate=model.fit(trial.train.drop(columns=trial.target), trial.train[trial.target]))


@case(
    base="credit",
    gates=("performance.overconfidence", "performance.calibration"),
    strengths=(1.5, 2.0, 3.0),
    default=2.0,
    unit="factor on the log odds",
)
def overconfident(trial: Trial, strength: float, rng: np.random.Generator) -> Trial:
    """Probabilities are more extreme than what comes true."""
    return replace(trial, candidate=Spoiled(trial.candidate, after=lambda rows, odds: strength * odds))


@case(
    base="credit",
    gates=("performance.calibration",),
    strengths=(0.67, 0.5, 0.33),
    default=0.33,
    unit="factor on the log odds",
)
def underconfident(trial: Trial, strength: float, rng: np.random.Generator) -> Trial:
    """Probabilities are nearer to one half than what comes true."""
    return replace(trial, candidate=Spoiled(trial.candidate, after=lambda rows, odds: strength * odds))
