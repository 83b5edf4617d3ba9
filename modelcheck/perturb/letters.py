"""What happens to the letters of one text: slips of the keyboard, accents, look-alikes, letters that nobody sees."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable

from numpy.random import Generator

__all__ = ["LOOK_ALIKES", "NO_BREAK", "ZERO_WIDTH", "accented", "doubled_space", "look_alike", "typo", "unaccented"]

NO_BREAK = "\N{NO-BREAK SPACE}"
ZERO_WIDTH = "\N{ZERO WIDTH SPACE}"

# Latin letters and the Cyrillic ones that are drawn alike (Unicode Technical Standard 39, confusables).
LOOK_ALIKES = str.maketrans(
    "aceopxyABCEHKMOPTX",
    "\u0430\u0441\u0435\u043e\u0440\u0445\u0443\u0410\u0412\u0421\u0415\u041d\u041a\u041c\u041e\u0420\u0422\u0425",
)
_ACUTE = str.maketrans("aeiouAEIOU", "áéíóúÁÉÍÓÚ")
_KEYBOARD = ("qwertyuiop", "asdfghjkl", "zxcvbnm", "1234567890")
_NEXT_KEY = {key: row[at - 1 : at] + row[at + 1 : at + 2] for row in _KEYBOARD for at, key in enumerate(row) if at} | {
    row[0]: row[1] for row in _KEYBOARD
}


def typo(text: str, rng: Generator) -> str:
    """Return a text with one slip: two letters swapped, one left out, one doubled, or the key beside it.

    Parameters
    ----------
    text : str
        Any text.
    rng : numpy.random.Generator
        Chooses the slip and its place.

    Returns
    -------
    str
        Always another text, and never an empty one; an empty text stays empty.
    """
    if not text:
        return text
    first, at = int(rng.integers(4)), int(rng.integers(len(text)))
    for slip in (*_SLIPS[first:], *_SLIPS[:first]):
        slipped = slip(text, at)
        if slipped and slipped != text:
            return slipped
    raise AssertionError("doubling a letter always makes another text")


def _swap(text: str, at: int) -> str:
    return text[:at] + text[at + 1 : at + 2] + text[at] + text[at + 2 :]


def _leave_out(text: str, at: int) -> str:
    return text[:at] + text[at + 1 :]


def _double(text: str, at: int) -> str:
    return text[: at + 1] + text[at:]


def _neighbour(text: str, at: int) -> str:
    keys = _NEXT_KEY.get(text[at].lower(), "")
    key = keys[at % len(keys)] if keys else ""
    if not key:
        return text
    return text[:at] + (key.upper() if text[at].isupper() else key) + text[at + 1 :]


_SLIPS: tuple[Callable[[str, int], str], ...] = (_swap, _leave_out, _double, _neighbour)


def unaccented(text: str) -> str:
    """Return a text without accents.

    Examples
    --------
    >>> unaccented("Málaga, Zürich")
    'Malaga, Zurich'
    """
    if text.isascii():
        return text
    parts = unicodedata.normalize("NFD", text)
    return unicodedata.normalize("NFC", "".join(letter for letter in parts if not unicodedata.combining(letter)))


def accented(text: str) -> str:
    """Return a text with an accent on its first plain vowel.

    Examples
    --------
    >>> accented("Private")
    'Prívate'
    """
    return _first(text, _ACUTE)


def look_alike(text: str) -> str:
    """Return a text whose first Latin letter that has a Cyrillic twin is replaced by it: it looks the same.

    Examples
    --------
    >>> look_alike("Private") == "Private", len(look_alike("Private"))
    (False, 7)
    """
    return _first(text, LOOK_ALIKES)


def _first(text: str, table: dict[int, int]) -> str:
    for at, letter in enumerate(text):
        if ord(letter) in table:
            return text[:at] + chr(table[ord(letter)]) + text[at + 1 :]
    return text


def doubled_space(text: str) -> str:
    """Return a text with every space twice."""
    return text.replace(" ", "  ")
