"""The candidate's file runs code where it is loaded. All of it is harmless here."""

from __future__ import annotations

import os
import pickle
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from benchmarks.proving_ground.files import opened, saved
from benchmarks.proving_ground.trial import Trial, case

__all__ = ["calls_the_system", "evaluates_text", "hides_a_pickle"]


class _Call:
    """Pickled as a call: whoever loads it makes it."""

    def __init__(self, function: Callable[..., Any], *arguments: Any) -> None:
        self.call = (function, arguments)

    def __reduce__(self) -> tuple[Callable[..., Any], tuple[Any, ...]]:
        return self.call


def _with(trial: Trial, payload: _Call) -> Trial:
    """Hide the call among the attributes of the fitted pipeline, which works as before."""
    model = opened(trial.candidate)
    model.steps[-1][1].notes_ = payload
    return replace(trial, candidate=saved(model, "candidate.joblib"))


@case(base="credit_file", gates=("security.artifact",), needs=("file",))
def calls_the_system(trial: Trial, strength: float, rng: np.random.Generator) -> Trial:
    """Loading the model's file calls a function of the operating system."""
    return _with(trial, _Call(os.getcwd))


@case(base="credit_file", gates=("security.artifact",), needs=("file",))
def evaluates_text(trial: Trial, strength: float, rng: np.random.Generator) -> Trial:
    """Loading the model's file evaluates a text as Python."""
    return _with(trial, _Call(eval, "1 + 1"))


@case(base="credit_file", gates=("security.artifact",), needs=("file",))
def hides_a_pickle(trial: Trial, strength: float, rng: np.random.Generator) -> Trial:
    """Loading the model's file loads another pickle that lies inside of it."""
    return _with(trial, _Call(pickle.loads, pickle.dumps(_Call(os.getcwd))))
