"""SliceLine, by its search for the slice where a model's errors are large.

The class with its documented defaults (`alpha=0.6, k=1, max_l=4, min_sup=10`), on numbers cut at their quintiles (it
takes every value for a category and leaves the cutting to its user) and on 0/1 or squared errors of the holdout. It
ranks and never decides: every slice it returns has a score over 0, which is its own criterion, so that counts as found.

A finding is the best slice, and with it each column that it names; of ties any.
"""

from __future__ import annotations

import logging
import warnings

import numpy as np
import pandas as pd

from benchmarks.proving_ground.tools.answers import answers, loss
from benchmarks.proving_ground.tools.looking import features
from benchmarks.proving_ground.tools.meaning import Meaning
from benchmarks.proving_ground.tools.outcome import Said
from benchmarks.proving_ground.trial import Trial

__all__ = ["DEFAULTS", "MEANING", "NAME", "PACKAGES", "PRELOAD", "examine", "right", "searched"]

NAME = "sliceline"
PACKAGES = ("sliceline", "numpy", "pandas", "scikit-learn", "scipy")
PRELOAD = ("sliceline.slicefinder", "pandas", "sklearn.ensemble", "sklearn.linear_model")

DEFAULTS: dict[str, float] = {"alpha": 0.6, "k": 1, "max_l": 4, "min_sup": 10}
_PARTS = 5

ONLY_ERRORS = "it looks for slices with larger errors and for nothing else"
SLICE = ("slice",)

MEANING = Meaning(
    by_gate={
        **dict.fromkeys(("performance", "robustness", "explainability", "deployment", "security"), ONLY_ERRORS),
        # A slice counts if it names one of the columns that the case is planted in, with others or without.
        "performance.weak_slices": SLICE,
        "performance.harder_slices": SLICE,
        "performance.regression_by_slice": SLICE,
        # A group that fares worse may show as a slice of its own.
        "bias": SLICE,
        "bias.demographic_parity_difference": "it looks at errors and not at decisions",
        "bias.demographic_parity_ratio": "it looks at errors and not at decisions",
        "bias.conditional_parity_difference": "it looks at errors and not at decisions",
        "bias.counterfactual": "it never asks the model about a changed row",
        "bias.counterfactual_noticeable": "it never asks the model about a changed row",
        "bias.proxy": "it looks at errors and not at decisions",
        "bias.representation": "it doesn't ask whether a group is large enough",
        "bias.calibration_gap": "decisions may all be as right as before, and it is given their errors",
    },
    by_family={"drift": ONLY_ERRORS, "leaks": ONLY_ERRORS},
    never={"file": "it is given errors and never looks at a model's file"},
    located=frozenset(SLICE),
)


def right(case: str) -> frozenset[str]:
    """Return what says just this defect: a slice by one of the columns that it is planted in."""
    return MEANING.right(case)


def examine(trial: Trial) -> Said:
    """Search with the defaults, and tell the columns of the best slice."""
    return searched(trial, DEFAULTS)


def searched(trial: Trial, settings: dict[str, float]) -> Said:
    """Search for slices of the holdout with larger errors."""
    from sliceline.slicefinder import Slicefinder

    said = answers(trial, trial.candidate, trial.holdout)
    table = _cut(trial.holdout[features(trial)])
    logging.getLogger("sliceline.slicefinder").setLevel(logging.WARNING)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        finder = Slicefinder(**settings, verbose=False)  # type: ignore[arg-type]
        finder.fit(table, loss(trial, said, trial.holdout))
    details: dict[str, object] = {}
    found: set[str] = set()
    for slice_, facts in zip(finder.top_slices_, finder.top_slices_statistics_, strict=True):
        named = {name: value for name, value in zip(table.columns, slice_, strict=True) if value is not None}
        if facts["slice_score"] > 0:
            found |= {"slice", *(f"slice: {name}" for name in named)}
            details[" and ".join(f"{name} {value}" for name, value in named.items())] = facts
    return Said(
        found=tuple(sorted(found)),
        verdict=f"{len(details)} slices" if details else "no slice",
        predicted_rows=said.asked,
        notes="it ranks and decides nothing; a score over 0 counts as found",
        details=details,
    )


def _cut(rows: pd.DataFrame) -> pd.DataFrame:
    """Return every column as texts: numbers cut at their quintiles unless they have few values, gaps by that name."""
    columns: dict[str, np.ndarray] = {}
    for name in rows.columns:
        column = rows[name]
        if column.dtype.kind in "iuf" and column.nunique() > _PARTS:
            column = pd.qcut(column, _PARTS, duplicates="drop")
        columns[name] = column.astype(object).where(column.notna(), "missing").astype(str).to_numpy(dtype=object)
    return pd.DataFrame(columns)
