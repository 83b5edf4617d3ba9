"""PyTorch's zip archives: weights, TorchScript and exported programs. Read without torch.

Weights are a pickle whose arrays lie beside it; the names are those that ``torch.load(weights_only=True)`` accepts.
TorchScript brings its own source, which torch's interpreter runs: every operator in it must be one of torch's own that
touches neither files nor other machines. An exported program is a graph of operators in JSON; torch evaluates its
expressions of sizes as Python, so these must be plain arithmetic, and unpickles some members without a guard.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Collection
from typing import Any

from modelcheck.models.inspection.allow_list import Use, framework_names
from modelcheck.models.inspection.containers import BROKEN, open_archive, read_member
from modelcheck.models.inspection.dry_run import follow
from modelcheck.models.inspection.json_text import read_json
from modelcheck.models.inspection.outcome import Forbidden, NotAnalysable
from modelcheck.models.inspection.seen import Seen
from modelcheck.models.inspection.source import Source
from modelcheck.models.inspection.stubs import Items, Made, Named
from modelcheck.models.inspection.torch_code import (
    PACKED,
    classes_in,
    judge_code,
    judge_expression,
    judge_guard,
    judge_target,
)

__all__ = ["follow_torch", "torch_form", "torch_prefix"]

_SETTINGS = r"version|byteorder|\.format_version|\.storage_alignment|\.data/(?:serialization_id|version)"
_WEIGHTS = re.compile(rf"data\.pkl|data/\w+|{_SETTINGS}")
_SCRIPT = re.compile(
    rf"(?:data|constants|traced_inputs)\.pkl|(?:data|constants|traced_inputs)/\w+|code/__torch__(?:/\w+)*\.py"
    rf"(?:\.debug_pkl)?|attributes\.pkl|{_SETTINGS}"
)
_EXPORT = re.compile(
    rf"archive_format|archive_version|models/\w+\.json|data/(?:weights|constants)/\w+\.json|data/weights/weight_\d+|"
    rf"data/constants/tensor_\d+|data/sample_inputs/\w+\.pt|{_SETTINGS}"
)
_SCRIPT_NAMES = {f"torch.jit._pickle.build_{kind}list" for kind in ("int", "tensor", "double", "bool")} | {
    "torch.jit._pickle.restore_type_tag",
    "torch.jit._pickle.build_tensor_from_id",
}
_PAYLOAD = re.compile(r"(?:weight|tensor)_\d+")


def torch_prefix(archive: zipfile.ZipFile) -> str | None:
    """Return the folder that holds all members of an archive of torch, with its slash; None for other archives."""
    names = archive.namelist()
    prefix = names[0].partition("/")[0] + "/" if names else ""
    marks = {f"{prefix}{name}" for name in ("data.pkl", "archive_format")}
    if "/" not in (names or [""])[0] or not marks & set(names):
        return None
    return prefix


def torch_form(archive: zipfile.ZipFile, prefix: str) -> str:
    """Return which kind of archive it is: ``torch`` (weights), ``torchscript`` or ``torch_export``."""
    names = archive.NameToInfo
    if f"{prefix}archive_format" in names:
        return "torch_export"
    if f"{prefix}constants.pkl" in names or any(name.startswith(f"{prefix}code/") for name in names):
        return "torchscript"
    return "torch"


def follow_torch(archive: zipfile.ZipFile, prefix: str, seen: Seen) -> str:
    """Follow an archive and return ``torch``, ``torchscript`` or ``torch_export``.

    Parameters
    ----------
    archive : zipfile.ZipFile
        As `open_archive` gives it.
    prefix : str
        As `torch_prefix` gives it.
    seen : Seen
        Collects what is noticed.

    Raises
    ------
    NotAnalysable
        A member isn't what torch writes.
    Forbidden
        The archive would run something else than torch's own operators.
    """
    members: dict[str, zipfile.ZipInfo] = {}
    for member in archive.infolist():
        if not member.filename.startswith(prefix):
            raise NotAnalysable(f"its member {member.filename!r} isn't one that torch writes")
        members[member.filename.removeprefix(prefix)] = member
    form = torch_form(archive, prefix)
    known = {"torch": _WEIGHTS, "torchscript": _SCRIPT, "torch_export": _EXPORT}[form]
    if any(name.startswith("data/aotinductor/") or name.endswith((".so", ".cpp", ".cubin")) for name in members):
        raise Forbidden("it holds compiled code, which nothing can look into")
    if any(name.startswith("data/constants/") and not _EXPORT.fullmatch(name) for name in members):
        raise Forbidden("it holds pickled objects beside its weights, which torch loads without a guard")
    for name in members:
        if not known.fullmatch(name):
            raise NotAnalysable(f"its member {name!r} isn't one that torch writes")
    walk = _Archive(archive, members, seen)
    {"torch": walk.weights, "torchscript": walk.script, "torch_export": walk.exported}[form]()
    walk.check_rest()
    return form


class _Archive:
    def __init__(self, archive: zipfile.ZipFile, members: dict[str, zipfile.ZipInfo], seen: Seen) -> None:
        self._archive = archive
        self._members = members
        self._seen = seen
        self._read: set[str] = set()

    def _content(self, name: str) -> bytes:
        self._read.add(name)
        if name not in self._members:
            raise NotAnalysable(f"it has no member {name!r} (truncated?)")
        return read_member(self._archive, self._members[name], self._seen.bounds, most=self._seen.bounds.text_bytes)

    def check_rest(self) -> None:
        """Read what wasn't looked at, which is numbers: its checksum tells whether it is whole."""
        for name in set(self._members) - self._read:
            try:
                with self._archive.open(self._members[name]) as stream:
                    while stream.read(2**20):
                        pass
            except BROKEN as error:
                raise NotAnalysable(f"its member {name!r} can't be read ({error})") from error

    def _pickle(self, name: str, folder: str, more: Collection[str] = ()) -> None:
        content = self._content(name)
        storages = framework_names("torch_names")

        def persistent(key: object) -> object:
            if (
                not isinstance(key, Items)
                or len(key) != 5
                or key[0] != "storage"
                or not isinstance(key[1], Named)
                or not key[1].full.endswith("Storage")
                or key[1].full not in storages
                or type(key[2]) is not str
                or type(key[3]) is not str
                or type(key[4]) is not int
            ):
                raise Forbidden("it uses a persistent id that isn't one of torch's storages")
            if f"{folder}/{key[2]}" not in self._members:
                raise NotAnalysable("a tensor's numbers are missing (truncated?)")
            return Made("torch.storage")

        before = self._seen.allowed
        own = {key: use for key, use in before.items() if key in self._seen.trusted}
        self._seen.allowed = {**framework_names("torch_names"), **dict.fromkeys(more, Use.CALL), **own}
        try:
            source = Source(io.BytesIO(content), size=len(content), bounds=self._seen.bounds)
            follow(source, self._seen, persistent=persistent)
        finally:
            self._seen.allowed = before

    def weights(self) -> None:
        self._pickle("data.pkl", "data")

    def script(self) -> None:
        codes = {name: _text(self._content(name), name) for name in self._members if name.endswith(".py")}
        own = {full for name, code in codes.items() for full in classes_in(name, code)}
        unsafe = sorted({operator for code in codes.values() for operator in judge_code(code)})
        for name in self._members:
            if name.endswith((".pkl", ".debug_pkl")):
                folder = "constants" if name == "constants.pkl" and self._has("constants/") else "data"
                folder = "traced_inputs" if name == "traced_inputs.pkl" else folder
                self._pickle(name, folder, own | _SCRIPT_NAMES | PACKED)
        self._refuse(unsafe)

    def _has(self, start: str) -> bool:
        return any(name.startswith(start) for name in self._members)

    def _refuse(self, unsafe: Collection[str]) -> None:
        if unsafe:
            self._seen.names.update(unsafe)
            self._seen.refused.update(unsafe)
            raise Forbidden("it uses operators that reach files, other processes or Python, or that aren't torch's own")

    def exported(self) -> None:
        unsafe: set[str] = set()
        if not any(name.startswith("models/") for name in self._members):
            raise NotAnalysable("it holds no exported program")
        for name in self._members:
            if name.endswith(".json"):
                program = read_json(self._content(name))
                if isinstance(program, dict) and isinstance(program.get("torch_version"), str):
                    self._seen.versions["torch"] = {program["torch_version"][:100]}
                pending: list[Any] = [program]
                while pending:
                    node = pending.pop()
                    if isinstance(node, list):
                        pending.extend(node)
                    elif isinstance(node, dict):
                        pending.extend(node.values())
                        _judge_node(node, unsafe)
            elif name.endswith(".pt"):
                self._nested(name)
        for name in self._members:
            # Numbers as they are; a tensor that torch pickled instead is an archive of its own.
            if _PAYLOAD.fullmatch(name.rpartition("/")[2]):
                try:
                    with self._archive.open(self._members[name]) as stream:
                        head = stream.read(4)
                except BROKEN as error:
                    raise NotAnalysable(f"its member {name!r} can't be read ({error})") from error
                if head.startswith(b"PK"):
                    self._nested(name)
        self._refuse(unsafe)

    def _nested(self, name: str) -> None:
        content = self._content(name)
        if not content:
            return
        with open_archive(io.BytesIO(content), self._seen.bounds) as inner:
            prefix = torch_prefix(inner)
            if prefix is None or follow_torch(inner, prefix, self._seen) != "torch":
                raise NotAnalysable(f"its member {name!r} isn't one that torch writes")


def _text(content: bytes, name: str) -> str:
    try:
        return content.decode("ascii")
    except UnicodeDecodeError as error:
        raise NotAnalysable(f"its member {name!r} isn't plain text") from error


def _judge_node(node: dict[str, Any], unsafe: set[str]) -> None:
    target = node.get("target")
    if isinstance(target, str) and "inputs" in node and not judge_target(target):
        unsafe.add(target)
    operator = node.get("as_operator")
    if isinstance(operator, str) and not judge_target(operator):
        unsafe.add(operator)
    for key in ("expr_str", "as_expr"):
        if isinstance(node.get(key), str):
            judge_expression(node[key])
    guards = node.get("guards_code")
    for guard in guards if isinstance(guards, list) else ():
        judge_guard(str(guard))
    for key in ("in_spec", "out_spec", "treespec"):
        spec = node.get(key)
        # Structures of inputs are JSON within JSON; an enumeration in one is imported by the name that it gives.
        if isinstance(spec, str) and ("__enum__" in spec or "\\u" in spec):
            raise Forbidden("the structure of its inputs imports an enumeration")
    if "path_name" in node and not (isinstance(node["path_name"], str) and _PAYLOAD.fullmatch(node["path_name"])):
        raise Forbidden("it names pickled objects beside its weights, which torch loads without a guard")
