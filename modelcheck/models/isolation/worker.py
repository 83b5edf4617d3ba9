"""The worker's side: load one model, then answer questions about it until the run hangs up."""

from __future__ import annotations

import faulthandler
import resource
import socket
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from modelcheck.config.tables import ModelTable
from modelcheck.errors import ModelcheckError, ModelError
from modelcheck.models.adapters import adapter_of
from modelcheck.models.artifact import Artifact
from modelcheck.models.content import Content
from modelcheck.models.inspection import Inspection
from modelcheck.models.isolation.channel import Broken, Channel
from modelcheck.models.isolation.confine import confine
from modelcheck.models.isolation.described import describing
from modelcheck.models.isolation.frames import decode_frame, encode_array
from modelcheck.models.isolation.levels import Limits
from modelcheck.models.loading import model_of_artifact
from modelcheck.models.protocol import Model
from modelcheck.models.reference import import_here

__all__ = ["serve"]

_METHODS = ("predict", "predict_proba", "predict_interval")
_OURS = "modelcheck."


def serve(link: socket.socket, descriptors: Sequence[int]) -> None:
    """Answer until the other end is closed.

    Parameters
    ----------
    link : socket.socket
        To the run.
    descriptors : sequence of int
        The model file's bytes, where it is a file.
    """
    faulthandler.enable()
    channel = Channel(link)
    header, _, _ = channel.receive()
    confined = confine(header["level"], Limits(**header["limits"]))
    try:
        model = _load(header, descriptors)
        answer = {"description": describing(model.describe())}
    except Exception as error:
        channel.send({"error": _told(error)})
        return
    channel.send({**answer, "level": confined.level, "missing": list(confined.missing)})
    while True:
        try:
            header, blocks, _ = channel.receive()
        except Broken:
            return
        reply, sent = _answered(model, header, blocks)
        channel.send(reply, sent)


def _load(header: dict[str, Any], descriptors: Sequence[int]) -> Model:
    given = header["content"]
    folder = None if given["folder"] is None else Path(given["folder"])
    content = Content(**{**given, "folder": folder, "descriptor": descriptors[0] if descriptors else -1})
    inspection = Inspection(**{key: _frozen(value) for key, value in header["inspection"].items()})
    table = ModelTable(**{key: _frozen(value) for key, value in header["table"].items()})
    artifact = Artifact(content=content, inspection=inspection, adapter=adapter_of(inspection.format, content.name))
    return model_of_artifact(artifact, table, Path(header["folder"]), task=header["task"])


def _frozen(value: Any) -> Any:
    """JSON knows lists only; the tables hold tuples."""
    return tuple(map(_frozen, value)) if isinstance(value, list) else value


def _answered(model: Model, header: dict[str, Any], blocks: Sequence[bytearray]) -> tuple[dict[str, Any], list[Any]]:
    before, started = resource.getrusage(resource.RUSAGE_SELF), time.perf_counter()
    try:
        frames = [decode_frame(facts, block) for facts, block in zip(header["frames"], blocks, strict=True)]
        told, arrays = _done(model, header, frames)
        encoded = [encode_array(np.asarray(values)) for values in arrays]
    except Exception as error:
        return {"error": _told(error)}, []
    after = resource.getrusage(resource.RUSAGE_SELF)
    cost = {
        "seconds": time.perf_counter() - started,
        "cpu_seconds": after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime,
        "peak_bytes": after.ru_maxrss * 1024,
    }
    return {"told": told, "arrays": [facts for facts, _ in encoded], "cost": cost}, [block for _, block in encoded]


def _done(model: Model, header: dict[str, Any], frames: list[Any]) -> tuple[Any, list[Any]]:
    if header["do"] in _METHODS:
        method = getattr(model, header["do"], None)
        if method is None:
            raise ModelError(f"The model {model.describe().name} has no {header['do']}.")
        return None, [_array(method(frames[0]))]
    reference = str(header["do"])
    if not reference.startswith(_OURS):
        raise ModelError(f"A worker runs functions of modelcheck only, not {reference!r}.")
    function: Callable[..., tuple[Any, list[Any]]] = import_here(reference)
    return function(model, frames, header["given"])


def _array(answer: Any) -> Any:
    try:
        return np.asarray(answer)
    except ValueError as error:
        raise ModelError(f"The model gave an answer that is no array: {error}") from error


def _told(error: Exception) -> dict[str, Any]:
    """Return an error as the other side raises it again."""
    known = isinstance(error, ModelcheckError)
    text = str(error) if known else f"{type(error).__name__}: {error}"
    return {
        "kind": type(error).__name__ if known else "",
        "message": text[:100_000],
        "rows": [bool(one) for one in getattr(error, "rows", ())],
        "names": [str(one) for one in getattr(error, "names", ())],
    }
