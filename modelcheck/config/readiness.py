"""``readiness.toml``: which items of the ML Test Score are met outside of modelcheck, with evidence and an owner."""

from __future__ import annotations

import datetime
import os
from collections.abc import Mapping
from pathlib import Path

from modelcheck.config.fields import Fields, kind_of
from modelcheck.config.source import absolute, label_of, read_toml
from modelcheck.config.tables import DeclarationTable
from modelcheck.config.toml_text import shorten, toml_value
from modelcheck.config.words import did_you_mean
from modelcheck.errors import ConfigError, Mistake

__all__ = ["HOWS", "ITEM_IDS", "load_declarations", "read_readiness"]

ITEM_IDS = tuple(f"{section}.{number}" for section in ("data", "model", "infra", "monitor") for number in range(1, 8))
HOWS = ("manual", "automated")
_LONGEST = {"evidence": 500, "owner": 200}
_PURPOSES = {
    "evidence": "where the result can be seen, a link or a text.",
    "owner": "who answers for it.",
}
_LONG_NAMES = {"infrastructure": ("infra",), "monitoring": ("monitor",), "features": ("data",)}


def load_declarations(file: Path) -> tuple[DeclarationTable, ...]:
    """Read a file of declarations on its own.

    Parameters
    ----------
    file : Path
        A readiness.toml, whatever its name; relative to where the user stands.

    Returns
    -------
    tuple of DeclarationTable
        In the order of the file; empty for an empty file.

    Raises
    ------
    ConfigError
        There are mistakes; the error carries all of them.
    """
    mistakes: list[Mistake] = []
    found = _read(absolute(str(file), Path.cwd()), file.as_posix(), mistakes)
    if mistakes:
        raise ConfigError(mistakes)
    return found


def read_readiness(fields: Fields, folder: Path) -> tuple[DeclarationTable, ...] | None:
    """Read the file that the top-level key ``readiness`` names.

    Parameters
    ----------
    fields : Fields
        The top-level table; mistakes in the key are noted there, those of the file under its own name.
    folder : Path
        Folder of the configuration, which the path is relative to.

    Returns
    -------
    tuple of DeclarationTable or None
        None when the key is silent. Stale ones are returned too: whether one still holds is for the reader to say.
    """
    text = fields.text("readiness")
    if text is None:
        return None
    if "\0" in text:
        fields.wrong("readiness", "must name a file; it holds a null character.")
        return None
    file = absolute(text, folder)
    if not os.path.isfile(file):
        what = "is a folder" if os.path.isdir(file) else "does not exist"
        fields.wrong("readiness", f"names a file that {what}; paths are relative to the configuration.")
        return None
    # Named as the configuration is: relative to the root directory.
    label = os.path.normpath(os.path.join(os.path.dirname(fields.file), text))
    return _read(file, Path(label).as_posix() if not os.path.isabs(text) else label_of(file, folder), fields.mistakes)


def _read(file: Path, label: str, mistakes: list[Mistake]) -> tuple[DeclarationTable, ...]:
    values = read_toml(file, label, mistakes)
    if values is None:
        return ()
    fields = Fields(values, file=label, section="", mistakes=mistakes)
    entries = values["items"] if fields.has("items") else []
    fields.close(synonyms={"item": ("items",), "declarations": ("items",), "declaration": ("items",)})
    if not isinstance(entries, list) or not all(isinstance(entry, Mapping) for entry in entries):
        fields.wrong("items", "must be a list of tables.", "Write [[items]] before each declaration's keys.")
        return ()
    found: list[DeclarationTable] = []
    for number, entry in enumerate(entries, 1):
        inner = fields.inside("items", entry)
        inner.section += f" (number {number})"
        one = _read_item(inner)
        if one.id and any(other.id == one.id for other in found):
            inner.wrong("id", "is declared already; keep one declaration of each item.")
        found.append(one)
    return tuple(found)


def _read_item(fields: Fields) -> DeclarationTable:
    item = fields.text("id", required='the item, e.g. "data.3": section and number of the rubric.')
    if item is not None and item not in ITEM_IDS:
        fields.wrong(
            "id", "is no item; there are data.1 to data.7, model.1 to 7, infra.1 to 7, monitor.1 to 7.", _near(item)
        )
        item = None
    how = fields.text(
        "how", choices=HOWS, required='"manual" (done by hand) or "automated" (run repeatedly by a system).'
    )
    texts = {key: _words(fields, key) for key in _PURPOSES}
    date = _date(fields, "date", required="the day of the last result.")
    expires = _date(fields, "expires")
    if date is not None and expires is not None and expires < date:
        fields.wrong(
            "expires", f"lies before date, {date.isoformat()}; it is the last day on which the evidence holds."
        )
    fields.close()
    return DeclarationTable(
        id=item or "",
        how=how or HOWS[0],
        evidence=texts["evidence"],
        owner=texts["owner"],
        date=date or datetime.date.min,
        expires=expires,
    )


def _near(item: str) -> str:
    section, dot, number = item.lower().partition(".")
    for short in _LONG_NAMES.get(section, ()):
        if dot and f"{short}.{number}" in ITEM_IDS:
            return f"Did you mean {toml_value(f'{short}.{number}')}?"
    return did_you_mean(item, ITEM_IDS)


def _words(fields: Fields, key: str) -> str:
    text = fields.text(key, required=_PURPOSES[key])
    if text is None:
        return ""
    if not any(character.isalnum() for character in text):
        fields.wrong(key, f"must say {_PURPOSES[key].rstrip('.')}; it holds no letter.")
    elif len(text) > _LONGEST[key]:
        fields.wrong(key, f"must have at most {_LONGEST[key]} characters, not {len(text):,}; link to the rest.")
    return text


def _date(fields: Fields, key: str, *, required: str = "") -> datetime.date | None:
    if not fields.has(key):
        if required:
            fields.wrong(key, f"is missing; it is required: {required}")
        return None
    value = fields.values[key]
    # A date and time is a date to Python; here it would leave open in which place of the world.
    if isinstance(value, datetime.date) and not isinstance(value, datetime.datetime):
        return value
    kind = "a date with a time" if isinstance(value, datetime.datetime) else kind_of(value)
    fields.wrong(key, f"must be a date without quotes, e.g. 2027-01-31, not {shorten(kind)}.")
    return None
