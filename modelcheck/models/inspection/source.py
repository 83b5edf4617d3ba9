"""Bytes to look at: bounded, forward only, never more than a block in memory."""

from __future__ import annotations

import bz2
import io
import lzma
import mmap
import os
import zlib
from typing import IO, Any

from modelcheck.models.inspection.outcome import Bounds, NotAnalysable

__all__ = ["Source", "compression_of", "decompressed", "whole"]

_BLOCK = 1 << 20
_MAGIC = (
    (b"\x1f\x8b", "gzip"),
    (b"BZ", "bz2"),
    (b"\xfd7zXZ", "xz"),
    (b"\x5d\x00", "lzma"),
    (b"\x78", "zlib"),
)


def compression_of(head: bytes) -> str | None:
    """Return the compression that joblib would see in the first bytes, or None."""
    return next((name for magic, name in _MAGIC if head.startswith(magic)), None)


def whole(stream: IO[bytes], size: int) -> memoryview:
    """Return a file's content for reading at any place, without copying it where the system can map it.

    Parameters
    ----------
    stream : binary file
        Seekable; its position is changed.
    size : int
        Its bytes, more than none.
    """
    if isinstance(stream, io.BytesIO):
        return stream.getbuffer().toreadonly()
    if size > _BLOCK:
        try:
            return memoryview(mmap.mmap(stream.fileno(), size, access=mmap.ACCESS_COPY))
        except (OSError, ValueError):
            pass  # no file of the system behind it: read it
    stream.seek(0)
    return memoryview(stream.read(size))


class Source:
    """A binary stream that is read once and never yields less than it was asked for.

    Parameters
    ----------
    stream : binary file
        Open for reading; seekable where its size is known, buffered otherwise.
    size : int or None
        Bytes in the stream; None when unknown (decompressed data).
    bounds : Bounds
        Limits.
    """

    def __init__(self, stream: IO[bytes], *, size: int | None, bounds: Bounds) -> None:
        self._stream: Any = stream
        self._size = size
        self._bounds = bounds
        self.position = 0

    def _claim(self, count: int) -> None:
        self.position += count
        limit = self._bounds.unpacked_bytes if self._size is None else self._size
        if self.position > limit:
            raise NotAnalysable(
                "the file ends early (truncated?)"
                if self._size is not None
                else f"it holds more than {limit:,} bytes when decompressed"
            )

    def read(self, count: int) -> bytes:
        """Return exactly `count` bytes."""
        self._claim(count)
        # A declared length is only a claim until that many bytes were decompressed: then take it block by block.
        whole = self._size is not None or count <= _BLOCK
        data: bytes = self._stream.read(count) if whole else b"".join(self._blocks(count))
        if len(data) != count:
            raise NotAnalysable("the file ends early (truncated?)")
        return data

    def _blocks(self, count: int) -> list[bytes]:
        blocks = []
        while count:
            block = self._stream.read(min(count, _BLOCK))
            if not block:
                break
            blocks.append(block)
            count -= len(block)
        return blocks

    def readline(self) -> bytes:
        """Return bytes up to and including the next newline."""
        line: bytes = self._stream.readline(self._bounds.line_bytes + 1)
        self._claim(len(line))
        if not line.endswith(b"\n"):
            raise NotAnalysable("a line is too long or the file ends early (truncated?)")
        return line

    def skip(self, count: int) -> None:
        """Pass over `count` bytes without keeping them."""
        self._claim(count)
        if self._size is not None:
            self._stream.seek(count, os.SEEK_CUR)
            return
        while count:
            block = self._stream.read(min(count, _BLOCK))
            if not block:
                raise NotAnalysable("the file ends early (truncated?)")
            count -= len(block)

    def at_end(self) -> bool:
        """Whether every byte was read; a decompressor is made to check what follows its stream."""
        if self._size is not None:
            return self.position >= self._size
        return not self._stream.peek(1)


def _buffered(raw: io.RawIOBase) -> IO[bytes]:
    return io.BufferedReader(raw, _BLOCK)


class _Decompressed(io.RawIOBase):
    """Decompresses in blocks, so that a bomb is noticed while it is still small."""

    def __init__(self, stream: IO[bytes], name: str, bounds: Bounds) -> None:
        self._stream = stream
        self._name = name
        self._bounds = bounds
        self._taken = 0
        self._given = 0
        self._zlib = zlib.decompressobj(31 if name == "gzip" else 15)
        self._other: bz2.BZ2Decompressor | lzma.LZMADecompressor | None = None
        if name == "bz2":
            self._other = bz2.BZ2Decompressor()
        elif name in ("lzma", "xz"):
            self._other = lzma.LZMADecompressor(memlimit=bounds.memory_bytes)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray) -> int:  # type: ignore[override]
        try:
            data = self._next(len(buffer))
        except (zlib.error, lzma.LZMAError, OSError, EOFError) as error:
            raise NotAnalysable(f"its {self._name} compression is broken ({error})") from error
        self._given += len(data)
        if self._given > self._bounds.ratio_free_bytes and self._given > self._taken * self._bounds.ratio:
            raise NotAnalysable(f"it grows more than {self._bounds.ratio} times when decompressed")
        buffer[: len(data)] = data
        return len(data)

    def _next(self, count: int) -> bytes:
        while True:
            ended = self._zlib if self._other is None else self._other
            if ended.eof:
                if ended.unused_data or self._stream.read(1):
                    raise NotAnalysable(f"there is more data after its {self._name} stream")
                return b""
            if self._other is None:
                block = self._zlib.unconsumed_tail or self._take()
                data = self._zlib.decompress(block, count)
                stuck = not block
            else:
                block = self._take() if self._other.needs_input else b""
                stuck = self._other.needs_input and not block
                data = self._other.decompress(block, count)
            if data:
                return data
            if stuck:
                raise NotAnalysable("the file ends early (truncated?)")

    def _take(self) -> bytes:
        block = self._stream.read(_BLOCK // 4)
        self._taken += len(block)
        return block


def decompressed(stream: IO[bytes], name: str, bounds: Bounds) -> Source:
    """Return the decompressed content of `stream`, positioned at its start.

    Parameters
    ----------
    stream : binary file
        Compressed bytes.
    name : str
        As `compression_of` names it.
    bounds : Bounds
        Limits.
    """
    return Source(_buffered(_Decompressed(stream, name, bounds)), size=None, bounds=bounds)
