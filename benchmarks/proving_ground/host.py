"""A warm process in a tool's own environment: imports once, then a forked child for each cell.

Cells come as JSON lines on the standard input, results go as JSON lines to the standard output. A child that
crashes, hangs or prints takes nothing else with it, and what it cost is the kernel's count of that child alone
(with the processes that it started and waited for).
"""

from __future__ import annotations

import json
import os
import resource
import select
import signal
import sys
import tempfile
import time
import traceback
from collections.abc import Callable
from importlib import import_module, metadata
from typing import Any

__all__ = ["main"]


def main(module: str, timeout_s: float, most_bytes: int = 0) -> None:
    """Serve cells until the input ends, each within a time and, if given, an address space."""
    if most_bytes:
        resource.setrlimit(resource.RLIMIT_AS, (most_bytes, most_bytes))
    answers = os.fdopen(os.dup(1), "w")
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    tool: Any = import_module(f"benchmarks.proving_ground.tools.{module}")
    for name in tool.PRELOAD:
        import_module(name)
    from benchmarks.proving_ground import draws  # also imports every base and case

    versions = {name: metadata.version(name) for name in tool.PACKAGES}
    for line in sys.stdin:
        cell = json.loads(line)
        row = _in_a_child(tool, draws, cell, timeout_s) | {"versions": versions}
        answers.write(json.dumps(row) + "\n")
        answers.flush()


def _in_a_child(tool: Any, draws: Any, cell: dict[str, Any], timeout_s: float) -> dict[str, Any]:
    reading, writing = os.pipe()
    started = time.monotonic()
    child = os.fork()
    if child == 0:
        code = 70
        try:
            os.setsid()
            os.close(reading)
            with tempfile.TemporaryDirectory(prefix="proving-") as folder:
                os.chdir(folder)
                row = _examined(tool, draws, cell)
                os.chdir("/")
            with os.fdopen(writing, "w") as out:
                json.dump(row, out)
            code = 0
        finally:
            os._exit(code)
    os.close(writing)
    said, late = _read(reading, started + timeout_s)
    if late:
        os.killpg(child, signal.SIGKILL)
    _, status, usage = os.wait4(child, 0)
    costs = {
        "cpu_s": round(usage.ru_utime + usage.ru_stime, 3),
        "wall_s": round(time.monotonic() - started, 3),
        "peak_mb": round(usage.ru_maxrss / 1024.0, 1),
    }
    if late:
        return {"status": "timed out", "traceback": f"no answer within {timeout_s:g} s"} | costs
    if status or not said:
        return {"status": "crashed", "traceback": f"the process ended with status {status}"} | costs
    row: dict[str, Any] = json.loads(said)
    return costs | row


def _read(reading: int, deadline: float) -> tuple[bytes, bool]:
    """Read to the end, or to the deadline."""
    parts = []
    with os.fdopen(reading, "rb", buffering=0) as given:
        while (left := deadline - time.monotonic()) > 0:
            if select.select([given], [], [], left)[0]:
                part = given.read(1 << 16)
                if not part:
                    return b"".join(parts), False
                parts.append(part)
    return b"", True


def _examined(tool: Any, draws: Any, cell: dict[str, Any]) -> dict[str, Any]:
    """Draw the trial and let the tool look at it; a fault of the tool is told with its traceback."""
    from benchmarks.proving_ground.tools.outcome import NotCovered

    asked = _counted()
    trial = draws.trial_of(cell["subject"], cell["rows"], cell["seed"], cell["strength"])
    started = time.monotonic()
    try:
        said = tool.examine(trial)
    except NotCovered as reason:
        return {"status": "not covered", "notes": str(reason)}
    except Exception:
        return {"status": "crashed", "traceback": traceback.format_exc(limit=-12)[-4000:]}
    return {
        "status": "ok",
        "found": list(said.found),
        "blocking": list(said.blocking),
        "errors": list(said.errors),
        "verdict": said.verdict,
        "predicted_rows": asked(),
        "notes": said.notes,
        "details": said.details,
        "wall_s": round(time.monotonic() - started, 3),
    }


def _counted() -> Callable[[], int]:
    """Count the rows that models of this process are asked about: each begins with a column transformer."""
    from sklearn.compose import ColumnTransformer

    transform, rows = ColumnTransformer.transform, [0]

    def counted(self: Any, X: Any, **params: Any) -> Any:
        rows[0] += len(X)
        return transform(self, X, **params)

    ColumnTransformer.transform = counted
    return lambda: rows[0]


if __name__ == "__main__":
    main(sys.argv[1], float(sys.argv[2]), *map(int, sys.argv[3:]))
