"""How a peer is handed a trial: which columns are features, which of them are categories, and the model."""

from __future__ import annotations

from typing import Any

from pandas.api.types import is_bool_dtype, is_numeric_dtype

from benchmarks.proving_ground.tools.outcome import NotCovered
from benchmarks.proving_ground.trial import Trial

__all__ = ["categories", "features", "live_candidate"]

NOT_FEATURES = ("key", "time", "cluster", "weight")


def features(trial: Trial) -> list[str]:
    """Return the columns that are features: all but the target and those that are declared to be something else."""
    other = {trial.dataset.get(role) for role in NOT_FEATURES} | set(trial.dataset.get("drop", ()))
    return [name for name in trial.features if name not in other]


def categories(trial: Trial) -> list[str]:
    """Return the features that are declared to be categories, are true or false, or hold texts that come again."""
    declared = set(trial.dataset.get("categorical", ()))
    chosen = []
    for name in features(trial):
        column = trial.train[name]
        texts = not is_numeric_dtype(column.dtype) and column.nunique() <= len(column) / 2
        if name in declared or is_bool_dtype(column.dtype) or texts:
            chosen.append(name)
    return chosen


def live_candidate(trial: Trial) -> Any:
    """Return the candidate where it is an object that answers; a path is nothing that these peers can open."""
    if isinstance(trial.candidate, str):
        raise NotCovered("looks at a model in memory and not at a model's file")
    return trial.candidate
