"""Several threads that ask one model at the same time."""

from __future__ import annotations

import contextlib
import sys
import threading
import warnings
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from modelcheck.models.protocol import Model

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["together"]

_SWITCH_S = 1e-5  # threads take turns often, so that what they share is met half done
_LOOK_S = 0.5  # how often a thread that has not begun is looked at
_LONGEST = 300


def together(
    model: Model, frames: Sequence[pd.DataFrame], given: Mapping[str, Any]
) -> tuple[dict[str, Any], list[NDArray[Any]]]:
    """Ask about each thread's own rows alone, then again and again while the other threads ask about theirs.

    Parameters
    ----------
    model : Model
        Asked by its own process's threads.
    frames : sequence of DataFrame
        One; thread k has rows k, k + threads, ...
    given : mapping
        ``method`` (``predict`` or ``predict_proba``), ``threads`` and ``rounds``.

    Returns
    -------
    told : dict
        ``failures``: what calls raised, each once.
    arrays : list of ndarray
        The answers alone, shape (n_rows, ...); those of each round, shape (rounds, n_rows, ...), in the order of the
        rows; and whether there was an answer, bool of shape (rounds, n_rows).

    Examples
    --------
    >>> import pandas as pd
    >>> from modelcheck.config.tables import ModelTable
    >>> from modelcheck.models.loading import wrap_model
    >>> model = wrap_model(lambda rows: rows["a"].to_numpy(), ModelTable(output="value"))
    >>> rows = pd.DataFrame({"a": [1.0, 2.0, 3.0]})
    >>> told, (alone, rounds, answered) = together(model, [rows], {"method": "predict", "threads": 2, "rounds": 2})
    >>> alone.tolist(), rounds.shape, bool(answered.all()), told
    ([1.0, 2.0, 3.0], (2, 3), True, {'failures': []})
    """
    rows, threads, rounds = frames[0], int(given["threads"]), int(given["rounds"])
    ask = getattr(model, given["method"])
    places = [np.arange(start, len(rows), threads) for start in range(min(threads, len(rows)))]
    parts = [rows.iloc[place].reset_index(drop=True) for place in places]
    alone = [np.asarray(ask(part)) for part in parts]
    found: dict[tuple[int, int], NDArray[Any]] = {}
    failures: dict[str, None] = {}
    start = threading.Barrier(len(parts))
    there = threading.Semaphore(0)

    def work(own: int) -> None:
        there.release()
        with contextlib.suppress(threading.BrokenBarrierError):
            start.wait()
            asked(own)

    def asked(own: int) -> None:
        for turn in range(rounds):
            try:
                answer = np.asarray(ask(parts[own]))
            except Exception as error:  # told as a row without an answer, never passed over
                failures[f"{type(error).__name__}: {error}"[:_LONGEST]] = None
                continue
            if answer.shape == alone[own].shape:
                found[turn, own] = answer
            else:
                failures[f"the answer has the shape {answer.shape}, alone {alone[own].shape}"] = None

    before = sys.getswitchinterval()
    sys.setswitchinterval(_SWITCH_S)
    try:
        # Filters of warnings belong to the whole process and get lost between threads that change them, as those of
        # scikit-learn do: none may become an exception here, and the run's own are put back afterwards.
        with warnings.catch_warnings(record=True):
            warnings.simplefilter("always")
            workers = [threading.Thread(target=work, args=(own,)) for own in range(len(parts))]
            for worker in workers:
                worker.start()
                if not _arrived(worker, there):
                    start.abort()
                    raise RuntimeError(f"{worker.name}, which was to ask the model, ended before it could")
            for worker in workers:
                worker.join()
    finally:
        sys.setswitchinterval(before)
    order = np.argsort(np.concatenate(places))
    answered = np.zeros((rounds, len(rows)), dtype=bool)
    turns = []
    for turn in range(rounds):
        # Where there is no answer the one alone stands in, and is marked as none.
        turns.append(np.concatenate([found.get((turn, own), alone[own]) for own in range(len(parts))])[order])
        for own, place in enumerate(places):
            answered[turn, place] = (turn, own) in found
    return {"failures": list(failures)}, [np.concatenate(alone)[order], np.stack(turns), answered]


def _arrived(worker: threading.Thread, there: threading.Semaphore) -> bool:
    """Wait until a thread is at its work, and say whether it got there.

    Under a debugger or a measurement of coverage each new thread installs a tracer, and Python lets one do so at a
    time: of two, one ends before its first line. So the next is started only when this one is there.
    """
    while worker.is_alive():
        if there.acquire(timeout=_LOOK_S):
            return True
    return there.acquire(blocking=False)
