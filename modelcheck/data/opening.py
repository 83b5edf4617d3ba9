"""From the words of a configuration to a source: a file, a folder, a glob, or an importable function."""

from __future__ import annotations

import glob
import importlib
import re
import sys
from pathlib import Path
from typing import Any

from modelcheck.data.arrow import table_of
from modelcheck.data.csv_file import CsvSource
from modelcheck.data.files import ArrowSource, ManySource, ParquetSource
from modelcheck.data.names import closest, shown, shown_list
from modelcheck.data.source import KeptSource, MemorySource, TableSource
from modelcheck.errors import DataError

__all__ = ["call_function", "is_function_path", "open_source"]

_FUNCTION = re.compile(r"[^\W\d]\w*(?:\.[^\W\d]\w*)*:[^\W\d]\w*(?:\.[^\W\d]\w*)*")
_PACKED = (".gz", ".bz2", ".zst")
_FORMS = {
    ".csv": "csv", ".tsv": "tsv", ".parquet": "parquet", ".pq": "parquet",
    ".arrow": "arrow", ".arrows": "arrow", ".feather": "arrow", ".ipc": "arrow",
}  # fmt: skip
_ALLOWED = ".csv, .tsv (also with .gz, .bz2, .zst), .parquet, .pq, .arrow, .arrows, .feather, .ipc"


def is_function_path(path: str) -> bool:
    """Return whether `path` has the form ``package.module:function``."""
    return _FUNCTION.fullmatch(path) is not None


def open_source(path: str, folder: Path) -> TableSource:
    """Open what a configuration's `path` names.

    Parameters
    ----------
    path : str
        A file, a folder, a glob (``data/part-*.parquet``, ``**`` allowed) or ``package.module:function``; relative to
        `folder`.
    folder : Path
        The configuration's folder; put first on ``sys.path`` for a function, where it stays.

    Returns
    -------
    TableSource
        Repeatable. Kept in memory after its first whole pass when smaller than 256 MB.

    Raises
    ------
    DataError
        Nothing there, unsupported extension, unreadable, different columns, or no columns.
    """
    if is_function_path(path) and not (folder / path).exists():
        return MemorySource(table_of(call_function(path, folder), f"What {path} returns"))
    target = folder / path
    if target.is_dir():
        return _open_folder(target)
    if not target.exists() and glob.has_magic(path):
        return _open_glob(path, folder)
    return KeptSource(_open_file(target))


def _form(path: Path) -> str | None:
    name = path.name.lower()
    packed = next((end for end in _PACKED if name.endswith(end)), "")
    form = _FORMS.get(Path(name.removesuffix(packed)).suffix)
    return None if packed and form not in ("csv", "tsv") else form


def _open_file(path: Path) -> TableSource:
    form = _form(path)
    if not path.exists():
        near = [item.name for item in path.parent.iterdir()] if path.parent.is_dir() else []
        hint = closest(path.name, near) if near else f" There is no folder {path.parent}."
        raise DataError(f"No file {path}.{hint} Paths are relative to the configuration's folder.")
    if form is None:
        raise DataError(
            f"{path}: files ending in {shown(''.join(path.suffixes[-2:]) or path.name)} are not supported. "
            f'Allowed: {_ALLOWED}, or a function that returns a DataFrame: path = "package.module:function".'
        )
    if path.stat().st_size == 0:
        raise DataError(f"{path} is empty (0 bytes). A dataset needs columns and at least one row.")
    if form == "parquet":
        return ParquetSource(path)
    if form == "arrow":
        return ArrowSource(path)
    return CsvSource(path, "\t" if form == "tsv" else ",")


def _open_folder(folder: Path) -> TableSource:
    items = sorted(folder.iterdir(), key=lambda item: item.name)
    files = [item for item in items if item.is_file() and _form(item) and item.name[0] not in "._"]
    others = [item.name for item in items if item not in files]
    if not files:
        held = f"It holds {shown_list(others)}." if others else "It is empty."
        raise DataError(
            f"The folder {folder} holds no table. {held} Allowed: {_ALLOWED}. "
            "For files in folders below it write a glob such as data/**/*.parquet."
        )
    notes = [f"left out of {folder.name}, not tables: {shown_list(others)}"] if others else []
    return _open_many(files, folder, notes)


def _open_glob(pattern: str, folder: Path) -> TableSource:
    found = sorted(glob.glob(pattern, root_dir=folder, recursive=True))
    files = [folder / name for name in found if (folder / name).is_file()]
    if not files:
        raise DataError(f"No file matches {shown(pattern)} in {folder}.")
    others = [str(name) for name in found if not (folder / name).is_file()]
    return _open_many(files, folder, [f"left out, not files: {shown_list(others)}"] if others else [])


def _open_many(files: list[Path], folder: Path, notes: list[str]) -> TableSource:
    names = [file.relative_to(folder).as_posix() if file.is_relative_to(folder) else str(file) for file in files]
    sources = [_open_file(file) for file in files]
    return KeptSource(ManySource(sources, names, notes) if len(sources) > 1 or notes else sources[0])


def call_function(path: str, folder: Path) -> Any:
    """Import ``package.module:function`` and call it without arguments.

    Parameters
    ----------
    path : str
        Where it is.
    folder : Path
        Put first on ``sys.path`` and kept there.

    Returns
    -------
    object
        What it returns.

    Raises
    ------
    DataError
        It can't be imported, isn't callable, or raises.
    """
    place = str(folder.resolve())
    if place not in sys.path:
        sys.path.insert(0, place)
    module_name, _, name = path.partition(":")
    try:
        found: Any = importlib.import_module(module_name)
    except ModuleNotFoundError as exc:
        if exc.name is not None and (module_name == exc.name or module_name.startswith(exc.name + ".")):
            raise DataError(f"{path}: there is no module {exc.name!r}; looked first in {folder}.") from exc
        raise DataError(f"{path}: importing {module_name} failed: {exc}.") from exc
    except (Exception, SystemExit) as exc:
        raise DataError(f"{path}: importing {module_name} raised {type(exc).__name__}: {exc}") from exc
    for part in name.split("."):
        if not hasattr(found, part):
            raise DataError(f"{path}: {module_name} has no {part!r}.{closest(part, dir(found))}")
        found = getattr(found, part)
    if not callable(found):
        raise DataError(f"{path} is a {type(found).__name__}, not a function that returns a DataFrame.")
    try:
        return found()
    except (Exception, SystemExit) as exc:
        raise DataError(
            f"{path} raised {type(exc).__name__}: {exc}. It is called without arguments and returns one DataFrame."
        ) from exc
