"""modelcheck: the quality gate between a trained model and production.

``pytest --modelcheck`` runs the gates of a repository; :func:`modelcheck.scan` runs the same plan in a notebook.
Names are imported when they are first used, so that importing the package costs nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from modelcheck.errors import (
        ArtifactRefused,
        ConfigError,
        DataError,
        ModelcheckError,
        ModelError,
        RecordError,
    )
    from modelcheck.given import given_rows
    from modelcheck.record import Record, read_record
    from modelcheck.scanning import Scan, scan

__version__ = "0.1.0"

_HOMES = {
    "ArtifactRefused": "modelcheck.errors",
    "ConfigError": "modelcheck.errors",
    "DataError": "modelcheck.errors",
    "ModelError": "modelcheck.errors",
    "ModelcheckError": "modelcheck.errors",
    "Record": "modelcheck.record",
    "RecordError": "modelcheck.errors",
    "Scan": "modelcheck.scanning",
    "given_rows": "modelcheck.given",
    "read_record": "modelcheck.record",
    "scan": "modelcheck.scanning",
}

__all__ = [
    "ArtifactRefused",
    "ConfigError",
    "DataError",
    "ModelError",
    "ModelcheckError",
    "Record",
    "RecordError",
    "Scan",
    "given_rows",
    "read_record",
    "scan",
]


def __getattr__(name: str) -> Any:
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module 'modelcheck' has no attribute {name!r}")
    return getattr(import_module(home), name)


def __dir__() -> list[str]:
    return sorted([*__all__, "__version__"])
