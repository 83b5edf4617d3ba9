"""Names and values from tables, made safe and short for messages."""

from __future__ import annotations

import difflib
import unicodedata
from collections.abc import Iterable, Sequence
from typing import Any

__all__ = ["closest", "shown", "shown_list", "with_closest"]

_HIDDEN = ("Cc", "Cf", "Zl", "Zp", "Cs")


def shown(value: Any, *, limit: int = 60) -> str:
    r"""Return a name or value as a message may print it: quoted, without control marks, shortened.

    Parameters
    ----------
    value : object
        Text is quoted; everything else is printed as it is.
    limit : int
        Longest result in characters, without the quotes.

    Returns
    -------
    str
        One line.

    Examples
    --------
    >>> shown("a\nb")
    "'a\\nb'"
    """
    text = value if isinstance(value, str) else str(value)
    if len(text) > limit:
        text = text[: limit - 3] + "..."
    plain = "".join(
        letter.encode("unicode_escape").decode() if unicodedata.category(letter) in _HIDDEN else letter
        for letter in text
    )
    return f"'{plain}'" if isinstance(value, str) else plain


def shown_list(values: Iterable[Any], *, limit: int = 8) -> str:
    """Return some values as one line; says how many were left out."""
    items = list(values)
    text = ", ".join(shown(item, limit=40) for item in items[:limit])
    return text + (f" and {len(items) - limit:,} more" if len(items) > limit else "")


def with_closest(name: str, names: Sequence[str]) -> str:
    """Return a name as one item of a list, e.g. ``'agee' (closest: 'age')``, or the name alone."""
    near = closest(name, names).strip().removesuffix(".")
    return f"{shown(name)} (c{near[1:]})" if near else shown(name)


def closest(name: str, names: Sequence[str]) -> str:
    """Return ``" Closest: 'a'."`` for the most similar of `names`, or an empty string.

    Very long names are compared by their first 100 characters, so that a hostile header stays cheap.
    """
    short: dict[str, str] = {}
    for other in names:
        short.setdefault(other[:100].casefold(), other)
    found = difflib.get_close_matches(name[:100].casefold(), list(short), n=1, cutoff=0.6)
    return f" Closest: {shown(short[found[0]])}." if found else ""
