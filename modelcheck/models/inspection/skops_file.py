"""skops files: a zip with a schema that names every type. Read without importing what it names."""

from __future__ import annotations

import zipfile
from typing import Any

from modelcheck.models.inspection.allow_list import PARTIAL, PARTIAL_OF, Use
from modelcheck.models.inspection.attributes import (
    FORMULA_WORDS,
    METHOD_KEYS,
    hidden_words,
    is_special,
    judge_word,
)
from modelcheck.models.inspection.containers import BROKEN, NPY_MAGIC, ZIP_MAGIC, follow_npy, open_archive, spooled
from modelcheck.models.inspection.json_text import read_json
from modelcheck.models.inspection.outcome import Bounds, Forbidden, NotAnalysable
from modelcheck.models.inspection.seen import Seen
from modelcheck.models.inspection.skops_types import ARRAY, DTYPE, is_bare_dtype, untrusted_type
from modelcheck.models.inspection.source import Source

__all__ = ["SCHEMA", "follow_skops"]

SCHEMA = "schema.json"
# These nodes call what they name, or reach into an object by a name of the file's choice.
_CALLING = {"ConstructorFromReduceNode", "LossNode"}
_FORBIDDEN = {"MethodNode", "OperatorFuncNode"}
# These call what they name with content of the file. skops trusts them with types of their own kind only.
_BUILDING = {
    "NdArrayNode",
    "DictNode",
    "ListNode",
    "SetNode",
    "TupleNode",
    "RandomStateNode",
    "RandomGeneratorNode",
}
_PROTOCOLS = (0, 1, 2)


def follow_skops(archive: zipfile.ZipFile, seen: Seen) -> None:
    """Note every type of a skops file.

    Parameters
    ----------
    archive : zipfile.ZipFile
        As `open_archive` gives it.
    seen : Seen
        Collects what is noticed.

    Raises
    ------
    NotAnalysable
        The schema can't be read, or a member isn't what skops writes.
    Forbidden
        A node reaches into objects, an array would be unpickled, or ``numpy.ndarray`` or ``numpy.dtype`` is kept as a
        type. A dtype as a value, as imputers and encoders keep one, is allowed in the form that skops writes.
    """
    _follow_members(archive, seen)
    schema = _read_schema(archive, seen.bounds)
    calling: set[str] = set()
    building: set[str] = set()
    forbidden: set[str] = set()
    untrusted: set[str] = set()
    attributes: set[str] = set()
    bare = False
    pending: list[Any] = [schema]
    while pending:
        node = pending.pop()
        if isinstance(node, list):
            pending.extend(node)
        elif isinstance(node, dict):
            pending.extend(value for value in node.values() if isinstance(value, (dict, list)))
            _note(node, seen, calling, building, forbidden)
            problem = _judge_attributes(node, seen)
            if problem:
                attributes.add(problem)
            _note_words(node, seen)
            name = untrusted_type(node)
            if name is not None:
                untrusted.add(name)
            bare = bare or is_bare_dtype(node)
    # skops trusts arrays where they are content, so only a bare type is among those that it doesn't.
    bare = bare or ARRAY in untrusted
    for name in untrusted - {PARTIAL, ARRAY, DTYPE}:
        seen.names.add(name)
        if name not in seen.allowed:
            seen.refused.add(name)
    for name in calling:
        if seen.allowed.get(name, Use.VALUE) < Use.CALL:
            seen.refused.add(name)
    for name in building & untrusted - {ARRAY, DTYPE}:
        if seen.allowed.get(name, Use.VALUE) < Use.NEW:
            seen.refused.add(name)
    if attributes:
        raise Forbidden("; ".join(sorted(attributes)))
    if bare:
        raise Forbidden("it keeps numpy.ndarray or numpy.dtype where a model could call it")
    if forbidden:
        raise Forbidden(f"it uses {', '.join(sorted(forbidden))}, which can run methods of the file's choice")


def _judge_attributes(node: dict[str, Any], seen: Seen) -> str:
    """Return what is wrong with an object's attributes: they must be a dict with names that are written out."""
    content = node.get("content")
    if node.get("__loader__") != "ObjectNode" or content is None:
        return ""
    names = content.get("content") if isinstance(content, dict) else None
    if names == "null" and content.get("__loader__") == "JsonNode":
        return ""
    full = f"{node.get('__module__')}.{node.get('__class__')}"
    # Compiled classes take a tuple, each by its own rules; they have no other attributes.
    compiled = isinstance(content, dict) and content.get("__loader__") == "TupleNode"
    if full in seen.trusted or (compiled and seen.allowed.get(full) is Use.CALL):
        return ""
    if not isinstance(names, dict) or content.get("__loader__") != "DictNode":
        return "it gives attributes names that are computed while loading"
    if any(is_special(name) for name in names):
        return "it gives an attribute the name of what an object is to Python"
    try:
        for key in names.keys() & {*METHOD_KEYS, "importance_getter"}:
            _judge_method(key, names[key])
    except Forbidden as error:
        return str(error)
    return ""


def _judge_method(key: str, value: Any) -> None:
    listed = isinstance(value, dict) and value.get("__loader__") == "ListNode"
    for word in value.get("content") or () if listed else (value,):
        kind = word.get("__loader__") if isinstance(word, dict) else None
        plain = _plain(word) if kind == "JsonNode" else word
        if plain is not None and not (key == "importance_getter" and kind == "FunctionNode"):
            judge_word(key, plain)


def _plain(node: dict[str, Any]) -> Any:
    """Return the value of a node that is JSON within JSON."""
    content = node.get("content")
    if not isinstance(content, str):
        raise NotAnalysable("its schema holds a value in an unusual way")
    return read_json(content.encode("utf-8", "surrogatepass"))


def _note_words(node: dict[str, Any], seen: Seen) -> None:
    texts = [text for text in (*node, *node.values()) if isinstance(text, str)]
    if node.get("__loader__") == "JsonNode" and isinstance(node.get("content"), str) and "\\u" in node["content"]:
        texts.append(str(_plain(node)))
    for text in texts:
        text = text.strip('"')
        if text in FORMULA_WORDS:
            seen.formula_words.add(text)
        if "__array" in text:
            seen.formula_words.update(hidden_words(text.encode("utf-8", "surrogatepass")))


def _note(node: dict[str, Any], seen: Seen, calling: set[str], building: set[str], forbidden: set[str]) -> None:
    module, name, loader = (node.get(key) for key in ("__module__", "__class__", "__loader__"))
    if isinstance(module, str) and isinstance(name, str):
        full = f"{module}.{name}"
        seen.names.add(full)
        if loader in _CALLING:
            calling.add(full)
        if loader in _BUILDING:
            building.add(full)
    if loader in _FORBIDDEN:
        forbidden.add(loader)
    if loader == "PartialNode":
        _judge_partial(node, seen)
    version = node.get("_sklearn_version")
    if isinstance(version, dict) and isinstance(version.get("content"), str):
        seen.versions.setdefault("scikit-learn", set()).add(version["content"].strip('"'))
    if isinstance(node.get("_skops_version"), str):
        seen.versions.setdefault("skops", set()).add(node["_skops_version"])


def _judge_partial(node: dict[str, Any], seen: Seen) -> None:
    content = node.get("content")
    function = content.get("func") if isinstance(content, dict) else None
    if (
        isinstance(function, dict)
        and function.get("__loader__") == "FunctionNode"
        and f"{function.get('__module__')}.{function.get('__class__')}" in PARTIAL_OF
    ):
        seen.partial_judged = True
    elif PARTIAL not in seen.allowed:
        seen.refused.add(PARTIAL)


def _read_schema(archive: zipfile.ZipFile, bounds: Bounds) -> dict[str, Any]:
    if archive.getinfo(SCHEMA).file_size > bounds.schema_bytes:
        raise NotAnalysable(f"its schema is larger than {bounds.schema_bytes:,} bytes")
    try:
        schema = read_json(archive.read(SCHEMA))
    except BROKEN as error:
        raise NotAnalysable(f"its schema can't be read ({type(error).__name__}: {error})") from error
    if not isinstance(schema, dict):
        raise NotAnalysable("its schema isn't an object")
    if type(schema.get("protocol")) is not int or schema["protocol"] not in _PROTOCOLS:
        raise NotAnalysable(f"its protocol {schema.get('protocol')!r} is unknown to this version")
    if not isinstance(schema.get("__loader__"), str):
        raise NotAnalysable("its schema has a node of an unknown kind")
    return schema


def _follow_members(archive: zipfile.ZipFile, seen: Seen) -> None:
    for member in archive.infolist():
        if member.filename == SCHEMA:
            continue
        try:
            with archive.open(member) as stream:
                head = stream.read(8)
                stream.seek(0)
                if head.startswith(NPY_MAGIC):
                    objects = follow_npy(Source(stream, size=member.file_size, bounds=seen.bounds), seen)
                elif head.startswith(ZIP_MAGIC):
                    with spooled(archive, member, seen.bounds) as inner:
                        objects = _npz_objects(inner, seen)
                else:
                    # Bytes that an object holds: text to whoever makes an array of them.
                    seen.look_through(Source(stream, size=member.file_size, bounds=seen.bounds), member.file_size)
                    continue
        except BROKEN as error:
            raise NotAnalysable(f"its member {member.filename!r} can't be read ({error})") from error
        if objects:
            raise Forbidden(f"its member {member.filename!r} hides a pickle in an array of objects")


def _npz_objects(stream: Any, seen: Seen) -> bool:
    with open_archive(stream, seen.bounds) as inner:
        found = False
        for member in inner.infolist():
            with inner.open(member) as array:
                if array.read(len(NPY_MAGIC)) == NPY_MAGIC:
                    array.seek(0)
                    found |= follow_npy(Source(array, size=member.file_size, bounds=seen.bounds), seen)
        return found
