"""What an adapter is handed: inspected bytes, and what the configuration says about them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from modelcheck.config.tables import ModelTable
from modelcheck.models.content import Content
from modelcheck.models.inspection import Inspection

__all__ = ["LoadRequest"]


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadRequest:
    """One model file, ready to be loaded.

    Attributes
    ----------
    content : Content
        The bytes (or the private copy of a folder) that were inspected.
    inspection : Inspection
        Its answer is ``allowed``.
    table : ModelTable
        ``[candidate]`` or ``[baseline]``: `classes`, `output`, `trusted` and the keys of single formats.
    folder : Path
        The configuration's folder.
    task : str or None
        The declared task.
    """

    content: Content
    inspection: Inspection
    table: ModelTable
    folder: Path
    task: str | None = None

    @property
    def source(self) -> str:
        """The file's name as the user wrote it."""
        return self.content.name
