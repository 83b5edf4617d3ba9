"""From a line of the configuration, or a live object, to a model. Inspect, then load."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable
from dataclasses import replace
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from modelcheck.config.addresses import is_http
from modelcheck.config.tables import ModelTable, WorkerTable
from modelcheck.errors import ModelError
from modelcheck.models.adapters.live import as_native
from modelcheck.models.artifact import Artifact, load_artifact, take_artifact
from modelcheck.models.calling import Preparation
from modelcheck.models.content import Content
from modelcheck.models.estimator import EstimatorModel, describe_estimator
from modelcheck.models.function import FunctionModel, describe_function
from modelcheck.models.http import load_served
from modelcheck.models.inspection.folder import is_model_folder
from modelcheck.models.protocol import Model, ModelDescription
from modelcheck.models.reference import import_object, is_reference, put_on_path, required_arguments
from modelcheck.models.trust import Standing, reviewers, standings

__all__ = ["expect_models", "load_model", "model_of_artifact", "wrap_model"]

_REGISTRY = re.compile(r"(models|runs|mlflow-artifacts):/")
_ADDRESS = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+:/")


def load_model(table: ModelTable, folder: Path, *, task: str | None = None, worker: WorkerTable | None = None) -> Model:
    """Load what ``[candidate]`` or ``[baseline]`` names.

    A file is read once into memory, hashed, inspected without running anything in it, and loaded from those same bytes
    only if every name that it imports is allowed.

    Parameters
    ----------
    table : ModelTable
        `model` is a file (relative to `folder`), ``package.module:object``, or the address of a served model.
    folder : Path
        The configuration's folder; put first on ``sys.path`` for references, where it stays.
    task : str or None
        The declared task: ``binary``, ``multiclass``, ``regression``, or None.
    worker : WorkerTable or None
        What the process of a model file may use up; None: the defaults.

    Returns
    -------
    Model
        Ready to predict. A file's runs in a process of its own, as `isolation` says; close it, or leave it to the end
        of the run.

    Raises
    ------
    ArtifactRefused
        The file imports names that aren't allowed, or couldn't be followed to its end.
    ModelError
        Anything else that keeps the model from being loaded.
    """
    if table.model is None:
        raise ModelError("No model is declared: `score` names a column that holds the predictions instead.")
    source = table.model
    path = folder / source
    if is_reference(source) and not path.exists():
        prepare = _preparation(table, folder)
        return _wrap(_from_reference(source, folder), table, task, source=source, prepare=prepare)
    if is_http(source):
        return load_served(table, task=task, prepare=_preparation(table, folder))
    if _REGISTRY.match(source) and not path.exists():
        raise ModelError(
            f"The model {source!r} is an address in an MLflow registry or run. This version reads model files and "
            f"folders. Download it (mlflow artifacts download --artifact-uri {source} --dst-path models) and name the "
            "folder that holds MLmodel."
        )
    if _ADDRESS.match(source) and not path.exists():
        raise ModelError(
            f"The model {source!r} points at a store or registry. Models are read from files, taken as "
            '"package.module:object", or asked at an http or https address. Download the file and name it.'
        )
    _check_file(path, source)

    def review(content: Content) -> tuple[Standing, ...]:
        return standings(table.trust, folder, artifact=content.sha256)

    artifact = take_artifact(path, source, table.trusted, review)
    # From here on a name is trusted or it isn't, by whomever.
    allowed = replace(table, trusted=tuple(dict.fromkeys((*table.trusted, *artifact.reviewed))))
    if table.isolation != "none":
        from modelcheck.models.isolation import Limits, load_in_worker

        limits = None if worker is None else Limits.of(worker)
        return load_in_worker(artifact, allowed, folder, task=task, level=table.isolation, limits=limits)
    with artifact:
        return model_of_artifact(artifact, allowed, folder, task=task)


def expect_models(tables: Iterable[ModelTable | None], folder: Path) -> None:
    """Start what loading will need, where a model is a file: libraries are then imported beside whatever comes first.

    Parameters
    ----------
    tables : iterable of ModelTable or None
        What will be loaded.
    folder : Path
        As for `load_model`.
    """
    for table in tables:
        if table is None or table.model is None or table.isolation == "none":
            continue
        # A name that the file system refuses is told by whoever loads it.
        if os.path.exists(os.path.join(folder, table.model)):
            from modelcheck.models.isolation.source import warm_zygote

            warm_zygote()
            return


def model_of_artifact(artifact: Artifact, table: ModelTable, folder: Path, *, task: str | None = None) -> Model:
    """Load a model file that was taken, in this process; see `load_model`."""
    prepare = _preparation(table, folder)
    if table.trusted:
        put_on_path(folder)
    loaded = load_artifact(artifact, table, folder, task=task)
    name = artifact.content.name
    if loaded.columns and table.columns not in ((), loaded.columns):
        raise _other_columns(name, loaded.columns)
    if loaded.columns:
        table = replace(table, columns=loaded.columns)
    model = _wrap(loaded.model, table, task, source=name, prepare=prepare, enforce=loaded.enforce)
    own = model.describe()
    description = replace(
        own,
        name=loaded.name or own.name,
        sha256=artifact.content.sha256,
        bytes=artifact.content.size,
        format=artifact.inspection.format,
        versions={**artifact.inspection.versions, **loaded.versions, **own.versions},
        trusted_names=artifact.trusted_names(table.trusted),
        trusted_by=reviewers(table.trust, artifact.trusted_names(artifact.reviewed), artifact.content.sha256),
        notes=(*own.notes, *loaded.notes),
    )
    return _with_description(model, description)


def wrap_model(obj: Any, table: ModelTable, *, task: str | None = None, folder: Path | None = None) -> Model:
    """Make a model of a live object.

    Parameters
    ----------
    obj : object
        A fitted estimator, a function of a DataFrame, or a Model (returned as it is).
    table : ModelTable
        `output`, `classes` and `prepare` are taken from it; the rest is ignored.
    task : str or None
        The declared task.
    folder : Path or None
        Where `prepare` is looked for; needed only when it is declared.

    Returns
    -------
    Model
        Its description has no hash: nothing says which file the object came from.

    Raises
    ------
    ModelError
        The object can't predict, isn't fitted, or contradicts the declarations.
    """
    if not isinstance(obj, type) and isinstance(obj, Model):
        return obj
    prepare = _preparation(table, folder or Path.cwd())
    return _wrap(obj, table, task, source="live object", prepare=prepare)


def _wrap(
    obj: Any,
    table: ModelTable,
    task: str | None,
    *,
    source: str,
    prepare: Preparation | None,
    enforce: Callable[[Any], Any] | None = None,
) -> Model:
    if isinstance(obj, type):
        raise ModelError(f"{source} gave the class {obj.__name__}, not an instance of it. A fitted object is needed.")
    if isinstance(obj, Model):
        return obj
    obj = as_native(obj, table, task, source=source) or obj
    if callable(getattr(obj, "predict", None)):
        description = _with_columns(
            describe_estimator(obj, source=source, task=task, output=table.output), table.columns, source
        )
        return EstimatorModel(obj, description, prepare, enforce)
    if callable(obj):
        if table.columns:
            raise ModelError(
                f"{source} is a function, which chooses its columns itself. `columns` is for model files that don't "
                "name theirs; leave it out."
            )
        described = describe_function(obj, source=source, task=task, output=table.output, classes=table.classes)
        return FunctionModel(obj, described, prepare)
    raise ModelError(
        f"{source} holds {_article(type(obj).__name__)}, which can't predict. Allowed: an object with a `predict` "
        "method, or a function of a DataFrame."
    )


def _with_columns(description: ModelDescription, columns: tuple[str, ...], source: str) -> ModelDescription:
    """Add the declared columns where the model doesn't name its own."""
    if not columns:
        return description
    own = description.feature_names
    if own is not None and own != columns:
        raise _other_columns(source, own)
    return replace(description, feature_names=columns)


def _other_columns(source: str, own: tuple[str, ...]) -> ModelError:
    more = f" and {len(own) - 20} more" if len(own) > 20 else ""
    return ModelError(
        f"{source} names the columns that it was fitted on itself: {', '.join(map(repr, own[:20]))}{more}. `columns` "
        "(or the signature of an MLflow model) says otherwise. Leave it out, or make it the same."
    )


def _with_description(model: Model, description: ModelDescription) -> Model:
    # A Model of the user's own keeps its own words.
    if isinstance(model, (EstimatorModel, FunctionModel)):
        model._description = description
    return model


def _from_reference(source: str, folder: Path) -> Any:
    found = import_object(source, folder)
    if not isinstance(found, type) and callable(getattr(found, "predict", None)):
        return found
    if not callable(found):
        raise ModelError(
            f"{source} is {_article(type(found).__name__)}, which can't predict. Allowed: an object with `predict`, a "
            "factory without required arguments, or a function of a DataFrame."
        )
    needed = required_arguments(found)
    if needed is not None and needed > 1:
        raise ModelError(
            f"{source} needs {needed} arguments. Allowed: none (a factory, called once) or one (a function of "
            "a DataFrame)."
        )
    if needed == 0:
        try:
            return found()
        except (Exception, SystemExit) as error:
            raise ModelError(f"{source}: calling it raised {type(error).__name__}: {error}") from error
    return found


def _preparation(table: ModelTable, folder: Path) -> Preparation | None:
    if table.prepare is None:
        return None
    if not is_reference(table.prepare):
        raise ModelError(f'prepare = {table.prepare!r} is not of the form "package.module:function".')
    found = import_object(table.prepare, folder)
    needed = required_arguments(found) if callable(found) else 0
    if needed not in (None, 1):
        raise ModelError(f"{table.prepare} must be a function that needs one argument, the raw rows as a DataFrame.")
    prepare: Preparation = found
    return prepare


def _check_file(path: Path, source: str) -> None:
    if path.is_file() or is_model_folder(path):
        return
    if path.is_dir():
        raise ModelError(
            f"The model {source!r} is a folder. A file (.skops, .joblib, .pkl) is needed, or a folder of "
            "MLflow (MLmodel in it) or Hugging Face (config.json in it)."
        )
    if path.exists():
        raise ModelError(f"The model {source!r} is not a regular file.")
    near = ""
    if path.parent.is_dir():
        found = get_close_matches(path.name, [item.name for item in path.parent.iterdir()], 1)
        near = f" Did you mean {(Path(source).parent / found[0]).as_posix()!r}?" if found else ""
    raise ModelError(
        f"There is no model file {source!r} (looked for in the configuration's folder).{near} Allowed: a file, or "
        '"package.module:object".'
    )


def _article(name: str) -> str:
    return f"an {name}" if name[:1].lower() in "aeiou" else f"a {name}"
