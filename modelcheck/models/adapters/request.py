"""What an adapter is handed: inspected bytes, and what the configuration says about them. What it may hand back."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from modelcheck.config.tables import ModelTable
from modelcheck.errors import ModelError
from modelcheck.models.content import Content
from modelcheck.models.inspection import Inspection

__all__ = ["LoadRequest", "Loaded"]


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

    @property
    def written_with(self) -> str:
        """What the file says it was written with, as the end of a clause; empty where it says nothing."""
        versions = self.inspection.versions
        return (
            f" (written with {', '.join(f'{name} {version}' for name, version in versions.items())})"
            if versions
            else ""
        )

    def unreadable(self, library: str, version: str, problem: str) -> ModelError:
        """Return the error for a file that its own library doesn't read.

        Parameters
        ----------
        library, version : str
            As readers know it, and the one installed here.
        problem : str
            What it said.

        Returns
        -------
        ModelError
            To be raised.
        """
        return ModelError(
            f"The {library} model {self.source}{self.written_with} could not be loaded by {library} {version}: "
            f"{problem.strip().rstrip('. ')[:300]}. It may be damaged, or written by a version that isn't read."
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Loaded:
    """What a model file held. An adapter that has nothing to add returns the model alone.

    Attributes
    ----------
    model : object
        An object with ``predict``, or a `Model`.
    name : str or None
        What the file calls the model, where its class says nothing.
    versions : mapping of str to str
        Library versions that the file says it was written with, beside those that the inspection saw.
    notes : tuple of str
        What a reader of the report should know: version drift, warnings while loading.
    columns : tuple of str
        The columns that it takes, in order, where the file says so and the model itself doesn't.
    enforce : callable or None
        From those columns as a DataFrame to the same in the types that the file promises; raises TypeError where they
        can't be.
    """

    model: Any
    name: str | None = None
    versions: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    columns: tuple[str, ...] = ()
    enforce: Callable[[Any], Any] | None = None
