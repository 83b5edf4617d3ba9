"""When a request is sent again, how long is waited for that, and when nobody is asked any more."""

from __future__ import annotations

import random
import threading
import time
from email.utils import parsedate_to_datetime

from modelcheck.config.tables import HttpTable
from modelcheck.errors import ModelError, ModelRaised
from modelcheck.models.http.failures import BrokenOff, Failure

__all__ = ["Patience", "asked_to_wait"]

_FIRST_WAIT = 0.2
_LONGEST_WAIT = 20.0
# After so many requests in a row that found nobody, nobody is looked for any more in this run.
_GONE = 3


class Patience:
    """What the requests to one service have taught; shared by all threads that ask it.

    Parameters
    ----------
    table : HttpTable
        `retries` and the times.
    name : str
        The service's, for messages.
    """

    def __init__(self, table: HttpTable, name: str) -> None:
        self._table = table
        self._name = name
        self._lock = threading.Lock()
        self._random = random.Random(0)  # noqa: S311 - spreads waiting times, the same ones in every run
        self._not_before = 0.0
        self._gave_up = False
        self._nobody = 0
        self._last = ""
        self.retries = 0

    def before(self, stop: threading.Event) -> None:
        """Wait as long as the service asked everybody to.

        Raises
        ------
        ModelError
            It isn't asked any more, or this answer isn't needed any more.
        """
        if self._nobody >= _GONE:
            raise ModelError(
                f"The service {self._name} is not asked any more in this run: {self._nobody} requests in a row failed. "
                f"The last time it {self._last}."
            )
        self._pause(self._not_before - time.monotonic(), stop)

    def answered(self) -> None:
        """Note that somebody is there."""
        self._nobody = 0

    def again_or_raise(self, failure: Failure, attempts: int, ends: float, stop: threading.Event) -> None:
        """Wait, and come back where the request should be sent again.

        Parameters
        ----------
        failure : Failure
            Of the last attempt.
        attempts : int
            How many there were.
        ends : float
            When time is up, as ``time.monotonic`` counts.
        stop : Event
            Ends the wait.

        Raises
        ------
        ModelRaised
            The service refused these rows.
        ModelError
            Anything else that asking again doesn't mend.
        """
        if isinstance(failure, BrokenOff):
            raise ModelError(f"The service {self._name} {failure.text}.") from failure
        wait = failure.wait if failure.wait is not None else self._backed_off(attempts)
        left = ends - time.monotonic()
        if failure.again and attempts <= self._table.retries and not self._gave_up and wait < left:
            with self._lock:
                self.retries += 1
                if failure.wait is not None:
                    # The others are spared as well what this one was told.
                    self._not_before = max(self._not_before, time.monotonic() + wait)
            self._pause(wait, stop)
            return
        text = failure.text.rstrip(".")
        if attempts > 1:
            text += f", {attempts} times"
        elif failure.again and failure.wait is not None and wait >= left:
            text += f" and asks to wait {wait:g} s, more than total_timeout leaves"
        with self._lock:
            # What did not help once is not tried again for every other row.
            self._gave_up = self._gave_up or failure.again
            self._nobody = 0 if failure.by_rows else self._nobody + 1
            self._last = text
        kind = ModelRaised if failure.by_rows else ModelError
        raise kind(f"The service {self._name} {text}.") from failure

    def _pause(self, seconds: float, stop: threading.Event) -> None:
        if (seconds > 0 and stop.wait(seconds)) or stop.is_set():
            raise ModelError(f"The service {self._name} was not asked any more, because another request failed.")

    def _backed_off(self, attempts: int) -> float:
        """Return seconds that double with each attempt, spread so that many clients don't come back at once."""
        longest = min(_LONGEST_WAIT, _FIRST_WAIT * 2.0 ** (attempts - 1))
        with self._lock:
            spread = self._random.random()
        return longest * (0.5 + 0.5 * spread)


def asked_to_wait(text: str | None) -> float | None:
    """Return the seconds that a ``Retry-After`` says, or until its date; None where it says nothing.

    Examples
    --------
    >>> asked_to_wait("120"), asked_to_wait("soon")
    (120.0, None)
    """
    if not text:
        return None
    try:
        return max(0.0, float(int(text)))
    except ValueError:
        pass
    try:
        return max(0.0, parsedate_to_datetime(text).timestamp() - time.time())
    except (ValueError, TypeError, OverflowError):
        return None
