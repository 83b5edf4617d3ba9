"""A model file in a process of its own: loaded there, asked there, and gone with it when it misbehaves."""

from __future__ import annotations

from modelcheck.models.isolation.levels import LEVELS, Limits
from modelcheck.models.isolation.model import WorkerModel, load_in_worker

__all__ = ["LEVELS", "Limits", "WorkerModel", "load_in_worker"]
