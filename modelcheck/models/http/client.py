"""Requests to one declared service: sent again where that may help, never longer than their time, never elsewhere."""

from __future__ import annotations

import http.client
import os
import ssl
import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import CancelledError, ThreadPoolExecutor
from dataclasses import dataclass
from typing import TypeVar
from urllib.parse import urljoin

from modelcheck.config.addresses import Address, AddressRefused, parse_address
from modelcheck.config.tables import HttpTable
from modelcheck.models.http.connection import Connection
from modelcheck.models.http.failures import Failure, excerpt
from modelcheck.models.http.patience import Patience, asked_to_wait
from modelcheck.models.http.proxies import proxy_for

__all__ = ["Client", "Reply"]

_T = TypeVar("_T")

MOST_BYTES = 64 << 20
_MOST_REDIRECTS = 3
_AGAIN = frozenset((408, 425, 429, 500, 502, 503, 504))
_BY_ROWS = frozenset((400, 409, 422, 500))


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
        self._patience = Patience(table, address.name)
        self._requests = 0

    @property
    def traffic(self) -> dict[str, int]:
        """Requests sent so far, and how many of them were sent again."""
        return {"requests": self._requests, "retries": self._patience.retries}

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
        failed = [count]

        def one_of(number: int) -> _T:
            # What comes after a failure is not asked; what comes before it is, so that equal runs raise the same one.
            if number > failed[0]:
                raise CancelledError
            try:
                return ask(number, stop)
            except BaseException:
                with self._lock:
                    failed[0] = min(failed[0], number)
                raise

        try:
            if threads <= 1:
                return [ask(number, stop) for number in range(count)]
            pool = ThreadPoolExecutor(threads, thread_name_prefix="modelcheck-http")
            try:
                asked = [pool.submit(one_of, number) for number in range(count)]
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
            self._patience.before(stop)
            attempts += 1
            try:
                reply = self._once(method, target, body, min(self._table.timeout, ends - time.monotonic()))
            except _Absent:
                self._patience.answered()
                raise
            except Failure as failure:
                self._patience.again_or_raise(failure, attempts, ends, stop)
            else:
                self._patience.answered()
                return reply

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
                # Its answer may have come just before it was broken off: then it can't be used again.
                kept = kept and not connection.dropped
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
        # A description may be closed to whom the predictions are open: then those will say so.
        if method == "GET" and (status == 501 or (400 <= status < 500 and status not in _AGAIN)):
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
            wait=asked_to_wait(headers.get("Retry-After")) if status in (429, 503) else None,
            by_rows=status in _BY_ROWS,
        )


class _Absent(Exception):
    """There is no such description."""
