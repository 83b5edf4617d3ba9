"""How a peer is handed a trial: which columns are features, which are categories, and a model that counts its rows."""

from __future__ import annotations

import copy
import functools
from collections.abc import Callable
from typing import Any

import numpy as np
from pandas.api.types import is_bool_dtype, is_numeric_dtype

from benchmarks.proving_ground.tools.outcome import NotCovered
from benchmarks.proving_ground.trial import Trial

__all__ = ["Asked", "categories", "features", "live_candidate"]

NOT_FEATURES = ("key", "time", "cluster", "weight")


def features(trial: Trial) -> list[str]:
    """Return the columns that are features: all but the target and those that are declared to be something else."""
    other = {trial.dataset.get(role) for role in NOT_FEATURES} | set(trial.dataset.get("drop", ()))
    return [name for name in trial.features if name not in other]


def categories(trial: Trial) -> list[str]:
    """Return the features that are text, true or false, or declared to be categories."""
    declared = set(trial.dataset.get("categorical", ()))
    columns = {name: trial.train[name].dtype for name in features(trial)}
    return [
        name for name, kind in columns.items() if name in declared or is_bool_dtype(kind) or not is_numeric_dtype(kind)
    ]


def live_candidate(trial: Trial) -> Any:
    """Return the candidate where it is an object that answers; a path is nothing that these peers can open."""
    if isinstance(trial.candidate, str):
        raise NotCovered("looks at a model in memory and not at a model's file")
    return trial.candidate


class Asked:
    """How many rows a model was asked about.

    Attributes
    ----------
    rows : int
        Rows in all calls of ``predict`` and ``predict_proba``; what one of them asks of the other isn't counted again.
    """

    def __init__(self) -> None:
        self.rows = 0
        self._within = False

    def count(self, answer: Callable[..., Any]) -> Callable[..., Any]:
        """Return the function with its rows counted."""

        # Keeps the name: scikit-learn's scorers ask what a method that they were given is called.
        @functools.wraps(answer)
        def counted(rows: Any, *args: Any, **more: Any) -> Any:
            if self._within:
                return answer(rows, *args, **more)
            self.rows += np.shape(rows)[0]
            self._within = True
            try:
                return answer(rows, *args, **more)
            finally:
                self._within = False

        return counted

    def of(self, model: Any) -> Any:
        """Return a copy of the model that counts and is else the same to whoever looks at its class."""
        asked = self

        class Counting(type(model)):  # type: ignore[misc]
            def __getattribute__(self, name: str) -> Any:
                value = super().__getattribute__(name)
                return asked.count(value) if name in {"predict", "predict_proba"} else value

        Counting.__name__, Counting.__qualname__ = type(model).__name__, type(model).__qualname__
        twin = copy.copy(model)
        twin.__class__ = Counting
        return twin
