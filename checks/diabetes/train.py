"""Fit the candidate and the baseline of the diabetes example and write them beside this file; takes seconds."""

from __future__ import annotations

import os
from pathlib import Path

import skops.io
from diabetes_data import TARGET, training
from sklearn.base import BaseEstimator
from sklearn.linear_model import LinearRegression, Ridge
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

MODELS = Path(__file__).parent / "models"


def main() -> None:
    """Write ``models/candidate.skops`` and ``models/baseline.skops``."""
    rows = training()
    features = rows.drop(columns=TARGET)
    # Six blood measurements say nearly the same; shrinking them together is steadier than least squares.
    candidate = make_pipeline(StandardScaler(), Ridge(alpha=20.0))
    baseline = LinearRegression()
    MODELS.mkdir(exist_ok=True)
    for name, model in (("baseline", baseline), ("candidate", candidate)):
        _save(model.fit(features, rows[TARGET]), MODELS / f"{name}.skops")


def _save(model: BaseEstimator, path: Path) -> None:
    # Whoever reads the model meanwhile sees the old file or the new one, never half of one.
    partial = path.with_name(f".{os.getpid()}-{path.name}")
    skops.io.dump(model, partial)
    partial.replace(path)


if __name__ == "__main__":
    main()
