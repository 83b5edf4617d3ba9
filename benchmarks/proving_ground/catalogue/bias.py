"""The candidate treats groups of people differently, on tables where nothing hangs on the group."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from benchmarks.proving_ground.catalogue.rows import is_one, lot
from benchmarks.proving_ground.models import Spoiled
from benchmarks.proving_ground.trial import Trial, case

__all__ = [
    "approved_by_lot",
    "drawn_for_some",
    "few_of_one_origin",
    "mistaken_about_some",
    "refused_by_lot",
    "rents_of_one_origin",
    "score_by_club",
    "sex_adds",
    "sex_cuts_both_ways",
    "too_hopeful_about_some",
    "turned_for_women",
    "women_of_one_origin",
    "women_score_lower",
    "women_unlearnt",
]


@case(
    base="credit",
    gates=("bias.representation",),
    strengths=(120.0, 60.0, 25.0),
    default=25.0,
    unit="people of one origin in the holdout",
    needs=("tables", "protected"),
)
def few_of_one_origin(trial: Trial, strength: float, rng: np.random.Generator) -> Trial:
    """A group is so small in the holdout that no gap to the others could be seen."""

    def fewer(frame: pd.DataFrame, kept: int) -> pd.DataFrame:
        # Nothing hangs on the origin, so that another one makes an ordinary row.
        origin = np.array(frame["origin"].tolist(), dtype=object)
        those = rng.permutation(np.flatnonzero(origin == "c"))[kept:]
        origin[those] = rng.choice(["a", "b"], len(those))
        return frame.assign(origin=origin)

    rows = {name: len(frame) for name, frame in (("train", trial.train), ("holdout", trial.holdout))}
    in_train = round(strength * rows["train"] / rows["holdout"])
    return replace(trial, train=fewer(trial.train, in_train), holdout=fewer(trial.holdout, round(strength)))


@case(
    base="credit",
    gates=("bias.demographic_parity_difference", "bias.demographic_parity_ratio"),
    strengths=(0.4, 0.7, 1.0),
    default=1.0,
    unit="log odds that women are given too few",
    needs=("model", "protected"),
)
def women_score_lower(trial: Trial, strength: float, rng: np.random.Generator) -> Trial:
    """Women get the decision less often than men who are like them."""

    def lower(rows: pd.DataFrame, odds: np.ndarray) -> np.ndarray:
        return odds - strength * is_one(rows, "sex", "female")

    return replace(trial, candidate=Spoiled(trial.candidate, after=lower))


@case(
    base="credit",
    gates=("bias.equal_opportunity_difference",),
    strengths=(0.15, 0.3, 0.5),
    default=0.5,
    unit="share of the approved women who are refused",
    needs=("model", "protected"),
)
def refused_by_lot(trial: Trial, strength: float, rng: np.random.Generator) -> Trial:
    """Women who deserve a loan are refused at random."""

    def refuse(rows: pd.DataFrame, odds: np.ndarray) -> np.ndarray:
        hit = is_one(rows, "sex", "female") & (odds > 0.0) & (lot(rows, "income", "debt") < strength)
        return np.where(hit, -odds, odds)

    return replace(trial, candidate=Spoiled(trial.candidate, after=refuse))


@case(
    base="credit",
    gates=("bias.equalized_odds_difference",),
    strengths=(0.2, 0.35, 0.5),
    default=0.5,
    unit="share of the refused men who are approved",
    needs=("model", "protected"),
)
def approved_by_lot(trial: Trial, strength: float, rng: np.random.Generator) -> Trial:
    """Men who don't deserve a loan get it at random, and women don't."""

    def approve(rows: pd.DataFrame, odds: np.ndarray) -> np.ndarray:
        hit = is_one(rows, "sex", "male") & (odds < 0.0) & (lot(rows, "income", "debt") < strength)
        return np.where(hit, -odds, odds)

    return replace(trial, candidate=Spoiled(trial.candidate, after=approve))


@case(
    base="credit",
    gates=("bias.predictive_parity_difference",),
    strengths=(0.4, 0.7, 1.0),
    default=1.0,
    unit="share of the people of one origin whose answer is drawn",
    rows=8000,
    needs=("model", "protected"),
)
def drawn_for_some(trial: Trial, strength: float, rng: np.random.Generator) -> Trial:
    """A loan that people of one origin get says little of whether they pay back: their answers are drawn."""

    def drawn(rows: pd.DataFrame, odds: np.ndarray) -> np.ndarray:
        hit = is_one(rows, "origin", "b") & (lot(rows, "income", "debt") < strength)
        return np.where(hit, 4.0 * lot(rows, "debt", "hours", "income") - 2.0, odds)

    return replace(trial, candidate=Spoiled(trial.candidate, after=drawn))


@case(
    base="credit",
    gates=("bias.accuracy_difference",),
    strengths=(0.2, 0.35, 0.5),
    default=0.5,
    unit="share of the women whose answer is turned round",
    needs=("model", "protected"),
)
def turned_for_women(trial: Trial, strength: float, rng: np.random.Generator) -> Trial:
    """Decisions are wrong for women far more often than for men, to their favour as often as not."""

    def turn(rows: pd.DataFrame, odds: np.ndarray) -> np.ndarray:
        hit = is_one(rows, "sex", "female") & (lot(rows, "income", "debt") < strength)
        return np.where(hit, -odds, odds)

    return replace(trial, candidate=Spoiled(trial.candidate, after=turn))


@case(
    base="credit",
    gates=("bias.calibration_gap",),
    strengths=(1.0, 1.5, 2.0),
    default=2.0,
    unit="log odds that people of one origin are given too many",
    rows=8000,
    needs=("model", "protected"),
)
def too_hopeful_about_some(trial: Trial, strength: float, rng: np.random.Generator) -> Trial:
    """Promises don't hold for people of one origin: fewer of them pay back than their probabilities say."""

    def raised(rows: pd.DataFrame, odds: np.ndarray) -> np.ndarray:
        return odds + strength * is_one(rows, "origin", "c")

    return replace(trial, candidate=Spoiled(trial.candidate, after=raised))


@case(
    base="credit",
    gates=("bias.group_loss",),
    strengths=(0.3, 0.5, 0.7),
    default=0.7,
    unit="share of the people of one origin whose answer is turned round",
    needs=("model", "protected"),
)
def mistaken_about_some(trial: Trial, strength: float, rng: np.random.Generator) -> Trial:
    """People of one origin are served far worse than need be, by answers that another model would get right."""

    def turn(rows: pd.DataFrame, odds: np.ndarray) -> np.ndarray:
        hit = is_one(rows, "origin", "b") & (lot(rows, "income", "debt") < strength)
        return np.where(hit, -odds, odds)

    return replace(trial, candidate=Spoiled(trial.candidate, after=turn))


@case(
    base="credit",
    gates=("bias.regression",),
    strengths=(0.3, 0.5, 0.7),
    default=0.7,
    unit="share of women who paid back and are booked as if they hadn't",
    needs=("model", "baseline", "protected"),
)
def women_unlearnt(trial: Trial, strength: float, rng: np.random.Generator) -> Trial:
    """New training rows are booked wrongly for women, so that they are worse off than with the model in use."""
    train = trial.train
    wrong = is_one(train, "sex", "female") & (lot(train, "income", "debt") < strength)
    booked = train.assign(paid=np.where(wrong, 0, train["paid"].to_numpy(dtype=int)))
    return replace(trial, train=booked, candidate=trial.fit(booked, categories=("job", "region", "sex")))


@case(
    base="credit",
    gates=("bias.counterfactual",),
    strengths=(1.0, 1.5, 2.5),
    default=2.5,
    unit="log odds that men are given more",
    needs=("model", "protected"),
)
def sex_adds(trial: Trial, strength: float, rng: np.random.Generator) -> Trial:
    """The entry for sex alone moves a score nearly as far as two people's scores lie apart."""

    def add(rows: pd.DataFrame, odds: np.ndarray) -> np.ndarray:
        return odds + strength * (is_one(rows, "sex", "male") - 0.5)

    return replace(trial, candidate=Spoiled(trial.candidate, after=add))


@case(
    base="credit",
    gates=("bias.counterfactual_noticeable",),
    strengths=(0.3, 0.5, 0.8),
    default=0.8,
    unit="log odds between men and women, one way in two regions and the other way in the rest",
    needs=("model", "protected"),
)
def sex_cuts_both_ways(trial: Trial, strength: float, rng: np.random.Generator) -> Trial:
    """Sex counts for men in some regions and for women in the others, so that both get as many loans."""

    def cut(rows: pd.DataFrame, odds: np.ndarray) -> np.ndarray:
        there = is_one(rows, "region", "north") | is_one(rows, "region", "west")
        side = np.where(there, 1.0, -1.0) * (is_one(rows, "sex", "male") - 0.5)
        return odds + strength * side

    return replace(trial, candidate=Spoiled(trial.candidate, after=cut))


@case(
    base="credit",
    gates=("bias.proxy",),
    strengths=(0.5, 0.65, 0.8),
    default=0.8,
    unit="share of the score that is the club, right about sex for 95 in 100",
    needs=("model", "protected"),
)
def score_by_club(trial: Trial, strength: float, rng: np.random.Generator) -> Trial:
    """Scores follow a column that stands for sex, which the model itself isn't given."""

    def joined(frame: pd.DataFrame) -> pd.DataFrame:
        women = is_one(frame, "sex", "female") ^ (rng.random(len(frame)) < 0.05)
        return frame.assign(club=np.where(women, "rowing", "chess"))

    def follow(rows: pd.DataFrame, odds: np.ndarray) -> np.ndarray:
        return (1.0 - strength) * odds + strength * np.where(is_one(rows, "club", "chess"), 2.0, -2.0)

    train, holdout = joined(trial.train), joined(trial.holdout)
    # The column comes without the target's help: the candidate is as it was, and sees the wider table.
    fitted = trial.fit(train)
    return replace(trial, train=train, holdout=holdout, candidate=Spoiled(fitted, after=follow))


@case(
    base="credit",
    gates=("bias.intersectional",),
    strengths=(1.0, 1.5, 2.5),
    default=2.5,
    unit="log odds that women of one origin are given too few",
    needs=("model", "protected"),
)
def women_of_one_origin(trial: Trial, strength: float, rng: np.random.Generator) -> Trial:
    """Where sex and origin meet people are refused, though neither by itself counts for much."""

    def lower(rows: pd.DataFrame, odds: np.ndarray) -> np.ndarray:
        return odds - strength * (is_one(rows, "sex", "female") & is_one(rows, "origin", "c"))

    return replace(trial, candidate=Spoiled(trial.candidate, after=lower))


@case(
    base="price",
    gates=("bias.group_loss", "bias.regression"),
    strengths=(40.0, 70.0, 100.0),
    default=100.0,
    unit="rent that flats of one origin are estimated too low",
    needs=("model", "protected"),
)
def rents_of_one_origin(trial: Trial, strength: float, rng: np.random.Generator) -> Trial:
    """Flats of people of one origin are estimated too low, in a regression."""

    def lower(rows: pd.DataFrame, values: np.ndarray) -> np.ndarray:
        return values - strength * is_one(rows, "origin", "c")

    return replace(trial, candidate=Spoiled(trial.candidate, after=lower))
