"""The trust file: names that a model file may import besides the shipped list, each reviewed by somebody."""

from __future__ import annotations

import datetime
import os
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from modelcheck.config.fields import Fields, kind_of
from modelcheck.config.locations import is_object
from modelcheck.config.source import absolute, read_toml
from modelcheck.config.tables import TrustEntry
from modelcheck.config.toml_text import shorten, toml_value
from modelcheck.errors import ConfigError, Mistake

__all__ = ["TRUST_FILE", "is_exact_name", "load_trust", "read_trust"]

TRUST_FILE = "modelcheck-trust.toml"
"""What a trust file is usually called."""

_PURPOSES = {"reason": "why a model file needs this code.", "owner": "who answers for it."}
_SHA256 = re.compile(r"[0-9a-fA-F]{64}")
_PACKAGE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*==[A-Za-z0-9][A-Za-z0-9.!+_-]*")


def is_exact_name(name: str) -> bool:
    """Return whether `name` has the form ``package.module.Name``: exact, without wildcards.

    Examples
    --------
    >>> is_exact_name("mypackage.features.LogScaler"), is_exact_name("mypackage.*"), is_exact_name("mypackage")
    (True, False, False)
    """
    return "." in name and is_object(name.replace(".", ":", 1))


def read_trust(fields: Fields, folder: Path, trusted: Sequence[str]) -> tuple[str | None, tuple[TrustEntry, ...]]:
    """Read the file that the key `trust` of ``[candidate]`` or ``[baseline]`` names.

    Parameters
    ----------
    fields : Fields
        The table; its mistakes and those of the file are noted there.
    folder : Path
        Folder of the configuration.
    trusted : sequence of str
        The table's list of names, none of which may be in the file as well.

    Returns
    -------
    str or None, tuple of TrustEntry
        The file as the user wrote it, and its entries.
    """
    named = fields.text("trust")
    if named is None:
        return None, ()
    if "\0" in named:
        fields.wrong("trust", "is no path.")
        return None, ()
    file = absolute(named, folder)
    if not os.path.isfile(file):
        what = "is a folder" if os.path.isdir(file) else "does not exist"
        fields.wrong(
            "trust", f"{what}; name a trust file, relative to this configuration.", f"It is usually {TRUST_FILE}."
        )
        return named, ()
    entries = _read_file(file, _label(fields.file, named), fields.mistakes)
    for name in trusted:
        if any(entry.name == name for entry in entries):
            text = (
                f"has {shorten(toml_value(name), 60)}, which is in {shorten(toml_value(named), 60)} too; keep it there."
            )
            fields.wrong("trusted", text)
    return named, entries


def load_trust(file: Path) -> tuple[TrustEntry, ...]:
    """Read a trust file that the command line names.

    Parameters
    ----------
    file : Path
        The file.

    Returns
    -------
    tuple of TrustEntry
        Those out of force too.

    Raises
    ------
    ConfigError
        With every mistake in it.
    """
    mistakes: list[Mistake] = []
    entries = _read_file(file, file.as_posix(), mistakes)
    if mistakes:
        raise ConfigError(mistakes)
    return entries


def _label(configuration: str, named: str) -> str:
    """Return how messages call the file: as the configuration is called, from the same root."""
    folder = configuration.rpartition("/")[0]
    return named if os.path.isabs(named) or not folder else f"{folder}/{named}"


def _read_file(file: Path, label: str, mistakes: list[Mistake]) -> tuple[TrustEntry, ...]:
    values = read_toml(file, label, mistakes)
    if values is None:
        return ()
    fields = Fields(values, file=label, section="", mistakes=mistakes)
    entries: list[TrustEntry] = []
    if not fields.has("trust"):
        fields.wrong("trust", "is missing; a trust file holds one table [[trust]] for each name.")
    elif not _is_list_of_tables(values["trust"]):
        fields.wrong("trust", "must be a list of tables.", "Write [[trust]] before each entry's keys.")
    else:
        for number, values_of_one in enumerate(values["trust"], 1):
            inner = fields.inside("trust", values_of_one)
            named = values_of_one.get("name")
            # A reader looks for the name, not for the number.
            inner.section += (
                f" (number {number}{f', {shorten(toml_value(named), 60)}' if isinstance(named, str) else ''})"
            )
            entry = _read_entry(inner)
            if any((other.name, other.artifact) == (entry.name, entry.artifact) for other in entries):
                inner.wrong("name", "has an entry for the same model files already; keep one.")
            entries.append(entry)
    fields.close()
    return tuple(entries)


def _is_list_of_tables(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(one, Mapping) for one in value)


def _read_entry(fields: Fields) -> TrustEntry:
    name = fields.text("name", required='the exact import name, e.g. "mypackage.features.LogScaler".')
    if name is not None and not is_exact_name(name):
        fields.wrong(
            "name",
            "is no exact import name.",
            'Write "package.module.Name", without wildcards; whole packages can\'t be trusted.',
        )
    reason = fields.text("reason", required=_PURPOSES["reason"])
    owner = fields.text("owner", required=_PURPOSES["owner"])
    for key, text in (("reason", reason), ("owner", owner)):
        if text is not None and not any(character.isalpha() for character in text):
            fields.wrong(key, f"must say in words {_PURPOSES[key].rstrip('.')}; it holds no letter.")
    expires = _read_date(fields)
    sha256, artifact = _read_hash(fields, "sha256"), _read_hash(fields, "artifact")
    package = fields.text("package")
    if package is not None and not _PACKAGE.fullmatch(package):
        fields.wrong("package", 'must name one version of an installed package, e.g. "feature-store==1.4.2".')
    given = [key for key in ("sha256", "package") if key in fields.values]
    if not given:
        fields.wrong(
            "sha256",
            "is missing; it is required: the hash of the source file that defines the name, as it was reviewed.",
            'Code of an installed package may have package = "name==version" instead. `sha256sum FILE` tells the hash.',
        )
    elif len(given) > 1:
        fields.wrong("package", "stands beside `sha256`; exactly one is needed.")
    fields.close()
    return TrustEntry(
        name=name or "",
        owner=owner or "",
        reason=reason or "",
        expires=expires,
        sha256=sha256,
        package=package,
        artifact=artifact,
    )


def _read_date(fields: Fields) -> datetime.date:
    if not fields.has("expires"):
        fields.wrong("expires", "is missing; it is required: the last day on which the name is trusted.")
        return datetime.date.min
    value: Any = fields.values["expires"]
    if isinstance(value, datetime.date) and not isinstance(value, datetime.datetime):
        return value
    kind = "a date with a time" if isinstance(value, datetime.datetime) else kind_of(value)
    fields.wrong("expires", f"must be a date without quotes, e.g. 2027-01-31, not {kind}.")
    return datetime.date.min


def _read_hash(fields: Fields, key: str) -> str | None:
    text = fields.text(key)
    if text is not None and not _SHA256.fullmatch(text):
        fields.wrong(key, "must be a sha256: 64 hexadecimal digits.", "`sha256sum FILE` tells it.")
        return None
    return text and text.lower()
