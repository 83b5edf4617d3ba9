"""Large questions in memory that both sides see: written once, sealed, mapped by the worker as its own."""

from __future__ import annotations

import mmap
import os
from collections.abc import Sequence

import pyarrow as pa

__all__ = ["SHARED_FROM", "mapped", "shared"]

SHARED_FROM = 2**20
"""Bytes from which handing over memory is cheaper than copying through a socket."""

_ALIGNED = 64


def shared(streams: Sequence[Sequence[pa.RecordBatch]]) -> tuple[int, list[list[int]]] | None:
    """Write streams into nameless memory.

    Parameters
    ----------
    streams : sequence of sequences of RecordBatch
        Each sequence becomes one block.

    Returns
    -------
    descriptor : int
        To be closed by the caller; nobody can write to it any more.
    places : list of [start, length]
        Where each block lies.

    None where this system has no such memory.
    """
    if not hasattr(os, "memfd_create"):
        return None
    descriptor = os.memfd_create("modelcheck-rows", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
    try:
        places = []
        with open(descriptor, "wb", buffering=0, closefd=False) as raw:
            for batches in streams:
                start = -(-raw.tell() // _ALIGNED) * _ALIGNED
                raw.seek(start)
                sink = pa.PythonFile(_Whole(descriptor), mode="w")
                for batch in batches:
                    with pa.ipc.new_stream(sink, batch.schema) as writer:
                        writer.write_batch(batch)
                places.append([start, raw.tell() - start])
        _seal(descriptor)
        return descriptor, places
    except BaseException:
        os.close(descriptor)
        raise


def mapped(descriptor: int, places: Sequence[Sequence[int]]) -> list[memoryview]:
    """Map blocks as memory of this process alone, which may be written to, and close the descriptor."""
    try:
        size = os.fstat(descriptor).st_size
        if not size:
            return [memoryview(bytearray()) for _ in places]
        whole = memoryview(mmap.mmap(descriptor, size, flags=mmap.MAP_PRIVATE, prot=mmap.PROT_READ | mmap.PROT_WRITE))
        return [whole[start : start + length] for start, length in places]
    finally:
        os.close(descriptor)


class _Whole:
    """A file as pyarrow writes to it: each buffer in one call, however long."""

    closed = False

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    def write(self, data: bytes) -> int:
        view = memoryview(data).cast("B")
        left = view
        while left:
            left = left[os.write(self._descriptor, left) :]
        return len(view)

    def tell(self) -> int:
        return os.lseek(self._descriptor, 0, os.SEEK_CUR)

    def flush(self) -> None:
        """Nothing is held back."""

    def close(self) -> None:
        """Leave the descriptor open; it is somebody else's."""


def _seal(descriptor: int) -> None:
    import fcntl

    fcntl.fcntl(
        descriptor, fcntl.F_ADD_SEALS, fcntl.F_SEAL_WRITE | fcntl.F_SEAL_GROW | fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_SEAL
    )
