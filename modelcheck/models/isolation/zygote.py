"""The process that workers are forked from: a clean interpreter that has imported what models need, and ran nothing.

It starts once a run, in a second or two. A worker is then ready in milliseconds, holds none of the run's memory, and
shares the libraries' memory with its siblings.
"""

from __future__ import annotations

import contextlib
import ctypes
import importlib
import os
import select
import shutil
import signal
import socket
import sys
import tempfile
import time
import traceback
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NoReturn

from modelcheck.models.isolation.channel import Broken, Channel

__all__ = ["main"]

_EVERY = (
    "numpy",
    "pandas",
    "pyarrow",
    "joblib",
    "scipy.sparse",
    "pyarrow.pandas_compat",
    "sklearn.compose",
    "sklearn.ensemble",
    "sklearn.linear_model",
    "sklearn.pipeline",
    "sklearn.preprocessing",
    "modelcheck.models.loading",
    "modelcheck.models.isolation.worker",
)
_ADOPT_ORPHANS = 36


@dataclass(slots=True)
class _Family:
    """The workers: those that run, each with its private folder, and how the others ended."""

    running: dict[int, str] = field(default_factory=dict)
    ended: dict[int, int] = field(default_factory=dict)


def main(descriptor: int, *, warm: bool) -> NoReturn:
    """Fork a worker for each message, until the run closes its end.

    Parameters
    ----------
    descriptor : int
        One end of a pair of sockets.
    warm : bool
        Whether to import ahead what every model needs.
    """
    link = socket.socket(fileno=descriptor)
    channel = Channel(link)
    family = _Family()
    try:
        if warm:
            for name in _EVERY:
                importlib.import_module(name)
        # Whatever a worker starts and leaves behind becomes a child of this process, which ends it when the run ends.
        libc = ctypes.CDLL(None)
        if hasattr(libc, "prctl"):
            libc.prctl(_ADOPT_ORPHANS, 1, 0, 0, 0)
        # A byte arrives whenever a child ends, so that one wait serves both.
        woken, wake = os.pipe()
        os.set_blocking(wake, False)
        signal.set_wakeup_fd(wake, warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        channel.send({"ready": os.getpid()})
        while True:
            ready, _, _ = select.select([link.fileno(), woken], [], [])
            if woken in ready:
                os.read(woken, 4096)
                _reap(family)
            if link.fileno() in ready:
                _serve(channel, link, family, (woken, wake))
    except Broken:
        pass
    except Exception:
        traceback.print_exc()
    finally:
        _end_all(family)
        os._exit(0)


def _serve(channel: Channel, link: socket.socket, family: _Family, pipe: tuple[int, int]) -> None:
    header, _, given = channel.receive(descriptors=3)
    if header["do"] == "fork":
        try:
            channel.send(_forked(link, given, pipe, header, family))
        finally:
            for descriptor in given:
                os.close(descriptor)
        return
    # "end": whoever asks has seen its line close, or wants it gone. What it started goes with it.
    child, until = int(header["pid"]), time.monotonic() + float(header["patience"])
    _reap(family)
    while child in family.running and time.monotonic() < until:
        time.sleep(0.005)
        _reap(family)
    ended_here = child in family.running
    while child in family.running:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(child, signal.SIGKILL)
        time.sleep(0.001)
        _reap(family)
    channel.send({"code": family.ended.pop(child, None), "ended_here": ended_here})


def _forked(
    link: socket.socket, given: list[int], pipe: tuple[int, int], header: dict[str, Any], family: _Family
) -> dict[str, Any]:
    for name in header["modules"]:
        with contextlib.suppress(Exception):
            # A missing library is told by the worker that needs it, in better words.
            importlib.import_module(name)
    try:
        place = tempfile.mkdtemp(prefix="modelcheck-worker-")
        child = os.fork()
    except OSError as error:
        return {"error": os.strerror(error.errno or 0)}
    if child == 0:
        _become_worker(link, given, pipe, header, place)
    # Also done by the child: whichever comes first, it is done before anybody ends the group.
    with contextlib.suppress(OSError):
        os.setpgid(child, child)
    family.running[child] = place
    return {"pid": child}


def _reap(family: _Family) -> None:
    while True:
        try:
            child, status = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return
        if not child:
            return
        place = family.running.pop(child, None)
        if place is None:
            continue
        family.ended[child] = os.waitstatus_to_exitcode(status)
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(child, signal.SIGKILL)
        shutil.rmtree(place, ignore_errors=True)


def _end_all(family: _Family) -> None:
    """End every worker and all that they left behind, however often it forks meanwhile."""
    until = time.monotonic() + 5.0
    while time.monotonic() < until:
        for child in family.running:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(child, signal.SIGKILL)
        for child in _children():
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(child, signal.SIGKILL)
        _reap(family)
        if not family.running and not _children():
            return
        time.sleep(0.002)


def _children() -> list[int]:
    try:
        return [int(one) for one in Path(f"/proc/self/task/{os.getpid()}/children").read_text("ascii").split()]
    except OSError:
        return []


def _become_worker(
    link: socket.socket, given: list[int], pipe: tuple[int, int], header: dict[str, Any], place: str
) -> NoReturn:
    code = 70
    try:
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        with contextlib.suppress(OSError):
            os.setpgid(0, 0)
        link.close()
        for end in pipe:
            os.close(end)
        os.dup2(given[1], 1)
        os.dup2(given[1], 2)
        os.close(given[1])
        sys.path[:] = header["path"]
        os.environ.update(header["environment"])
        # Libraries that keep a folder of their own below the home folder find an empty one, which goes with the worker.
        os.environ.update({"HOME": place, "TMPDIR": place})
        tempfile.tempdir = None
        _limit_threads(header["environment"])
        from modelcheck.models.isolation.worker import serve

        serve(socket.socket(fileno=given[0]), given[2:], Path(place))
        code = 0
    except BaseException:  # the fork must never return into the zygote's loop
        traceback.print_exc()
    finally:
        with contextlib.suppress(Exception):
            sys.stdout.flush()
            sys.stderr.flush()
        os._exit(code)


def _limit_threads(environment: dict[str, str]) -> None:
    """Set numbers of threads: libraries that are loaded already no longer read the environment."""
    wanted = environment.get("OMP_NUM_THREADS", "")
    if wanted.isdecimal() and int(wanted):
        import threadpoolctl  # type: ignore[import-untyped]

        threadpoolctl.threadpool_limits(int(wanted))
