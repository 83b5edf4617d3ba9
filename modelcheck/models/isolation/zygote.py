"""The process that workers are forked from: a clean interpreter that has imported what models need, and ran nothing.

It starts once a run, in a second or two. A worker is then ready in milliseconds, holds none of the run's memory, and
shares the libraries' memory with its siblings.
"""

from __future__ import annotations

import contextlib
import importlib
import os
import select
import signal
import socket
import sys
import time
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
_PATIENCE = 200  # hundredths of a second


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
    if warm:
        for name in _EVERY:
            importlib.import_module(name)
    children: dict[int, None] = {}
    ended: dict[int, int] = {}
    # A byte arrives whenever a child ends, so that one wait serves both.
    woken, wake = os.pipe()
    os.set_blocking(wake, False)
    signal.set_wakeup_fd(wake, warn_on_full_buffer=False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    channel.send({"ready": os.getpid()})
    try:
        while True:
            ready, _, _ = select.select([link.fileno(), woken], [], [])
            if woken in ready:
                os.read(woken, 4096)
                _reap(children, ended)
            if link.fileno() in ready:
                _serve(channel, link, children, ended, (woken, wake))
    except Broken:
        pass
    finally:
        for child in children:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(child, signal.SIGKILL)
        os._exit(0)


def _serve(
    channel: Channel, link: socket.socket, children: dict[int, None], ended: dict[int, int], pipe: tuple[int, int]
) -> None:
    header, _, given = channel.receive(descriptors=3)
    if header["do"] == "fork":
        for name in header["modules"]:
            with contextlib.suppress(Exception):
                # A missing library is told by the worker that needs it, in better words.
                importlib.import_module(name)
        child = os.fork()
        if child == 0:
            _become_worker(link, given, pipe, header)
        children[child] = None
        for descriptor in given:
            os.close(descriptor)
        channel.send({"pid": child})
        return
    # "ended": how a child ended. Whoever asks has seen its line close; one that only closed its line is ended now.
    child = int(header["pid"])
    for _ in range(_PATIENCE):
        _reap(children, ended)
        if child not in children:
            break
        time.sleep(0.01)
    else:
        os.killpg(child, signal.SIGKILL)
    channel.send({"code": ended.pop(child, None)})


def _reap(children: dict[int, None], ended: dict[int, int]) -> None:
    for child in list(children):
        found, status = os.waitpid(child, os.WNOHANG)
        if found:
            del children[child]
            ended[child] = os.waitstatus_to_exitcode(status)


def _become_worker(link: socket.socket, given: list[int], pipe: tuple[int, int], header: dict[str, Any]) -> NoReturn:
    code = 70
    try:
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        os.setpgid(0, 0)
        link.close()
        for end in pipe:
            os.close(end)
        os.dup2(given[1], 1)
        os.dup2(given[1], 2)
        os.close(given[1])
        sys.path[:] = header["path"]
        os.environ.update(header["environment"])
        from modelcheck.models.isolation.worker import serve

        serve(socket.socket(fileno=given[0]), given[2:])
        code = 0
    except BaseException:  # the fork must never return into the zygote's loop
        import traceback

        traceback.print_exc()
    finally:
        with contextlib.suppress(Exception):
            sys.stdout.flush()
            sys.stderr.flush()
        os._exit(code)
