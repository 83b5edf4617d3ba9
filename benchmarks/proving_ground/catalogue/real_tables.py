"""Defects on real tables, where models are as good as they get and groups differ for many reasons."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
from scipy.special import logit
from sklearn.tree import DecisionTreeClassifier

from benchmarks.proving_ground.bases import adult, german, housing
from benchmarks.proving_ground.models import Spoiled, pipeline
from benchmarks.proving_ground.trial import Trial, case

__all__ = [
    "balanced_and_left_so",
    "not_reweighed",
    "one_coast_too_high",
    "pair_unheard",
    "pressure_in_kilopascal",
    "sex_alone",
    "sex_moves_scores",
    "shuffled_prices",
    "stand_in_for_sex",
    "tree_of_single_debtors",
    "values_of_then",
    "womens_labels_mixed_up",
]


def _mixed(share: float, other: Any) -> Callable[[pd.DataFrame, np.ndarray], np.ndarray]:
    """Mix the log odds of a second model in."""

    def mixed(rows: pd.DataFrame, odds: np.ndarray) -> np.ndarray:
        second = logit(np.clip(other.predict_proba(rows)[:, 1], 1e-6, 1 - 1e-6))
        return (1.0 - share) * odds + share * second

    return mixed


@case(
    base="adult",
    gates=("bias.counterfactual", "bias.counterfactual_noticeable"),
    strengths=(0.2, 0.5, 1.0),
    default=1.0,
    unit="share of the log odds that come from sex alone",
    needs=("model", "protected"),
)
def sex_alone(trial: Trial, strength: float, rng: np.random.Generator) -> Trial:
    """Scores come from sex alone, so that everybody is decided alike and no comparison of decisions notices."""
    alone = trial.fit(trial.train, numbers=(), categories=("sex",))
    return replace(trial, candidate=Spoiled(trial.candidate, after=_mixed(strength, alone)))


@case(
    base="adult",
    gates=("bias.counterfactual", "bias.counterfactual_noticeable"),
    strengths=(0.25, 0.5, 1.0, 2.0),
    default=1.0,
    unit="log odds that a man is above a woman who is alike",
    needs=("model", "protected"),
)
def sex_moves_scores(trial: Trial, strength: float, rng: np.random.Generator) -> Trial:
    """A good model, but the same person has better odds as a man."""

    def favoured(rows: pd.DataFrame, odds: np.ndarray) -> np.ndarray:
        men = (rows["sex"] == "Male").to_numpy(dtype=float)
        return odds + strength * (men - 0.5)

    return replace(trial, candidate=Spoiled(trial.candidate, after=favoured))


@case(
    base="adult",
    gates=("bias.proxy",),
    strengths=(0.3, 0.6, 1.0),
    default=1.0,
    unit="share of the log odds that come from relationship (husband, wife, ...) alone",
    needs=("model", "protected"),
)
def stand_in_for_sex(trial: Trial, strength: float, rng: np.random.Generator) -> Trial:
    """The model isn't given sex and answers by its stand-in, the relationship to the head of the household."""
    alone = trial.fit(trial.train, numbers=(), categories=("relationship",))
    return replace(trial, candidate=Spoiled(trial.candidate, after=_mixed(strength, alone)))


@case(
    base="adult",
    gates=("performance.weak_slices", "performance.miscalibrated_slices", "performance.regression_by_slice"),
    strengths=(0.5, 1.0, 2.0),
    default=2.0,
    unit="log odds that people of the slice get too little",
)
def pair_unheard(trial: Trial, strength: float, rng: np.random.Generator) -> Trial:
    """Married people with a bachelor's degree or more are rated far too low, a pair of conditions."""

    def lowered(rows: pd.DataFrame, odds: np.ndarray) -> np.ndarray:
        married = rows["marital_status"] == "Married-civ-spouse"
        learned = rows["education_num"].to_numpy(dtype=float) >= 13
        return odds - strength * (married.to_numpy(dtype=bool) & learned)

    return replace(trial, candidate=Spoiled(trial.candidate, after=lowered))


@case(
    base="adult",
    gates=("bias.group_loss", "bias.calibration_gap", "bias.regression", "bias.counterfactual"),
    strengths=(0.1, 0.25, 0.4, 0.5),
    default=0.4,
    unit="share of the women whose label was turned round in training",
    needs=("model", "protected"),
)
def womens_labels_mixed_up(trial: Trial, strength: float, rng: np.random.Generator) -> Trial:
    """Labels of many women were turned round in training: the model is wrong about women and right about men."""
    women = (trial.train["sex"] == "Female").to_numpy(dtype=bool)
    turned = women & (rng.random(len(women)) < strength)
    label = trial.train[trial.target].to_numpy(dtype=np.int64)
    wrong = trial.train.assign(**{trial.target: np.where(turned, 1 - label, label)})
    candidate = trial.fit(wrong, categories=(*adult.CATEGORIES, "sex"))
    return replace(trial, candidate=candidate)


@case(
    base="adult_reweighed",
    gates=("bias.calibration_gap", "bias.group_loss", "bias.regression", "performance.miscalibrated_slices"),
    strengths=(0.25, 0.5, 1.0),
    default=1.0,
    unit="how much of the weights was left out (a power of them)",
    rows=8000,
    needs=("model", "protected"),
)
def not_reweighed(trial: Trial, strength: float, rng: np.random.Generator) -> Trial:
    """The model learnt from a table that lost most women who earn less, and promises women too much."""
    return replace(trial, candidate=trial.fit(trial.train, weighted=1.0 - strength))


@case(
    base="german",
    gates=("performance.overconfidence", "performance.calibration", "performance.regression.roc_auc"),
    strengths=(3.0, 5.0, 20.0),
    default=20.0,
    unit="levels that the tree may grow",
    rows=400,
)
def tree_of_single_debtors(trial: Trial, strength: float, rng: np.random.Generator) -> Trial:
    """A decision tree that was never pruned knows its debtors by heart and is sure about all others."""
    tree = DecisionTreeClassifier(max_depth=int(strength), random_state=0)
    model = pipeline(tree, german.NUMBERS, german.CATEGORIES, scale=False)
    return replace(trial, candidate=model.fit(trial.train.drop(columns=trial.target), trial.train[trial.target]))


@case(
    base="housing",
    gates=("performance.regression.r2",),
    strengths=(0.05, 0.1, 0.2),
    default=0.1,
    unit="share of the price that the candidate doesn't know of",
    needs=("model", "baseline"),
)
def values_of_then(trial: Trial, strength: float, rng: np.random.Generator) -> Trial:
    """A stale model: prices have risen since it was fitted, and the model in use knows."""
    return replace(trial, candidate=Spoiled(trial.candidate, after=lambda rows, values: values * (1.0 - strength)))


@case(
    base="housing",
    gates=("performance.weak_slices", "performance.regression_by_slice"),
    strengths=(0.1, 0.2, 0.4),
    default=0.4,
    unit="share that values on the coast are too high",
)
def one_coast_too_high(trial: Trial, strength: float, rng: np.random.Generator) -> Trial:
    """Values of one region, the blocks near the ocean, are far too high."""

    def raised(rows: pd.DataFrame, values: np.ndarray) -> np.ndarray:
        coast = (rows["ocean_proximity"] == "NEAR OCEAN").to_numpy(dtype=bool)
        return values * np.where(coast, 1.0 + strength, 1.0)

    return replace(trial, candidate=Spoiled(trial.candidate, after=raised))


@case(
    base="housing",
    gates=("performance.better_than_trivial", "performance.regression.r2"),
    strengths=(0.3, 0.6, 1.0),
    default=1.0,
    unit="share of the blocks that were trained on another block's value",
)
def shuffled_prices(trial: Trial, strength: float, rng: np.random.Generator) -> Trial:
    """The target was joined to the wrong rows in training."""
    values = trial.train[housing.TARGET].to_numpy(dtype=float, copy=True)
    moved = np.flatnonzero(rng.random(len(values)) < strength)
    values[moved] = values[rng.permutation(moved)]
    return replace(trial, candidate=trial.fit(trial.train.assign(**{housing.TARGET: values})))


@case(
    base="visits",
    gates=("performance.calibration", "performance.overconfidence"),
    strengths=(0.25, 0.5, 1.0),
    default=1.0,
    unit="share of the way from the true odds to half and half",
    rows=1200,
)
def balanced_and_left_so(trial: Trial, strength: float, rng: np.random.Generator) -> Trial:
    """Frequent patients were drawn more often in training, and promises were never put right."""
    frequent = trial.train[trial.target].mean()
    shift = -strength * logit(frequent)
    return replace(trial, candidate=Spoiled(trial.candidate, after=lambda rows, odds: odds + shift))


@case(
    base="diabetes",
    gates=("performance.regression.r2", "performance.better_than_trivial"),
    strengths=(0.2, 0.5, 1.0),
    default=0.5,
    unit="share of the patients whose blood pressure comes in kPa",
    rows=221,
    needs=("model", "baseline"),
)
def pressure_in_kilopascal(trial: Trial, strength: float, rng: np.random.Generator) -> Trial:
    """Some clinics send the blood pressure in kPa, and the service takes it for mmHg."""

    def sent(rows: pd.DataFrame) -> pd.DataFrame:
        # No column names the clinic; the last digit of the cholesterol hangs on nothing and shares patients out.
        theirs = rows["s1"].to_numpy(dtype=float) % 10 < 10 * strength
        return rows.assign(bp=rows["bp"].to_numpy(dtype=float) * np.where(theirs, 0.133322, 1.0))

    return replace(trial, candidate=Spoiled(trial.candidate, before=sent))
