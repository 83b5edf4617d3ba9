"""ONNX: which operators a model uses, and whether its weights lie inside it. Read without onnx."""

from __future__ import annotations

from collections.abc import Iterator
from typing import IO

from modelcheck.models.inspection.outcome import Forbidden, NotAnalysable
from modelcheck.models.inspection.protobuf import VARINT, Field, fields, text
from modelcheck.models.inspection.seen import Seen
from modelcheck.models.inspection.source import whole

__all__ = ["ONNX_START", "follow_onnx"]

ONNX_START = 0x08  # ir_version, the first field of every model that a library writes

# Built into ONNX Runtime; every other domain comes from a library of native code.
_DOMAINS = {
    "", "ai.onnx", "ai.onnx.ml", "ai.onnx.training", "ai.onnx.preview.training", "com.microsoft", "com.microsoft.nchwc",
}  # fmt: skip
# In those domains, yet they load compiled code, open files or call Python.
_FORBIDDEN = {
    "EPContext", "PyOp", "PyCustomOp", "PythonOp", "PythonOpGrad", "TritonOp", "ExternalGradient", "Snpe", "OpenVINO",
    "ATen", "RemoteCall",
}  # fmt: skip
_DEPTH = 50
_MODEL = {
    "ir_version": 1,
    "producer": 2,
    "producer_version": 3,
    "graph": 7,
    "opset": 8,
    "training": 20,
    "functions": 25,
}
_KNOWN = {1, 2, 3, 4, 5, 6, 7, 8, 14, 20, 25, 26}


def follow_onnx(stream: IO[bytes], size: int, seen: Seen) -> str:
    """Follow a model and return ``onnx``.

    Parameters
    ----------
    stream : binary file
        The file; its position is changed.
    size : int
        Its bytes.
    seen : Seen
        Collects what is noticed. Weights may lie in its `companions`, if there are any.

    Raises
    ------
    NotAnalysable
        It isn't an ONNX model, or a broken one.
    Forbidden
        It uses operators that come from outside ONNX Runtime, or weights that lie in another file.
    """
    walk = _Walk(seen)
    walk.model(whole(stream, size))
    walk.judge()
    return "onnx"


class _Walk:
    def __init__(self, seen: Seen) -> None:
        self._seen = seen
        self._used: set[tuple[str, str]] = set()
        self._defined: set[tuple[str, str]] = set()
        self._outside: set[str] = set()

    def _fields(self, message: memoryview) -> Iterator[Field]:
        return fields(message, self._seen, self._seen.bounds.operations)

    def model(self, message: memoryview) -> None:
        found: dict[int, str] = {}
        opsets: set[str] = set()
        graphs = 0
        for number, wire, value, content in self._fields(message):
            if number not in _KNOWN:
                raise NotAnalysable("it isn't an ONNX model (an unknown field)")
            if number == _MODEL["ir_version"]:
                if wire != VARINT or not 0 < value < 1000:
                    raise NotAnalysable("it isn't an ONNX model (its version is impossible)")
                found[number] = str(value)
            elif number in (_MODEL["producer"], _MODEL["producer_version"]):
                found[number] = text(content, wire)
            elif number == _MODEL["opset"]:
                opsets.add(self._opset(content))
            elif number == _MODEL["graph"]:
                graphs += 1
                self._graph(content, 0)
            elif number == _MODEL["functions"]:
                self._function(content)
            elif number == _MODEL["training"]:
                for part, _, _, inner in self._fields(content):
                    if part in (1, 2):
                        self._graph(inner, 0)
        if graphs != 1 or _MODEL["ir_version"] not in found or not opsets:
            raise NotAnalysable("it isn't a whole ONNX model (truncated?)")
        versions = self._seen.versions
        versions["onnx ir"] = {found[_MODEL["ir_version"]]}
        versions["onnx opset"] = opsets
        if found.get(_MODEL["producer"]):
            versions[found[_MODEL["producer"]][:100]] = {found.get(_MODEL["producer_version"], "")[:100]}

    def _opset(self, message: memoryview) -> str:
        domain, version = "", 0
        for number, wire, value, content in self._fields(message):
            if number == 1:
                domain = text(content, wire)
            elif number == 2 and wire == VARINT:
                version = value
        return f"{domain} {version}".strip()

    def _graph(self, message: memoryview, depth: int) -> None:
        if depth > _DEPTH:
            raise NotAnalysable("its graphs nest too deep")
        for number, _, _, content in self._fields(message):
            if number == 1:
                self._node(content, depth)
            elif number == 5:
                self._tensor(content)
            elif number == 15:
                self._sparse(content)

    def _node(self, message: memoryview, depth: int) -> None:
        operator = domain = ""
        for number, wire, _, content in self._fields(message):
            if number == 4:
                operator = text(content, wire)
            elif number == 7:
                domain = text(content, wire)
            elif number == 5:
                self._attribute(content, depth)
        self._used.add((domain, operator))

    def _attribute(self, message: memoryview, depth: int) -> None:
        for number, _, _, content in self._fields(message):
            if number in (5, 10):
                self._tensor(content)
            elif number in (6, 11):
                self._graph(content, depth + 1)
            elif number in (22, 23):
                self._sparse(content)

    def _sparse(self, message: memoryview) -> None:
        for number, _, _, content in self._fields(message):
            if number in (1, 2):
                self._tensor(content)

    def _tensor(self, message: memoryview) -> None:
        location: str | None = None
        external = False
        for number, _, value, content in self._fields(message):
            if number == 14:
                external = external or value != 0
            elif number == 13:
                external = True
                entry = {part: text(inner, wire) for part, wire, _, inner in self._fields(content)}
                if entry.get(1) == "location":
                    if location is not None:
                        raise NotAnalysable("a tensor names two files")
                    location = entry.get(2, "")
        if external:
            self._outside.add(location or "")

    def _function(self, message: memoryview) -> None:
        name = domain = ""
        for number, wire, _, content in self._fields(message):
            if number == 1:
                name = text(content, wire)
            elif number == 10:
                domain = text(content, wire)
            elif number == 7:
                self._node(content, 1)
            elif number == 11:
                self._attribute(content, 1)
        self._defined.add((domain, name))

    def judge(self) -> None:
        """Name what comes from outside."""
        for domain, operator in sorted(self._used):
            custom = domain not in _DOMAINS and (domain, operator) not in self._defined
            name = f"{domain or 'ai.onnx'}.{operator}"
            if custom or (operator in _FORBIDDEN and (domain, operator) not in self._defined):
                self._seen.names.add(name)
                self._seen.refused.add(name)
        if any(domain in _DOMAINS - {"com.microsoft"} and operator in _FORBIDDEN for domain, operator in self._defined):
            raise Forbidden("it redefines an operator of ONNX Runtime")
        problems = []
        if self._seen.refused:
            problems.append(
                f"it uses operators that aren't built into ONNX Runtime ({', '.join(sorted(self._seen.refused))})"
            )
        strange = sorted(self._outside - self._seen.companions)
        self._seen.used_companions |= self._outside & self._seen.companions
        if strange:
            problems.append(
                f"its weights lie in another file ({', '.join(map(repr, strange))}); save it again as one file "
                "(onnx.save without external data)"
            )
        if problems:
            raise Forbidden("; ".join(problems))
