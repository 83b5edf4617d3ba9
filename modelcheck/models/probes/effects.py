"""What a model does besides answering, seen by the audit events that Python raises (PEP 578)."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Mapping, Sequence
from types import FrameType
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from modelcheck.models.protocol import Model
from modelcheck.models.unchanged import what_changed

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["watched"]

_LONGEST = 200
_MOST = 200
_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
_FILES = {
    "os.remove": "removes", "os.rename": "renames", "os.rmdir": "removes the folder", "os.mkdir": "makes the folder",
    "os.link": "links", "os.symlink": "links", "os.truncate": "cuts", "os.chmod": "changes the rights of",
    "os.chown": "changes the owner of", "sqlite3.connect": "opens the database",
}  # fmt: skip
_NETWORK = {
    "socket.connect": "connects to", "socket.sendto": "sends to", "socket.bind": "listens at",
    "socket.getaddrinfo": "looks up", "socket.gethostbyname": "looks up",
}  # fmt: skip
_PROGRAMS = {
    "subprocess.Popen": "starts", "os.system": "starts", "os.exec": "becomes", "os.posix_spawn": "starts",
    "os.spawn": "starts", "os.fork": "forks", "os.forkpty": "forks", "pty.spawn": "starts", "os.kill": "signals",
}  # fmt: skip
_STATE = {"os.chdir": "changes the working folder to", "os.putenv": "sets the environment variable"}
# The pool that scikit-learn's n_jobs stands on, and importing a module for the first time, are no effects.
_APART = ("<frozen importlib", "/joblib/externals/loky/", "/joblib/_parallel_backends.py", "/joblib/_memmapping")


class _Watch:
    """Counts effects while it is the one that the hook tells."""

    def __init__(self) -> None:
        # Threads that were there before do the run's work, not the model's.
        self._others = {thread.ident for thread in threading.enumerate()} - {threading.get_ident()}
        self.seen: dict[tuple[str, str], int] = {}

    def take(self, event: str, args: tuple[Any, ...]) -> None:
        """Count one event, if it is an effect of the model."""
        told = _told(event, args)
        if told is None or threading.get_ident() in self._others or _apart(sys._getframe(2)):
            return
        if told in self.seen or len(self.seen) < _MOST:
            self.seen[told] = self.seen.get(told, 0) + 1


_watch: _Watch | None = None
_installed = threading.Lock()


def _hook(event: str, args: tuple[Any, ...]) -> None:
    watch = _watch
    if watch is not None:
        watch.take(event, args)


def watched(
    model: Model, frames: Sequence[pd.DataFrame], given: Mapping[str, Any]
) -> tuple[dict[str, Any], list[NDArray[np.uint8]]]:
    """Ask about some frames and tell what else happened.

    Parameters
    ----------
    model : Model
        Asked by this thread; what threads do that it starts is seen too.
    frames : sequence of DataFrame
        Each is asked about once.
    given : mapping
        ``method``.

    Returns
    -------
    told : dict
        ``effects``: lists of kind (``file``, ``network``, ``program``, ``state``, ``input``), what was done, and how
        often. ``problem``: what a call raised; empty where none did.
    arrays : list of ndarray
        Empty.

    Notes
    -----
    Python raises these events for its own functions; what compiled code does on its own is not seen.
    """
    global _watch
    ask, problem, changed = getattr(model, given["method"]), "", ""
    if _installed.acquire(blocking=False):  # an audit hook can't be removed: once is enough
        sys.addaudithook(_hook)
    watch = _Watch()
    for frame in frames:
        before = frame.copy(deep=True)
        _watch = watch
        try:
            ask(frame)
        except Exception as error:  # what it did before it raised is told all the same
            problem = f"{type(error).__name__}: {error}"[:_LONGEST]
        finally:
            _watch = None
        changed = changed or what_changed(frame, before)
    effects: list[list[Any]] = [[kind, what, count] for (kind, what), count in watch.seen.items()]
    if changed:
        effects.append(["input", f"changes its input: {changed}", 1])
    return {"effects": effects, "problem": problem}, []


def _told(event: str, args: tuple[Any, ...]) -> tuple[str, str] | None:
    if event == "open":
        path, _, flags = args
        if isinstance(path, int) or not isinstance(flags, int) or not flags & _WRITING:
            return None
        name = os.fsdecode(path) if isinstance(path, str | bytes | os.PathLike) else str(path)
        return None if name == os.devnull else ("file", f"writes {_short(name)}")
    for kind, verbs in (("file", _FILES), ("network", _NETWORK), ("program", _PROGRAMS), ("state", _STATE)):
        if event in verbs:
            return kind, f"{verbs[event]} {_short(_object(event, args))}".strip()
    return None


def _object(event: str, args: tuple[Any, ...]) -> str:
    """Return what an event was done to; never what was written or sent."""
    if event in ("socket.connect", "socket.sendto", "socket.bind"):
        address = args[1] if len(args) > 1 else ""
        return ":".join(map(str, address[:2])) if isinstance(address, tuple) else str(address)
    first = args[0] if args else ""
    return os.fsdecode(first) if isinstance(first, bytes) else str(first)


def _short(text: str) -> str:
    plain = "".join(letter if letter.isprintable() else " " for letter in text[: _LONGEST + 1])
    return plain if len(plain) <= _LONGEST else f"{plain[: _LONGEST - 1]}…"


def _apart(frame: FrameType | None) -> bool:
    while frame is not None:
        name = frame.f_code.co_filename
        if any(part in name for part in _APART):
            return True
        frame = frame.f_back
    return False
