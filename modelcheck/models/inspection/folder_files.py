"""The files of a model folder, listed without following a link, and what is said of them together."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from modelcheck.models.inspection.outcome import NOT_LISTED, Bounds, Inspection, NotAnalysable

__all__ = ["Judgement", "folder_files", "read_text"]

_DEPTH = 20


def folder_files(folder: Path, bounds: Bounds) -> dict[str, int]:
    """Return the size of every regular file by its path in the folder, with ``/``, sorted.

    Parameters
    ----------
    folder : Path
        The folder.
    bounds : Bounds
        Limits: number of files, and their bytes together.

    Raises
    ------
    NotAnalysable
        It holds a link, a device or a pipe, too many files, or folders too deep in each other.
    """
    found: dict[str, int] = {}
    total = 0
    pending = [("", 0)]
    while pending:
        inner, depth = pending.pop()
        if depth > _DEPTH:
            raise NotAnalysable(f"its folders nest deeper than {_DEPTH}")
        with os.scandir(folder / inner) as entries:
            for entry in entries:
                name = f"{inner}{entry.name}"
                status = entry.stat(follow_symlinks=False)
                if stat.S_ISLNK(status.st_mode):
                    raise NotAnalysable(f"it holds the link {name!r}; copy the folder with its files (cp -rL)")
                if stat.S_ISDIR(status.st_mode):
                    pending.append((f"{name}/", depth + 1))
                elif stat.S_ISREG(status.st_mode):
                    found[name] = status.st_size
                    total += status.st_size
                else:
                    raise NotAnalysable(f"{name!r} is neither a file nor a folder")
                if len(found) + len(pending) > bounds.files:
                    raise NotAnalysable(f"it holds more than {bounds.files:,} files and folders")
                if total > bounds.file_bytes:
                    raise NotAnalysable(f"its files are larger than {bounds.file_bytes:,} bytes together")
    return dict(sorted(found.items()))


def read_text(path: Path, name: str, most: int) -> str:
    """Return a small text file.

    Raises
    ------
    NotAnalysable
        It is larger than `most` bytes, or isn't UTF-8.
    """
    with path.open("rb") as stream:
        content = stream.read(most + 1)
    if len(content) > most:
        raise NotAnalysable(f"its file {name!r} is larger than {most:,} bytes")
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as error:
        raise NotAnalysable(f"its file {name!r} isn't text") from error


@dataclass(slots=True)
class Judgement:
    """What was said so far of a folder's files.

    Attributes
    ----------
    form : str
        The folder's format.
    trusted : frozenset of str
        Names, and paths of Python files, that the user allows.
    """

    form: str
    trusted: frozenset[str]
    _names: set[str] = field(default_factory=set)
    _refused: set[str] = field(default_factory=set)
    _versions: dict[str, str] = field(default_factory=dict)
    _forbidden: list[str] = field(default_factory=list)
    _unknown: list[str] = field(default_factory=list)

    def add(self, name: str, inspection: Inspection, formats: Iterable[str]) -> None:
        """Take in the answer for one file, which must be of one of these formats."""
        self._names.update(inspection.names)
        self._refused.update(inspection.refused)
        self._versions.update(inspection.versions)
        if inspection.answer == "refused":
            self._forbidden.append(f"its file {name!r}: {inspection.reason}")
        elif inspection.answer == "not_analysable":
            self._unknown.append(f"its file {name!r}: {inspection.reason}")
        elif inspection.format not in formats:
            self._unknown.append(f"its file {name!r} is {inspection.format}, which doesn't belong into such a folder")

    def note(self, library: str, version: object) -> None:
        """Take in a version that the folder names."""
        if isinstance(version, str):
            self._versions[library] = version[:100]

    def use(self, name: str, reason: str) -> None:
        """Take in something by name that only the user's trust allows."""
        self._names.add(name)
        if name not in self.trusted:
            self._refused.add(name)
            self._forbidden.append(reason)

    def forbid(self, reason: str) -> None:
        """Take in what no trust allows."""
        self._forbidden.append(reason)

    def unknown(self, reason: str) -> None:
        """Take in what can't be followed."""
        self._unknown.append(reason)

    def answer(self) -> Inspection:
        """Return the answer for the whole folder."""
        reasons = [*dict.fromkeys(self._forbidden), *dict.fromkeys(self._unknown)]
        if self._refused and not any(NOT_LISTED in reason for reason in reasons):
            reasons.insert(0, NOT_LISTED)
        return Inspection(
            answer="refused" if self._refused or self._forbidden else "not_analysable" if self._unknown else "allowed",
            format=self.form,
            names=tuple(sorted(self._names)),
            refused=tuple(sorted(self._refused)),
            reason="; ".join(reasons),
            versions=dict(sorted(self._versions.items())),
        )
