"""The answer for a model folder: every file in it is judged."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

from modelcheck.errors import ModelError
from modelcheck.models.inspection.file import inspect_file
from modelcheck.models.inspection.folder_files import Judgement, folder_files
from modelcheck.models.inspection.huggingface_folder import CONFIG, judge_huggingface
from modelcheck.models.inspection.mlflow_folder import MLMODEL, judge_mlflow
from modelcheck.models.inspection.outcome import BOUNDS, Bounds, Inspection, NotAnalysable

__all__ = ["inspect_folder", "inspect_path", "is_model_folder"]

_JUDGES = {"mlflow": (MLMODEL, judge_mlflow), "huggingface": (CONFIG, judge_huggingface)}


def is_model_folder(path: Path) -> bool:
    """Whether a path is a folder of a kind that can be a model."""
    return path.is_dir() and any((path / mark).is_file() for mark, _ in _JUDGES.values())


def inspect_path(path: str | os.PathLike[str], trusted: Iterable[str] = (), *, bounds: Bounds = BOUNDS) -> Inspection:
    """Say whether a model file or folder may be loaded; see `inspect_file` and `inspect_folder`."""
    look = inspect_folder if Path(path).is_dir() else inspect_file
    return look(path, trusted, bounds=bounds)


def inspect_folder(path: str | os.PathLike[str], trusted: Iterable[str] = (), *, bounds: Bounds = BOUNDS) -> Inspection:
    """Say whether a model folder may be loaded, without importing or running anything in it.

    Parameters
    ----------
    path : path
        A folder of MLflow (``MLmodel``) or of Hugging Face (``config.json``).
    trusted : iterable of str
        Exact names allowed besides the shipped list, and paths of Python files in the folder, e.g. ``code/own.py``.
    bounds : Bounds
        How much of it is followed.

    Returns
    -------
    Inspection
        The answer for all files together; its format is ``mlflow``, ``huggingface`` or ``folder``.

    Raises
    ------
    ModelError
        The folder can't be read.
    """
    folder = Path(path)
    form = "folder"
    judgement = Judgement(form, frozenset(trusted))
    try:
        files = folder_files(folder, bounds)
        form = next((name for name, (mark, _) in _JUDGES.items() if mark in files), "folder")
        if form == "folder":
            raise NotAnalysable(
                "it is a folder of neither MLflow (no MLmodel in it) nor Hugging Face (no config.json in it)"
            )
        judgement.form = form
        _JUDGES[form][1](folder, files, judgement, bounds)
    except NotAnalysable as error:
        judgement.unknown(str(error))
    except (OSError, RecursionError) as error:
        what = getattr(error, "strerror", None) or error
        raise ModelError(f"The model folder {os.fspath(path)} can't be read: {what}.") from error
    return judgement.answer()
