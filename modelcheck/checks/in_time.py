"""A call that is broken off when it takes too long."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Callable
from types import FrameType
from typing import TypeVar

__all__ = ["OutOfTime", "in_time"]

_T = TypeVar("_T")


class OutOfTime(BaseException):
    """A call took too long. No Exception, so that a model which catches those doesn't swallow it."""


def in_time(call: Callable[[], _T], seconds: float) -> _T:
    """Call a function and break it off after some time.

    Parameters
    ----------
    call : callable
        Without arguments.
    seconds : float
        Above 0.

    Returns
    -------
    object
        What the call returned.

    Raises
    ------
    OutOfTime
        The call took longer.

    Notes
    -----
    By an alarm signal in the calling thread, because a model may hang on it (connections, thread-local settings). It
    reaches Python code and waiting, and compiled code once that comes back to Python. Where there are no alarm signals
    (other threads, other systems) a call is not broken off.

    Examples
    --------
    >>> in_time(lambda: 2, 1.0)
    2
    """
    if not hasattr(signal, "setitimer") or threading.current_thread() is not threading.main_thread():
        return call()

    def ring(number: int, frame: FrameType | None) -> None:
        raise OutOfTime(f"no answer within {seconds:.3g} s.")

    started = time.monotonic()
    older = signal.signal(signal.SIGALRM, ring)
    # Somebody else's alarm, such as the time-out of a test, goes on afterwards.
    waiting, every = signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        return call()
    finally:
        # An alarm that rings just now must not leave its handler behind.
        try:
            signal.setitimer(signal.ITIMER_REAL, 0.0)
        finally:
            signal.signal(signal.SIGALRM, older)
        if waiting:
            signal.setitimer(signal.ITIMER_REAL, max(waiting - (time.monotonic() - started), 1e-3), every)
