"""modelcheck itself, by `modelcheck.scan` with its default plan."""

from __future__ import annotations

import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

from benchmarks.proving_ground.catalogue import CASES
from benchmarks.proving_ground.tools.outcome import Said
from benchmarks.proving_ground.trial import Trial
from benchmarks.proving_ground.user_folder import ONLY_DECLARED, run_pytest, write_files

__all__ = ["NAME", "PACKAGES", "PRELOAD", "examine", "right", "said_by", "scanned"]

NAME = "modelcheck"
PACKAGES = ("modelcheck", "numpy", "pandas", "scikit-learn", "scipy", "shap")
PRELOAD = ("modelcheck.scanning", "modelcheck.suites.catalog", "sklearn.ensemble", "sklearn.linear_model", "shap")


def right(case: str) -> frozenset[str]:
    """Return the gates that say just this defect."""
    return frozenset(CASES[case].gates)


def examine(trial: Trial) -> Said:
    """Run the default plan and tell what failed.

    What only a configuration file can declare is run as its user does, by pytest.
    """
    from modelcheck.errors import ArtifactRefused

    if ONLY_DECLARED in trial.options:
        with tempfile.TemporaryDirectory(prefix="proving-ground-") as folder:
            write_files(trial, Path(folder))
            record, _ = run_pytest(Path(folder))
        return replace(said_by(record), notes="run by pytest --modelcheck")
    try:
        return said_by(scanned(trial))
    except ArtifactRefused as refused:
        # The gate that tells of it belongs to a run with a configuration; a scan's own way to say it is not to begin.
        name = "security.artifact"
        told = {"security::artifact": str(refused)}
        return Said(found=(name,), blocking=(name,), verdict="refused", details=told, notes="scan raises")


def scanned(trial: Trial) -> Any:
    """Return the record of a scan."""
    import modelcheck

    result = modelcheck.scan(
        trial.candidate,
        trial.holdout,
        target=trial.target,
        baseline=trial.baseline,
        reference=trial.train,
        task=trial.task,
        protected=trial.protected,
        dataset=trial.dataset,
        progress=False,
        **trial.options,
    )
    return result.record


def said_by(record: object) -> Said:
    """Read a record: gates that fail are found, whether they block or warn."""
    gates = record.gates  # type: ignore[attr-defined]
    failed = [gate for gate in gates if str(gate.verdict) == "fail"]
    errors = [gate for gate in gates if str(gate.verdict) == "error"]

    def names(chosen: list) -> tuple[str, ...]:
        return tuple(sorted({f"{gate.suite}.{gate.check}" for gate in chosen}))

    return Said(
        found=names(failed),
        blocking=names([gate for gate in [*failed, *errors] if str(gate.severity) == "blocking"]),
        errors=names(errors),
        verdict=str(record.verdict),  # type: ignore[attr-defined]
        predicted_rows=sum(gate.predicted_rows or 0 for gate in gates),
        details={gate.id: gate.reason for gate in [*failed, *errors]},
    )
