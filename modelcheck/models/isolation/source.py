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

    @property
    def usable(self) -> bool:
        """Whether this very process started it and it still runs."""
        return self._owner == os.getpid() and self._process.poll() is None

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
            "modules": list(modules),
            "environment": dict(environment),
            "path": import_places(),
        }
        with self._lock:
            self._wait()
            answer = self._asked(given, [link.fileno(), output, *descriptors])
        return int(answer["pid"])

    def ended(self, pid: int) -> int | None:
        """Return how a worker that is gone ended: its exit code, or minus the signal; None where nobody knows."""
        with self._lock:
            try:
                code = self._asked({"do": "ended", "pid": pid}, [])["code"]
            except ModelError:
                return None
        return None if code is None else int(code)

    def close(self) -> None:
        """End it and every worker of it."""
        self._channel.close()
        if self._owner == os.getpid():
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(5)
            self._process.kill()
            self._process.wait()

    def _wait(self) -> None:
        if not self._ready:
            try:
                self._channel.receive(seconds=_START_SECONDS)
            except (Broken, TimedOut) as error:
                raise self._failed() from error
            self._ready = True

    def _asked(self, header: dict[str, Any], descriptors: Sequence[int]) -> dict[str, Any]:
        try:
            self._channel.send(header, descriptors=descriptors, seconds=_START_SECONDS)
            return self._channel.receive(seconds=_START_SECONDS)[0]
        except (Broken, TimedOut) as error:
            raise self._failed() from error

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
    """Return the zygote of this process, starting it where there is none."""
    global _zygote
    with _starting:
        if _zygote is None or not _zygote.usable:
            _zygote = Zygote()
            atexit.register(_zygote.close)
        return _zygote
