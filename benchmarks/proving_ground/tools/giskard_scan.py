"""Giskard 2 by `giskard.scan` with its default detectors, on the holdout.

The scan is given a prediction function, the names of the features, which of them are categories, and the target. It has
no place for another model, for a training table or for declarations. What it finds is an issue of a detector, at a
column where the issue has a slice or a changed column. Major issues count as blocking, since it gives no verdict.
"""

from __future__ import annotations

import contextlib
import io
import logging
import os
import random
from collections import Counter
from typing import Any

import numpy as np

from benchmarks.proving_ground.tools.looking import categories, features, live_candidate
from benchmarks.proving_ground.tools.meaning import Meaning
from benchmarks.proving_ground.tools.outcome import Said
from benchmarks.proving_ground.trial import Trial

__all__ = ["MEANING", "NAME", "PACKAGES", "PRELOAD", "examine", "right"]

# No call to its server. Read when giskard is first imported: a worker imports this module before it preloads.
os.environ["GSK_DISABLE_ANALYTICS"] = "True"

NAME = "giskard"
PACKAGES = ("giskard", "numpy", "pandas", "scikit-learn", "scipy")
PRELOAD = ("giskard", "sklearn.ensemble", "sklearn.linear_model")

ONE_MODEL = "the scan looks at one model and has no place for another to compare it with"
ONE_TABLE = "the scan looks at one table and has no place for the rows that the model was trained on"
NO_DECLARATION = "the scan can't be told of directions, of forbidden columns or of columns that say nothing"
SMALL_NOISE = "the scan changes numbers by 1 % and by noise of 0.01, and words in texts, but no categories"
SLICE = ("performance_bias", "overconfidence")
GROUP = ("performance_bias", "overconfidence", "ethical_bias", "spurious_correlation")

MEANING = Meaning(
    by_gate={
        "performance": "the scan compares slices with the whole and doesn't judge the whole",
        "performance.regression": ONE_MODEL,
        # A slice that only the candidate spoils is one where it does worse than elsewhere.
        "performance.regression_by_slice": SLICE,
        "performance.weak_slices": SLICE,
        "performance.harder_slices": SLICE,
        "performance.miscalibrated_slices": (*SLICE, "underconfidence"),
        # The detectors look for slices; an issue in any of them counts.
        "performance.overconfidence": ("overconfidence",),
        "performance.calibration": ("overconfidence", "underconfidence"),
        # Nothing about people but word swaps in texts; an issue that names the group's column counts, whatever it says.
        "bias": GROUP,
        "bias.calibration_gap": (*GROUP, "underconfidence"),
        "bias.representation": "groups under 5 % of the rows are left out and not told",
        "robustness": SMALL_NOISE,
        # The second compares answers to single rows with those to all, and so notices chance as well.
        "robustness.determinism": ("stochasticity", "data_leakage"),
        "robustness.noise": ("numerical_perturbation",),
        "robustness.regression": ("numerical_perturbation",),
        "explainability": "the scan explains nothing",
        # What one column's slices tell of the predictions is the nearest to what drives them.
        "explainability.dominance": ("spurious_correlation",),
        # An issue at a column that says nothing is one, whatever it says.
        "explainability.irrelevant": ("spurious_correlation", *SLICE, "underconfidence"),
        "explainability.forbidden": NO_DECLARATION,
        "explainability.direction": NO_DECLARATION,
        "explainability.shift": ONE_TABLE,
        "deployment": "the scan looks at a function in memory: no file, service, time, process or thread",
        "deployment.schema": "the scan asks only about proper rows",
        "deployment.schema_messages": "the scan asks only about proper rows",
        "deployment.determinism": ("stochasticity", "data_leakage"),
        # Its name for answers that hang on the other rows of the batch.
        "deployment.batch_invariance": ("data_leakage", "stochasticity"),
        "security": "the scan looks at a function in memory and not at a model's file",
    },
    by_family={
        "drift": ONE_TABLE,
        # Its text on spurious correlations names leaks of the target and patterns of the training table as causes.
        "leaks": ("spurious_correlation",),
    },
    by_case={
        # The one is the reverse of the other.
        **dict.fromkeys(("overconfident", "overfit", "tree_of_single_debtors"), ("overconfidence",)),
        "underconfident": ("underconfidence",),
        # It changes texts and numbers, though not like this.
        "unseen_letter_makes_another_job": ("text_perturbation", "numerical_perturbation"),
        "rounded_savings_turn_down": ("numerical_perturbation",),
        "rows_of_train_in_holdout": ONE_TABLE,
        "train_after_holdout": ONE_TABLE,
    },
    never={
        "file": "the scan looks at a function in memory and not at a model's file",
        "declarations": NO_DECLARATION,
    },
    located=frozenset(
        {
            "performance_bias",
            "overconfidence",
            "underconfidence",
            "spurious_correlation",
            "numerical_perturbation",
            "text_perturbation",
            "ethical_bias",
        }
    ),
)


def right(case: str) -> frozenset[str]:
    """Return the findings that say just this defect."""
    return MEANING.right(case)


class _Kept(logging.Handler):
    """What the scan only logs: detectors that raise, and detectors that leave the table alone."""

    def __init__(self) -> None:
        super().__init__(level=logging.WARNING)
        self.failed: dict[str, str] = {}
        self.warned: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Keep an error by the detector's class, a warning as it is."""
        text = record.getMessage()
        if record.levelno < logging.ERROR:
            self.warned.append(text)
        else:
            self.failed[text.split()[1] if text.startswith("Detector ") else "scan"] = text


def examine(trial: Trial) -> Said:
    """Scan the holdout and tell every issue, whatever its level."""
    candidate = live_candidate(trial)
    with contextlib.redirect_stdout(io.StringIO()):
        import giskard
        from giskard.scanner.registry import DetectorRegistry

        kept = _Kept()
        model, table = _wrapped(trial, candidate)
        np.random.seed(0)
        random.seed(0)
        logger = logging.getLogger("giskard.scanner.logger")
        logger.addHandler(kept)
        before = logging.root.manager.disable
        logging.disable(logging.INFO)
        try:
            issues = giskard.scan(model, table, verbose=False).issues
        finally:
            logging.disable(before)
            logger.removeHandler(kept)
    names = {kind.__name__: name for name, kind in DetectorRegistry.get_detector_classes().items()}
    levels = Counter(issue.level.value for issue in issues)
    return Said(
        found=_names(issues, names),
        blocking=_names([issue for issue in issues if issue.is_major], names),
        errors=tuple(sorted(names.get(name, name) for name in kept.failed)),
        verdict=", ".join(f"{levels[level]} {level}" for level in ("major", "medium", "minor")),
        notes="; ".join(kept.warned),
        details={
            **{f"issue {number}": f"{one.level.value}: {one.description}" for number, one in enumerate(issues, 1)},
            **kept.failed,
        },
    )


def _wrapped(trial: Trial, candidate: Any) -> tuple[Any, Any]:
    import giskard

    chosen = features(trial)
    table = giskard.Dataset(trial.holdout[[*chosen, trial.target]], target=trial.target, cat_columns=categories(trial))
    if trial.task == "regression":
        return giskard.Model(candidate.predict, model_type="regression", feature_names=chosen), table
    model = giskard.Model(
        candidate.predict_proba,
        model_type="classification",
        feature_names=chosen,
        classification_labels=np.asarray(candidate.classes_).tolist(),
    )
    return model, table


def _names(issues: list[Any], names: dict[str, str]) -> tuple[str, ...]:
    """Return each detector that found something, and again with each column where the issue is about columns."""
    found = set()
    for issue in issues:
        name = names.get(issue.detector_name, issue.detector_name)
        found.add(name)
        if name in MEANING.located:
            found |= {f"{name}: {column}" for column in issue.features}
    return tuple(sorted(found))
