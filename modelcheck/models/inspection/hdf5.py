"""HDF5 as Keras writes its weights: walked from the root, refusing whatever leads out of the file or into a plugin."""

from __future__ import annotations

from modelcheck.models.inspection.outcome import Forbidden, NotAnalysable
from modelcheck.models.inspection.seen import Counter

__all__ = ["HDF5_MAGIC", "follow_hdf5"]

HDF5_MAGIC = b"\x89HDF\r\n\x1a\n"
_UNDEFINED = 2**64 - 1
# Messages of an object's header that describe data, its shape or its age.
_PLAIN = {0x0, 0x1, 0x2, 0x3, 0x4, 0x5, 0x8, 0xA, 0xC, 0xE, 0x12, 0x15, 0x16}
_LINK, _EXTERNAL_FILES, _FILTERS, _CONTINUED, _TABLE = 0x6, 0x7, 0xB, 0x10, 0x11
_LINK_INFO, _LAYOUT, _DATATYPE = 0x2, 0x8, 0x3
_BUILT_IN_FILTERS = {1, 2, 3, 4, 5, 6}
_SHARED = 0x2


def follow_hdf5(content: memoryview, counter: Counter, limit: int) -> None:
    """Walk every object from the root.

    Parameters
    ----------
    content : memoryview
        The whole file.
    counter : Counter
        Counts objects and messages over the whole file.
    limit : int
        How many are followed.

    Raises
    ------
    NotAnalysable
        It uses a form of HDF5 that h5py's default doesn't write, or is broken.
    Forbidden
        A link leads out of the file, data lie in another file, or a filter is a plugin.
    """
    _Walk(content, counter, limit).run()


class _Walk:
    def __init__(self, content: memoryview, counter: Counter, limit: int) -> None:
        self._content = content
        self._counter = counter
        self._limit = limit
        self._done: set[int] = set()
        self._pending: list[int] = []

    def _at(self, position: int, count: int) -> memoryview:
        self._counter.operations += 1
        if self._counter.operations > self._limit:
            raise NotAnalysable(f"it has more than {self._limit:,} parts")
        if position < 0 or count < 0 or position + count > len(self._content):
            raise NotAnalysable("an HDF5 part lies outside the file (truncated?)")
        return self._content[position : position + count]

    def _number(self, position: int, count: int) -> int:
        return int.from_bytes(self._at(position, count), "little")

    def run(self) -> None:
        if bytes(self._at(0, 8)) != HDF5_MAGIC:
            raise NotAnalysable("it isn't HDF5")
        if self._number(8, 1) != 0 or self._number(13, 2) != 0x0808:
            raise NotAnalysable("it is HDF5 in a form that Keras doesn't write")
        if self._number(24, 8) != 0 or self._number(32, 8) != _UNDEFINED:
            raise NotAnalysable("it is HDF5 in a form that Keras doesn't write")
        end = self._number(40, 8)
        if end != len(self._content):
            raise NotAnalysable("the HDF5 file ends early (truncated?)")
        self._pending.append(self._number(64, 8))
        while self._pending:
            address = self._pending.pop()
            if address not in self._done:
                self._done.add(address)
                self._object(address)

    def _object(self, address: int) -> None:
        version = self._number(address, 1)
        if version != 1:
            raise NotAnalysable("it is HDF5 in a form that Keras doesn't write")
        count = self._number(address + 2, 2)
        blocks = [(address + 16, self._number(address + 8, 4))]
        seen = 0
        while blocks:
            position, length = blocks.pop()
            self._at(position, length)
            end = position + length
            while position + 8 <= end and seen < count:
                seen += 1
                kind, size, flags = (
                    self._number(position, 2),
                    self._number(position + 2, 2),
                    self._number(position + 4, 1),
                )
                body = position + 8
                if body + size > end:
                    raise NotAnalysable("an HDF5 header is broken")
                if kind == _CONTINUED:
                    blocks.append((self._number(body, 8), self._number(body + 8, 8)))
                else:
                    self._message(kind, flags, body, size)
                position = body + size

    def _message(self, kind: int, flags: int, body: int, size: int) -> None:
        if flags & _SHARED:
            raise NotAnalysable("it is HDF5 in a form that Keras doesn't write")
        if kind == _EXTERNAL_FILES:
            raise Forbidden("its HDF5 data lie in another file")
        if kind == _LINK:
            raise Forbidden("it holds an HDF5 link of a kind that can lead out of the file")
        if kind == _LINK_INFO:
            raise NotAnalysable("it is HDF5 in a form that Keras doesn't write")
        if kind == _FILTERS:
            self._filters(body, size)
        elif kind == _LAYOUT:
            # 3: compact, contiguous or chunked; 4 adds virtual data sets, which are parts of other files.
            if self._number(body, 1) != 3 or self._number(body + 1, 1) > 2:
                raise Forbidden("its HDF5 data are laid out in a way that can lead out of the file")
        elif kind == _TABLE:
            self._tree(self._number(body, 8), 0)
        elif kind not in _PLAIN:
            raise NotAnalysable(f"it is HDF5 with a part of an unknown kind ({kind})")

    def _filters(self, body: int, size: int) -> None:
        if self._number(body, 1) != 1:
            raise NotAnalysable("it is HDF5 in a form that Keras doesn't write")
        position = body + 8
        for _ in range(self._number(body + 1, 1)):
            filter_id, name, values = (
                self._number(position, 2),
                self._number(position + 2, 2),
                self._number(position + 6, 2),
            )
            if filter_id not in _BUILT_IN_FILTERS:
                raise Forbidden(f"its HDF5 data need a plugin (filter {filter_id})")
            position += 8 + name + 4 * (values + values % 2)
            if position > body + size:
                raise NotAnalysable("an HDF5 header is broken")

    def _tree(self, address: int, depth: int) -> None:
        if depth > 20 or address in self._done:
            raise NotAnalysable("an HDF5 group is broken")
        self._done.add(address)
        if bytes(self._at(address, 4)) != b"TREE" or self._number(address + 4, 1) != 0:
            raise NotAnalysable("an HDF5 group is broken")
        level, entries = self._number(address + 5, 1), self._number(address + 6, 2)
        for index in range(entries):
            child = self._number(address + 24 + 8 + 16 * index, 8)
            if level:
                self._tree(child, depth + 1)
            else:
                self._entries(child)

    def _entries(self, address: int) -> None:
        if bytes(self._at(address, 4)) != b"SNOD":
            raise NotAnalysable("an HDF5 group is broken")
        for index in range(self._number(address + 6, 2)):
            entry = address + 8 + 40 * index
            if self._number(entry + 16, 4) > 1:
                raise Forbidden("it holds an HDF5 link of a kind that can lead out of the file")
            self._pending.append(self._number(entry + 8, 8))
