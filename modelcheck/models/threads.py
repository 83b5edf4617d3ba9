"""How many threads a model's library may use."""

from __future__ import annotations

import os

__all__ = ["thread_count"]


def thread_count() -> int:
    """Return what ``OMP_NUM_THREADS`` says, else how many processors this process may run on.

    Libraries that don't read the variable by themselves (CatBoost, ONNX Runtime) are told, so that several workers
    beside each other are limited in one place.

    Returns
    -------
    int
        At least 1.
    """
    # The variable may be a list, one entry for each level of nesting.
    declared = os.environ.get("OMP_NUM_THREADS", "").partition(",")[0].strip()
    if declared.isdecimal() and int(declared) > 0:
        return int(declared)
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
