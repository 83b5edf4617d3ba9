"""Deepchecks by `full_suite` with its default conditions, on the training table and the holdout.

The suite is given both tables with their target, features and categories, a time where one is declared, and the model.
A check is found if one of its conditions fails or warns; failing ones count as blocking. Checks that have no condition
by default never find anything.
"""

from __future__ import annotations

import contextlib
import io
import logging
import os
import random
import re
from typing import Any

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin

from benchmarks.proving_ground.tools.looking import categories, features, live_candidate
from benchmarks.proving_ground.tools.meaning import Meaning
from benchmarks.proving_ground.tools.outcome import Said
from benchmarks.proving_ground.trial import Trial

__all__ = ["MEANING", "NAME", "PACKAGES", "PRELOAD", "examine", "right"]

# No call to its server. Read when deepchecks is first imported: a worker imports this module before it preloads.
os.environ["DISABLE_DEEPCHECKS_ANONYMOUS_TELEMETRY"] = "True"

NAME = "deepchecks"
PACKAGES = ("deepchecks", "numpy", "pandas", "scikit-learn", "scipy", "plotly")
PRELOAD = ("deepchecks.tabular.suites", "sklearn.ensemble", "sklearn.linear_model")

ONE_MODEL = "the suite looks at one model and has no place for another to compare it with"
NO_DECLARATION = "the suite can't be told of directions, of forbidden columns or of columns that say nothing"
NO_CONDITION = "the suite shows a calibration curve and demands nothing of it"
DID_NOT_RUN = re.compile(
    "Check is (ir)?relevant|Check requires|Dataset does not contain an? |Predicted probabilities not supplied"
    "|WeakSegmentsPerformance was unable|Not enough samples|There are not enough samples"
)
"""What a check says that doesn't apply here or has too little to go by. Whatever else ends one is an error."""

SEGMENT = ("WeakSegmentsPerformance",)
DRIFT = ("FeatureDrift", "MultivariateDrift", "PredictionDrift")
TOLD_BY_A_COLUMN = ("FeatureLabelCorrelation", "FeatureLabelCorrelationChange", "IdentifierLabelCorrelation")
OVERFIT = ("TrainTestPerformance", "BoostingOverfit", "PredictionDrift", "RocReport", "SimpleModelComparison")
UNLIKE_TRAINING = (*DRIFT, "LabelDrift", "FeatureLabelCorrelationChange", "TrainTestPerformance")

MEANING = Meaning(
    by_gate={
        "performance": ("TrainTestPerformance", "RocReport", "SimpleModelComparison", "RegressionErrorDistribution"),
        "performance.regression": ONE_MODEL,
        # A segment that only the candidate spoils is one where it does worse than elsewhere.
        "performance.regression_by_slice": SEGMENT,
        "performance.weak_slices": SEGMENT,
        "performance.harder_slices": SEGMENT,
        # The search goes by the log loss, which false promises raise; the condition by the accuracy.
        "performance.miscalibrated_slices": SEGMENT,
        "performance.calibration": NO_CONDITION,
        "performance.overconfidence": NO_CONDITION,
        "performance.underconfidence": NO_CONDITION,
        "performance.better_than_trivial": ("SimpleModelComparison", "RocReport"),
        "performance.generalisation_gap": OVERFIT,
        # A group is a segment like any other; its check of groups is none of the suite's.
        "bias": SEGMENT,
        "bias.demographic_parity_difference": "the suite compares no decisions between groups",
        "bias.demographic_parity_ratio": "the suite compares no decisions between groups",
        "bias.conditional_parity_difference": "the suite compares no decisions between groups",
        "bias.counterfactual": "the suite changes no rows",
        "bias.counterfactual_noticeable": "the suite changes no rows",
        "bias.proxy": ("FeatureFeatureCorrelation",),
        "bias.representation": "the suite doesn't ask whether a group is large enough",
        "robustness": "the suite changes no rows",
        "robustness.determinism": "the suite asks no row twice",
        "explainability": "the suite ranks features and demands nothing of the ranks but that few are unused",
        "explainability.dominance": TOLD_BY_A_COLUMN,
        "explainability.forbidden": NO_DECLARATION,
        "explainability.direction": NO_DECLARATION,
        "explainability.shift": UNLIKE_TRAINING,
        "deployment": "the suite looks at a model in memory: no file, no service, no other process or thread",
        "deployment.schema": "the suite asks only about proper rows",
        "deployment.schema_messages": "the suite asks only about proper rows",
        "deployment.latency": ("ModelInferenceTime",),
        "deployment.latency_ratio": ("ModelInferenceTime",),
        "security": "the suite looks at a model in memory and not at a model's file",
    },
    by_family={
        "drift": (*UNLIKE_TRAINING, "NewCategoryTrainTest", "NewLabelTrainTest"),
        "leaks": (*TOLD_BY_A_COLUMN, "TrainTestPerformance"),
    },
    by_case={
        "forbidden_by_copy": ("FeatureFeatureCorrelation",),
        # Trees that know their training rows by heart do worse on others, or have seen them.
        **dict.fromkeys(("overfit", "tree_of_single_debtors"), OVERFIT),
        "learned_by_heart": (*OVERFIT, "TrainTestSamplesMix"),
        # Values that are too low for everyone.
        "values_of_then": ("RegressionErrorDistribution", "TrainTestPerformance"),
        "rows_of_train_in_holdout": ("TrainTestSamplesMix", "DataDuplicates"),
        "train_after_holdout": ("DateTrainTestLeakageOverlap", "DateTrainTestLeakageDuplicates"),
    },
    never={"file": "the suite looks at a model in memory and not at a model's file"},
    located=frozenset(SEGMENT),
)


def right(case: str) -> frozenset[str]:
    """Return the checks that say just this defect."""
    return MEANING.right(case)


def examine(trial: Trial) -> Said:
    """Run the suite and tell which checks have a condition that fails or warns."""
    candidate = live_candidate(trial)
    with contextlib.redirect_stdout(io.StringIO()):
        import deepchecks
        from deepchecks.tabular.suites import full_suite

        deepchecks.set_verbosity(logging.ERROR)
        train, holdout = (_dataset(trial, frame) for frame in (trial.train, trial.holdout))
        np.random.seed(0)
        random.seed(0)
        suite = full_suite().run(train_dataset=train, test_dataset=holdout, model=_estimator(candidate))
    return _said(suite)


class _Classifier(ClassifierMixin, BaseEstimator):
    """A classifier that only answers, with the `fit` that permutation importance wants to see, and never calls."""

    def __init__(self, model: Any) -> None:
        self.model = model
        self.classes_ = model.classes_

    def fit(self, *_: Any) -> None:
        raise NotImplementedError("This model is fitted.")

    def predict(self, rows: pd.DataFrame) -> np.ndarray:
        return self.model.predict(rows)

    def predict_proba(self, rows: pd.DataFrame) -> np.ndarray:
        return self.model.predict_proba(rows)


class _Regressor(RegressorMixin, BaseEstimator):
    """The same for a model of numbers."""

    def __init__(self, model: Any) -> None:
        self.model = model

    def fit(self, *_: Any) -> None:
        raise NotImplementedError("This model is fitted.")

    def predict(self, rows: pd.DataFrame) -> np.ndarray:
        return self.model.predict(rows)


def _estimator(candidate: Any) -> Any:
    """Return the candidate, dressed as an estimator where it is none: without `fit` many checks end in an error."""
    if hasattr(candidate, "fit"):
        return candidate
    return _Classifier(candidate) if hasattr(candidate, "predict_proba") else _Regressor(candidate)


def _dataset(trial: Trial, frame: pd.DataFrame) -> Any:
    from deepchecks.tabular import Dataset

    chosen, roles = features(trial), {}
    if trial.dataset.get("time") is not None:
        roles["datetime_name"] = trial.dataset["time"]
    if trial.dataset.get("key") is not None:
        roles["index_name"] = trial.dataset["key"]
    kept = frame[[*chosen, *roles.values(), trial.target]]
    return Dataset(
        kept, label=trial.target, features=chosen, cat_features=categories(trial), label_type=trial.task, **roles
    )


def _said(suite: Any) -> Said:
    from deepchecks.core import CheckFailure
    from deepchecks.core.errors import DeepchecksBaseError

    found, blocking, errors = set(), set(), set()
    notes, details = [], {}
    for result in suite.results:
        name = type(result.check).__name__
        title = f"{name} ({len(details) + 1})"
        if isinstance(result, CheckFailure):
            if isinstance(result.exception, DeepchecksBaseError) and DID_NOT_RUN.match(str(result.exception)):
                notes.append(f"{name} did not run: {result.exception}")
            else:
                errors.add(name)
                details[title] = f"{type(result.exception).__name__}: {result.exception}"
            continue
        for condition in result.conditions_results:
            category = condition.category.name
            if category == "PASS":
                continue
            details[title] = f"{category}: {condition.name}. {condition.details}"
            if category == "ERROR":
                errors.add(name)
                continue
            names = {name, *(f"{name}: {column}" for column in _columns(name, result.value))}
            found |= names
            if category == "FAIL":
                blocking |= names
    return Said(
        found=tuple(sorted(found)),
        blocking=tuple(sorted(blocking)),
        errors=tuple(sorted(errors)),
        verdict="passed" if suite.passed(fail_if_warning=False) else "failed",
        notes="; ".join(dict.fromkeys(notes)),
        details=details,
    )


def _columns(name: str, value: Any) -> set[str]:
    """Return the columns of the segments that do worse than four fifths of the average, as the condition has it."""
    if name not in MEANING.located:
        return set()
    segments, average = value["weak_segments_list"], value["avg_score"]
    least = average * (0.8 if average > 0 else 1.2)
    weak = segments[segments.iloc[:, 0] <= least]
    return {str(column) for column in [*weak["Feature1"], *weak["Feature2"]] if column}
