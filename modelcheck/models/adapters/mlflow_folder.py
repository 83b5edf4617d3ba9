"""An MLflow model folder: the model file in it through our own adapters, anything else through MLflow's pyfunc."""

from __future__ import annotations

import os
import re
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np
from numpy.typing import NDArray

from modelcheck.errors import ModelError
from modelcheck.models.adapters.library import needed
from modelcheck.models.adapters.mlflow_signature import read_signature
from modelcheck.models.adapters.network import Meaning, network
from modelcheck.models.adapters.request import Loaded, LoadRequest
from modelcheck.models.artifact import load_artifact, take_artifact
from modelcheck.models.inspection.allow_list import allowed_names
from modelcheck.models.inspection.guard import only_allowed

__all__ = ["load_mlflow"]

# Flavor: the key that names its file. MLflow's pyfunc would give labels; the file itself also gives probabilities.
_NATIVE = {
    "sklearn": "pickled_model",
    "xgboost": "data",
    "lightgbm": "data",
    "catboost": "data",
    "onnx": "data",
    "statsmodels": "data",
}
_DESCRIPTION_BYTES = 4 * 2**20
_DEEP = 8
_PIN = re.compile(r"([A-Za-z0-9][A-Za-z0-9._-]*)(?:\[[^\]]*\])?==([A-Za-z0-9.+!_-]+)")


def load_mlflow(request: LoadRequest) -> Loaded:
    """Load a folder that ``mlflow.<flavor>.save_model`` wrote; its signature is the schema of the rows."""
    folder = request.content.folder
    if folder is None:
        raise ModelError(f"The model {request.source} is a file; a folder with MLmodel is needed.")
    if request.table.factory is not None:
        raise ModelError(
            f"The model {request.source} is an MLflow folder, which holds a whole model; leave `factory` out."
        )
    described = _described(folder, request.source)
    _refuse_code(described, request.source)
    _refuse_outside(described, request.source)
    signature = read_signature(described, request.source)
    flavor, file = _native(described, folder)
    loaded = _through_pyfunc(folder, request) if file is None else _through_file(folder, file, request)
    how = f"its {flavor} file" if file is not None else "MLflow's pyfunc"
    return replace(
        loaded,
        versions={**_versions(described, folder), **loaded.versions},
        notes=(*loaded.notes, f"The MLflow model was loaded through {how}.", *_unsigned(signature is None)),
        columns=() if signature is None else signature.names,
        # pyfunc keeps the signature itself.
        enforce=None if signature is None or file is None else signature.enforce,
    )


def _described(folder: Path, source: str) -> Mapping[str, Any]:
    """Return what MLmodel says; it is YAML, so that MLflow itself isn't needed."""
    yaml = needed("yaml", package="PyYAML", least="5.4", extra="mlflow", source=source)
    path = folder / "MLmodel"
    try:
        if path.stat().st_size > _DESCRIPTION_BYTES:
            raise ModelError(f"The model {source}: its MLmodel has more than {_DESCRIPTION_BYTES:,} bytes.")
        found = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError, yaml.YAMLError) as error:
        text = " ".join(str(error).split())[:300]
        raise ModelError(f"The model {source}: its MLmodel can't be read: {text}") from error
    if not isinstance(found, Mapping) or not isinstance(found.get("flavors"), Mapping):
        raise ModelError(f"The model {source}: its MLmodel names no flavors. Save the model again with MLflow.")
    return found


def _flavor(described: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    found = described["flavors"].get(name)
    return found if isinstance(found, Mapping) else {}


def _refuse_code(described: Mapping[str, Any], source: str) -> None:
    """Refuse what would run Python files of the folder, or a loader that isn't MLflow's."""
    pyfunc = _flavor(described, "python_function")
    loader = str(pyfunc.get("loader_module") or "mlflow.")
    own = next((key for key in ("code", "model_code_path") if pyfunc.get(key)), None)
    if own is None and loader.startswith("mlflow."):
        return
    what = f"{own}: {pyfunc[own]!s:.80}" if own is not None else f"loader_module: {loader:.80}"
    raise ModelError(
        f"The model {source} brings code of its own ({what} in MLmodel), which isn't run. Allowed: models of MLflow's "
        "flavors without code. To run it anyway, name a function of yours that loads it: model = "
        '"package.module:function".'
    )


def _refuse_outside(described: Mapping[str, Any], source: str) -> None:
    """Refuse paths that lead out of the folder: what lies there was neither copied nor inspected."""
    left = [(described["flavors"], 0)]
    while left:
        found, depth = left.pop()
        # YAML may hold itself; MLflow nests three levels.
        for key, value in found.items() if depth < _DEEP else ():
            if isinstance(value, Mapping):
                left.append((value, depth + 1))
            elif isinstance(value, str) and key != "uri":
                path = PurePosixPath(value.replace("\\", "/"))
                if path.is_absolute() or ".." in path.parts:
                    raise ModelError(
                        f"The model {source}: MLmodel leads out of the folder ({str(key)!r:.40}: {value!r:.80}). A "
                        "model lies in its folder as a whole; save it again with MLflow."
                    )


def _native(described: Mapping[str, Any], folder: Path) -> tuple[str, str | None]:
    """Return the flavor and its file, relative to the folder; None where only pyfunc can load it."""
    for name, key in _NATIVE.items():
        file = _flavor(described, name).get(key)
        # Paths that lead out of the folder were refused.
        if isinstance(file, str) and (folder / file).is_file():
            return name, file
    return "python_function", None


def _through_file(folder: Path, file: str, request: LoadRequest) -> Loaded:
    table = replace(request.table, columns=())
    with take_artifact(folder / file, f"{request.source}/{file}", table.trusted) as artifact:
        loaded = load_artifact(artifact, table, request.folder, task=request.task)
        return replace(loaded, versions={**artifact.inspection.versions, **loaded.versions})


def _through_pyfunc(folder: Path, request: LoadRequest) -> Loaded:
    source = request.source
    with _still(), warnings.catch_warnings():
        # Advice to authors of models, some of it given while MLflow is imported.
        warnings.filterwarnings("ignore", message=".*type hint", category=UserWarning)
        pyfunc = needed("mlflow.pyfunc", package="mlflow-skinny", least="3", extra="mlflow", source=source)
        _import_named(request)
        listed = set(allowed_names(request.table.trusted)) | set(request.inspection.names)
        try:
            with only_allowed(listed):
                model = pyfunc.load_model(str(folder))
        except ModelError:
            raise
        except ModuleNotFoundError as error:
            raise ModelError(
                f"The model {source} needs the module {error.name!r}, which isn't installed here. Its requirements.txt "
                "says which version: pip install -r requirements.txt."
            ) from error
        except Exception as error:
            text = str(error).strip().partition("\n")[0].replace(str(folder), source)
            raise ModelError(f"The model {source} could not be loaded: {type(error).__name__}: {text[:600]}") from error

    def predict(X: Any) -> NDArray[Any]:
        answer = model.predict(X)
        return np.asarray(answer[0] if isinstance(answer, tuple) else answer)

    output = request.table.output or ("value" if request.task == "regression" else "label")
    if output == "label":
        return Loaded(model=_Labels(predict, request.table.classes), name="PyFuncModel")
    if output != "value" and len(request.table.classes) < 2:
        raise ModelError(
            f'The model {source} gives probabilities (output = "{output}") of unknown classes. Name them in the order '
            'of the columns: classes = ["no", "yes"].'
        )
    classes = () if output == "value" else request.table.classes
    return Loaded(model=network(predict, Meaning(output=output, classes=classes), source), name="PyFuncModel")


class _Labels:
    """A pyfunc model that answers with labels."""

    _estimator_type = "classifier"

    def __init__(self, call: Any, classes: tuple[Any, ...]) -> None:
        self._call = call
        if classes:
            self.classes_ = np.array(classes, dtype=object)

    def predict(self, X: Any) -> NDArray[Any]:
        """Return labels, shape (n_rows,)."""
        answer: NDArray[Any] = self._call(X)
        return answer[:, 0] if answer.ndim == 2 and answer.shape[1] == 1 else answer


def _import_named(request: LoadRequest) -> None:
    """Import what the folder's pickles name before the guard is armed, as for any pickle."""
    import importlib

    for module in sorted({name.rpartition(".")[0] for name in request.inspection.names}):
        try:
            importlib.import_module(module)
        except ModuleNotFoundError as error:
            raise ModelError(
                f"The model {request.source} needs the module {error.name!r}, which isn't installed here. Install the "
                "library in the environment that runs pytest."
            ) from error


def _unsigned(silent: bool) -> tuple[str, ...]:
    if not silent:
        return ()
    return ("It has no signature of columns: nothing says which columns it takes (log it with `signature`).",)


def _versions(described: Mapping[str, Any], folder: Path) -> dict[str, str]:
    """Return the versions that the folder declares: MLflow, Python and what its requirements pin."""
    found = {}
    for name, value in (
        ("python", _flavor(described, "python_function").get("python_version")),
        ("mlflow", described.get("mlflow_version")),
    ):
        if isinstance(value, str):
            found[name] = value[:60]
    try:
        with (folder / "requirements.txt").open(encoding="utf-8") as stream:
            lines = stream.read(2**20).splitlines()
    except (OSError, ValueError):
        lines = []
    for line in lines:
        pinned = _PIN.match(line.strip())
        if pinned is not None:
            found[re.sub(r"[-_.]+", "-", pinned[1]).lower()] = pinned[2][:60]
    return found


@contextmanager
def _still() -> Iterator[None]:
    """Keep MLflow from sending anything while it is imported and used; the process is left as it was."""
    names = ("MLFLOW_DISABLE_TELEMETRY", "DO_NOT_TRACK")
    before = {name: os.environ.get(name) for name in names}
    os.environ.update(dict.fromkeys(names, "true"))
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
