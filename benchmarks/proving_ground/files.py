"""Model files of trials: they lie in a folder of this process that goes with it."""

from __future__ import annotations

import io
import itertools
import os
import tempfile
from pathlib import Path
from typing import Any

import joblib

__all__ = ["opened", "place", "saved"]

_folders: dict[int, tempfile.TemporaryDirectory[str]] = {}
_count = itertools.count()


def place(name: str) -> Path:
    """Return a path that nothing lies at yet, with this name."""
    # A forked process has a folder of its own, and leaves that of its parent alone.
    process = os.getpid()
    if process not in _folders:
        _folders[process] = tempfile.TemporaryDirectory(prefix="proving-ground-", ignore_cleanup_errors=True)
    folder = Path(_folders[process].name) / str(next(_count))
    folder.mkdir()
    return folder / name


def saved(model: Any, name: str = "model.joblib") -> str:
    """Write a model with joblib and return where it lies."""
    path = place(name)
    joblib.dump(model, path)
    return str(path)


def opened(path: str) -> Any:
    """Load a model that this process wrote itself."""
    return joblib.load(io.BytesIO(Path(path).read_bytes()))
