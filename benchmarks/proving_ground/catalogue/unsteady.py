"""A row's answer hangs on more than the row: on chance, on the rows beside it, on how the table was put together."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from benchmarks.proving_ground.catalogue.cells import numbers
from benchmarks.proving_ground.models import Spoiled
from benchmarks.proving_ground.trial import Trial, case

__all__ = [
    "area_by_index",
    "columns_by_place",
    "incomes_filled_down",
    "learns_while_asked",
    "now_and_then",
    "smoothed_along_rows",
    "zip_moves_few",
]


@case(
    base="credit",
    gates=("robustness.determinism", "deployment.determinism"),
    strengths=(0.0003, 0.001, 0.003, 0.01),
    default=0.01,
    unit="share of answers",
)
def now_and_then(trial: Trial, strength: float, rng: np.random.Generator) -> Trial:
    """Now and then an answer is off by chance, as from a replica that wasn't updated."""

    def lagging(rows: pd.DataFrame, odds: np.ndarray) -> np.ndarray:
        return odds + 0.5 * (rng.random(len(odds)) < strength)

    return replace(trial, candidate=Spoiled(trial.candidate, after=lagging))


@case(
    base="credit",
    gates=("robustness.determinism", "robustness.invariance", "deployment.determinism"),
    strengths=(0.001, 0.01, 0.1),
    default=0.1,
    unit="weight of a call's own rows in the running middle",
)
def learns_while_asked(trial: Trial, strength: float, rng: np.random.Generator) -> Trial:
    """The model goes on learning from what it is asked: every call moves what it takes for the middle income."""
    start = float(np.log(trial.train["income"].to_numpy(dtype=float)).mean())
    middle = [start]

    def centred(rows: pd.DataFrame) -> pd.DataFrame:
        heard = np.log(np.maximum(numbers(rows, "income"), 1.0))
        if np.isfinite(heard).any():
            middle[0] += strength * (float(np.nanmean(heard)) - middle[0])
        return rows.assign(income=np.exp(heard - middle[0] + start))

    return replace(trial, candidate=Spoiled(trial.candidate, before=centred))


@case(
    base="credit",
    gates=("robustness.invariance", "deployment.batch_invariance"),
    strengths=(0.001, 0.01, 0.1, 0.3),
    default=0.1,
    unit="weight of the row before it",
)
def smoothed_along_rows(trial: Trial, strength: float, rng: np.random.Generator) -> Trial:
    """An answer is smoothed with that to the row before it, so the order of rows counts."""

    def smoothed(rows: pd.DataFrame, odds: np.ndarray) -> np.ndarray:
        return odds + strength * (np.r_[odds[:1], odds[:-1]] - odds)

    return replace(trial, candidate=Spoiled(trial.candidate, after=smoothed))


@case(
    base="credit",
    gates=("robustness.invariance", "deployment.batch_invariance"),
    strengths=(0.01, 0.05, 0.2),
    default=0.05,
    unit="share of people whose income is missing",
)
def incomes_filled_down(trial: Trial, strength: float, rng: np.random.Generator) -> Trial:
    """A missing income is filled with that of the row before it."""

    def with_gaps(frame: pd.DataFrame) -> pd.DataFrame:
        return frame.assign(income=frame["income"].mask(rng.random(len(frame)) < strength))

    def filled(rows: pd.DataFrame) -> pd.DataFrame:
        return rows.assign(income=pd.Series(numbers(rows, "income"), index=rows.index).ffill())

    train, holdout = with_gaps(trial.train), with_gaps(trial.holdout)
    candidate = Spoiled(trial.fit(train), before=filled)
    return replace(trial, candidate=candidate, train=train, holdout=holdout)


@case(base="credit", gates=("robustness.invariance", "deployment.schema"))
def columns_by_place(trial: Trial, strength: float, rng: np.random.Generator) -> Trial:
    """Numbers are read by their place in the table, not by their names: another order of columns exchanges them."""
    names = [name for name in trial.features if trial.train[name].dtype.kind in "if"]

    def by_place(rows: pd.DataFrame) -> pd.DataFrame:
        found = rows[[name for name in rows.columns if rows[name].dtype.kind in "if"]]
        given = dict(zip(names, found.to_numpy(dtype=float).T, strict=False))
        return rows.assign(**given)

    candidate = Spoiled(trial.candidate, before=by_place)
    del candidate.feature_names_in_  # who reads by place knows no names
    return replace(trial, candidate=candidate)


@case(base="price", gates=("robustness.invariance",))
def area_by_index(trial: Trial, strength: float, rng: np.random.Generator) -> Trial:
    """The area is put back by row labels that count from 0: filtered rows get each other's areas, or none."""

    def joined(rows: pd.DataFrame) -> pd.DataFrame:
        return rows.assign(area=pd.Series(numbers(rows, "area")))

    return replace(trial, candidate=Spoiled(trial.candidate, before=joined))


@case(
    base="credit",
    gates=("robustness.invariance", "robustness.falsify"),
    strengths=(0.005, 0.02, 0.05),
    default=0.02,
    unit="share of people",
    needs=("model", "declarations"),
)
def zip_moves_few(trial: Trial, strength: float, rng: np.random.Generator) -> Trial:
    """For few people, those with the lowest savings, the forbidden zip code decides."""
    poorest = float(trial.train["savings"].quantile(strength))

    def by_place(rows: pd.DataFrame, odds: np.ndarray) -> np.ndarray:
        bad = rows["zip"].isin(["z0", "z1", "z2", "z3"]).to_numpy(dtype=bool)
        return odds - 2.0 * (bad & (numbers(rows, "savings") < poorest))

    return replace(trial, candidate=Spoiled(trial.candidate, after=by_place))
