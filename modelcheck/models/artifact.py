"""A model file: read once, hashed, inspected, and only then loaded, from the same bytes."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from types import TracebackType

from modelcheck.config.tables import ModelTable
from modelcheck.errors import ModelError
from modelcheck.models.adapters import Adapter, Loaded, LoadRequest, adapter_of
from modelcheck.models.content import Content, take
from modelcheck.models.drift import drift_notes
from modelcheck.models.inspected import inspect_content
from modelcheck.models.inspection import Inspection
from modelcheck.models.inspection.allow_list import allowed_names
from modelcheck.models.refusal import refusal
from modelcheck.models.trust import Standing

__all__ = ["Artifact", "Loaded", "load_artifact", "take_artifact"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Artifact:
    """A model file whose inspection allows that it is loaded; nothing in it has run.

    Attributes
    ----------
    content : Content
        Its bytes; whoever takes an artifact closes it.
    inspection : Inspection
        What was seen in them.
    adapter : Adapter
        Loads them.
    reviewed : tuple of str
        Names that a trust file allows beside the shipped list and the configuration's own.
    """

    content: Content
    inspection: Inspection
    adapter: Adapter
    reviewed: tuple[str, ...] = ()

    def trusted_names(self, trusted: Sequence[str]) -> tuple[str, ...]:
        """Return the imports that only the user's `trusted` allows."""
        listed = allowed_names()
        return tuple(name for name in self.inspection.names if name in set(trusted) and name not in listed)

    def __enter__(self) -> Artifact:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.content.close()


def take_artifact(
    path: Path, source: str, trusted: Sequence[str] = (), review: Callable[[Content], Sequence[Standing]] | None = None
) -> Artifact:
    """Take a model file if, and only if, its inspection allows it.

    Parameters
    ----------
    path : Path
        The file, or the folder of MLflow or Hugging Face.
    source : str
        Its name as the user wrote it, for messages.
    trusted : sequence of str
        Exact names allowed besides the shipped list.
    review : callable or None
        Where the entries of a trust file stand for this content; those in force allow their names too.

    Returns
    -------
    Artifact
        Not loaded yet.

    Raises
    ------
    ArtifactRefused
        The file imports names that aren't allowed, or can't be followed to its end.
    ModelError
        It can't be read, or holds nothing that an adapter loads.
    """
    content = take(path, source)
    try:
        standings = () if review is None else review(content)
        reviewed = tuple(one.entry.name for one in standings if one.in_force)
        inspection = inspect_content(content, (*trusted, *reviewed))
        if inspection.answer != "allowed":
            expired = [one.told for one in standings if one.entry.name in inspection.refused and not one.in_force]
            raise refusal(source, inspection, content, trusted, reviewed, expired)
        adapter = adapter_of(inspection.format, source)
        return Artifact(content=content, inspection=inspection, adapter=adapter, reviewed=reviewed)
    except BaseException:
        content.close()
        raise


def load_artifact(artifact: Artifact, table: ModelTable, folder: Path, *, task: str | None = None) -> Loaded:
    """Load what was taken, in this process.

    Parameters
    ----------
    artifact : Artifact
        As `take_artifact` gives it.
    table : ModelTable
        What the configuration says about the model.
    folder : Path
        The configuration's folder.
    task : str or None
        The declared task.

    Returns
    -------
    Loaded
        Ready to predict.

    Raises
    ------
    ModelError
        Loading fails.
    """
    request = LoadRequest(
        content=artifact.content, inspection=artifact.inspection, table=table, folder=folder, task=task
    )
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            found = artifact.adapter.loader()(request)
        except ModuleNotFoundError as error:
            raise _missing(artifact, error) from error
    loaded = found if isinstance(found, Loaded) else Loaded(model=found)
    return replace(loaded, notes=(*loaded.notes, *_notes(caught, artifact.inspection)))


def _missing(artifact: Artifact, error: ModuleNotFoundError) -> ModelError:
    extra = artifact.adapter.extra
    mends = f'pip install "modelcheck[{extra}]"' if extra else "install it in the environment that runs pytest"
    return ModelError(
        f"The model file {artifact.content.name} is a {artifact.adapter.title}, and the module {error.name!r} that it "
        f"needs isn't installed here. What mends it: {mends}."
    )


def _notes(caught: Sequence[warnings.WarningMessage], inspection: Inspection) -> tuple[str, ...]:
    import sklearn

    notes = [*drift_notes(inspection.versions)]
    written = inspection.versions.get("scikit-learn")
    if written is not None and written != sklearn.__version__:
        notes.append(
            f"The model file was written with scikit-learn {written} and loaded with {sklearn.__version__}: its "
            "predictions may differ from those of the version it was fitted with."
        )
    for item in caught:
        if item.category.__name__ == "InconsistentVersionWarning" and written is not None:
            continue
        text = f"Loading the model file warned: {item.category.__name__}: {item.message}"
        if text not in notes:
            notes.append(text)
    return tuple(notes)
