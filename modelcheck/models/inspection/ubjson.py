"""Universal Binary JSON as XGBoost writes it: bounded, to its last byte."""

from __future__ import annotations

import array
import struct
import sys
from collections.abc import Callable
from typing import Any

from modelcheck.models.inspection.outcome import Bounds, NotAnalysable

__all__ = ["read_ubjson"]

_NUMBERS = {b"i": ">b", b"U": ">B", b"I": ">h", b"l": ">i", b"L": ">q", b"d": ">f", b"D": ">d"}
_TYPED = {b"i": "b", b"U": "B", b"I": "h", b"l": "i", b"L": "q", b"d": "f", b"D": "d"}
_CONSTANTS = {b"Z": None, b"T": True, b"F": False}


def read_ubjson(content: memoryview, bounds: Bounds, *, close: Callable[[dict[str, Any]], Any] | None = None) -> Any:
    """Return what the bytes say; arrays of one type come as `array.array`.

    Parameters
    ----------
    content : memoryview
        The whole file.
    bounds : Bounds
        Limits: depth and operations.
    close : callable, optional
        As in `read_json`.

    Raises
    ------
    NotAnalysable
        The bytes end early, go on after the end, or aren't UBJSON.
    """
    reader = _Reader(content, bounds, close)
    try:
        value = reader.value(reader.take(1), 0)
    except (struct.error, UnicodeDecodeError, KeyError) as error:
        raise NotAnalysable(f"it isn't UBJSON, or broken ({type(error).__name__}: {error})") from error
    if reader.position != len(content):
        raise NotAnalysable("there is more data after its last value")
    return value


class _Reader:
    def __init__(self, content: memoryview, bounds: Bounds, close: Callable[[dict[str, Any]], Any] | None) -> None:
        self._content = content
        self._bounds = bounds
        self._close = close
        self._values = 0
        self.position = 0

    def take(self, count: int) -> bytes:
        end = self.position + count
        if count < 0 or end > len(self._content):
            raise NotAnalysable("the file ends early (truncated?)")
        data = bytes(self._content[self.position : end])
        self.position = end
        return data

    def value(self, kind: bytes, depth: int) -> Any:
        self._values += 1
        if self._values > self._bounds.operations or depth > 200:
            raise NotAnalysable("its UBJSON has too many values, or nests too deep")
        if kind in _NUMBERS:
            width = _NUMBERS[kind]
            return struct.unpack(width, self.take(struct.calcsize(width)))[0]
        if kind in _CONSTANTS:
            return _CONSTANTS[kind]
        if kind in (b"S", b"H"):
            return str(self.take(self._length()), "utf-8")
        if kind == b"C":
            return str(self.take(1), "ascii")
        if kind == b"[":
            return self._array(depth)
        if kind == b"{":
            return self._object(depth)
        raise NotAnalysable(f"it isn't UBJSON (a value of kind {kind!r})")

    def _length(self) -> int:
        kind = self.take(1)
        if kind not in (b"i", b"U", b"I", b"l", b"L"):
            raise NotAnalysable("it isn't UBJSON (a length that isn't a whole number)")
        return int(struct.unpack(_NUMBERS[kind], self.take(struct.calcsize(_NUMBERS[kind])))[0])

    def _array(self, depth: int) -> Any:
        kind = self.take(1)
        if kind == b"$":
            typed = _TYPED[self.take(1)]
            if self.take(1) != b"#":
                raise NotAnalysable("it isn't UBJSON (a typed array without a length)")
            numbers = array.array(typed)
            numbers.frombytes(self.take(self._length() * numbers.itemsize))
            if sys.byteorder == "little":
                numbers.byteswap()
            return numbers
        if kind == b"#":
            count = self._length()
            if count > len(self._content) - self.position:
                raise NotAnalysable("the file ends early (truncated?)")
            return [self.value(self.take(1), depth + 1) for _ in range(count)]
        items = []
        while kind != b"]":
            items.append(self.value(kind, depth + 1))
            kind = self.take(1)
        return items

    def _object(self, depth: int) -> Any:
        found: dict[str, Any] = {}
        while True:
            kind = self.take(1)
            if kind == b"}":
                return self._close(found) if self._close else found
            self.position -= 1
            key = str(self.take(self._length()), "utf-8")
            if key in found:
                raise NotAnalysable("its UBJSON says a key twice")
            found[key] = self.value(self.take(1), depth + 1)
