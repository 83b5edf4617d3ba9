"""A trial as its user would have it: a folder with models, tables and a modelcheck.toml, run by pytest."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import joblib
from sklearn.pipeline import Pipeline

from benchmarks.proving_ground.trial import Trial

__all__ = ["ONLY_DECLARED", "as_files", "run_pytest", "write_files", "write_module"]

ONLY_DECLARED = "candidate"
"""Key of `Trial.options` with keys of ``[candidate]`` that `modelcheck.scan` has no argument for."""
_PLACES = {"candidate": ("threshold", "interval", "output", "classes"), "dataset": ("positive", "cluster", "weight")}
_ROOT = Path(__file__).resolve().parents[2]
_MODULE = '''"""Gives what modelcheck.toml beside it names."""

from benchmarks.proving_ground.draws import trial_of

_trial = trial_of({subject!r}, {rows!r}, {seed!r}, {strength!r})
candidate, baseline = _trial.candidate, _trial.baseline


def holdout():
    return _trial.holdout


def train():
    return _trial.train
'''


def as_files(trial: Trial) -> bool:
    """Return whether both models are files or ordinary pipelines, which files hold without anybody's code."""
    return all(one is None or type(one) in (str, Pipeline) for one in (trial.candidate, trial.baseline))


def write_files(trial: Trial, folder: Path) -> None:
    """Write models as joblib files, tables as Parquet files and the declarations."""
    models = {}
    for role, model in (("candidate", trial.candidate), ("baseline", trial.baseline)):
        if model is not None:
            models[role] = f"{role}.joblib"
            if isinstance(model, str):
                shutil.copy(model, folder / models[role])
            else:
                joblib.dump(model, folder / models[role])
    trial.holdout.to_parquet(folder / "holdout.parquet")
    trial.train.to_parquet(folder / "train.parquet")
    _declare(trial, folder, models, holdout="holdout.parquet", train="train.parquet")


def write_module(trial: Trial, folder: Path, subject: str, rows: int, seed: int, strength: float | None) -> None:
    """Write a module that draws the trial, and declarations that name its objects."""
    text = _MODULE.format(subject=subject, rows=rows, seed=seed, strength=strength)
    (folder / "cell.py").write_text(text, encoding="utf-8")
    models = {"candidate": "cell:candidate"} | ({} if trial.baseline is None else {"baseline": "cell:baseline"})
    _declare(trial, folder, models, holdout="cell:holdout", train="cell:train")


def run_pytest(folder: Path, *, timeout_s: float = 1800.0) -> tuple[Any, int]:
    """Run ``pytest --modelcheck`` in the folder and return its record and exit code.

    Raises
    ------
    RuntimeError
        No record was written: a mistake in the configuration, or pytest itself broke. It has what pytest printed.
    """
    from modelcheck.record import read_record

    path = os.pathsep.join([str(_ROOT), *filter(None, [os.environ.get("PYTHONPATH")])])
    # The folder has no tests, and nobody's plugins or settings apply to it.
    command = [sys.executable, "-m", "pytest", "--modelcheck", "-p", "no:cacheprovider", f"--rootdir={folder}", "-q"]
    done = subprocess.run(
        command,
        cwd=folder,
        env=os.environ | {"PYTHONPATH": path},
        capture_output=True,
        text=True,
        timeout=timeout_s,
        check=False,
    )
    if not (folder / "reports" / "record.json").is_file():
        raise RuntimeError(f"pytest wrote no record (exit code {done.returncode}):\n{done.stdout}\n{done.stderr}")
    return read_record(folder / "reports"), done.returncode


def _declare(trial: Trial, folder: Path, models: Mapping[str, str], *, holdout: str, train: str) -> None:
    from modelcheck.config.toml_text import toml_key, toml_value

    options = {key: value for key, value in trial.options.items() if value is not None}
    candidate = {"model": models["candidate"], "task": trial.task, **options.pop(ONLY_DECLARED, {})}
    dataset = {"path": holdout, "target": trial.target, "protected": list(trial.protected), **trial.dataset}
    for key in _PLACES["candidate"]:
        candidate |= {key: options.pop(key)} if key in options else {}
    for key in _PLACES["dataset"]:
        dataset |= {key: options.pop(key)} if key in options else {}
    options.pop("progress", None)
    values = {
        "name": "model",
        **options,
        "candidate": candidate,
        **({"baseline": {"model": models["baseline"]}} if "baseline" in models else {}),
        "dataset": dataset,
        "reference": {"path": train},
        # As a scan shows them, which stays with whoever looks.
        "report": {"examples": "show"},
    }
    lines = "".join(f"{toml_key(key)} = {toml_value(value)}\n" for key, value in values.items())
    (folder / "modelcheck.toml").write_text(lines, encoding="utf-8")
