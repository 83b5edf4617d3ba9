"""Protocol buffers read by their wire format: bounded, no schema compiled, no library."""

from __future__ import annotations

import re
from collections.abc import Iterator

from modelcheck.models.inspection.outcome import NotAnalysable
from modelcheck.models.inspection.seen import Counter

__all__ = ["VARINT", "Field", "fields", "text"]

VARINT, FIXED64, LENGTH, FIXED32 = 0, 1, 2, 5

Field = tuple[int, int, int, memoryview]
# Lists of numbers that aren't packed come as many equal fields: from this many on they are passed over at once.
_RUN_FROM = 3


def fields(message: memoryview, counter: Counter, limit: int) -> Iterator[Field]:
    """Yield ``(number, wire type, value, bytes)`` for each field of a message.

    Parameters
    ----------
    message : memoryview
        Exactly one message.
    counter : Counter
        Counts fields over the whole file.
    limit : int
        How many of them are read.

    Yields
    ------
    tuple
        The value for numbers (0 otherwise), the bytes for messages and text (empty otherwise). Of a run of equal
        numeric fields only the first ones are given.

    Raises
    ------
    NotAnalysable
        The bytes end early or aren't a message.
    """
    position, end = 0, len(message)
    before, repeated = -1, 0
    while position < end:
        counter.operations += 1
        if counter.operations > limit:
            raise NotAnalysable(f"it has more than {limit:,} fields")
        start = position
        tag, position = _varint(message, position, end)
        number, wire = tag >> 3, tag & 7
        if not 0 < number < 2**29:
            raise NotAnalysable("it isn't a protocol buffer (an impossible field)")
        value, content = 0, message[:0]
        if wire == VARINT:
            value, position = _varint(message, position, end)
        elif wire == LENGTH:
            length, position = _varint(message, position, end)
            content = message[position : position + length]
            position += length
        elif wire in (FIXED32, FIXED64):
            position += 4 if wire == FIXED32 else 8
        else:
            raise NotAnalysable(f"it isn't a protocol buffer (wire type {wire})")
        if position > end:
            raise NotAnalysable("the file ends early (truncated?)")
        yield number, wire, value, content
        repeated = repeated + 1 if tag == before else 0
        before = tag
        if repeated >= _RUN_FROM and wire in (VARINT, FIXED32) and tag < 0x80:
            position = _after_run(message, start, position, wire)


def _after_run(message: memoryview, start: int, position: int, wire: int) -> int:
    tag = re.escape(bytes(message[start : start + 1]))
    body = rb"[\x80-\xff]{0,9}[\x00-\x7f]" if wire == VARINT else rb".{4}"
    found = re.compile(b"(?:" + tag + body + b")+", re.DOTALL).match(message, position)
    return found.end() if found else position


def _varint(message: memoryview, position: int, end: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        if position >= end:
            raise NotAnalysable("the file ends early (truncated?)")
        byte = message[position]
        position += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, position
        shift += 7
        if shift > 63:
            raise NotAnalysable("it isn't a protocol buffer (a number that never ends)")


def text(content: memoryview, wire: int = LENGTH) -> str:
    """Return a short text; names that aren't UTF-8 or are very long are no names.

    A name as a number is none either: libraries pass such a field over and keep the text that came before it.
    """
    if wire != LENGTH:
        raise NotAnalysable("a name isn't text")
    if len(content) > 10_000:
        raise NotAnalysable("a name is too long")
    try:
        return str(content, "utf-8")
    except UnicodeDecodeError as error:
        raise NotAnalysable("a name isn't text") from error
