"""A model file: read once, hashed, inspected, and only then loaded, from the same bytes."""

from __future__ import annotations

import hashlib
import importlib
import io
import json
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from modelcheck.errors import ArtifactRefused, ModelError
from modelcheck.models.inspection import BOUNDS, Inspection, inspect_bytes
from modelcheck.models.inspection.allow_list import PARTIAL, allowed_names
from modelcheck.models.inspection.guard import only_allowed
from modelcheck.models.inspection.outcome import NOT_LISTED

__all__ = ["Artifact", "load_artifact"]

_NO_LINE = (
    "No line of configuration allows this. If the file is yours, save the model again with joblib.dump or "
    "skops.io.dump, without the part that is refused."
)
_MOST_LOOKS = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Artifact:
    """What a model file held.

    Attributes
    ----------
    content : object
        The object.
    sha256 : str
        Hash of the bytes that were loaded.
    bytes : int
        How many they were.
    versions : mapping of str to str
        Library versions that the file names.
    trusted_names : tuple of str
        Imports that only the user's `trusted` allowed.
    notes : tuple of str
        Version drift and warnings while loading.
    """

    content: Any
    sha256: str
    bytes: int
    versions: Mapping[str, str] = field(default_factory=dict)
    trusted_names: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


def load_artifact(path: Path, source: str, trusted: Sequence[str] = ()) -> Artifact:
    """Load a model file if, and only if, its inspection allows it.

    Parameters
    ----------
    path : Path
        The file.
    source : str
        Its name as the user wrote it, for messages.
    trusted : sequence of str
        Exact names allowed besides the shipped list.

    Returns
    -------
    Artifact
        The object and where it came from.

    Raises
    ------
    ArtifactRefused
        The file imports names that aren't allowed, or can't be followed to its end.
    ModelError
        It can't be read, or loading it fails.
    """
    try:
        size = path.stat().st_size
        if size > BOUNDS.file_bytes:
            raise ModelError(f"The model file {source} has {size:,} bytes; at most {BOUNDS.file_bytes:,} are read.")
        content = path.read_bytes()
    except OSError as error:
        raise ModelError(f"The model file {source} can't be read: {error.strerror or error}.") from error
    digest = hashlib.sha256(content).hexdigest()
    inspection = inspect_bytes(content, trusted)
    if inspection.answer != "allowed":
        raise _refusal(source, inspection, content, trusted)
    if inspection.format in ("npy", "zip"):
        what = "an array" if inspection.format == "npy" else "a zip archive, not a skops file"
        raise ModelError(f"The model file {source} is {what}. Allowed: .skops, .joblib and .pkl files of one model.")
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        loaded = _load(content, source, inspection, trusted)
    listed = allowed_names()
    return Artifact(
        content=loaded,
        sha256=digest,
        bytes=len(content),
        versions=inspection.versions,
        trusted_names=tuple(name for name in inspection.names if name in set(trusted) and name not in listed),
        notes=_notes(caught, inspection),
    )


def _load(content: bytes, source: str, inspection: Inspection, trusted: Sequence[str]) -> Any:
    shown, listed = set(inspection.names), set(allowed_names(trusted))
    try:
        if inspection.format == "skops":
            import skops.io

            with only_allowed(frozenset()):
                return skops.io.loads(content, trusted=sorted(shown & (listed | {PARTIAL})))
        import joblib

        # Imports run module code, which may unpickle its own data: they come before the guard is armed.
        for module in sorted({name.rpartition(".")[0] for name in shown}):
            importlib.import_module(module)
        with only_allowed(shown | listed):
            return joblib.load(io.BytesIO(content))
    except ModelError:
        raise
    except ModuleNotFoundError as error:
        raise ModelError(
            f"The model file {source} needs the module {error.name!r}, which isn't installed here"
            f"{_written_with(inspection)}. Install the library in the environment that runs pytest."
        ) from error
    except (Exception, SystemExit) as error:
        raise ModelError(
            f"The model file {source} could not be loaded{_written_with(inspection)}: {type(error).__name__}: {error}. "
            "It may be damaged, or written by other library versions than those installed."
        ) from error


def _refusal(source: str, inspection: Inspection, content: bytes, trusted: Sequence[str]) -> ArtifactRefused:
    if inspection.refused:
        names, rest = _needed(content, trusted, inspection)
        shown = ", ".join(_quoted(name) for name in names)
        if not rest:
            verb = "is" if len(names) == 1 else "are"
            line = ", ".join(_quoted(name) for name in dict.fromkeys((*trusted, *names)))
            return ArtifactRefused(
                f"The model file {source} was not loaded: it imports {shown}, which {verb} not on the list of names "
                "that a model file may use. Nothing in it was run. If you know where the file comes from, this line "
                f"beside `model` allows it:\n    trusted = [{line}]\n"
                "It lets the file run that code on this machine.",
                names,
            )
        declared = [name for name in names if name in set(trusted)]
        already = f" `trusted` has {', '.join(map(_quoted, declared))} already, which isn't enough." if declared else ""
        return ArtifactRefused(
            f"The model file {source} was not loaded: it imports {shown}, and {rest}. Nothing in it was run.{already} "
            f"{_NO_LINE}",
            names,
        )
    if inspection.answer == "refused":
        return ArtifactRefused(
            f"The model file {source} was not loaded: {inspection.reason}. Nothing in it was run. {_NO_LINE}"
        )
    return ArtifactRefused(
        f"The model file {source} was not loaded, because what loading it would run can't be told: "
        f"{inspection.reason}. Nothing in it was run. Allowed: complete .skops, .joblib and .pkl files."
    )


def _needed(content: bytes, trusted: Sequence[str], inspection: Inspection) -> tuple[tuple[str, ...], str]:
    """Return every name that has to be trusted, and what would keep the file from loading even then.

    A look stops at the first step that is forbidden, so trusting a name can bring others to light: advice is given
    only after a look that followed it.
    """
    names = dict.fromkeys(inspection.refused)
    for _ in range(_MOST_LOOKS):
        inspection = inspect_bytes(content, (*trusted, *names))
        if inspection.answer == "allowed":
            return tuple(names), ""
        if not set(inspection.refused) - set(names):
            break
        names.update(dict.fromkeys(inspection.refused))
    return tuple(names), inspection.reason.removeprefix(f"{NOT_LISTED}; ")


def _quoted(name: str) -> str:
    """Return a TOML string; names come from the file, so control characters are escaped."""
    return json.dumps(name)


def _written_with(inspection: Inspection) -> str:
    if not inspection.versions:
        return ""
    return " (written with " + ", ".join(f"{name} {version}" for name, version in inspection.versions.items()) + ")"


def _notes(caught: Sequence[warnings.WarningMessage], inspection: Inspection) -> tuple[str, ...]:
    import sklearn

    notes = []
    written = inspection.versions.get("scikit-learn")
    if written is not None and written != sklearn.__version__:
        notes.append(
            f"The model file was written with scikit-learn {written} and loaded with {sklearn.__version__}: its "
            "predictions may differ from those of the version it was fitted with."
        )
    for item in caught:
        if item.category.__name__ == "InconsistentVersionWarning" and notes:
            continue
        text = f"Loading the model file warned: {item.category.__name__}: {item.message}"
        if text not in notes:
            notes.append(text)
    return tuple(notes)
