"""Records and pages on disk: written whole or not at all, read with care, removed only if they are ours."""

from __future__ import annotations

import contextlib
import json
import os
from pathlib import Path
from typing import Any, NoReturn

from modelcheck.errors import RecordError
from modelcheck.record.schema import Record, record_from_json

__all__ = [
    "PAGE_MARK",
    "RECORD_NAME",
    "dump_record",
    "read_record",
    "remove_stale",
    "write_record",
    "write_text_atomically",
]

RECORD_NAME = "record.json"
PAGE_MARK = "written-by: modelcheck"
"""Every page carries this in its first kilobytes, so that a later run knows what it may remove."""

_PAGES = ("report.html", "explainability.html", "summary.md", "index.html", "report.sarif", "model_card.md")
_RECORD_MARK = '"schema": "modelcheck/record/'
_HEAD_BYTES = 4096


def dump_record(record: Record) -> str:
    """Return the JSON text of a record: same record, same bytes; ASCII only, so that any tool reads it alike."""
    return json.dumps(record.as_json(), indent=1, ensure_ascii=True, allow_nan=False) + "\n"


def write_record(record: Record, folder: Path) -> Path:
    """Write ``record.json`` into a folder, atomically.

    Parameters
    ----------
    record : Record
        What to write.
    folder : Path
        Made if it doesn't exist.

    Returns
    -------
    Path
        The file written.

    Raises
    ------
    RecordError
        If the folder or file can't be written.
    """
    return write_text_atomically(folder / RECORD_NAME, dump_record(record))


def write_text_atomically(path: Path, text: str) -> Path:
    """Write a text file so that a reader sees the old one or the new one, never half of it.

    Parameters
    ----------
    path : Path
        Where to; its folder is made if it doesn't exist.
    text : str
        Written as UTF-8; characters that UTF-8 lacks (lone surrogates) become ``?``.

    Returns
    -------
    Path
        `path`.

    Raises
    ------
    RecordError
        If the file can't be written; an older one is left as it was.
    """
    # The temporary file lies beside its target because a rename is atomic only within one file system.
    temporary = path.with_name(f".{path.name}.{os.getpid()}-{os.urandom(4).hex()}.tmp")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o666)
        with os.fdopen(descriptor, "wb") as file:
            file.write(text.encode("utf-8", "replace"))
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
        _sync_folder(path.parent)
    except OSError as error:
        raise RecordError(
            f"{path} can't be written: {error.strerror or error}. Make its folder writable and not full, or choose "
            "another place (pytest: --modelcheck-report, modelcheck: --out)."
        ) from error
    finally:
        # Where the folder turns out to be a file, there is nothing to remove either.
        with contextlib.suppress(NotADirectoryError):
            temporary.unlink(missing_ok=True)
    return path


def _sync_folder(folder: Path) -> None:
    if os.name != "posix":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def read_record(path: Path) -> Record:
    """Read a record.

    Parameters
    ----------
    path : Path
        A ``record.json``, or the folder that holds one.

    Returns
    -------
    Record

    Raises
    ------
    RecordError
        If the file is missing, cut off, not JSON, of a newer schema or of the wrong shape.
    """
    path = path / RECORD_NAME if path.is_dir() else path
    try:
        data = json.loads(path.read_bytes(), parse_constant=_refuse_constant)
    except OSError as error:
        raise RecordError(
            f"{path} can't be read: {error.strerror or error}. Give a record.json that `pytest --modelcheck` wrote."
        ) from error
    except RecursionError as error:
        raise RecordError(f"{path} isn't a modelcheck record: it is nested too deeply.") from error
    except ValueError as error:
        # json's own errors, text that isn't UTF-8, and integers of thousands of digits are all ValueErrors.
        raise RecordError(
            f"{path} isn't whole JSON ({error}): it was cut off or edited. Run `pytest --modelcheck` again to write "
            "a new one."
        ) from error
    try:
        return record_from_json(data)
    except RecordError as error:
        raise RecordError(f"{path}: {error}") from error


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} isn't a JSON number")


def remove_stale(folder: Path) -> tuple[Path, ...]:
    """Remove the record and the pages of an earlier run, so that no stale green stays.

    Only files that modelcheck wrote go: a ``record.json`` with our schema, pages that carry our mark. Everything else
    in the folder, links included, is left alone.

    Parameters
    ----------
    folder : Path
        The folder of a model's reports; it need not exist.

    Returns
    -------
    tuple of Path
        What was removed.

    Raises
    ------
    RecordError
        If a file of ours can't be removed.
    """
    marks: dict[str, Any] = {RECORD_NAME: _RECORD_MARK} | dict.fromkeys(_PAGES, PAGE_MARK)
    removed = []
    for name, mark in marks.items():
        path = folder / name
        if path.is_symlink() or not path.is_file():
            continue
        try:
            with path.open("rb") as file:
                ours = mark.encode() in file.read(_HEAD_BYTES)
            if ours:
                path.unlink()
                removed.append(path)
        except OSError as error:
            raise RecordError(
                f"{path} of an earlier run can't be removed: {error.strerror or error}. Remove it by hand: its verdict "
                "no longer holds."
            ) from error
    return tuple(removed)
