"""The candidate answers well and can't be relied on where it is deployed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from importlib import metadata
from typing import Any
from unittest import mock

import numpy as np

from benchmarks.proving_ground import serving
from benchmarks.proving_ground.bases.credit_file import SUITES
from benchmarks.proving_ground.files import opened, place, saved
from benchmarks.proving_ground.trial import Trial, case

__all__ = [
    "answers_by_batch",
    "answers_by_chance",
    "answers_by_interpreter",
    "answers_nan_to_gaps",
    "can_not_be_saved_again",
    "connects_while_answering",
    "dies_of_a_text",
    "drops_rows_with_gaps",
    "fills_missing_columns",
    "forgets_when_saved",
    "keeps_rows_of_other_threads",
    "made_with_older_library",
    "mixes_up_columns",
    "refuses_without_a_reason",
    "requires_other_libraries",
    "service_runs_another_model",
    "slow_for_each_call",
    "starts_programs",
    "writes_a_log",
]

_SHARES: Mapping[str, Any] = {"strengths": (0.001, 0.01, 0.1), "default": 0.01}
_DIFFERENCE = "difference of versions: 2 minor, 3 major"


def _around(trial: Trial, kind: type[serving.Around], strength: float = 1.0) -> Trial:
    return replace(trial, candidate=kind(trial.candidate, strength))


def _file_around(trial: Trial, kind: type[serving.Around], strength: float = 1.0) -> Trial:
    """Save the candidate with something around it that its configuration trusts."""
    trusted = [f"{serving.__name__}.{kind.__name__}"]
    return replace(
        trial,
        candidate=saved(kind(opened(trial.candidate), strength), "candidate.joblib"),
        options={**trial.options, "candidate": {"trusted": trusted}},
    )


@case(
    base="credit_file",
    gates=("deployment.environment",),
    strengths=(2.0, 3.0),
    default=3.0,
    unit=_DIFFERENCE,
    needs=("file",),
)
def made_with_older_library(trial: Trial, strength: float, rng: np.random.Generator) -> Trial:
    """The model's file was made with another version of scikit-learn than the one that will load it."""
    model = opened(trial.candidate)
    with mock.patch("sklearn.base.__version__", _older("scikit-learn", strength)):
        return replace(trial, candidate=saved(model, "candidate.joblib"))


@case(
    base="credit_file",
    gates=("deployment.environment",),
    strengths=(2.0, 3.0),
    default=3.0,
    unit=_DIFFERENCE,
    needs=("file", "declarations"),
)
def requires_other_libraries(trial: Trial, strength: float, rng: np.random.Generator) -> Trial:
    """The requirements that the model is deployed with name another numpy than the one it was tested with."""
    path = place("requirements.txt")
    path.write_text(f"numpy=={_older('numpy', strength)}\nscipy\n", encoding="utf-8")
    return replace(trial, options={**trial.options, "candidate": {"requirements": str(path)}})


def _older(library: str, strength: float) -> str:
    major, minor = map(int, metadata.version(library).split(".")[:2])
    return f"{major}.{minor - 1 if minor else 1}.0" if strength < 3 else f"{major - 1}.{minor}.0"


@case(
    base="credit",
    gates=("deployment.determinism",),
    unit="share of rows that a coin is thrown for",
    **_SHARES,
)
def answers_by_chance(trial: Trial, strength: float, rng: np.random.Generator) -> Trial:
    """The candidate answers some rows otherwise whenever it is asked."""
    return _around(trial, serving.ByChance, strength)


@case(
    base="credit_file",
    gates=("deployment.determinism",),
    strengths=(0.001, 0.05, 0.3),
    default=0.05,
    unit="largest shift of the log odds",
    needs=("file", "declarations"),
)
def answers_by_interpreter(trial: Trial, strength: float, rng: np.random.Generator) -> Trial:
    """The candidate's answers hang on the hashes of texts, which are others in each new process."""
    return _file_around(trial, serving.ByHash, strength)


@case(
    base="credit",
    gates=("deployment.batch_invariance",),
    strengths=(0.01, 0.1, 1.0),
    default=0.1,
    unit="share of the batch's mean log odds that is taken off",
)
def answers_by_batch(trial: Trial, strength: float, rng: np.random.Generator) -> Trial:
    """A row's answer hangs on which other rows are asked about with it."""
    return _around(trial, serving.ByBatch, strength)


@case(
    base="credit_file",
    gates=("deployment.roundtrip",),
    strengths=(0.001, 0.05, 0.3),
    default=0.05,
    unit="shift of the log odds that is left out of the file",
    needs=("file", "declarations"),
)
def forgets_when_saved(trial: Trial, strength: float, rng: np.random.Generator) -> Trial:
    """Saved and loaded once more, the candidate answers otherwise."""
    return _file_around(trial, serving.ForgetsAPart, strength)


@case(base="credit_file", gates=("deployment.roundtrip",), needs=("file", "declarations"))
def can_not_be_saved_again(trial: Trial, strength: float, rng: np.random.Generator) -> Trial:
    """The candidate can be loaded, and never be saved again."""
    return _file_around(trial, serving.HoldsALock)


@case(
    base="credit",
    gates=("deployment.thread_safety",),
    strengths=(0.1, 1.0, 5.0),
    default=1.0,
    unit="milliseconds between keeping the rows and reading them",
)
def keeps_rows_of_other_threads(trial: Trial, strength: float, rng: np.random.Generator) -> Trial:
    """Two requests at a time get each other's answers."""
    return _around(trial, serving.KeepsRows, strength)


@case(base="credit", gates=("deployment.side_effects",), unit="share of rows that are written down", **_SHARES)
def writes_a_log(trial: Trial, strength: float, rng: np.random.Generator) -> Trial:
    """The candidate writes some of the rows that it is asked about to a file."""
    return _around(trial, serving.Writes, strength)


@case(base="credit", gates=("deployment.side_effects",), unit="share of rows that somebody is told of", **_SHARES)
def connects_while_answering(trial: Trial, strength: float, rng: np.random.Generator) -> Trial:
    """The candidate uses the network while it answers."""
    return _around(trial, serving.Connects, strength)


@case(base="credit", gates=("deployment.side_effects",), unit="share of rows that a program is started for", **_SHARES)
def starts_programs(trial: Trial, strength: float, rng: np.random.Generator) -> Trial:
    """The candidate starts a program while it answers."""
    return _around(trial, serving.Starts, strength)


@case(base="credit", gates=("deployment.schema",))
def mixes_up_columns(trial: Trial, strength: float, rng: np.random.Generator) -> Trial:
    """Columns in another order are taken for each other without a word."""
    known = trial.train[list(trial.candidate.feature_names_in_)]
    return replace(trial, candidate=serving.ByPosition(trial.candidate, strength, known))


@case(base="credit", gates=("deployment.schema",))
def drops_rows_with_gaps(trial: Trial, strength: float, rng: np.random.Generator) -> Trial:
    """A request with empty entries gets fewer answers than it has rows."""
    return _around(trial, serving.DropsGaps)


@case(base="credit_file", gates=("deployment.schema",), needs=("file", "declarations"))
def dies_of_a_text(trial: Trial, strength: float, rng: np.random.Generator) -> Trial:
    """A request with a text for a number ends the candidate's process."""
    return _file_around(trial, serving.DiesOnText)


@case(base="credit", gates=("deployment.schema_messages",))
def fills_missing_columns(trial: Trial, strength: float, rng: np.random.Generator) -> Trial:
    """A request that leaves out a column gets another answer without a word."""
    return _around(trial, serving.FillsColumns)


@case(base="credit", gates=("deployment.schema_messages",))
def refuses_without_a_reason(trial: Trial, strength: float, rng: np.random.Generator) -> Trial:
    """A wrong request is refused and nobody learns what was wrong with it."""
    return _around(trial, serving.SaysNothing)


@case(base="credit", gates=("deployment.schema_messages",))
def answers_nan_to_gaps(trial: Trial, strength: float, rng: np.random.Generator) -> Trial:
    """Rows with an empty entry are answered with no number."""
    return _around(trial, serving.NaNOnGaps)


@case(
    base="credit",
    gates=("deployment.latency_ratio",),
    strengths=(2.0, 3.0, 5.0),
    default=3.0,
    unit="times as long as the baseline",
    needs=("model", "baseline"),
)
def slow_for_each_call(trial: Trial, strength: float, rng: np.random.Generator) -> Trial:
    """The candidate takes much longer than the model in use."""
    slow = _around(trial, serving.WorksMore, strength)
    return replace(slow, options={**trial.options, "suites": SUITES})


@case(
    base="credit_file",
    gates=("deployment.parity",),
    strengths=(0.01, 0.1, 0.5),
    default=0.1,
    unit="share of the training rows that the served model never saw",
    needs=("file", "declarations"),
)
def service_runs_another_model(trial: Trial, strength: float, rng: np.random.Generator) -> Trial:
    """What is served is an older model than the one that was looked at."""
    older = trial.fit(trial.train.iloc[: round((1.0 - strength) * len(trial.train))])
    return replace(trial, options={**trial.options, "candidate": {"served": saved(older, "served.joblib")}})
