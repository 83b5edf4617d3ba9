"""A look at content that was taken: the same look as at a file or folder on disk."""

from __future__ import annotations

from collections.abc import Iterable

from modelcheck.models.content import Content
from modelcheck.models.inspection import Inspection, inspect_folder, inspect_stream

__all__ = ["inspect_content"]


def inspect_content(content: Content, trusted: Iterable[str] = ()) -> Inspection:
    """Say whether what was taken may be loaded; see `modelcheck.models.inspection.inspect_file`."""
    if content.folder is not None:
        return inspect_folder(content.folder, trusted)
    with content.open() as stream:
        return inspect_stream(stream, trusted)
