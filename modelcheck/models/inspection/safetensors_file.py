"""safetensors: a JSON header and raw numbers, checked to be whole and to point nowhere outside."""

from __future__ import annotations

from typing import IO, Any

from modelcheck.models.inspection.dry_run import starts_a_pickle
from modelcheck.models.inspection.json_text import read_json
from modelcheck.models.inspection.outcome import Forbidden, NotAnalysable
from modelcheck.models.inspection.seen import Seen
from modelcheck.models.inspection.source import Source

__all__ = ["follow_safetensors", "is_safetensors"]

_HEADER = 100_000_000  # the limit of the library itself
_BITS = {
    "BOOL": 8, "U8": 8, "I8": 8, "F8_E5M2": 8, "F8_E4M3": 8, "F8_E8M0": 8, "I16": 16, "U16": 16, "F16": 16, "BF16": 16,
    "I32": 32, "U32": 32, "F32": 32, "I64": 64, "U64": 64, "F64": 64, "C64": 64, "F4": 4, "F6_E2M3": 6, "F6_E3M2": 6,
}  # fmt: skip


def is_safetensors(head: bytes, size: int) -> bool:
    """Whether the first nine bytes are a header's length and the header's first brace."""
    length = int.from_bytes(head[:8], "little")
    return len(head) > 8 and head[8:9] == b"{" and 2 <= length <= min(_HEADER, size - 8)


def follow_safetensors(stream: IO[bytes], size: int, seen: Seen) -> str:
    """Follow the header and return ``safetensors``.

    Raises
    ------
    NotAnalysable
        A tensor overlaps another, leaves a gap, or lies outside the file.
    Forbidden
        It is a pickle as well.
    """
    stream.seek(0)
    # The first bytes can be those of a text in a pickle, which goes on in the numbers.
    if starts_a_pickle(Source(stream, size=size, bounds=seen.bounds), seen):
        raise Forbidden("it is a pickle as well as weights")
    stream.seek(0)
    length = int.from_bytes(stream.read(8), "little")
    header = read_json(stream.read(length))
    if not isinstance(header, dict):
        raise NotAnalysable("its header isn't an object")
    notes = header.pop("__metadata__", {})
    if not isinstance(notes, dict) or not all(isinstance(note, str) for note in notes.values()):
        raise NotAnalysable("its notes aren't text")
    spans = sorted(_span(tensor) for tensor in header.values())
    end = 0
    for start, stop in spans:
        if start != end:
            raise NotAnalysable("its tensors overlap or leave a gap")
        end = stop
    if 8 + length + end != size:
        raise NotAnalysable("the file ends early (truncated?), or there is more data after its last tensor")
    return "safetensors"


def _span(tensor: Any) -> tuple[int, int]:
    if not isinstance(tensor, dict) or set(tensor) != {"dtype", "shape", "data_offsets"}:
        raise NotAnalysable("a tensor isn't described as safetensors does")
    bits, shape, offsets = _BITS.get(str(tensor["dtype"])), tensor["shape"], tensor["data_offsets"]
    if bits is None or not isinstance(shape, list) or not isinstance(offsets, list) or len(offsets) != 2:
        raise NotAnalysable("a tensor isn't described as safetensors does")
    if any(type(number) is not int or number < 0 for number in (*shape, *offsets)) or len(shape) > 64:
        raise NotAnalysable("a tensor has an impossible shape or place")
    count = 1
    for number in shape:
        count *= number
    start, stop = offsets
    if count * bits != (stop - start) * 8:
        raise NotAnalysable("a tensor's place doesn't fit its shape")
    return start, stop
