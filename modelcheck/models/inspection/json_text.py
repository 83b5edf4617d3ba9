"""JSON of unknown origin: bounded, without doubled keys, and with long lists of numbers checked and let go."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import IO, Any

from modelcheck.models.inspection.outcome import Bounds, NotAnalysable

__all__ = ["read_json", "read_json_stream"]

_CONTAINERS = 5_000_000
_VALUES = 40_000_000


def read_json(content: bytes, *, close: Callable[[dict[str, Any]], Any] | None = None) -> Any:
    """Return what the text says.

    Parameters
    ----------
    content : bytes
        The whole text, UTF-8.
    close : callable, optional
        Is given each object as soon as it is complete and returns what stands for it: how a model of many trees is
        checked without being held.

    Raises
    ------
    NotAnalysable
        It isn't JSON, nests too deep, or says a key twice (two readers could read two different files).
    """

    def pairs(items: list[tuple[str, Any]]) -> Any:
        found = dict(items)
        if len(found) != len(items):
            raise NotAnalysable("its JSON says a key twice")
        return close(found) if close else found

    # Counted first: each opening bracket becomes an object of many times its size.
    if content.count(b"[") + content.count(b"{") > _CONTAINERS or content.count(b",") > _VALUES:
        raise NotAnalysable("its JSON has too many values")
    try:
        return json.loads(content, object_pairs_hook=pairs)
    except NotAnalysable:
        raise
    except (ValueError, RecursionError, MemoryError) as error:
        raise NotAnalysable(f"its JSON can't be read ({type(error).__name__}: {error})") from error


def read_json_stream(
    stream: IO[bytes], size: int, bounds: Bounds, *, close: Callable[[dict[str, Any]], Any] | None = None
) -> Any:
    """Say the same of a file's whole content; see `read_json`."""
    if size > bounds.text_bytes:
        raise NotAnalysable(f"it is JSON of more than {bounds.text_bytes:,} bytes")
    stream.seek(0)
    return read_json(stream.read(size), close=close)
