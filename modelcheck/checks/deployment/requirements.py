"""Which versions a model asks for: in its file, in a file of requirements, beside an MLflow folder."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

from packaging.requirements import InvalidRequirement, Requirement
from packaging.version import InvalidVersion, Version

__all__ = ["DRIFTS", "Wanted", "drift", "installed", "read_requirements"]

DRIFTS = ("same", "patch", "minor", "major", "missing")
"""How far an installed version lies from the one that is asked for, the nearest first."""

_LONGEST = 1_000_000
_MOST = 2_000
_PYTHON = re.compile(r"^\s*-?\s*python(?:_version)?\s*[:=]{1,2}\s*[\"']?(\d+(?:\.\d+){1,2})", re.MULTILINE)
_NAMES = {"sklearn": "scikit-learn", "torch": "torch"}
# Smaller distributions of the same library and version: what reads the model is in both.
_SMALLER = {"mlflow": "mlflow-skinny", "xgboost": "xgboost-cpu"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """One library that a model asks for.

    Attributes
    ----------
    name : str
        Of the distribution, or ``python``.
    version : str
        What it was made with, or a condition such as ``>=1.2,<2``; empty where any will do.
    source : str
        Who asks: the model's file, or the name of a file beside it.
    """

    name: str
    version: str
    source: str


def read_requirements(path: Path, source: str) -> tuple[list[Wanted], list[str]]:
    """Read a file of requirements, or an MLflow file that names Python's version.

    Parameters
    ----------
    path : Path
        ``requirements.txt``, ``python_env.yaml``, ``conda.yaml`` or ``MLmodel``.
    source : str
        How it is called in the table.

    Returns
    -------
    wanted : list of Wanted
        In the order of the file.
    unread : list of str
        Lines that name no version of a library: options, addresses, other files.
    """
    with path.open("rb") as stream:
        text = stream.read(_LONGEST).decode("utf-8", "replace")
    python = [Wanted(name="python", version=found, source=source) for found in _PYTHON.findall(text)[:1]]
    if path.suffix in (".yaml", ".yml") or path.name == "MLmodel":
        return python, []
    wanted, unread = [], []
    for line in _lines(text):
        try:
            one = Requirement(line)
        except InvalidRequirement:
            unread.append(line)
            continue
        if one.url is not None:
            unread.append(line)
        elif one.marker is None or one.marker.evaluate():
            wanted.append(Wanted(name=one.name, version=_condition(one), source=source))
    return wanted, unread


def installed(name: str) -> str | None:
    """Return the installed version of a distribution, or of Python; None where it isn't installed."""
    if name == "python":
        import platform

        return platform.python_version()
    for distribution in (_NAMES.get(name, name), _SMALLER.get(name)):
        try:
            if distribution:
                return metadata.version(distribution)
        except (metadata.PackageNotFoundError, ValueError):
            continue
    return None


def drift(wanted: Wanted, here: str | None) -> str:
    """Return how far the installed version lies from the one that is asked for.

    Returns
    -------
    str
        One of `DRIFTS`. Of a range: ``same`` where the version lies in it, else the distance to its nearest end.

    Examples
    --------
    >>> drift(Wanted(name="a", version="1.4.2", source="-"), "1.6.0")
    'minor'
    >>> drift(Wanted(name="a", version=">=1.2,<2", source="-"), "1.9")
    'same'
    >>> drift(Wanted(name="a", version="<2", source="-"), "2.1")
    'major'
    """
    if here is None:
        return "missing"
    try:
        own = Version(here)
    except InvalidVersion:
        return "same" if here == wanted.version else "major"
    if not wanted.version:
        return "same"
    try:
        return _distance(Version(wanted.version), own)
    except InvalidVersion:
        return _beyond(wanted.version, own)


def _beyond(condition: str, own: Version) -> str:
    from packaging.specifiers import InvalidSpecifier, SpecifierSet

    try:
        allowed = SpecifierSet(condition)
    except InvalidSpecifier:
        return "same"
    if allowed.contains(own, prereleases=True):
        return "same"
    ends = []
    for one in allowed:
        try:
            end = Version(one.version.rstrip(".*"))
            ends.append(_below(end) if one.operator == "<" and own >= end else _distance(end, own))
        except InvalidVersion:
            continue
    # A version outside of its range is never "the same", however near the range's end.
    return max(min(ends, key=DRIFTS.index, default="major"), "patch", key=DRIFTS.index)


def _below(end: Version) -> str:
    """Return what parts a version from those just below it: 2 from 1.9 a major number, 2.1 from 2.0 a minor one."""
    _, minor, patch = (*end.release, 0, 0, 0)[:3]
    return "patch" if patch else "minor" if minor else "major"


def _distance(one: Version, other: Version) -> str:
    if one.release[:1] != other.release[:1]:
        return "major"
    # A version that is named by its first numbers alone leaves the others open.
    known = min(len(one.release), 3)
    padded = [(*(*version.release, 0, 0, 0)[:known], 0, 0, 0)[:3] for version in (one, other)]
    if padded[0][1] != padded[1][1]:
        return "minor"
    return "same" if padded[0] == padded[1] else "patch"


def _condition(one: Requirement) -> str:
    pinned = [spec.version for spec in one.specifier if spec.operator in ("==", "===")]
    return pinned[0] if len(pinned) == 1 and not pinned[0].endswith("*") else str(one.specifier)


def _lines(text: str) -> Iterator[str]:
    joined = text.replace("\\\r\n", " ").replace("\\\n", " ")
    for line in joined.splitlines()[:_MOST]:
        plain = re.split(r"(?:^|\s)#", line, maxsplit=1)[0].strip()
        plain = re.split(r"\s--hash[= ]", plain, maxsplit=1)[0].strip()
        if plain:
            yield plain
