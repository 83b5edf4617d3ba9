"""A library that only some users have: found in a version that reads models safely, or the line that installs it."""

from __future__ import annotations

import importlib
import importlib.metadata
import re
from types import ModuleType

from modelcheck.errors import ModelError

__all__ = ["needed"]


def needed(module: str, *, package: str, least: str, extra: str, source: str) -> ModuleType:
    """Import a library for a model file.

    Parameters
    ----------
    module : str
        What is imported, e.g. ``torch``.
    package : str
        The distribution whose version counts, e.g. ``mlflow-skinny``.
    least : str
        The oldest version that is used, e.g. ``2.10``.
    extra : str
        The extra of modelcheck that brings it.
    source : str
        The model as the user wrote it, for messages.

    Returns
    -------
    module
        Imported.

    Raises
    ------
    ModelError
        It isn't installed, too old, or can't be imported.

    Examples
    --------
    >>> needed("numpy", package="numpy", least="2", extra="numpy", source="m.npy").__name__
    'numpy'
    """
    mend = f'pip install "modelcheck[{extra}]"'
    try:
        installed = importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        installed = ""
    if installed and _numbers(installed) < _numbers(least):
        raise ModelError(
            f"The model {source} is read with {package} {least} or later; {installed} is installed here, which can't "
            f"be trusted with files of others. Run {mend}."
        )
    try:
        return importlib.import_module(module)
    except ModuleNotFoundError as error:
        if error.name is not None and error.name.partition(".")[0] == module.partition(".")[0]:
            raise ModelError(f"The model {source} needs {package}, which isn't installed here. Run {mend}.") from error
        raise ModelError(
            f"The model {source} needs {package}, and that the module {error.name!r}, which isn't installed here. "
            f"Run {mend}."
        ) from error
    except ImportError as error:
        raise ModelError(
            f"The model {source} needs {package}, which can't be imported: {error}. Run {mend}."
        ) from error


def _numbers(version: str) -> tuple[int, ...]:
    """Return the leading numbers of a version, padded so that 2 equals 2.0."""
    found = re.match(r"\d+(\.\d+)*", version)
    parts = [int(part) for part in found[0].split(".")] if found else []
    return tuple([*parts, 0, 0, 0, 0][:4])
