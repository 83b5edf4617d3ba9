"""The Open Inference Protocol, version 2: ``POST /v2/models/NAME/infer``, tensors as JSON."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from typing import Any

from modelcheck.config.tables import HttpTable
from modelcheck.errors import ModelError
from modelcheck.models.http.answers import Answers, parsed
from modelcheck.models.http.client import Client, Reply
from modelcheck.models.http.failures import excerpt
from modelcheck.models.http.protocols import About, version_marks
from modelcheck.models.http.values import Rows, dumped

__all__ = ["InferenceProtocol"]

_BY_KIND = {"bool": "BOOL", "int": "INT64", "float": "FP64", "text": "BYTES", "other": "BYTES"}
_FLOATS = ("FP16", "BF16", "FP32", "FP64")
_INTS = {f"{sign}INT{bits}" for sign in ("", "U") for bits in (8, 16, 32, 64)}
_NAMES = {
    "probability": ("probabilities", "probability", "predict_proba", "output_probability", "scores", "score"),
    "label": ("label", "labels", "predict", "prediction", "output_label", "class"),
    "value": ("value", "values", "predict", "prediction", "variable", "output"),
}
_MOST_TENSORS = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class _Input:
    """One input as the metadata describe it."""

    name: str
    datatype: str
    shape: tuple[int, ...]


class InferenceProtocol:
    """One tensor for all columns or one for each, as the server's metadata say.

    Parameters
    ----------
    table : HttpTable
        `answer` names the output that is read.
    target : str
        ``/v2/models/NAME/infer``; the metadata lie at the same path without ``/infer``.
    classes : tuple
        Declared labels; may be empty.
    """

    def __init__(self, table: HttpTable, target: str) -> None:
        path = target.partition("?")[0].rstrip("/")
        self._model = path[: -len("/infer")] if path.endswith("/infer") else path
        self._root = self._model.partition("/models/")[0]
        self._output = table.answer
        self._inputs: tuple[_Input, ...] = ()

    @property
    def metadata_target(self) -> str:
        """Where the model is described."""
        return self._model

    def about(self, client: Client) -> About:
        """Wait until the server is ready, and read the model's metadata."""
        client.get(f"{self._root}/health/ready")
        reply = client.get(self._model)
        if reply is None:
            return About()
        metadata = parsed(reply, client.secrets)
        if not isinstance(metadata, dict):
            raise ModelError(f"The metadata at {self._model} are no JSON object.")
        self._inputs = tuple(_input(one) for one in _listed(metadata.get("inputs")))
        outputs = [one for one in _listed(metadata.get("outputs")) if isinstance(one, dict)]
        version = metadata.get("model_version") or _newest(metadata.get("versions"))
        platform = metadata.get("platform")
        found = {"model": version, "platform": platform}
        return About(
            versions={name: excerpt(str(text))[:120] for name, text in found.items() if text},
            classes=_classes(metadata, outputs),
            features=self._features(),
            etag=reply.headers.get("etag"),
        )

    def prepare(self, rows: Rows) -> Rows:
        """Hold the columns against the inputs, and make their values what the types there take."""
        if self._one_tensor(rows):
            wide = self._inputs[0].shape[-1]
            if wide not in (-1, len(rows.names)):
                raise ModelError(
                    f"The service takes one tensor of {wide} columns and the rows have {len(rows.names)}: "
                    f"{', '.join(rows.names[:8])}. Leave columns out with `drop`, or choose them with `prepare`."
                )
        kinds = self._datatypes(rows)
        for name, datatype, column in zip(rows.names, kinds, rows.columns, strict=True):
            if datatype in _FLOATS or datatype == "BYTES":
                continue
            place = next((place for place, value in enumerate(column) if value is None), None)
            if place is not None:
                raise ModelError(
                    f"The column {name!r} has a missing value (row {place:,} of these), and the service takes it as "
                    f"{datatype}, which has none. Fill it with `prepare`, or serve it as FP64."
                )
        cast = [_cast(values, kind, name) for values, kind, name in zip(rows.columns, kinds, rows.names, strict=True)]
        return replace(rows, columns=tuple(cast))

    def body(self, rows: Rows, begin: int, end: int) -> bytes:
        """Return the tensors; data are flat and row by row."""
        size, columns = end - begin, rows.cut(begin, end)
        kinds = self._datatypes(rows)
        if self._one_tensor(rows):
            only = self._inputs[0]
            data = list(chain.from_iterable(zip(*columns, strict=True)))
            tensors = [_tensor(only.name, [size, len(columns)], only.datatype, data)]
        else:
            deep = {one.name: len(one.shape) for one in self._inputs}
            tensors = [
                _tensor(name, [size, *[1] * (deep.get(name, 1) - 1)], kind, values)
                for name, kind, values in zip(rows.names, kinds, columns, strict=True)
            ]
        return dumped({"id": str(begin), "inputs": tensors}).encode()

    def answers(self, reply: Reply, begin: int, end: int, gives: str, secrets: tuple[str, ...]) -> Answers:
        """Return the output that holds what is wanted, one item for each row."""
        answer = parsed(reply, secrets)
        if not isinstance(answer, dict) or not isinstance(answer.get("outputs"), list):
            raise ModelError("The service's answer has no list of `outputs`, as the Open Inference Protocol has it.")
        if answer.get("id") not in (None, "", str(begin)):
            raise ModelError(
                f"The service answered another request (id {excerpt(str(answer['id']))!r} instead of {str(begin)!r}): "
                "its answers can't be told apart."
            )
        output = self._chosen([one for one in answer["outputs"] if isinstance(one, dict)], gives)
        marks = version_marks(reply)
        if answer.get("model_version"):
            marks["model"] = excerpt(str(answer["model_version"]))[:120]
        return Answers(values=_rows(output, end - begin), marks=marks)

    def _features(self) -> tuple[str, ...] | None:
        """Return the columns that the inputs name; None where one tensor holds them all."""
        alone = len(self._inputs) == 1 and len(self._inputs[0].shape) == 2 and self._inputs[0].shape[-1] != 1
        return None if alone or not self._inputs else tuple(one.name for one in self._inputs)

    def _one_tensor(self, rows: Rows) -> bool:
        return bool(self._inputs) and self._features() is None

    def _datatypes(self, rows: Rows) -> list[str]:
        if self._one_tensor(rows):
            return [self._inputs[0].datatype] * len(rows.names)
        named = {one.name: one.datatype for one in self._inputs}
        return [named.get(name, _BY_KIND[kind]) for name, kind in zip(rows.names, rows.kinds, strict=True)]

    def _chosen(self, outputs: Sequence[Mapping[str, Any]], gives: str) -> Mapping[str, Any]:
        names = [excerpt(str(one.get("name"))) for one in outputs]
        wanted = (self._output,) if self._output is not None else _NAMES[gives]
        for name in wanted:
            for one in outputs:
                if one.get("name") == name:
                    return one
        if self._output is None and len(outputs) == 1:
            return outputs[0]
        raise ModelError(
            f"The service's outputs are {', '.join(names[:8]) or 'none'}; which of them is the {gives} isn't known. "
            'Name it: answer = "NAME" in the table http.'
            if self._output is None
            else f"The service has no output {self._output!r}; it has {', '.join(names[:8]) or 'none'}."
        )


def _tensor(name: str, shape: list[int], datatype: str, data: list[Any]) -> dict[str, Any]:
    return {"name": name, "shape": shape, "datatype": datatype, "data": data}


def _cast(values: list[Any], datatype: str, name: str) -> list[Any]:
    """Return values as a tensor's type has them; what would lose something is refused."""
    if datatype == "BYTES":
        return [value if isinstance(value, str) or value is None else str(value) for value in values]
    wrong: Any = next((value for value in values if isinstance(value, (str, list))), None)
    if datatype in _INTS and wrong is None:
        wrong = next((value for value in values if isinstance(value, float) and not value.is_integer()), None)
        values = [int(value) if wrong is None else value for value in values]
    if datatype == "BOOL" and wrong is None:
        wrong = next((value for value in values if value not in (0, 1)), None)
        values = [bool(value) for value in values]
    if wrong is not None:
        raise ModelError(
            f"The column {name!r} holds {excerpt(str(wrong))[:60]!r}, and the service takes it as {datatype}. Change "
            "it with `prepare`, or leave it out with `drop`."
        )
    return values


def _input(one: Any) -> _Input:
    described = one if isinstance(one, dict) else {}
    name, datatype, shape = described.get("name"), described.get("datatype"), described.get("shape")
    known = datatype in _FLOATS or datatype in _INTS or datatype in ("BOOL", "BYTES")
    sized = isinstance(shape, list) and 1 <= len(shape) <= 4 and all(type(size) is int for size in shape)
    if not known or not sized or not isinstance(shape, list) or not isinstance(name, str):
        raise ModelError(
            f"The service's metadata describe an input that can't be used: {excerpt(str(one))!r}. Needed: a name, a "
            "datatype such as FP64 or BYTES, and a shape such as [-1, 4]."
        )
    return _Input(name=name, datatype=str(datatype), shape=tuple(shape))


def _listed(found: Any) -> list[Any]:
    return found[:_MOST_TENSORS] if isinstance(found, list) else []


def _newest(versions: Any) -> Any:
    return versions[-1] if isinstance(versions, list) and versions else None


def _classes(metadata: Mapping[str, Any], outputs: Sequence[Mapping[str, Any]]) -> tuple[Any, ...] | None:
    """Return labels that the metadata name under ``parameters``, of the model or of one output."""
    for holder in (metadata, *outputs):
        parameters = holder.get("parameters")
        told = parameters if isinstance(parameters, dict) else {}
        for found in (told.get("classes"), told.get("labels")):
            if isinstance(found, list) and len(found) > 1 and all(isinstance(one, (str, int, float)) for one in found):
                return tuple(found)
    return None


def _rows(output: Mapping[str, Any], size: int) -> list[Any]:
    """Return an output's data row by row, flat or nested."""
    shape, data = output.get("shape"), output.get("data")
    name = excerpt(str(output.get("name")))
    if not isinstance(shape, list) or not all(type(one) is int and one >= 0 for one in shape) or not shape:
        raise ModelError(f"The service's output {name!r} has no shape.")
    if not isinstance(data, list):
        raise ModelError(f"The service's output {name!r} has no `data`; binary tensors were not asked for.")
    if shape[0] != size:
        raise ModelError(f"The service gave {shape[0]:,} answers for {size:,} rows. One for each row is needed.")
    flat = data
    for _ in shape[1:]:
        if flat and isinstance(flat[0], list):
            flat = list(chain.from_iterable(item if isinstance(item, list) else [item] for item in flat))
    wide = math.prod(shape[1:])
    if len(flat) != size * wide:
        raise ModelError(
            f"The service's output {name!r} holds {len(flat):,} values and says that its shape is {shape[:4]}: "
            f"{size * wide:,} are needed."
        )
    return flat if len(shape) == 1 or wide <= 1 else [flat[at : at + wide] for at in range(0, len(flat), wide)]
