"""Files that hold Python objects: skops, pickle and joblib, loaded under the guard of the names that were inspected."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import Any

from modelcheck.errors import ModelError
from modelcheck.models.adapters.request import LoadRequest
from modelcheck.models.inspection.allow_list import PARTIAL, allowed_names
from modelcheck.models.inspection.guard import only_allowed

__all__ = ["load_pickle", "load_skops"]


def load_skops(request: LoadRequest) -> Any:
    """Load a skops file; no unpickler may import anything meanwhile."""
    shown, listed = set(request.inspection.names), set(allowed_names(request.table.trusted))

    def load() -> Any:
        import skops.io

        with only_allowed(frozenset()):
            return skops.io.loads(request.content.read(), trusted=sorted(shown & (listed | {PARTIAL})))

    return _told(request, load)


def load_pickle(request: LoadRequest) -> Any:
    """Load a pickle or joblib file; every import of the unpickler is held against what the inspection showed."""
    shown, listed = set(request.inspection.names), set(allowed_names(request.table.trusted))

    def load() -> Any:
        import joblib

        # Imports run module code, which may unpickle its own data: they come before the guard is armed.
        for module in sorted({name.rpartition(".")[0] for name in shown}):
            importlib.import_module(module)
        with only_allowed(shown | listed), request.content.open() as stream:
            return joblib.load(stream)

    return _told(request, load)


def _told(request: LoadRequest, load: Callable[[], Any]) -> Any:
    try:
        return load()
    except ModelError:
        raise
    except ModuleNotFoundError as error:
        raise ModelError(
            f"The model file {request.source} needs the module {error.name!r}, which isn't installed here"
            f"{request.written_with}. Install the library in the environment that runs pytest."
        ) from error
    except (Exception, SystemExit) as error:
        raise ModelError(
            f"The model file {request.source} could not be loaded{request.written_with}: "
            f"{type(error).__name__}: {error}. "
            "It may be damaged, or written by other library versions than those installed."
        ) from error
