"""Configuration files as they are read: where a file's table stands and how the file is called in messages."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from modelcheck.config.fields import kind_of
from modelcheck.errors import Mistake

__all__ = ["OWN_FILE", "PROJECT_FILE", "Source", "absolute", "label_of", "read_source", "read_toml"]

OWN_FILE = "modelcheck.toml"
PROJECT_FILE = "pyproject.toml"
_PREFIX = "tool.modelcheck."


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """One configuration file, read but not yet validated.

    Attributes
    ----------
    file : Path
        Absolute path.
    label : str
        The path relative to the root directory, with ``/``.
    prefix : str
        ``tool.modelcheck.`` in a pyproject.toml, else empty.
    values : mapping
        The configuration's table.
    default_name : str
        The project's name, else the folder's.
    """

    file: Path
    label: str
    prefix: str
    values: Mapping[str, Any]
    default_name: str

    @property
    def section(self) -> str:
        """Name of the configuration's own table; empty when the whole file is one."""
        return self.prefix.rstrip(".")


def absolute(path: str, folder: Path) -> Path:
    """Return `path` as an absolute one, relative ones below `folder`; links are not followed."""
    return Path(os.path.abspath(os.path.join(folder, path)))


def label_of(file: Path, rootdir: Path) -> str:
    """Return how messages and node ids call a file: relative to the root directory, with ``/``."""
    try:
        return Path(os.path.relpath(file, os.path.abspath(rootdir))).as_posix()
    except ValueError:
        # Another drive of a Windows machine has no relative path.
        return file.as_posix()


def read_source(file: Path, rootdir: Path, mistakes: list[Mistake]) -> Source | None:
    """Read one file.

    Parameters
    ----------
    file : Path
        Absolute path of a modelcheck.toml (whatever its name) or a pyproject.toml.
    rootdir : Path
        Root directory of the run.
    mistakes : list of Mistake
        Where mistakes are added.

    Returns
    -------
    Source or None
        None when the file can't be read (a mistake was added), or is a pyproject.toml without
        ``[tool.modelcheck]`` (none was).
    """
    label = label_of(file, rootdir)
    values = read_toml(file, label, mistakes)
    if values is None:
        return None
    if file.name != PROJECT_FILE:
        beside = file.parent / PROJECT_FILE
        # Mistakes of a file that is only asked for a name are not ours to report.
        project = read_toml(beside, label, []) if beside.is_file() else None
        return Source(file=file, label=label, prefix="", values=values, default_name=_name_in(project, file))
    tool = values.get("tool", {})
    own = tool.get("modelcheck") if isinstance(tool, Mapping) else None
    if own is None:
        return None
    if not isinstance(own, Mapping):
        problem = f"must be a table, not {kind_of(own)}."
        mistakes.append(Mistake(file=label, section="tool", key="modelcheck", problem=problem))
        return None
    return Source(file=file, label=label, prefix=_PREFIX, values=own, default_name=_name_in(values, file))


def _name_in(project: Mapping[str, Any] | None, file: Path) -> str:
    table = (project or {}).get("project")
    name = table.get("name") if isinstance(table, Mapping) else None
    return name if isinstance(name, str) and name.strip() else file.parent.name


def read_toml(file: Path, label: str, mistakes: list[Mistake]) -> dict[str, Any] | None:
    """Return what a TOML file holds, or None after noting under `label` why it can't be read."""
    problem, hint = "", ""
    try:
        if file.exists() and not file.is_file() and not file.is_dir():
            # A device or a pipe may never end.
            raise OSError("it is not a regular file")
        # Editors on Windows write a byte order mark; TOML knows none.
        return tomllib.loads(file.read_bytes().decode("utf-8-sig"))
    except FileNotFoundError:
        problem = "does not exist."
    except IsADirectoryError:
        problem = "is a folder; name the file in it."
        hint = f"Did you mean {label}/{OWN_FILE}?" if (file / OWN_FILE).is_file() else ""
    except OSError as error:
        problem = f"can't be read: {error.strerror or error}."
    except UnicodeDecodeError as error:
        problem = f"is not UTF-8 text (byte {error.start}); TOML files must be."
    except tomllib.TOMLDecodeError as error:
        problem = f"is not valid TOML: {_printable(str(error))}."
    except RecursionError:
        problem = "is nested too deeply to be read."
    except ValueError as error:
        problem = f"holds a value that can't be read: {_printable(str(error))}."
    mistakes.append(Mistake(file=label, problem=problem, hint=hint))
    return None


def _printable(text: str) -> str:
    return "".join(character if character.isprintable() else "?" for character in text[:300])
