"""What a text in the configuration points at: a file, an importable object, or something far away."""

from __future__ import annotations

import difflib
import glob
import os
import re
from pathlib import Path

from modelcheck.config.addresses import AddressRefused, is_http, parse_address
from modelcheck.config.fields import Fields
from modelcheck.config.toml_text import shorten, toml_value

__all__ = [
    "MODEL_FOLDER_MARKS",
    "check_data_path",
    "check_file",
    "check_folder",
    "check_model_path",
    "check_object",
    "is_local_path",
    "is_object",
]

# A folder is a model when one of these lies in it: MLflow's description, Hugging Face's.
MODEL_FOLDER_MARKS = ("MLmodel", "config.json")

_FAR = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+://|(models|runs|mlflow-artifacts|dbfs):/")
_REGISTRY = re.compile(r"(models|runs|mlflow-artifacts):/")
_OBJECT_FORM = '"package.module:object"'


def is_object(text: str) -> bool:
    """Return whether `text` has the form ``package.module:object``.

    Examples
    --------
    >>> is_object("visits.data:holdout"), is_object("models/income.skops")
    (True, False)
    """
    module, colon, name = text.partition(":")
    parts = [*module.split("."), *name.split(".")]
    return bool(colon) and all(part.isidentifier() for part in parts)


def is_local_path(text: str) -> bool:
    """Return whether `text` names a place in the file system: no importable object, no URL, no registry."""
    return not is_object(text) and not _FAR.match(text)


def check_model_path(fields: Fields, key: str, text: str, folder: Path) -> None:
    """Note a mistake unless `text` is an importable object, a file or a model's folder that exists, or an http address.

    Parameters
    ----------
    fields : Fields
        The table that holds the key.
    key : str
        The key.
    text : str
        Its value.
    folder : Path
        Folder of the configuration, which paths are relative to.
    """
    if _REGISTRY.match(text):
        fields.wrong(
            key,
            "points at an MLflow registry or run; reading from there is not available in this version, which reads "
            f"model files, folders and {_OBJECT_FORM}.",
            f"Download it: mlflow artifacts download --artifact-uri {shorten(text, 80)} --dst-path models, and name "
            "the folder that holds MLmodel.",
        )
    elif is_http(text):
        try:
            parse_address(text)
        except AddressRefused as error:
            # The value may be a secret that was written into the address.
            shown = re.sub(r"//[^/]*@", "//***@", text)
            fields.wrong(key, str(error), value=shown)
    elif _FAR.match(text):
        fields.wrong(
            key,
            "points at a store or registry; models are read from files, taken as "
            f"{_OBJECT_FORM}, or asked at an http or https address.",
            "Download the model and name the file.",
        )
    elif not is_object(text):
        path = _resolved(text, folder)
        if os.path.isdir(path):
            if not any(os.path.isfile(os.path.join(path, mark)) for mark in MODEL_FOLDER_MARKS):
                fields.wrong(
                    key,
                    f"is a folder ({_shown(path)}) without MLmodel (MLflow) or config.json (Hugging Face).",
                    "Name the model file in it.",
                )
        elif not os.path.isfile(path):
            _missing(fields, key, text, path)


def check_file(fields: Fields, key: str, text: str, folder: Path) -> None:
    """Note a mistake unless `text` is a file."""
    path = _resolved(text, folder)
    if "\0" in text:
        fields.wrong(key, "is no path.")
    elif os.path.isdir(path):
        fields.wrong(key, f"is a folder ({_shown(path)}); name a file.")
    elif not os.path.isfile(path):
        _missing(fields, key, text, path)


def check_data_path(fields: Fields, key: str, text: str, folder: Path) -> None:
    """Note a mistake unless `text` is an importable function, a file, a folder or a glob that matches something."""
    if _FAR.match(text):
        fields.wrong(
            key,
            "points at a remote place; that is not available in this version, which reads files, folders, globs "
            f"and {_OBJECT_FORM}.",
            "Copy the rows here, or read them in a function and name that.",
        )
    elif not is_object(text):
        path = _resolved(text, folder)
        if os.path.exists(path):
            return
        if not glob.has_magic(text):
            _missing(fields, key, text, path)
        elif not _matches(path):
            fields.wrong(key, f"matches no file (looked for {_shown(path)}).")


def check_object(fields: Fields, key: str, text: str) -> None:
    """Note a mistake unless `text` has the form ``package.module:function``."""
    if not is_object(text):
        hint = ""
        module, dot, name = text.rpartition(".")
        if dot and is_object(f"{module}:{name}"):
            hint = f"Did you mean {toml_value(f'{module}:{name}')}?"
        fields.wrong(key, 'must name a function as "package.module:function".', hint)


def check_folder(fields: Fields, key: str, text: str, folder: Path, *, must_exist: bool) -> None:
    """Note a mistake unless `text` is a relative path that stays inside `folder` (and exists, when it must)."""
    inside = os.path.normpath(text)
    if os.path.isabs(text) or inside.split(os.sep)[0] == os.pardir or "\0" in text:
        fields.wrong(
            key,
            f"must stay inside the configuration's folder; {shorten(toml_value(text), 60)} does not.",
            "Move the checks there, or give that folder a modelcheck.toml of its own.",
        )
    elif must_exist and not os.path.exists(_resolved(text, folder)):
        fields.wrong(key, f"names {shorten(toml_value(text), 60)}, which does not exist in the configuration's folder.")


def _resolved(text: str, folder: Path) -> str:
    return os.path.normpath(os.path.join(folder, text))


def _shown(path: str) -> str:
    return shorten(toml_value(path), 200)


def _matches(pattern: str) -> bool:
    try:
        return next(glob.iglob(pattern, recursive=True), None) is not None
    except (ValueError, re.error):
        # A pattern that the file system or the matcher can't express names no file.
        return False


def _neighbour(path: str) -> str:
    """Return the file beside a missing one whose name comes closest, as a question; empty when none does."""
    folder, name = os.path.split(path)
    try:
        near = difflib.get_close_matches(name, os.listdir(folder), 1)
    except OSError:
        return ""
    return f"Did you mean {toml_value(shorten(near[0]))}?" if near else ""


def _missing(fields: Fields, key: str, text: str, path: str) -> None:
    if os.path.exists(path):
        # A pipe or a device may never end, and gives other bytes each time.
        fields.wrong(key, f"is no regular file ({_shown(path)}); name the file itself.")
        return
    hint = ""
    if ":" in text:
        hint = f"An importable object is written as {_OBJECT_FORM}."
    elif os.path.isabs(text):
        hint = "Paths are best written relative to the configuration's folder."
    hint = f"{_neighbour(path)} {hint}".strip()
    fields.wrong(key, f"does not exist (looked for {_shown(path)}; paths are relative to the configuration).", hint)
