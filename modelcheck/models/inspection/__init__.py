"""The static look at model files: what would loading import, and is every name allowed."""

from __future__ import annotations

from modelcheck.models.inspection.file import inspect_bytes, inspect_file, inspect_stream
from modelcheck.models.inspection.folder import inspect_folder, inspect_path, is_model_folder
from modelcheck.models.inspection.outcome import BOUNDS, Bounds, Inspection

__all__ = [
    "BOUNDS",
    "Bounds",
    "Inspection",
    "inspect_bytes",
    "inspect_file",
    "inspect_folder",
    "inspect_path",
    "inspect_stream",
    "is_model_folder",
]
