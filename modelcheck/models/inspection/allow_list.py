"""The names that a model file may import, and what it may do with each. Exact names, never prefixes.

The list ships as ``allowed_names.txt`` and is written by ``scripts/generate_allow_list.py``. It belongs to the
verifier: nothing in a model file can add to it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import IntEnum
from functools import cache
from pathlib import Path

__all__ = ["LIST_FILE", "PARTIAL", "PARTIAL_OF", "Use", "allowed_names", "framework_names", "read_list"]

# A partial of anything is a call of anything. scikit-learn's boosting with categories holds one of its own check.
PARTIAL = "functools.partial"
PARTIAL_OF = frozenset({"sklearn.utils.validation.check_array"})

LIST_FILE = Path(__file__).with_name("allowed_names.txt")


class Use(IntEnum):
    """What a file may do with an import; each includes those before it."""

    VALUE = 1  #: hold it, as a parameter such as ``dtype=numpy.float64`` or ``func=numpy.log1p``
    NEW = 2  #: make an empty instance and give it its attributes, without calling its constructor
    CALL = 3  #: call it with arguments


def read_list(text: str) -> dict[str, Use]:
    r"""Return name to use from the text of a list; ``#`` starts a comment.

    Parameters
    ----------
    text : str
        Lines of ``value|new|call`` and a full name.

    Returns
    -------
    dict of str to Use
        One entry a line.

    Examples
    --------
    >>> read_list("# numpy\ncall numpy.dtype")
    {'numpy.dtype': <Use.CALL: 3>}
    """
    names = {}
    for line in text.splitlines():
        entry = line.partition("#")[0].split()
        if entry:
            use, name = entry
            names[name] = Use[use.upper()]
    return names


@cache
def _shipped() -> Mapping[str, Use]:
    return read_list(LIST_FILE.read_text(encoding="utf-8"))


@cache
def framework_names(name: str) -> Mapping[str, Use]:
    """Return a list that holds within one format only.

    Parameters
    ----------
    name : str
        ``torch_names``, ``torch_operators``, ``keras_names`` or ``skops_names``.

    Returns
    -------
    mapping of str to Use
        As ``scripts/generate_framework_lists.py`` wrote it.
    """
    return read_list(LIST_FILE.with_name(f"{name}.txt").read_text(encoding="utf-8"))


def allowed_names(trusted: Iterable[str] = ()) -> Mapping[str, Use]:
    """Return the shipped list plus the user's own exact names.

    Parameters
    ----------
    trusted : iterable of str
        Full names such as ``mypackage.features.LogScaler``; they may be called.

    Returns
    -------
    mapping of str to Use
        What each name may be used for.
    """
    own = dict.fromkeys(trusted, Use.CALL)
    return {**_shipped(), **own} if own else _shipped()
