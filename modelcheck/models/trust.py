"""Where each entry of a trust file stands today: in force, or why it allows nothing."""

from __future__ import annotations

import datetime
import hashlib
import sys
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from importlib import machinery, metadata
from pathlib import Path
from typing import Any

from modelcheck.config.tables import TrustEntry

__all__ = ["Standing", "reviewers", "source_of", "standings"]

_LARGEST_SOURCE = 256 * 2**20


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """One entry and whether it allows anything.

    Attributes
    ----------
    entry : TrustEntry
        As the trust file has it.
    problem : str
        Why it allows nothing, as the rest of a sentence that begins with the entry; empty when it is in force.
    """

    entry: TrustEntry
    problem: str = ""

    @property
    def in_force(self) -> bool:
        """Whether it allows its name."""
        return not self.problem

    @property
    def told(self) -> str:
        """What is wrong with it in one sentence."""
        return f"The trust entry for {self.entry.name}, by {self.entry.owner}, allows nothing: {self.problem}."


def standings(
    entries: Sequence[TrustEntry], folder: Path, *, artifact: str, today: datetime.date | None = None
) -> tuple[Standing, ...]:
    """Hold the entries of a trust file against the date, the code on this machine and one model file.

    Parameters
    ----------
    entries : sequence of TrustEntry
        Of one trust file.
    folder : Path
        The configuration's folder, from which code is imported first.
    artifact : str
        sha256 of the model file.
    today : date, optional
        Default: today.

    Returns
    -------
    tuple of Standing
        One an entry, in order. Nothing is imported: the source files are found and hashed.
    """
    day = today or datetime.date.today()
    return tuple(Standing(entry=entry, problem=_problem(entry, folder, artifact, day)) for entry in entries)


def reviewers(entries: Sequence[TrustEntry], names: Collection[str], artifact: str) -> dict[str, str]:
    """Return who trusts each of some names in a model file, until when and why, for the record."""
    return {
        entry.name: f"{entry.owner}, until {entry.expires.isoformat()}: {entry.reason}"
        for entry in entries
        if entry.name in names and entry.artifact in (None, artifact)
    }


def _problem(entry: TrustEntry, folder: Path, artifact: str, today: datetime.date) -> str:
    if entry.artifact is not None and entry.artifact != artifact:
        return f"it is for another model file (sha256 {entry.artifact[:12]}..., this one has {artifact[:12]}...)"
    if entry.expires < today:
        return f"it expired on {entry.expires.isoformat()}; review the code again and set a new date"
    source = source_of(entry.name, folder)
    if source is None:
        return f"no file was found that defines the module {entry.name.rpartition('.')[0]}"
    return _other_package(entry.package, source) if entry.package is not None else _other_source(entry.sha256, source)


def _other_source(reviewed: str | None, source: Path) -> str:
    try:
        if source.stat().st_size > _LARGEST_SOURCE:
            return f"its source file {source.name} is larger than {_LARGEST_SOURCE:,} bytes"
        found = hashlib.sha256(source.read_bytes()).hexdigest()
    except OSError as error:
        return f"its source file {source.name} can't be read ({error.strerror or error})"
    if found == reviewed:
        return ""
    return (
        f"{source.name} changed since it was reviewed (sha256 {found}, reviewed {reviewed}); "
        "review it again and write the new hash"
    )


def _other_package(package: str, source: Path) -> str:
    name, _, version = package.partition("==")
    try:
        distribution = metadata.distribution(name)
    except metadata.PackageNotFoundError:
        return f"the package {name} isn't installed"
    if distribution.version != version:
        return f"{name} {distribution.version} is installed, and {version} was reviewed"
    own = [file for file in distribution.files or () if file.name == source.name]
    if any(Path(str(distribution.locate_file(file))).resolve() == source.resolve() for file in own):
        return ""
    return f"{source.name}, which defines it, is no file of the installed package {name}; give its sha256 instead"


def source_of(name: str, folder: Path) -> Path | None:
    """Return the file whose code would run if a name were imported, without importing anything.

    Parameters
    ----------
    name : str
        Full name, e.g. ``mypackage.features.LogScaler``.
    folder : Path
        Looked into before ``sys.path``.

    Returns
    -------
    Path or None
        None where no file defines the module: it is missing, a namespace, or part of the interpreter.

    Examples
    --------
    >>> source_of("json.decoder.JSONDecoder", Path("/nowhere")).name
    'decoder.py'
    >>> source_of("builtins.eval", Path("/nowhere")) is None
    True
    """
    module = name.rpartition(".")[0]
    imported = sys.modules.get(module)
    if imported is not None:
        # An unpickler takes what is imported already, wherever it came from.
        return _file(getattr(imported, "__file__", None))
    places: list[str] | None = [str(folder), *sys.path]
    spec: machinery.ModuleSpec | None = None
    full = ""
    for part in module.split("."):
        full = f"{full}.{part}" if full else part
        spec = _find(full, places)
        if spec is None:
            return None
        places = None if spec.submodule_search_locations is None else list(spec.submodule_search_locations)
        if places is None:
            places = []
    return None if spec is None or not spec.has_location else _file(spec.origin)


def _find(full: str, places: list[str] | None) -> machinery.ModuleSpec | None:
    """Ask the interpreter's own finders, then those that editable installs bring; a finder imports nothing."""
    if "." not in full:
        for finder in (machinery.BuiltinImporter, machinery.FrozenImporter):
            found = finder.find_spec(full)
            if found is not None:
                return found
    found = machinery.PathFinder.find_spec(full, places)
    if found is not None:
        return found
    for other in sys.meta_path:
        find: Any = getattr(other, "find_spec", None)
        if find is not None and "editable" in getattr(other, "__module__", ""):
            editable: machinery.ModuleSpec | None = find(full, None if "." not in full else places)
            if editable is not None:
                return editable
    return None


def _file(origin: object) -> Path | None:
    if not isinstance(origin, str):
        return None
    path = Path(origin)
    return path if path.is_file() else None
