"""Files that lie in a repository for months: opened without following links, read with care, changed under a lock."""

from __future__ import annotations

import contextlib
import json
import os
import re
import stat
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO, NoReturn

from modelcheck.errors import BaselineError

__all__ = ["locked", "open_plain_file", "place_of", "read_object", "shown", "sync_folder", "want"]

_MOST_BYTES = 64 * 1024 * 1024
_PATIENCE_S = 5.0
_PAUSE_S = 0.02


def place_of(path: Path) -> str:
    """Return where something of the history lies as a record may tell it: with nothing of the machine.

    Parameters
    ----------
    path : Path
        A file or folder.

    Returns
    -------
    str
        From the last ``.modelcheck`` on; outside of such a folder the name alone.

    Examples
    --------
    >>> place_of(Path("/home/ada/.modelcheck/income/baseline")), place_of(Path("/home/ada/champion"))
    ('.modelcheck/income/baseline', 'champion')
    """
    parts = path.parts
    inside = [number for number, part in enumerate(parts) if part == ".modelcheck"]
    return "/".join(parts[inside[-1] :]) if inside else path.name


def open_plain_file(path: Path) -> BinaryIO:
    """Open a regular file for reading; links, devices and folders are refused.

    Raises
    ------
    BaselineError
        It is something else than a regular file, or can't be opened.
    FileNotFoundError
        There is nothing of this name.
    """
    # Where the system can't refuse a link while opening, it is looked for before.
    if not hasattr(os, "O_NOFOLLOW") and path.is_symlink():
        raise BaselineError("it is a link; the file itself is needed")
    flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
    try:
        descriptor = os.open(path, flags)
    except FileNotFoundError:
        raise
    except OSError as error:
        problem = "it is a link; the file itself is needed" if path.is_symlink() else error.strerror or str(error)
        raise BaselineError(f"it can't be opened: {problem}") from error
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise BaselineError("it isn't a regular file")
    return os.fdopen(descriptor, "rb")


def read_object(path: Path, schema: str) -> dict[str, Any]:
    """Read a JSON object that names its schema.

    Parameters
    ----------
    path : Path
        The file.
    schema : str
        What it must say, e.g. ``modelcheck/looks/1``.

    Returns
    -------
    dict
        Nothing but the schema is checked.

    Raises
    ------
    BaselineError
        Not a plain file, too large, not JSON, another or a newer schema.
    FileNotFoundError
        There is no such file.
    """
    with open_plain_file(path) as file:
        content = file.read(_MOST_BYTES + 1)
    if len(content) > _MOST_BYTES:
        raise BaselineError(f"it has more than {_MOST_BYTES:,} bytes")
    try:
        data = json.loads(content, parse_constant=_refuse_constant)
    except RecursionError as error:
        raise BaselineError("it is nested too deeply") from error
    except ValueError as error:
        # json's own errors, text that isn't UTF-8, and integers of thousands of digits are all ValueErrors.
        raise BaselineError(f"it isn't whole JSON ({shown(str(error))})") from error
    if not isinstance(data, dict):
        raise BaselineError("it isn't a JSON object")
    _check_schema(data.get("schema"), schema)
    return data


def want(data: Any, path: str, kinds: type | tuple[type, ...], expected: str) -> Any:
    """Return a value of a JSON object by its dotted path.

    Parameters
    ----------
    data : object
        What the parser returned.
    path : str
        Keys, joined by dots.
    kinds : type or tuple of type
        Allowed types; a bool is no int.
    expected : str
        The same in words, for the message.

    Raises
    ------
    BaselineError
        It isn't there or of another type.

    Examples
    --------
    >>> want({"a": {"b": 3}}, "a.b", int, "a whole number")
    3
    """
    for part in path.split("."):
        data = data.get(part) if isinstance(data, dict) else None
    if not isinstance(data, kinds) or (isinstance(data, bool) and kinds in (int, (int, float))):
        raise BaselineError(f"{path} is {shown(data)}, {expected} was expected")
    return data


def shown(value: Any) -> str:
    r"""Return a value from a file as a message may print it: one short line of ASCII.

    Examples
    --------
    >>> shown("a\x1b[31m")
    "'a\\x1b[31m'"
    """
    try:
        text = ascii(value)
    except RecursionError:
        text = "nested too deeply to be shown"
    return text if len(text) <= 60 else text[:57] + "..."


@contextlib.contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Hold an exclusive lock on a folder between processes; where the system has none, go on without.

    Raises
    ------
    BaselineError
        Another process has held it for some seconds.
    """
    try:
        import fcntl
    except ImportError:  # not a POSIX system
        yield
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        patience = time.monotonic() + _PATIENCE_S
        while True:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                # Whoever holds it may hang for ever, and a run must come to its end.
                if time.monotonic() >= patience:
                    raise BaselineError("another process writes there and does not come to an end") from error
                time.sleep(_PAUSE_S)
                continue
            except OSError:
                # Some network file systems lock no folders: writers aren't kept apart there, each file stays whole.
                pass
            break
        yield
    finally:
        os.close(descriptor)


def sync_folder(folder: Path) -> None:
    """Make sure that the names in a folder have reached the disk, where the system can."""
    if os.name != "posix":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _check_schema(found: Any, schema: str) -> None:
    name, _, newest = schema.rpartition("/")
    match = re.fullmatch(re.escape(name) + "/([1-9][0-9]{0,8})", found) if isinstance(found, str) else None
    if match is None:
        raise BaselineError(f"its schema is {shown(found)}, {schema!r} was expected")
    if int(match[1]) > int(newest):
        raise BaselineError(
            f"a newer modelcheck wrote it: its schema is {shown(found)}, this version reads up to {schema!r}. "
            "Upgrade modelcheck"
        )


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} isn't a JSON number")
