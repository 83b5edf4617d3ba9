"""A look at content that was taken: the same look as at a file or folder on disk."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from modelcheck.models.adapters.registry import built_in_formats
from modelcheck.models.adapters.third_party import foreign_adapters, inspected_by, recognised
from modelcheck.models.content import Content
from modelcheck.models.inspection import Inspection, inspect_folder, inspect_stream

__all__ = ["inspect_content"]

# What our own look says of bytes that begin like no format it knows: it takes them for an old pickle and fails.
_UNPLACED = ("pickle", "unknown", "")
_PROTOCOL = b"\x80"


def inspect_content(content: Content, trusted: Iterable[str] = ()) -> Inspection:
    """Say whether what was taken may be loaded; see `modelcheck.models.inspection.inspect_file`.

    A file that begins like none of the built-in formats is shown to the adapters of other packages; the one that
    recognises it answers by its own look.
    """
    if content.folder is not None:
        return inspect_folder(content.folder, trusted)
    with content.open() as stream:
        inspection = inspect_stream(stream, trusted)
    if not _unplaced(inspection, content):
        return inspection
    offers = foreign_adapters(built_in_formats())
    one = recognised(content, offers)
    if one is not None:
        return inspected_by(one, content)
    return replace(inspection, reason="; ".join((inspection.reason, *offers.broken))) if offers.broken else inspection


def _unplaced(inspection: Inspection, content: Content) -> bool:
    """Whether our look failed at once: it saw no import, and nothing that only a format of ours begins with."""
    if inspection.answer == "allowed" or inspection.names or inspection.format not in _UNPLACED:
        return False
    with content.open() as stream:
        return not stream.read(1).startswith(_PROTOCOL)
