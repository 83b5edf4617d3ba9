"""The run's side of the zygote: started when it is first needed, one a process, closed with it."""

from __future__ import annotations

import atexit
import contextlib
import json
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from modelcheck.errors import ModelError
from modelcheck.models.isolation.channel import Broken, Channel, TimedOut

__all__ = ["Zygote", "warm_zygote"]

_START_SECONDS = 120.0
# What decides about results or is needed to find libraries; everything else of the run's environment stays outside.
_KEPT = (
    "PATH",
    "LANG",
    "LC_ALL",
    "TZ",
    "TMPDIR",
    "LD_LIBRARY_PATH",
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "NUMEXPR_NUM_THREADS",
    "CUDA_VISIBLE_DEVICES",
    "KERAS_BACKEND",
    "COVERAGE_PROCESS_START",
    "COVERAGE_FILE",
)
# The package is found where the run found it, without the folder around it becoming a place for imports.
_BOOT = """
import importlib.util, json, sys
given = json.loads(sys.argv[1])
sys.path[:] = given["path"]
spec = importlib.util.spec_from_file_location("modelcheck", given["package"] + "/__init__.py",
                                              submodule_search_locations=[given["package"]])
sys.modules["modelcheck"] = module = importlib.util.module_from_spec(spec)
spec.loader.exec_module(module)
from modelcheck.models.isolation.zygote import main
main(given["descriptor"], warm=given["warm"])
"""


class Zygote:
    """A running interpreter that forks workers.

    Parameters
    ----------
    warm : bool
        Whether it imports ahead what every model needs; a cold one shows what a fresh start costs.
    hash_seed : int or None
        Seed of the hashes of text, on which the order of sets hangs; None: chance.
    """

    def __init__(self, *, warm: bool = True, hash_seed: int | None = None) -> None:
        self._owner = os.getpid()
        self._lock = threading.Lock()
        own, theirs = socket.socketpair()
        given = {
            "descriptor": theirs.fileno(),
            "package": str(Path(__file__).resolve().parents[2]),
            "path": import_places(),
            "warm": warm,
        }
        environment = {name: os.environ[name] for name in _KEPT if name in os.environ}
        # -I is -s -P and deaf to PYTHON* variables, of which none is handed on but this one.
        isolated = ["-I"] if hash_seed is None else ["-s", "-P"]
        seeded = {} if hash_seed is None else {"PYTHONHASHSEED": str(hash_seed)}
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, *isolated, "-c", _BOOT, json.dumps(given)],
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                env={**environment, **seeded},
                cwd="/",
                start_new_session=True,
            )
        self._channel = Channel(own)
        self._ready = False
        self._confused = False
        self._ahead: set[str] = set()

    @property
    def usable(self) -> bool:
        """Whether this very process started it, it still runs, and no question to it was broken off."""
        return self._owner == os.getpid() and not self._confused and self._process.poll() is None

    def fork(
        self,
        link: socket.socket,
        output: int,
        descriptors: Sequence[int],
        *,
        modules: Sequence[str],
        environment: Mapping[str, str],
    ) -> int:
        """Fork a worker.

        Parameters
        ----------
        link : socket.socket
            The worker's end of a pair of sockets.
        output : int
            Where its standard output and standard error go.
        descriptors : sequence of int
            At most one: the model's bytes.
        modules : sequence of str
            Imported before forking, so that the next worker has them too.
        environment : dict of str to str
            Set in the worker.

        Returns
        -------
        int
            Its process id.
        """
        given: dict[str, Any] = {
            "do": "fork",
            "modules": [*modules, *sorted(self._ahead)],
            "environment": dict(environment),
            "path": import_places(),
        }
        with self._lock:
            self._wait()
            answer = self._asked(given, [link.fileno(), output, *descriptors])
        if "error" in answer:
            raise ModelError(f"No process could be started for a model's worker: {answer['error']}.")
        return int(answer["pid"])

    def expect(self, modules: Sequence[str]) -> None:
        """Import these too before the next worker is forked: a worker has just imported them for itself."""
        self._ahead.update(modules)

    def end(self, pid: int, patience: float = 0.0) -> tuple[int | None, bool]:
        """End a worker and what it started.

        Parameters
        ----------
        pid : int
            As `fork` gave it.
        patience : float
            Seconds to wait for it to end by itself.

        Returns
        -------
        code : int or None
            Its exit code, or minus the signal; None where nobody knows.
        ended_here : bool
            Whether it still ran, so that this is what ended it.
        """
        with self._lock:
            try:
                answer = self._asked({"do": "end", "pid": pid, "patience": patience}, [])
            except ModelError:
                return None, False
        return (None if answer["code"] is None else int(answer["code"])), bool(answer["ended_here"])

    def close(self) -> None:
        """End it and every worker of it."""
        self._channel.close()
        if self._owner != os.getpid():
            return
        if self._ready:
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(10)
        # One that still imports has no workers yet.
        self._process.kill()
        self._process.wait()

    def wait(self) -> None:
        """Wait until it can fork.

        Raises
        ------
        ModelError
            It can't.
        """
        with self._lock:
            self._wait()

    def _wait(self) -> None:
        if not self._ready:
            try:
                self._channel.receive(seconds=_START_SECONDS)
            except (Broken, TimedOut) as error:
                raise self._failed() from error
            except BaseException:
                self._confused = True
                raise
            self._ready = True

    def _asked(self, header: dict[str, Any], descriptors: Sequence[int]) -> dict[str, Any]:
        if self._confused:
            raise self._failed()
        try:
            self._channel.send(header, descriptors=descriptors, seconds=_START_SECONDS)
            return self._channel.receive(seconds=_START_SECONDS)[0]
        except (Broken, TimedOut) as error:
            self._confused = True
            raise self._failed() from error
        except BaseException:
            # An alarm in between leaves an answer on the way that would be taken for the next one.
            self._confused = True
            raise

    def _failed(self) -> ModelError:
        code = self._process.poll()
        how = "does not answer" if code is None else f"ended with exit code {code}"
        return ModelError(
            f"The process that starts workers for models {how}. What it printed stands on standard error. Models can "
            'be loaded in the run\'s own process instead: isolation = "none" beside the model.'
        )


def import_places() -> list[str]:
    """Return where the run imports from; relative places would mean another folder in a worker."""
    return [os.path.abspath(place) for place in sys.path if place and os.path.exists(place)]


_zygote: Zygote | None = None
_starting = threading.Lock()


def warm_zygote() -> Zygote:
    """Return the zygote of this process, starting it where there is none; it then imports beside whoever asked."""
    global _zygote
    with _starting:
        if _zygote is None or not _zygote.usable:
            _zygote = Zygote()
            atexit.register(_zygote.close)
        return _zygote
