"""Requests to one declared service: sent again where that may help, never longer than their time, never elsewhere."""

from __future__ import annotations

import http.client
import os
import random
import ssl
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import TypeVar
from urllib.parse import urljoin

from modelcheck.config.addresses import Address, AddressRefused, parse_address
from modelcheck.config.tables import HttpTable
from modelcheck.errors import ModelError, ModelRaised
from modelcheck.models.http.connection import Connection, proxy_for
from modelcheck.models.http.failures import BrokenOff, Failure, excerpt

__all__ = ["Client", "Reply"]

_T = TypeVar("_T")

MOST_BYTES = 64 << 20
_FIRST_WAIT = 0.2
_LONGEST_WAIT = 20.0
_MOST_REDIRECTS = 3
_AGAIN = frozenset((408, 425, 429, 500, 502, 503, 504))
_BY_ROWS = frozenset((400, 409, 422, 500))
# After so many requests in a row that found nobody, nobody is looked for any more in this run.
_GONE = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What a service answered with a status of 200 to 299."""

    headers: Mapping[str, str]
    body: bytes


class Client:
    """Asks one service.

    Parameters
    ----------
    address : Address
        The declared target; a redirect is followed within its scheme, host and port only.
    table : HttpTable
        Time-outs, retries, concurrency.
    headers : mapping of str to str
        Sent with every request; their values are never repeated in a message.
    secrets : tuple of str
        What is taken out of everything that the service is quoted with.
    """

    def __init__(
        self,
        address: Address,
        table: HttpTable,
        headers: Mapping[str, str] | None = None,
        secrets: tuple[str, ...] = (),
    ) -> None:
        self.address = address
        self.secrets = secrets
        self._table = table
        self._headers = {
            "User-Agent": "modelcheck",
            "Accept": "application/json",
            # Nothing is unpacked, so that a small answer can't become a huge one.
            "Accept-Encoding": "identity",
            **(headers or {}),
        }
        self._lock = threading.Lock()
        self._owner = os.getpid()
        self._idle: list[Connection] = []
        self._busy: set[Connection] = set()
        self._context = ssl.create_default_context() if address.scheme == "https" else None
        self._random = random.Random(0)  # noqa: S311 - spreads waiting times, the same ones in every run
        self._not_before = 0.0
        self._gave_up = False
        self._nobody = 0
        self._last = ""
        self._requests = 0
        self._retries = 0

    @property
    def traffic(self) -> dict[str, int]:
        """Requests sent so far, and how many of them were sent again."""
        return {"requests": self._requests, "retries": self._retries}

    def post(self, body: bytes, stop: threading.Event | None = None) -> Reply:
        """Send rows to the declared target.

        Raises
        ------
        ModelRaised
            The service refused these rows.
        ModelError
            It gave no answer within the time and the retries that are allowed.
        """
        return self._ask("POST", self.address.target, body, stop or threading.Event())

    def get(self, target: str) -> Reply | None:
        """Ask for a description; None where the service has none there (a status of 400 to 499).

        Raises
        ------
        ModelError
            As `post`.
        """
        try:
            return self._ask("GET", target, None, threading.Event())
        except _Absent:
            return None

    def each(self, ask: Callable[[int, threading.Event], _T], count: int) -> list[_T]:
        """Call a function for the numbers 0 to `count` - 1, some at a time.

        Parameters
        ----------
        ask : callable
            Takes a number, and an event that is set when its answer isn't needed any more.
        count : int
            How many.

        Returns
        -------
        list
            Answers by number. What the first of them raised is raised; the others are broken off.
        """
        stop = threading.Event()
        threads = min(self._table.concurrency, count)
        try:
            if threads <= 1:
                return [ask(number, stop) for number in range(count)]
            pool = ThreadPoolExecutor(threads, thread_name_prefix="modelcheck-http")
            try:
                asked = [pool.submit(ask, number, stop) for number in range(count)]
                return [one.result() for one in asked]
            finally:
                pool.shutdown(wait=False, cancel_futures=True)
        except BaseException:
            # An alarm or Ctrl-C too: nothing goes on in the background.
            stop.set()
            with self._lock:
                for connection in self._busy:
                    connection.drop()
            raise

    def close(self) -> None:
        """Close what is kept open."""
        with self._lock:
            idle, self._idle = self._idle, []
        for connection in idle:
            connection.close()

    def _ask(self, method: str, target: str, body: bytes | None, stop: threading.Event) -> Reply:
        ends = time.monotonic() + self._table.total_timeout
        attempts = 0
        while True:
            self._refuse_gone()
            self._pause(self._not_before - time.monotonic(), stop)
            attempts += 1
            try:
                reply = self._once(method, target, body, min(self._table.timeout, ends - time.monotonic()))
            except _Absent:
                self._nobody = 0
                raise
            except BrokenOff as failure:
                raise ModelError(self._sentence(failure.text)) from failure
            except Failure as failure:
                self._again_or_raise(failure, attempts, ends, stop)
            else:
                self._nobody = 0
                return reply

    def _again_or_raise(self, failure: Failure, attempts: int, ends: float, stop: threading.Event) -> None:
        """Wait, and come back where the request should be sent again."""
        wait = failure.wait if failure.wait is not None else self._backed_off(attempts)
        left = ends - time.monotonic()
        if failure.again and attempts <= self._table.retries and not self._gave_up and wait < left:
            with self._lock:
                self._retries += 1
                if failure.wait is not None:
                    # The others are spared as well what this one was told.
                    self._not_before = max(self._not_before, time.monotonic() + wait)
            self._pause(wait, stop)
            return
        text = failure.text
        if attempts > 1:
            text += f", {attempts} times"
        elif failure.again and failure.wait is not None and wait >= left:
            text += f" and asks to wait {wait:g} s, more than total_timeout leaves"
        with self._lock:
            if failure.again:
                # What did not help once is not tried again for every other row.
                self._gave_up = True
            self._nobody = 0 if failure.by_rows else self._nobody + 1
            self._last = text
        kind = ModelRaised if failure.by_rows else ModelError
        raise kind(self._sentence(text)) from failure

    def _once(self, method: str, target: str, body: bytes | None, seconds: float) -> Reply:
        address = self.address.at(target)
        for _ in range(_MOST_REDIRECTS + 1):
            if seconds <= 0:
                raise Failure("was not asked in time", again=True)
            started = time.monotonic()
            status, reason, headers, content = self._exchange(method, address.target, body, seconds)
            seconds -= time.monotonic() - started
            if 300 <= status < 400 and status != 304:
                address = self._redirected(status, headers.get("Location"), address)
                continue
            return self._judged(method, status, reason, headers, content)
        raise Failure(f"redirects more than {_MOST_REDIRECTS} times")

    def _exchange(
        self, method: str, target: str, body: bytes | None, seconds: float
    ) -> tuple[int, str, http.client.HTTPMessage, bytes]:
        headers = dict(self._headers) if body is None else {**self._headers, "Content-Type": "application/json"}
        connection = self._taken()
        kept = False
        try:
            answer = connection.ask(method, target, body, headers, seconds=seconds, most=MOST_BYTES)
            kept = True
            return answer
        finally:
            with self._lock:
                self._busy.discard(connection)
                if kept:
                    self._idle.append(connection)
            if not kept:
                connection.close()

    def _taken(self) -> Connection:
        with self._lock:
            if self._owner != os.getpid():
                # A forked child shares its parent's sockets: it makes its own.
                self._owner, self._idle, self._busy = os.getpid(), [], set()
            self._requests += 1
            connection = self._idle.pop() if self._idle else self._made()
            self._busy.add(connection)
            return connection

    def _made(self) -> Connection:
        return Connection(
            self.address,
            connect_timeout=self._table.connect_timeout,
            context=self._context,
            proxy=proxy_for(self.address) if self._table.proxy else None,
        )

    def _redirected(self, status: int, location: str | None, address: Address) -> Address:
        shown = excerpt(location or "nowhere", self.secrets)
        try:
            found = parse_address(urljoin(f"{address.scheme}://{address.authority}{address.target}", location or ""))
        except (AddressRefused, ValueError) as error:
            raise Failure(f"redirects ({status}) to {shown!r}, which is not followed: it {error}") from error
        if found.origin != self.address.origin or status not in (301, 302, 307, 308):
            raise Failure(
                f"redirects ({status}) to {shown!r}, which is not followed: only the declared scheme, host and port "
                "are asked. Declare the address that really answers"
            )
        return found

    def _judged(self, method: str, status: int, reason: str, headers: http.client.HTTPMessage, content: bytes) -> Reply:
        if 200 <= status < 300:
            return Reply(headers={name.lower(): value for name, value in headers.items()}, body=content)
        if method == "GET" and 400 <= status < 500 and status not in _AGAIN and status not in (401, 403):
            raise _Absent(f"has nothing there ({status})")
        said = excerpt(content, self.secrets)
        text = f"answered {status} {excerpt(reason, self.secrets)}".rstrip() + (f": {said!r}" if said else "")
        hints = {
            401: ". Name the environment variable of its credentials in headers_from",
            403: ". Name the environment variable of its credentials in headers_from",
            404: ". There is no such model or path",
            405: ". The path takes no POST: is it the one for predictions?",
            413: ". The request is too large for it: lower `batch` in the table http",
        }
        raise Failure(
            text + hints.get(status, ""),
            again=status in _AGAIN,
            wait=_asked_to_wait(headers.get("Retry-After")) if status in (429, 503) else None,
            by_rows=status in _BY_ROWS,
        )

    def _refuse_gone(self) -> None:
        if self._nobody >= _GONE:
            raise ModelError(
                self._sentence(
                    f"is not asked any more in this run: {self._nobody} requests in a row failed. The last {self._last}"
                )
            )

    def _pause(self, seconds: float, stop: threading.Event) -> None:
        if (seconds > 0 and stop.wait(seconds)) or stop.is_set():
            raise ModelError(self._sentence("was not asked any more, because another request failed"))

    def _backed_off(self, attempts: int) -> float:
        """Return seconds that double with each attempt, spread so that many clients don't come back at once."""
        longest = min(_LONGEST_WAIT, _FIRST_WAIT * 2.0 ** (attempts - 1))
        with self._lock:
            spread = self._random.random()
        return longest * (0.5 + 0.5 * spread)

    def _sentence(self, text: str) -> str:
        return f"The service {self.address.name} {text.rstrip('.')}."


class _Absent(Exception):
    """There is no such description."""


def _asked_to_wait(text: str | None) -> float | None:
    """Return what Retry-After says, seconds or a date; None where it says nothing."""
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


def environment_headers(sources: Mapping[str, str]) -> tuple[dict[str, str], tuple[str, ...]]:
    """Return headers from the environment, and what of them must never be shown.

    Parameters
    ----------
    sources : mapping of str to str
        Header to the name of a variable, maybe with a word before it.

    Raises
    ------
    ModelError
        A variable isn't set, or holds what can't be a header's value.
    """
    headers: dict[str, str] = {}
    secrets: Sequence[str] = []
    for name, source in sources.items():
        word, _, variable = source.rpartition(" ")
        value = os.environ.get(variable, "").strip()
        if not value:
            raise ModelError(
                f"headers_from takes the header {name} from the environment variable {variable}, which is not set or "
                "empty here. Set it where pytest runs."
            )
        if any(letter < " " or letter == "\x7f" or letter > "\xff" for letter in value):
            raise ModelError(
                f"The environment variable {variable} holds line breaks, control characters or letters beyond Latin-1, "
                f"so it can't be the value of the header {name}."
            )
        headers[name] = f"{word} {value}" if word else value
        secrets = [*secrets, value]
    # The longest first: one may be a part of another.
    return headers, tuple(sorted(secrets, key=len, reverse=True))
