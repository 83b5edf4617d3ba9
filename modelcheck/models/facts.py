"""What is known of a model's file: its inspection, who trusts what in it, and whether it is still what was loaded."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from modelcheck.config.tables import ModelTable
from modelcheck.errors import ModelcheckError, ModelError
from modelcheck.models.content import take
from modelcheck.models.inspected import inspect_content
from modelcheck.models.inspection import Inspection
from modelcheck.models.inspection.allow_list import allowed_names
from modelcheck.models.protocol import ModelDescription
from modelcheck.models.reference import is_reference
from modelcheck.models.trust import Standing, standings

__all__ = ["ArtifactFacts", "look_at"]

_LIVE = "live object"  # how a model describes itself that came from no file


@dataclass(frozen=True, slots=True, kw_only=True)
class ArtifactFacts:
    """What is known of the file of one model, whether or not it may be loaded.

    Attributes
    ----------
    role : str
        ``candidate``, ``baseline`` or ``retrained``.
    source : str
        The file as the configuration spells it; empty without one.
    absent : str
        Why there is no file to look at; empty where there is one. All that follows is then empty.
    unreadable : str
        Why the file can't be read.
    sha256 : str
        Hash of the bytes that lie on disk now.
    size : int
        How many bytes they are.
    inspection : Inspection or None
        What loading them would import; None where they can't be read.
    listed : tuple of str
        Names that `trusted` in the configuration allows.
    trust_file : str or None
        The trust file, where there is one.
    standings : tuple of Standing
        Where its entries stand for this file.
    loaded_sha256 : str or None
        Hash of the bytes that were really loaded in this run; None where nothing was, or nobody says.
    isolation : str or None
        Where the model runs: ``none``, ``process`` or ``sandbox``; None where it wasn't loaded.
    not_loaded : str
        Why it wasn't loaded.
    """

    role: str
    source: str = ""
    absent: str = ""
    unreadable: str = ""
    sha256: str = ""
    size: int = 0
    inspection: Inspection | None = None
    listed: tuple[str, ...] = ()
    trust_file: str | None = None
    standings: tuple[Standing, ...] = ()
    loaded_sha256: str | None = None
    isolation: str | None = None
    not_loaded: str = ""

    @property
    def changed(self) -> bool:
        """Whether the file on disk is another one than was loaded."""
        return self.loaded_sha256 is not None and self.loaded_sha256 != self.sha256

    def standing_of(self, name: str) -> Standing | None:
        """Return the trust file's entry for a name, one in force before any other."""
        own = [one for one in self.standings if one.entry.name == name]
        return next((one for one in own if one.in_force), own[0] if own else None)

    def answer(self, name: str) -> str:
        """Return what is said to an import: ``listed``, ``reviewed`` (by a trust file), ``trusted`` or ``refused``."""
        if self.inspection is None or name in self.inspection.refused:
            return "refused"
        if name in allowed_names():
            return "listed"
        standing = self.standing_of(name)
        if standing is not None and standing.in_force:
            return "reviewed"
        # What is neither is judged by its use (a partial of one known function), as the shipped list has it.
        return "trusted" if name in self.listed else "listed"


def look_at(
    role: str,
    table: ModelTable,
    folder: Path,
    *,
    loaded: Callable[[], Any] | None = None,
    today: datetime.date | None = None,
    code: Path | None = None,
    named: bool = False,
) -> ArtifactFacts:
    """Look at the file of one model, after it was loaded where it may be.

    Parameters
    ----------
    role : str
        ``candidate``, ``baseline`` or ``retrained``.
    table : ModelTable
        What the configuration says about it.
    folder : Path
        The configuration's folder.
    loaded : callable or None
        Returns the model of this run, loading it if nobody did. What it raises as a `ModelcheckError` is noted.
    today : date, optional
        What trust is held against; default: today.
    code : Path, optional
        Where trusted code is looked for first; default: `folder`.
    named : bool
        Whether the user named a file, so that nothing else can be meant.

    Returns
    -------
    ArtifactFacts
        With `absent` where the model is no file.
    """
    absent = _absent(table, folder)
    if absent and not named:
        return ArtifactFacts(role=role, absent=absent)
    source = table.model or ""
    described, not_loaded = _described(loaded)
    if described is not None and described.sha256 is None and described.source == _LIVE:
        return ArtifactFacts(role=role, absent=f"a live object stands in for {source}; no file was loaded.")
    known: dict[str, Any] = {
        "role": role,
        "source": source,
        "listed": table.trusted,
        "trust_file": table.trust_file,
        "loaded_sha256": None if described is None else described.sha256,
        "isolation": None if described is None else described.isolation,
        "not_loaded": not_loaded,
    }
    try:
        path = folder / source
        if path.exists() and not path.is_file() and not path.is_dir():
            # A device or a pipe may never end.
            raise ModelError(f"The model file {source} is not a regular file.")
        with take(path, source) as content:
            trust = standings(table.trust, code or folder, artifact=content.sha256, today=today)
            in_force = (one.entry.name for one in trust if one.in_force)
            inspection = inspect_content(content, (*table.trusted, *in_force))
            return ArtifactFacts(
                sha256=content.sha256, size=content.size, inspection=inspection, standings=trust, **known
            )
    except ModelError as error:
        return ArtifactFacts(unreadable=str(error), **known)


def _absent(table: ModelTable, folder: Path) -> str:
    if table.score is not None:
        return f"its answers lie in the column {table.score!r}; there is no model file."
    if table.model is None:
        return "no model file is declared."
    if (folder / table.model).exists():
        return ""
    if table.model.startswith("live:"):
        return "it is a live object; there is no model file."
    if is_reference(table.model):
        return f"{table.model} is a Python object, imported with your rights; there is no model file."
    if ":/" in table.model:
        return f"{table.model} is an address; there is no model file here."
    return ""


def _described(loaded: Callable[[], Any] | None) -> tuple[ModelDescription | None, str]:
    if loaded is None:
        return None, "nobody loads it for this gate"
    try:
        model = loaded()
    except ModelcheckError as error:
        return None, str(error)
    if model is None:
        return None, "no model of this run answers for it"
    describe = getattr(model, "describe", None)
    found = describe() if callable(describe) else None
    if isinstance(found, ModelDescription):
        return found, ""
    # A conftest's object that nobody wrapped yet.
    return ModelDescription(name="", kind="", source=_LIVE, gives="label"), ""
