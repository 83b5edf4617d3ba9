"""Evidently, by its presets with the tests that they bring along.

The report is the documented one: training rows as reference, holdout as current rows, the candidate's predictions and
probabilities in columns of both, column types declared, every limit the preset's own. Where there is a model in use, a
second report compares the two on the holdout, with the model in use as reference: its only way to say "worse than".

A finding is a test that fails, named by metric and column. Left out is that holdout and training rows differ in number
(`RowCount`), since that is true of the trial. A metric that raises ends the report: that counts as a crash.
"""

from __future__ import annotations

import os
import warnings
from typing import Any

import pandas as pd
from pandas.api.types import is_numeric_dtype

from benchmarks.proving_ground.tools.answers import Answers, answers, positive
from benchmarks.proving_ground.tools.looking import categories, features
from benchmarks.proving_ground.tools.meaning import Meaning
from benchmarks.proving_ground.tools.outcome import Said
from benchmarks.proving_ground.trial import Trial

__all__ = ["MEANING", "NAME", "PACKAGES", "PRELOAD", "dataset", "examine", "presets", "right"]

NAME = "evidently"
PACKAGES = ("evidently", "numpy", "pandas", "scikit-learn", "scipy", "plotly")
PRELOAD = ("evidently", "evidently.presets", "sklearn.ensemble", "sklearn.linear_model")

os.environ["DO_NOT_TRACK"] = "1"  # its switch against telemetry; it is read when something is sent

_QUALITY = (
    *("Accuracy", "Precision", "Recall", "F1Score", "TPR", "TNR", "FPR", "FNR", "RocAuc", "LogLoss"),
    *("F1ByLabel", "PrecisionByLabel", "RecallByLabel", "RocAucByLabel"),
    *("MAE", "MeanError", "MAPE", "RMSE", "R2Score", "AbsMaxError"),
)
_THAN_BASELINE = tuple(f"baseline.{name}" for name in _QUALITY)
_ONE_TABLE = "the presets judge the whole table and no slices of it"
_NO_RELATION = "the presets don't relate columns to the target"


def _moved(column: str) -> tuple[str, ...]:
    # Smallest and largest values fail between any two samples, so they never say that a column moved.
    return tuple(f"{metric}: {column}" for metric in ("ValueDrift", "MeanValue", "StdValue", "QuantileValue"))


MEANING = Meaning(
    by_gate={
        # Quality that moved away from that on the training rows is all that the presets say of a model by itself.
        "performance": _QUALITY,
        "performance.regression": _THAN_BASELINE,
        # The log loss grows with false promises, and so may it against the model in use.
        "performance.calibration": ("LogLoss", "baseline.LogLoss"),
        "performance.overconfidence": ("LogLoss", "baseline.LogLoss"),
        "performance.underconfidence": ("LogLoss", "baseline.LogLoss"),
        "performance.weak_slices": _ONE_TABLE,
        "performance.harder_slices": _ONE_TABLE,
        "performance.miscalibrated_slices": _ONE_TABLE,
        "performance.regression_by_slice": _ONE_TABLE,
        "bias": "the presets compare no groups of people",
        "robustness": "the presets are given predictions and ask the model about no changed row",
        "explainability": "the presets don't look at what drives the answers",
        # A reason that is gone shows in the quality, or in the predictions that moved.
        "explainability.shift": (*_QUALITY, *_moved("probability"), *_moved("prediction")),
        "deployment": "the presets are given predictions and never run the model",
        "security": "the presets never look at a model's file",
    },
    by_case={
        "mean_drift": _moved("savings"),
        "variance_drift": _moved("hours"),
        "category_drift": _moved("region"),
        "label_drift": (*_moved("paid"), *_QUALITY),
        "concept_drift": _QUALITY,
        "joint_drift": "the presets compare columns one by one; how two go together is in none of their tests",
        **dict.fromkeys(
            (
                "copies_of_target",
                "copy_of_target",
                "filled_afterwards",
                "identifier_in_order",
                "mean_before_the_split",
                "mean_with_own_outcome",
            ),
            _NO_RELATION,
        ),
        "shortcut": (*_QUALITY, *_moved("channel"), *_moved("probability"), *_moved("prediction")),
        "rows_of_train_in_holdout": "the presets count copies within a table, not rows that two tables share",
        "train_after_holdout": "the presets don't compare the times of two tables",
    },
    never={"file": "the presets never look at a model's file"},
)


def right(case: str) -> frozenset[str]:
    """Return the tests that say just this defect."""
    return MEANING.right(case)


def presets(task: str) -> list[Any]:
    """Return the presets for a task, as its documentation lists them."""
    from evidently.presets import ClassificationPreset, DataDriftPreset, DataSummaryPreset, RegressionPreset

    return [
        DataDriftPreset(),
        RegressionPreset() if task == "regression" else ClassificationPreset(),
        DataSummaryPreset(),
    ]


def dataset(trial: Trial, rows: pd.DataFrame, said: Answers) -> Any:
    """Return Evidently's dataset: the rows with predictions beside them, and which column is what."""
    from evidently import BinaryClassification, DataDefinition, Dataset, MulticlassClassification, Regression

    frame = rows.assign(prediction=said.labels)
    names = categories(trial)
    rest = [name for name in features(trial) if name not in names]
    times = [name for name in rest if frame[name].dtype.kind == "M"]
    numbers = [name for name in rest if is_numeric_dtype(frame[name].dtype)]
    texts = [name for name in rest if name not in (*times, *numbers)]
    roles: dict[str, Any] = {"target": trial.target, "prediction_labels": "prediction"}
    if trial.task == "regression":
        numbers += [trial.target, "prediction"]
        task: dict[str, Any] = {"regression": [Regression(target=trial.target, prediction="prediction")]}
    else:
        names += [trial.target, "prediction"]
        if trial.task == "binary":
            label = positive(trial)
            if said.probabilities is not None:
                frame["probability"] = said.probabilities[:, said.classes.index(label)]
                numbers.append("probability")
                roles["prediction_probas"] = "probability"
            task = {"classification": [BinaryClassification(**roles, pos_label=label)]}
        else:
            if said.probabilities is not None:
                labels = [str(one) for one in said.classes]  # it looks for the labels' names
                frame = frame.assign(**dict(zip(labels, said.probabilities.T, strict=True)))
                numbers += labels
                roles["prediction_probas"] = labels
            task = {"classification": [MulticlassClassification(**roles)]}
    columns = {
        "numerical_columns": numbers,
        "categorical_columns": names,
        "datetime_columns": times or None,
        "text_columns": texts or None,
    }
    return Dataset.from_pandas(frame, data_definition=DataDefinition(**columns, **task))


def examine(trial: Trial) -> Said:
    """Run the presets with their tests, and tell which failed."""
    from evidently import Report

    current, reference = (answers(trial, trial.candidate, rows) for rows in (trial.holdout, trial.train))
    asked = current.asked + reference.asked
    now = dataset(trial, trial.holdout, current)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        report = Report(presets(trial.task), include_tests=True)
        results = _results("", report.run(now, dataset(trial, trial.train, reference)))
        if trial.baseline is not None:
            before = answers(trial, trial.baseline, trial.holdout)
            asked += before.asked
            report = Report(presets(trial.task)[1:2], include_tests=True)
            results += _results("baseline.", report.run(now, dataset(trial, trial.holdout, before)))
    failed = {name: text for name, status, text in results if status == "FAIL"}
    broken = {name: text for name, status, text in results if status == "ERROR"}
    failed.pop("RowCount", None)
    return Said(
        found=tuple(sorted(failed)),
        blocking=tuple(sorted(failed)),
        errors=tuple(sorted(broken)),
        verdict="fail" if failed or broken else "pass",
        predicted_rows=asked,
        notes=f"{len(results)} tests, {len(failed)} names failed; a row count that differs is not counted",
        details=failed | broken,
    )


def _results(prefix: str, snapshot: Any) -> list[tuple[str, str, str]]:
    """Return name, status and text of every test; the column is part of the name."""
    rows = []
    for test in snapshot.tests_results:
        given = test.metric_config.params
        metric, column = given["type"].rpartition(":")[2], given.get("column")
        name = f"{prefix}{metric}: {column}" if column else f"{prefix}{metric}"
        rows.append((name, test.status.value, str(test.description)))
    return rows
