"""Fit the candidate and the baseline of the visits example and write them beside this file; takes seconds."""

from __future__ import annotations

import os
from pathlib import Path

import skops.io
from sklearn.base import BaseEstimator
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from visits_data import FEATURES, TARGET, training

MODELS = Path(__file__).parent / "models"


def main() -> None:
    """Write ``models/candidate.skops`` and ``models/baseline.skops``."""
    rows = training()
    candidate = HistGradientBoostingClassifier(max_depth=3, learning_rate=0.05, max_iter=100, random_state=0)
    baseline = make_pipeline(StandardScaler(), LogisticRegression())
    MODELS.mkdir(exist_ok=True)
    for name, model in (("baseline", baseline), ("candidate", candidate)):
        _save(model.fit(rows[FEATURES], rows[TARGET]), MODELS / f"{name}.skops")


def _save(model: BaseEstimator, path: Path) -> None:
    # Whoever reads the model meanwhile sees the old file or the new one, never half of one.
    partial = path.with_name(f".{os.getpid()}-{path.name}")
    skops.io.dump(model, partial)
    partial.replace(path)


if __name__ == "__main__":
    main()
