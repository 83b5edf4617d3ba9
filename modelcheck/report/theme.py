"""The colours of the pages, for what is shown outside them: read from their one style sheet, never a second palette."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import cache
from importlib.resources import files

__all__ = ["colours", "declared"]

_DARK = r"@media\s*\(prefers-color-scheme:\s*dark\)\s*\{\s*"
_BLOCK = r":root[^{}]*\{([^{}]*)\}"
_VARIABLE = re.compile(r"--([a-z0-9-]+)\s*:\s*([^;{}]+?)\s*;")


@cache
def colours() -> tuple[Mapping[str, str], Mapping[str, str]]:
    """Return the colours of the pages by name, for a light and for a dark background.

    Returns
    -------
    tuple of two mappings of str to str
        The variables of ``page.css`` without their dashes, e.g. ``{"paper": "#fff", ...}``. Both have the same names:
        what the dark block leaves out stays as it is in light.

    Raises
    ------
    ValueError
        ``page.css`` has no block of variables any more where they are looked for.
    """
    sheet = files("modelcheck.report").joinpath("page.css").read_text(encoding="utf-8")
    sheet = re.sub(r"/\*.*?\*/", "", sheet, flags=re.DOTALL)
    found = [re.search(pattern, sheet) for pattern in (rf"^\s*{_BLOCK}", f"{_DARK}{_BLOCK}")]
    light, dark = (dict(_VARIABLE.findall(match[1])) if match else {} for match in found)
    if not light or not dark:
        raise ValueError(
            "page.css must begin with a :root block of variables and hold one for dark screens, "
            "`@media (prefers-color-scheme: dark) { :root { ... } }`; the colours of notebooks are read from them."
        )
    return light, light | dark


def declared(values: Mapping[str, str], names: Iterable[str], prefix: str) -> str:
    """Return some colours as declarations of CSS variables.

    Parameters
    ----------
    values : mapping of str to str
        One of `colours`.
    names : iterable of str
        Which; each must be among them.
    prefix : str
        Put before each name, so that no other sheet's variable has it.

    Examples
    --------
    >>> declared({"ink": "#000", "paper": "#fff"}, ["ink"], "mc-")
    '--mc-ink: #000;'
    """
    return " ".join(f"--{prefix}{name}: {values[name]};" for name in names)
