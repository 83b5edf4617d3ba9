"""How long answers take, measured beside the model: the way to it is not part of it."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from modelcheck.models.protocol import Model

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["nothing", "timed"]


def timed(
    model: Model, frames: Sequence[pd.DataFrame], given: Mapping[str, Any]
) -> tuple[dict[str, float], list[NDArray[np.float64]]]:
    """Ask about the same rows some times and take the time of each call.

    Parameters
    ----------
    model : Model
        Asked.
    frames : sequence of DataFrame
        One.
    given : mapping
        ``method``, ``calls``, and ``warm``: how many calls go before, untimed.

    Returns
    -------
    told : dict
        ``cpu_seconds``: of the whole process, for one call on average.
    arrays : list of ndarray
        Seconds of each call, shape (calls,).
    """
    ask, rows, calls = getattr(model, given["method"]), frames[0], int(given["calls"])
    for _ in range(int(given["warm"])):
        ask(rows)
    seconds = np.empty(calls)
    processor = time.process_time()
    for place in range(calls):
        started = time.perf_counter()
        ask(rows)
        seconds[place] = time.perf_counter() - started
    return {"cpu_seconds": (time.process_time() - processor) / calls}, [seconds]


def nothing(model: Model, frames: Sequence[pd.DataFrame], given: Any) -> tuple[None, list[NDArray[Any]]]:
    """Do nothing: the reply's cost then tells what the worker holds without having answered."""
    return None, []
