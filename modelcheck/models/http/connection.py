"""One kept-alive connection to a checked address, on which no answer takes longer than its time."""

from __future__ import annotations

import http.client
import io
import socket
import ssl
import time
from typing import Any

from modelcheck.config.addresses import Address
from modelcheck.models.http.addresses import connect_to, resolved
from modelcheck.models.http.failures import BrokenOff, Failure
from modelcheck.models.http.proxies import Proxy, to_proxy

__all__ = ["Connection"]

_CHUNK = 1 << 16


class _Timed(io.RawIOBase):
    """What a socket gives, with what is left of the time for each piece: a slow drip doesn't start it anew."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        sock = self._connection.sock
        if sock is None:
            raise BrokenOff("was broken off")
        sock.settimeout(self._connection.left())
        _acknowledge_at_once(sock)
        return int(sock.recv_into(buffer))


class _Handle:
    """What `http.client` takes for the socket of a response: all it does with it is to make a file."""

    def __init__(self, connection: Connection, buffer: int = _CHUNK) -> None:
        self._connection = connection
        self._buffer = buffer

    def makefile(self, mode: str) -> io.BufferedReader:
        return io.BufferedReader(_Timed(self._connection), self._buffer)


class Connection:
    """A connection that is kept between requests; one thread uses it at a time.

    Parameters
    ----------
    address : Address
        Scheme, host and port are taken from it.
    connect_timeout : float
        Seconds until it stands.
    context : SSLContext or None
        For https.
    proxy : Proxy or None
        Asked to pass requests on. It looks the name up itself then.
    """

    def __init__(
        self, address: Address, *, connect_timeout: float, context: ssl.SSLContext | None, proxy: Proxy | None = None
    ) -> None:
        self.sock: socket.socket | None = None
        self._address = address
        self._connect_timeout = connect_timeout
        self._context = context
        self._proxy = proxy
        self._deadline = 0.0
        self.dropped = False

    def left(self) -> float:
        """Return the seconds that are left for the answer.

        Raises
        ------
        TimeoutError
            None are.
        """
        left = self._deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError
        return left

    def close(self) -> None:
        """Let go of the socket."""
        sock, self.sock = self.sock, None
        if sock is not None:
            sock.close()

    def __del__(self) -> None:
        # Models have no end of their own; whoever forgets one forgets its connections.
        self.close()

    def drop(self) -> None:
        """Break off what another thread is waiting for."""
        self.dropped = True
        sock = self.sock
        if sock is not None:
            try:
                sock.shutdown(socket.SHUT_RDWR)
            except OSError:
                # It was never connected, or the other side was faster.
                return

    def ask(
        self, method: str, target: str, body: bytes | None, headers: dict[str, str], *, seconds: float, most: int
    ) -> tuple[int, str, http.client.HTTPMessage, bytes]:
        """Send one request and read its answer whole.

        Parameters
        ----------
        method, target, body, headers
            What is sent.
        seconds : float
            From now to the last byte.
        most : int
            The most bytes an answer may have.

        Returns
        -------
        status, reason, headers, body

        Raises
        ------
        Failure
            No connection, a broken one, too slow, too long, or no http.
        """
        self._deadline = time.monotonic() + seconds
        fresh = self.sock is None
        try:
            if self.sock is None:
                self._connect()
            answer = self._exchange(method, target, body, headers, most)
        except Failure:
            self.close()
            raise
        except TimeoutError as error:
            self.close()
            raise Failure(f"gave no whole answer within {seconds:g} s", again=True) from error
        except ssl.SSLCertVerificationError as error:
            self.close()
            raise Failure(
                f"has a certificate that can't be verified ({error.verify_message}). Name the file of your own "
                "authority's certificates in the environment variable SSL_CERT_FILE"
            ) from error
        except (OSError, http.client.HTTPException, ValueError) as error:
            self.close()
            if self.dropped:
                raise BrokenOff("was broken off") from error
            if not fresh and isinstance(error, (ConnectionError, http.client.BadStatusLine)):
                # It was kept open and the other side had closed it meanwhile: no failure of the service yet.
                return self.ask(method, target, body, headers, seconds=seconds, most=most)
            raise Failure(
                _told(error),
                again=isinstance(error, OSError | http.client.HTTPException),
                # Somebody took the question and hung up: often a service whose code raised at these very rows.
                by_rows=isinstance(error, http.client.RemoteDisconnected),
            ) from error
        except BaseException:
            self.close()
            raise
        return answer

    def _connect(self) -> None:
        seconds = min(self._connect_timeout, self.left())
        host, port = self._address.host, self._address.port
        if self._proxy is None:
            sock = connect_to(resolved(host, port, seconds), port, seconds)
        else:
            sock = to_proxy(self._proxy, seconds)
        self.sock = sock
        if self._context is None:
            return
        sock.settimeout(min(self._connect_timeout, self.left()))
        if self._proxy is not None:
            self._tunnel(self._proxy)
        self.sock = self._context.wrap_socket(sock, server_hostname=self._address.host)

    def _tunnel(self, proxy: Proxy) -> None:
        sock = self._socket()
        host = self._address.host
        place = f"[{host}]:{self._address.port}" if ":" in host else f"{host}:{self._address.port}"
        lines = [
            f"CONNECT {place} HTTP/1.1",
            f"Host: {place}",
            *(f"{name}: {value}" for name, value in proxy.headers.items()),
        ]
        sock.sendall(("\r\n".join(lines) + "\r\n\r\n").encode("latin-1"))
        # Byte by byte: what follows the head belongs to TLS.
        answer = http.client.HTTPResponse(_Handle(self, 1), method="CONNECT")  # type: ignore[arg-type]
        answer.begin()
        if answer.status != 200:
            raise Failure(
                f"can't be reached: the proxy answered {answer.status} to CONNECT", again=answer.status >= 500
            )

    def _exchange(
        self, method: str, target: str, body: bytes | None, headers: dict[str, str], most: int
    ) -> tuple[int, str, http.client.HTTPMessage, bytes]:
        sock = self._socket()
        passed_on = self._proxy if self._context is None else None
        place = target if passed_on is None else f"{self._address.scheme}://{self._address.authority}{target}"
        every = {"Host": self._address.authority, **headers, **({} if passed_on is None else passed_on.headers)}
        if body is not None:
            every["Content-Length"] = str(len(body))
        head = "\r\n".join([f"{method} {place} HTTP/1.1", *(f"{name}: {value}" for name, value in every.items())])
        sock.settimeout(self.left())
        sock.sendall((head + "\r\n\r\n").encode("latin-1") + (body or b""))
        response = http.client.HTTPResponse(_Handle(self), method=method)  # type: ignore[arg-type]
        response.begin()
        self._refuse_size(response.length, most)
        content = self._content(response, most)
        if response.will_close:
            self.close()
        return response.status, response.reason, response.msg, content

    def _content(self, response: http.client.HTTPResponse, most: int) -> bytes:
        parts: list[bytes] = []
        size = 0
        while True:
            part = response.read(_CHUNK)
            if not part:
                break
            size += len(part)
            self._refuse_size(size, most)
            parts.append(part)
        if response.length:
            raise Failure(f"broke off: {response.length:,} bytes of the answer are missing", again=True)
        return b"".join(parts)

    def _refuse_size(self, size: int | None, most: int) -> None:
        if size is not None and size > most:
            raise Failure(f"gave an answer of more than {most:,} bytes; nothing of it was used")

    def _socket(self) -> socket.socket:
        if self.sock is None:
            raise BrokenOff("was broken off")
        return self.sock


def _acknowledge_at_once(sock: socket.socket) -> None:
    """Don't let a server wait that sends the head of an answer alone and its body once the head has arrived.

    Uvicorn with several workers does: each answer then takes 40 ms longer. Linux forgets the option as it goes.
    """
    if hasattr(socket, "TCP_QUICKACK"):
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)


def _told(error: Exception) -> str:
    if isinstance(error, ssl.SSLError):
        return f"can't be reached by https ({error.reason or 'TLS failed'})"
    if isinstance(error, http.client.IncompleteRead):
        return "broke off in the middle of its answer"
    if isinstance(error, ConnectionError | http.client.RemoteDisconnected):
        return f"broke the connection ({type(error).__name__})"
    return f"gave no http answer ({type(error).__name__}: {str(error)[:80]!r})"
