"""``package.module:object``: what the configuration names, imported with its folder first on the path."""

from __future__ import annotations

import importlib
import inspect
import re
import sys
from collections.abc import Callable
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from modelcheck.errors import ModelError

__all__ = ["import_here", "import_object", "is_reference", "put_on_path", "required_arguments"]

_REFERENCE = re.compile(r"[^\W\d]\w*(\.[^\W\d]\w*)*:[^\W\d]\w*(\.[^\W\d]\w*)*")


def is_reference(text: str) -> bool:
    """Whether `text` has the form ``package.module:object``."""
    return _REFERENCE.fullmatch(text) is not None


def import_here(reference: str) -> Any:
    """Return an object of modelcheck itself, or of an installed package, by ``package.module:object``."""
    module, _, name = reference.partition(":")
    return getattr(importlib.import_module(module), name)


def import_object(reference: str, folder: Path) -> Any:
    """Import what a reference names.

    Parameters
    ----------
    reference : str
        ``package.module:object``.
    folder : Path
        Put first on ``sys.path``, where it stays.

    Returns
    -------
    object
        The named object.

    Raises
    ------
    ModelError
        The module or the object is missing, another module of that name is loaded already, or importing raises.
    """
    module_name, _, attribute = reference.partition(":")
    put_on_path(folder)
    try:
        found: Any = importlib.import_module(module_name)
    except ModuleNotFoundError as error:
        if error.name and (module_name == error.name or module_name.startswith(f"{error.name}.")):
            raise ModelError(
                f"{reference}: there is no module {error.name!r}. It is looked for in {_short(folder)} first, then "
                "where Python looks for installed packages."
            ) from error
        raise ModelError(
            f"{reference}: importing {module_name} needs the library {error.name!r}, which isn't installed here. "
            "Install it in the environment that runs pytest."
        ) from error
    except (Exception, SystemExit) as error:
        raise ModelError(f"{reference}: importing {module_name} raised {type(error).__name__}: {error}") from error
    _refuse_other(module_name, found, folder, reference)
    for part in attribute.split("."):
        names = [name for name in dir(found) if not name.startswith("_")]
        try:
            found = getattr(found, part)
        except AttributeError as error:
            near = get_close_matches(part, names, 1)
            hint = f" Did you mean {near[0]!r}?" if near else ""
            raise ModelError(f"{reference}: {module_name} has no {part!r}.{hint}") from error
    return found


def put_on_path(folder: Path) -> None:
    """Make `folder` the first place where modules are looked for, for the rest of the session."""
    place = str(folder.resolve())
    if sys.path[:1] != [place]:
        sys.path.insert(0, place)
    importlib.invalidate_caches()


def _refuse_other(module_name: str, module: Any, folder: Path, reference: str) -> None:
    top = module_name.partition(".")[0]
    here = [folder / f"{top}.py", folder / top / "__init__.py"]
    mine = next((path.resolve() for path in here if path.is_file()), None)
    loaded = getattr(sys.modules.get(top), "__file__", None)
    if mine is not None and loaded is not None and Path(loaded).resolve() != mine:
        raise ModelError(
            f"{reference}: a different module named {top!r} is loaded already, from {_short(Path(loaded))}. One Python "
            f"process holds one module of a name: rename {_short(mine)}, or make the folders packages."
        )


def required_arguments(function: Callable[..., Any]) -> int | None:
    """Return how many positional arguments a call needs, or None when its signature can't be read.

    Examples
    --------
    >>> required_arguments(lambda frame, scale=1: frame)
    1
    """
    try:
        parameters = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):
        return None
    kinds = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
    return sum(1 for item in parameters if item.default is inspect.Parameter.empty and item.kind not in kinds)


def _short(path: Path) -> str:
    try:
        return path.resolve().relative_to(Path.cwd()).as_posix() or "."
    except ValueError:
        return str(path)
