"""Headers whose values stand in the environment, so that no file holds a secret."""

from __future__ import annotations

import os
from collections.abc import Mapping

from modelcheck.errors import ModelError

__all__ = ["environment_headers"]


def environment_headers(sources: Mapping[str, str]) -> tuple[dict[str, str], tuple[str, ...]]:
    """Return headers from the environment, and what of them must never be shown.

    Parameters
    ----------
    sources : mapping of str to str
        Header to the name of a variable, maybe with a word before it.

    Raises
    ------
    ModelError
        A variable isn't set, or holds what can't be a header's value.
    """
    headers: dict[str, str] = {}
    secrets: list[str] = []
    for name, source in sources.items():
        word, _, variable = source.rpartition(" ")
        value = os.environ.get(variable, "").strip()
        if not value:
            raise ModelError(
                f"headers_from takes the header {name} from the environment variable {variable}, which is not set or "
                "empty here. Set it where pytest runs."
            )
        if any(letter < " " or letter == "\x7f" or letter > "\xff" for letter in value):
            raise ModelError(
                f"The environment variable {variable} holds line breaks, control characters or letters beyond Latin-1, "
                f"so it can't be the value of the header {name}."
            )
        headers[name] = f"{word} {value}" if word else value
        secrets.append(value)
    # The longest first: one may be a part of another.
    return headers, tuple(sorted(secrets, key=len, reverse=True))
