"""Keras 3 files (.keras), on the torch backend."""

from __future__ import annotations

import importlib
import os
import re
import warnings
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from modelcheck.errors import ModelError
from modelcheck.models.adapters.library import needed
from modelcheck.models.adapters.network import meaning_of, network, numbers
from modelcheck.models.adapters.request import Loaded, LoadRequest
from modelcheck.models.inspection.guard import only_allowed

__all__ = ["load_keras"]


def load_keras(request: LoadRequest) -> Loaded:
    """Load a .keras file in Keras's safe mode: no Lambda, no class that isn't Keras's own or named in `trusted`."""
    meaning = meaning_of(request)
    torch, keras = _backend(request)
    for name in request.table.trusted:
        _register(name, request)
    with request.content.on_disk(".keras") as path:
        try:
            with only_allowed(frozenset(request.inspection.names)), warnings.catch_warnings():
                # Keras's torch backend makes arrays in a way that numpy 2 deprecates; nothing to tell a reader.
                warnings.filterwarnings("ignore", message="__array__ implementation", category=DeprecationWarning)
                model = keras.saving.load_model(path, compile=False, safe_mode=True)
        except ModelError:
            raise
        except Exception as error:
            raise ModelError(_said(request.source, error)) from error
    return Loaded(
        model=network(_forward(torch, model, request.source), meaning, request.source), name=type(model).__name__
    )


def _backend(request: LoadRequest) -> tuple[Any, Any]:
    # Keras chooses its backend while it is imported, and takes what this variable says.
    torch = needed("torch", package="torch", least="2.10", extra="keras", source=request.source)
    before = os.environ.get("KERAS_BACKEND")
    os.environ["KERAS_BACKEND"] = "torch"
    try:
        # Until 3.11.3 a file could get round the safe mode.
        keras: Any = needed("keras", package="keras", least="3.11.3", extra="keras", source=request.source)
    finally:
        if before is None:
            del os.environ["KERAS_BACKEND"]
        else:
            os.environ["KERAS_BACKEND"] = before
    backend = keras.backend.backend()
    if backend != "torch":
        raise ModelError(
            f"Keras was imported before, with the backend {backend!r}; the model {request.source} is run on torch. Set "
            "KERAS_BACKEND=torch before anything imports keras."
        )
    return torch, keras


def _register(name: str, request: LoadRequest) -> None:
    """Import the module of a trusted name, which registers its classes with Keras."""
    module = name.rpartition(".")[0]
    try:
        importlib.import_module(module)
    except ImportError as error:
        raise ModelError(
            f"The model {request.source} trusts {name}, but importing {module} failed: {error}. It is looked for in "
            "the configuration's folder first, then where Python looks for installed packages."
        ) from error


def _forward(torch: Any, model: Any, source: str) -> Callable[[Any], NDArray[Any]]:
    width = _width(model)

    def forward(X: Any) -> NDArray[Any]:
        given: Any
        if isinstance(X, Mapping):
            given = {name: numbers(part, np.float32) for name, part in X.items()}
        else:
            given = numbers(X, np.float32)
            if len(model.inputs) > 1:
                names = ", ".join(repr(item.name) for item in model.inputs)
                raise ModelError(
                    f"The model {source} takes {len(model.inputs)} inputs ({names}). Let `prepare` return a dict with "
                    "an array for each of these names."
                )
            if width is not None and given.ndim == 2 and given.shape[1] != width:
                raise ModelError(
                    f"The model {source} takes {width} numbers a row; it was given {given.shape[1]} columns. Name the "
                    "ones it takes, in its order, with `columns`, or make them with `prepare`."
                )
        with torch.no_grad():
            output = model(given, training=False)
        if isinstance(output, (list, tuple, dict)):
            raise ModelError(f"The model {source} gave {len(output)} outputs. Models with one output can be checked.")
        return np.asarray(output.detach().cpu().float().numpy())

    return forward


def _width(model: Any) -> int | None:
    """Return how many numbers a row the model takes, where it is one input that says so."""
    inputs: Any = getattr(model, "inputs", None) or ()
    shape: Any = inputs[0].shape if len(inputs) == 1 else ()
    return shape[1] if len(shape) == 2 and isinstance(shape[1], int) else None


def _said(source: str, error: Exception) -> str:
    text = str(error).strip()
    first = text.splitlines()[0] if text else "no message"
    foreign = re.search(r"Could not locate \w+ '([^']{1,200})'", text)
    if foreign is not None:
        return (
            f"The model file {source} holds {foreign[1]!r}, which isn't Keras's own. If it is yours, "
            'register it with keras.saving.register_keras_serializable and name it beside `model`: trusted = ["package.'
            'module.Name"]. It is then imported and runs on this machine.'
        )
    if ("ambda" in text and "safe_mode" in text) or "unsafe" in text:
        return (
            f"The model file {source} was not loaded: it holds a Lambda, which is code. No line of configuration "
            "allows this. Write a layer of your own in its place, or name a function of yours as the model: model = "
            '"package.module:function".'
        )
    return (
        f"The model file {source} could not be loaded: {type(error).__name__}: {first[:600]} It may be damaged, or "
        "written by a newer version of Keras."
    )
