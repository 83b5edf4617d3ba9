"""The simulated loans once more, with both models as files: as they would be handed over to be deployed."""

from __future__ import annotations

from dataclasses import replace

from benchmarks.proving_ground.bases import credit
from benchmarks.proving_ground.files import saved
from benchmarks.proving_ground.trial import Base, Trial

__all__ = ["BASE", "SUITES"]

SUITES = ("performance", "bias", "robustness", "explainability", "deployment", "security")
"""All of them by name: times are taken only where the suite that takes them is named."""


def draw(rows: int, seed: int) -> Trial:
    """Draw loans, save candidate and baseline, and ask for times as well."""
    trial = credit.draw(rows, seed)
    return replace(
        trial,
        candidate=saved(trial.candidate, "candidate.joblib"),
        baseline=saved(trial.baseline, "baseline.joblib"),
        options={"suites": SUITES},
    )


BASE = Base(
    name="credit_file",
    about="simulated loans, both models as joblib files, times taken too",
    task="binary",
    draw=draw,
    rows=(300, 2000),
    true_of_it=credit.BASE.true_of_it,
)
