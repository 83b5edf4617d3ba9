"""What the models of a trial answer, for tools that are given predictions in columns rather than models."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from benchmarks.proving_ground.tools.looking import features
from benchmarks.proving_ground.tools.outcome import NotCovered
from benchmarks.proving_ground.trial import Trial

__all__ = ["Answers", "answers", "loss", "positive"]


@dataclass(frozen=True, kw_only=True)
class Answers:
    """What a model answers for some rows.

    Attributes
    ----------
    labels : ndarray
        What ``predict`` returns: labels, or values in a regression.
    probabilities : ndarray or None
        Of shape (rows, classes), in the order of `classes`; None in a regression.
    classes : list
        Labels of the model; empty in a regression.
    asked : int
        Rows that the model was asked about: once for labels, once for probabilities.
    """

    labels: np.ndarray
    probabilities: np.ndarray | None
    classes: list[Any]
    asked: int


def answers(trial: Trial, model: Any, rows: pd.DataFrame) -> Answers:
    """Ask a model for all rows at once, as a user does who puts predictions beside the table."""
    if not hasattr(model, "predict"):
        raise NotCovered("it is given predictions and never looks at a model's file")
    given = rows[features(trial)]
    labels = np.asarray(model.predict(given)).reshape(-1)
    if trial.task == "regression" or not hasattr(model, "predict_proba"):
        return Answers(labels=labels, probabilities=None, classes=[], asked=len(rows))
    probabilities = np.asarray(model.predict_proba(given), dtype=float)
    classes = np.asarray(model.classes_).tolist()
    return Answers(labels=labels, probabilities=probabilities, classes=classes, asked=2 * len(rows))


def positive(trial: Trial) -> Any:
    """Return the positive label of a binary trial: as declared, else 1 or the last label in order."""
    if "positive" in trial.dataset:
        return trial.dataset["positive"]
    seen = sorted(trial.train[trial.target].unique().tolist(), key=str)
    return 1 if 1 in seen else seen[-1]


def loss(trial: Trial, said: Answers, rows: pd.DataFrame) -> np.ndarray:
    """Return each row's error: 0 or 1 for a label, squared for a value."""
    truth = rows[trial.target].to_numpy()
    if trial.task == "regression":
        return (said.labels.astype(float) - truth.astype(float)) ** 2
    return (said.labels != truth).astype(float)
