"""Messages over a socket: a short JSON header and blocks of bytes, both bounded, with a time limit for the whole."""

from __future__ import annotations

import json
import os
import socket
import struct
import time
from collections.abc import Sequence
from typing import Any

import numpy as np

__all__ = ["Broken", "Channel", "TimedOut"]

_HEAD = struct.Struct("<IH")
_LENGTH = struct.Struct("<Q")
_MOST_HEADER = 64 * 2**20
_MOST_BLOCKS = 64


class Broken(Exception):
    """The other side is gone, or what it sent is no message."""


class TimedOut(Exception):
    """The other side took longer than it may."""


class Channel:
    """One end of a pair of sockets.

    Parameters
    ----------
    link : socket.socket
        Connected, of the family AF_UNIX.
    most_bytes : int
        How long the blocks of one message may be together.
    """

    def __init__(self, link: socket.socket, most_bytes: int = 64 * 2**30) -> None:
        self._link = link
        self._most = most_bytes

    def send(
        self,
        header: dict[str, Any],
        blocks: Sequence[Any] = (),
        *,
        descriptors: Sequence[int] = (),
        seconds: float | None = None,
    ) -> None:
        """Send one message.

        Parameters
        ----------
        header : dict
            JSON can hold it.
        blocks : sequence of bytes-like
            Sent as they are.
        descriptors : sequence of int
            Open files that the other side gets as its own.
        seconds : float or None
            How long it may take; None: no limit.

        Raises
        ------
        Broken, TimedOut
            It couldn't be sent.
        """
        text = json.dumps(header, allow_nan=True).encode()
        ends = None if seconds is None else time.monotonic() + seconds
        views = [memoryview(block).cast("B") for block in blocks]
        head = _HEAD.pack(len(text), len(views)) + b"".join(_LENGTH.pack(len(view)) for view in views)
        try:
            if descriptors:
                self._timeout(ends)
                socket.send_fds(self._link, [head[:1]], list(descriptors))
                head = head[1:]
            parts: list[Any] = [head, text, *views]
            for part in parts:
                self._timeout(ends)
                self._link.sendall(part)
        except TimeoutError as error:
            raise TimedOut from error
        except OSError as error:
            raise Broken(str(error)) from error

    def receive(
        self, *, seconds: float | None = None, descriptors: int = 0
    ) -> tuple[dict[str, Any], list[memoryview], list[int]]:
        """Return the next message: header, blocks and the descriptors that came with it.

        Parameters
        ----------
        seconds : float or None
            How long it may take; None: no limit.
        descriptors : int
            How many descriptors are taken at most; the caller closes them.

        Raises
        ------
        Broken, TimedOut
            There is none.
        """
        ends = None if seconds is None else time.monotonic() + seconds
        given: list[int] = []
        try:
            return *self._message(ends, descriptors, given), given
        except BaseException as error:
            for descriptor in given:
                os.close(descriptor)
            if isinstance(error, TimeoutError):
                raise TimedOut from error
            if isinstance(error, (OSError, ValueError, RecursionError, MemoryError)):
                raise Broken(str(error)) from error
            raise

    def close(self) -> None:
        """Close this end; the other one notices."""
        self._link.close()

    def _timeout(self, ends: float | None) -> None:
        left = None if ends is None else ends - time.monotonic()
        if left is not None and left <= 0:
            raise TimeoutError
        self._link.settimeout(left)

    def _message(
        self, ends: float | None, descriptors: int, given: list[int]
    ) -> tuple[dict[str, Any], list[memoryview]]:
        head = bytearray()
        if descriptors:
            self._timeout(ends)
            first, found, _, _ = socket.recv_fds(self._link, 1, descriptors)
            given += found
            for descriptor in found:
                os.set_inheritable(descriptor, False)
            if not first:
                raise Broken("closed")
            head += first
        head += self._exactly(_HEAD.size - len(head), ends)
        size, count = _HEAD.unpack(head)
        if size > _MOST_HEADER or count > _MOST_BLOCKS:
            raise Broken("a header is too long")
        lengths = [_LENGTH.unpack(self._exactly(_LENGTH.size, ends))[0] for _ in range(count)]
        if sum(lengths) > self._most:
            raise Broken("the blocks are too long")
        header = json.loads(bytes(self._exactly(size, ends)))
        if not isinstance(header, dict):
            raise Broken("a header is no table")
        return header, [self._exactly(length, ends) for length in lengths]

    def _exactly(self, count: int, ends: float | None) -> memoryview:
        # Not filled with zeros first: a length that is only claimed takes no memory until the bytes come.
        whole = memoryview(np.empty(count, dtype=np.uint8))  # type: ignore[arg-type]
        view = whole
        while view:
            self._timeout(ends)
            got = self._link.recv_into(view)
            if not got:
                raise Broken("closed")
            view = view[got:]
        return whole
