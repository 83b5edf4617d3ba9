"""The worker's side: load one model, then answer questions about it until the run hangs up."""

from __future__ import annotations

import contextlib
import faulthandler
import os
import resource
import socket
import sys
import time
import warnings
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
from modelcheck.models.isolation.frames import decode_frame, encode_array, packed
from modelcheck.models.isolation.levels import Limits
from modelcheck.models.isolation.memory import mapped
from modelcheck.models.loading import model_of_artifact
from modelcheck.models.protocol import Model
from modelcheck.models.reference import import_here

__all__ = ["has_imported", "kind_of", "serve", "threads_of"]

_METHODS = ("predict", "predict_proba", "predict_interval")
_OURS = "modelcheck."
_MOST_WARNINGS, _LONGEST_WARNING = 100, 2_000


def serve(link: socket.socket, descriptors: Sequence[int], place: Path) -> None:
    """Answer until the other end is closed.

    Parameters
    ----------
    link : socket.socket
        To the run.
    descriptors : sequence of int
        The model file's bytes, where it is a file.
    place : Path
        A private folder, the only one that a sandboxed worker may write to.
    """
    faulthandler.enable()
    channel = Channel(link)
    header, _, _ = channel.receive()
    folder = header["content"]["folder"]
    confined = confine(
        header["level"], Limits(**header["limits"]), place, readable=[header["folder"], *filter(None, [folder])]
    )
    if header["level"] != "sandbox":
        with contextlib.suppress(OSError):
            os.chdir(header["here"])
    # Told before anything of the model runs: afterwards its word would count for nothing.
    channel.send({"level": confined.level, "missing": list(confined.missing)})
    try:
        model = _load(header, descriptors)
        answer = {"description": describing(model.describe())}
    except Exception as error:
        channel.send({"error": _told(error)})
        return
    channel.send(answer)
    while True:
        try:
            header, blocks, given = channel.receive(descriptors=1)
        except Broken:
            return
        if "memory" in header:
            blocks = mapped(given[0], header["memory"])
        reply, sent = _answered(model, header, blocks)
        del blocks
        channel.send(reply, sent)


def kind_of(model: Model, frames: Sequence[Any], given: Any) -> tuple[str, list[Any]]:
    """Return the class of a model's final estimator; empty where it can't be taken apart."""
    take_apart = getattr(model, "stages", None)
    stages = None if take_apart is None else take_apart()
    return ("" if stages is None else stages.kind), []


def threads_of(model: Model, frames: Sequence[Any], given: Any) -> tuple[dict[str, int], list[Any]]:
    """Return how many threads each library of this process uses."""
    import threadpoolctl  # type: ignore[import-untyped]

    return {str(one["prefix"]): int(one["num_threads"]) for one in threadpoolctl.threadpool_info()}, []


def has_imported(model: Model, frames: Sequence[Any], given: Any) -> tuple[bool, list[Any]]:
    """Return whether this process has imported a module."""
    return given in sys.modules, []


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


def _answered(model: Model, header: dict[str, Any], blocks: Sequence[Any]) -> tuple[dict[str, Any], list[Any]]:
    before, started = resource.getrusage(resource.RUSAGE_SELF), time.perf_counter()
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("default")
        # Said when something is collected, whenever that is: not by the model, and never raised.
        warnings.simplefilter("ignore", ResourceWarning)
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
    # What libraries say to functions of modelcheck, such as explainers, is not said by the model.
    warned = _warned(caught) if header["do"] in _METHODS else []
    reply = {"told": told, "arrays": [facts for facts, _ in encoded], "cost": cost, "warned": warned}
    return reply, [packed(batches) for _, batches in encoded]


def _warned(caught: Sequence[warnings.WarningMessage]) -> list[list[str]]:
    """Return what the model warned of: the nearest category that Python itself has, and the text."""
    found: dict[tuple[str, str], None] = {}
    for one in caught[:_MOST_WARNINGS]:
        kind = next((each for each in one.category.__mro__ if each.__module__ == "builtins"), Warning)
        name = "" if one.category is kind else f"{one.category.__name__}: "
        found[kind.__name__, f"{name}{one.message}"[:_LONGEST_WARNING]] = None
    return [list(key) for key in found]


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
