"""One piece of work of one tool in its own environment, timed without imports, drawing and fitting: a process each."""

from __future__ import annotations

import contextlib
import importlib
import io
import json
import logging
import resource
import sys
import time
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from scipy.special import expit
from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor
from sklearn.linear_model import LogisticRegression, Ridge

from benchmarks.proving_ground.models import pipeline
from benchmarks.proving_ground.tools.answers import answers
from benchmarks.proving_ground.tools.looking import categories, features
from benchmarks.proving_ground.trial import Trial

__all__ = ["ADAPTERS", "MODELS", "draw", "main", "page", "work"]

ADAPTERS = {
    "modelcheck": "modelcheck_scan",
    "giskard": "giskard_scan",
    "deepchecks": "deepchecks_suite",
    "evidently": "evidently_presets",
}
MODELS = ("forest", "linear")

_NUMBERS = tuple(f"n{place}" for place in range(10))
_LEVELS = {"sex": 2, "region": 4, "job": 5, "school": 6}
_FIT_ON = 10_000


def draw(rows: int, model: str, task: str) -> Trial:
    """Draw as many rows for training as for the holdout, 10 numbers and 4 categories, and fit the model.

    A forest has 100 trees with at least 5 rows in a leaf, the linear one is a logistic or ridge regression; both are
    pipelines with one-hot categories, fitted on the first 10,000 training rows.
    """
    rng = np.random.default_rng([rows, 14])
    train, holdout = (_table(rng, rows, task) for _ in range(2))
    if model == "forest":
        kind = RandomForestRegressor if task == "regression" else RandomForestClassifier
        estimator = kind(100, min_samples_leaf=5, random_state=0, n_jobs=1)
    else:
        estimator = Ridge() if task == "regression" else LogisticRegression(max_iter=1000)

    def fit(table: pd.DataFrame) -> Any:
        fresh = pipeline(estimator, _NUMBERS, tuple(_LEVELS), scale=model == "linear")
        return fresh.fit(table.drop(columns="target"), table["target"])

    return Trial(
        candidate=fit(train.head(_FIT_ON)),
        baseline=None,
        fit=fit,
        train=train,
        holdout=holdout,
        target="target",
        task=task,
        protected=("sex",),
    )


def _table(rng: np.random.Generator, rows: int, task: str) -> pd.DataFrame:
    numbers = rng.normal(size=(rows, len(_NUMBERS)))
    numbers[:, 5:] = np.exp(0.5 * numbers[:, 5:])
    codes = {name: rng.integers(0, levels, rows) for name, levels in _LEVELS.items()}
    score = numbers[:, :3] @ [1.2, -0.9, 0.6] + 0.8 * (numbers[:, 5] - 1.1) * (numbers[:, 0] > 0) - 0.3 * numbers[:, 6]
    score = score + 0.4 * (codes["job"] - 2.0) - 0.3 * (codes["region"] == 1)
    target = score + rng.normal(size=rows) if task == "regression" else (rng.random(rows) < expit(score)).astype(int)
    texts = {name: np.array([f"{name}{level}" for level in range(_LEVELS[name])])[code] for name, code in codes.items()}
    return pd.DataFrame({**dict(zip(_NUMBERS, numbers.round(3).T, strict=True)), **texts, "target": target})


def work(tool: str, what: str, trial: Trial) -> Any:
    """Let a tool do its ``default scan``, or the ``common work``: performance and groups, as far as it has them."""
    return {"modelcheck": _modelcheck, "giskard": _giskard, "deepchecks": _deepchecks, "evidently": _evidently}[tool](
        trial, what == "common work"
    )


def _modelcheck(trial: Trial, common: bool) -> Any:
    import modelcheck

    return modelcheck.scan(
        trial.candidate,
        trial.holdout,
        target=trial.target,
        reference=trial.train,
        task=trial.task,
        protected=trial.protected,
        progress=False,
        suites=("performance", "bias") if common else (),
    )


def _giskard(trial: Trial, common: bool) -> Any:
    import giskard

    chosen, numeric = features(trial), trial.task == "regression"
    table = giskard.Dataset(trial.holdout, target=trial.target, cat_columns=categories(trial))
    more = {} if numeric else {"classification_labels": trial.candidate.classes_.tolist()}
    model = giskard.Model(
        trial.candidate.predict if numeric else trial.candidate.predict_proba,
        model_type="regression" if numeric else "classification",
        feature_names=chosen,
        **more,
    )
    return giskard.scan(model, table, verbose=False, only=["performance", "ethical_bias"] if common else None)


def _deepchecks(trial: Trial, common: bool) -> Any:
    from deepchecks.tabular import Dataset
    from deepchecks.tabular.suites import full_suite, model_evaluation

    train, holdout = (
        Dataset(rows, label=trial.target, cat_features=categories(trial), label_type=trial.task)
        for rows in (trial.train, trial.holdout)
    )
    suite = model_evaluation() if common else full_suite()
    return suite.run(train_dataset=train, test_dataset=holdout, model=trial.candidate)


def _evidently(trial: Trial, common: bool) -> Any:
    from evidently import Report

    from benchmarks.proving_ground.tools.evidently_presets import dataset, presets

    now, before = (dataset(trial, rows, answers(trial, trial.candidate, rows)) for rows in (trial.holdout, trial.train))
    chosen = presets(trial.task)[1:2] if common else presets(trial.task)
    return Report(chosen, include_tests=True).run(now, before)


def page(tool: str, result: Any, folder: Path) -> Path:
    """Write the tool's page of a result into a folder."""
    path = folder / "page.html"
    if tool == "modelcheck":
        return Path(result.write(folder))
    if tool == "giskard":
        result.to_html(str(path))
    elif tool == "deepchecks":
        result.save_as_html(str(path))
    else:
        result.save_html(str(path))
    return path


class _Errors(logging.Handler):
    """Counts what Giskard only logs: detectors that raise."""

    count = 0

    def emit(self, record: logging.LogRecord) -> None:
        """Count it."""
        self.count += 1


def _broken(tool: str, result: Any) -> int:
    """Return how many checks ended in an error, since work that isn't done is cheap."""
    if tool == "modelcheck":
        return sum(str(gate.verdict) == "error" for gate in result.record.gates)
    if tool == "deepchecks":
        from deepchecks.core import CheckFailure
        from deepchecks.core.errors import DeepchecksBaseError

        failures = [one.exception for one in result.results if isinstance(one, CheckFailure)]
        return sum(not isinstance(one, DeepchecksBaseError) for one in failures)
    return 0


class _Clock:
    """Seconds since it was made: of this process and of what it has waited for, and on the wall."""

    def __init__(self) -> None:
        self._began = self._now(), time.perf_counter()

    @staticmethod
    def _now() -> float:
        used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
        return sum(one.ru_utime + one.ru_stime for one in used)

    def read(self) -> dict[str, float]:
        """Return both, rounded."""
        cpu, wall = self._began
        return {"cpu_s": round(self._now() - cpu, 2), "wall_s": round(time.perf_counter() - wall, 2)}


def main(tool: str, what: str, rows: str, model: str, task: str, folder: str) -> None:
    """Do the work and print what it took as one line of JSON, and what writing its page took if a folder is named."""
    warnings.simplefilter("ignore")
    logging.disable(logging.WARNING)
    errors = _Errors(logging.ERROR)
    logging.getLogger("giskard.scanner.logger").addHandler(errors)
    said: dict[str, Any] = {}
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        for name in importlib.import_module(f"{__package__}.{ADAPTERS[tool]}").PRELOAD:
            importlib.import_module(name)
        trial = draw(int(rows), model, task)
        clock = _Clock()
        result = work(tool, what, trial)
        said |= clock.read() | {"broken": _broken(tool, result) + errors.count}
        if folder:
            clock = _Clock()
            written = page(tool, result, Path(folder))
            said["page"] = clock.read() | {"kb": round(written.stat().st_size / 1000)}
    print(json.dumps(said))


if __name__ == "__main__":
    main(*sys.argv[1:])
