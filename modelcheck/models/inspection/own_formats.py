"""Formats that are one file of their own kind, told by their first bytes. None of these bytes starts a pickle."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import IO

from modelcheck.models.inspection.boosters import (
    CBM_MAGIC,
    LIGHTGBM_MAGIC,
    follow_cbm,
    follow_json,
    follow_lightgbm,
    follow_ubjson,
)
from modelcheck.models.inspection.onnx_file import ONNX_START, follow_onnx
from modelcheck.models.inspection.safetensors_file import follow_safetensors, is_safetensors
from modelcheck.models.inspection.seen import Seen

__all__ = ["OWN_FORMATS", "OwnFormat", "own_format"]


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnFormat:
    """How one kind of file is told and followed.

    Attributes
    ----------
    name : str
        What it is called as long as it isn't followed.
    starts : callable
        Whether the first bytes and the size are those of such a file.
    follow : callable
        Follows the whole file and returns its format.
    """

    name: str
    starts: Callable[[bytes, int], bool]
    follow: Callable[[IO[bytes], int, Seen], str]


OWN_FORMATS = (
    OwnFormat(name="safetensors", starts=is_safetensors, follow=follow_safetensors),
    OwnFormat(name="lightgbm", starts=lambda head, size: head.startswith(LIGHTGBM_MAGIC), follow=follow_lightgbm),
    OwnFormat(name="catboost", starts=lambda head, size: head.startswith(CBM_MAGIC), follow=follow_cbm),
    OwnFormat(
        name="ubjson", starts=lambda head, size: head[:1] == b"{" and head[1:2] in b"iUIlL", follow=follow_ubjson
    ),
    OwnFormat(name="json", starts=lambda head, size: head.lstrip()[:1] == b"{", follow=follow_json),
    OwnFormat(name="onnx", starts=lambda head, size: head[:1] == bytes([ONNX_START]), follow=follow_onnx),
)


def own_format(head: bytes, size: int) -> OwnFormat | None:
    """Return the format that a file of this many bytes starts as, or None."""
    return next((form for form in OWN_FORMATS if form.starts(head, size)), None)
