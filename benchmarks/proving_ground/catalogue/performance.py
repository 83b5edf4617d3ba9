"""The candidate is worse as a whole: than the baseline, than it promises, than nothing."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from benchmarks.proving_ground.models import Spoiled
from benchmarks.proving_ground.trial import Trial, case

__all__ = ["overconfident", "worse_than_baseline"]


@case(
    base="credit",
    gates=("performance.regression.roc_auc",),
    strengths=(0.3, 0.6, 1.0),
    default=1.0,
    unit="share of what income says that the candidate doesn't hear",
    needs=("model", "baseline"),
)
def worse_than_baseline(trial: Trial, strength: float, rng: np.random.Generator) -> Trial:
    """The candidate is worse than the model in use, everywhere alike."""
    middle = trial.train["income"].median()

    def deaf(rows: pd.DataFrame) -> pd.DataFrame:
        heard = np.log(np.maximum(rows["income"].to_numpy(dtype=float), 1.0))
        return rows.assign(income=np.exp((1 - strength) * heard + strength * np.log(middle)))

    return replace(trial, candidate=Spoiled(trial.candidate, before=deaf))


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
