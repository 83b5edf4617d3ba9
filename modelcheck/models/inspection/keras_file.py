"""Keras 3's .keras: a zip whose config.json names every class. Read without Keras."""

from __future__ import annotations

import re
import zipfile
from typing import IO, Any

from modelcheck.models.inspection.allow_list import framework_names
from modelcheck.models.inspection.containers import follow_npz, read_member, spooled
from modelcheck.models.inspection.hdf5 import HDF5_MAGIC, follow_hdf5
from modelcheck.models.inspection.json_text import read_json
from modelcheck.models.inspection.outcome import Forbidden, NotAnalysable
from modelcheck.models.inspection.seen import Seen
from modelcheck.models.inspection.source import whole

__all__ = ["follow_keras", "is_keras"]

CONFIG, METADATA = "config.json", "metadata.json"
_WEIGHTS = re.compile(r"model\.weights\.(h5|npz)")
_ASSETS = re.compile(r"assets/[\w./-]+")
# Keras' own marks for values that JSON has no word for; they name no class.
_VALUES = {"__keras_tensor__", "__tensor__", "__numpy__", "__bytes__", "__ellipsis__", "__slice__", "__complex__"}
_FUNCTION_MODULES = ("activations", "losses", "metrics", "initializers", "regularizers", "constraints", "optimizers")
# Layers that read a list of words from a file when the list is a text.
_READS_FILES = {"StringLookup", "IntegerLookup", "TextVectorization", "IndexLookup"}


def is_keras(archive: zipfile.ZipFile) -> bool:
    """Whether the archive has what Keras writes."""
    return CONFIG in archive.NameToInfo and METADATA in archive.NameToInfo


def follow_keras(archive: zipfile.ZipFile, seen: Seen) -> None:
    """Note every class that the model would make.

    Parameters
    ----------
    archive : zipfile.ZipFile
        As `open_archive` gives it.
    seen : Seen
        Collects what is noticed.

    Raises
    ------
    NotAnalysable
        A member isn't what Keras writes.
    Forbidden
        A layer holds code or opens a file, or the weights lead out of the file.
    """
    config = _read(archive, CONFIG, seen)
    about = _read(archive, METADATA, seen)
    version = about.get("keras_version")
    if isinstance(version, str):
        seen.versions["keras"] = {version[:100]}
    weights = [member for member in archive.infolist() if _WEIGHTS.fullmatch(member.filename)]
    for member in archive.infolist():
        name = member.filename
        if member not in weights and name not in (CONFIG, METADATA) and not member.is_dir():
            if not _ASSETS.fullmatch(name) or ".." in name:
                raise NotAnalysable(f"its member {name!r} isn't one that Keras writes")
            _check_text(read_member(archive, member, seen.bounds, most=seen.bounds.text_bytes), name)
    if len(weights) != 1:
        raise NotAnalysable("it has no weights (model.weights.h5)")
    problems: set[str] = set()
    pending: list[Any] = [config]
    while pending:
        node = pending.pop()
        if isinstance(node, list):
            pending.extend(node)
        elif isinstance(node, dict):
            pending.extend(node.values())
            _judge(node, seen, problems)
    if not isinstance(config.get("class_name"), str):
        raise NotAnalysable("its config.json names no model")
    with spooled(archive, weights[0], seen.bounds) as content:
        _follow_weights(content, weights[0].file_size, seen)
    if problems:
        raise Forbidden("; ".join(sorted(problems)))


def _read(archive: zipfile.ZipFile, name: str, seen: Seen) -> dict[str, Any]:
    found = read_json(read_member(archive, archive.getinfo(name), seen.bounds, most=seen.bounds.text_bytes))
    if not isinstance(found, dict):
        raise NotAnalysable(f"its {name} isn't an object")
    return found


def _check_text(content: bytes, name: str) -> None:
    try:
        content.decode("utf-8")
    except UnicodeDecodeError as error:
        raise NotAnalysable(f"its member {name!r} isn't text") from error


def _judge(node: dict[str, Any], seen: Seen, problems: set[str]) -> None:
    if "class_name" not in node:
        return
    name, module, registered = node["class_name"], node.get("module"), node.get("registered_name")
    if not isinstance(name, str) or not isinstance(module, str | None) or not isinstance(registered, str | None):
        raise NotAnalysable("its config.json names a class in an unusual way")
    if module is None and name in _VALUES:
        return
    allowed = framework_names("keras_names")
    if name == "function":
        _judge_function(node, module, seen)
        return
    full = f"{module}.{name}" if module is not None else name
    seen.names.add(full)
    if name == "Lambda" or name == "__lambda__":
        problems.add("a Lambda holds Python code")
    own = registered if registered not in (None, name) else None
    # Who trusts a class trusts the name under which it is registered: the same, with a package in front.
    if own is not None and not (full in seen.allowed and own.rpartition(">")[2] == name):
        seen.names.add(own)
        seen.refused.add(own)
    if full not in allowed and full not in seen.allowed:
        seen.refused.add(full)
    config = node.get("config")
    if name in _READS_FILES and isinstance(config, dict):
        for key in ("vocabulary", "idf_weights"):
            if isinstance(config.get(key), str):
                problems.add(f"{name} would read its {key} from a file")


def _judge_function(node: dict[str, Any], module: str | None, seen: Seen) -> None:
    name = node.get("config")
    if not isinstance(name, str):
        raise NotAnalysable("its config.json names a function in an unusual way")
    allowed = framework_names("keras_names")
    if module in (None, "builtins"):
        found = any(f"keras.{part}.{name}" in allowed for part in _FUNCTION_MODULES)
    else:
        found = f"{module}.{name}" in allowed
    full = f"{module or 'builtins'}.{name}"
    seen.names.add(full)
    if (not found or node.get("registered_name") not in (None, "function", name)) and full not in seen.allowed:
        seen.refused.add(full)


def _follow_weights(content: IO[bytes], size: int, seen: Seen) -> None:
    head = content.read(8)
    content.seek(0)
    if head == HDF5_MAGIC:
        follow_hdf5(whole(content, size), seen, seen.bounds.operations)
    else:
        follow_npz(content, seen)
