"""Start one process from a small one and write down what it took.

Linux counts the memory of whoever starts a process into that process's peak: only a small starter leaves it clean.
Run by path with ``-I -S``, so that nothing but the standard library is imported.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time

__all__ = ["main"]


def main(out: str, program: str, *arguments: str) -> None:
    """Run a program to its end and write CPU and wall seconds, peak bytes and exit code as JSON, children included."""
    began = time.perf_counter()
    child = subprocess.Popen([program, *arguments])
    _, status, used = os.wait4(child.pid, 0)
    wall = time.perf_counter() - began
    with open(out, "w", encoding="utf-8") as file:
        json.dump({"cpu_s": used.ru_utime + used.ru_stime, "wall_s": wall, "peak_bytes": used.ru_maxrss * 1024,
                   "code": os.waitstatus_to_exitcode(status)}, file)  # fmt: skip


if __name__ == "__main__":
    main(*sys.argv[1:])
